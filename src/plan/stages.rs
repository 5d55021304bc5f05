//! Which stages are deployed to, and why.

use std::collections::BTreeMap;

use time::Date;

use super::evidence::{StageVerdict, stage_verdict};
use super::responses::{Management, management};
use crate::desired::{DeployPolicy, DesiredApi};
use crate::journal::ExportShows;
use crate::model::{Live, ResponseType};
use crate::observed::{Canary, ObservedApi, ObservedStage, Served};

/// What becomes of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePlan {
    pub name: String,
    /// Where it points now, if that was read.
    pub deployment_id: Option<String>,
    pub canary: Option<Canary>,
    pub decision: Decision,
}

/// Whether a stage is deployed to, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Deploy(DeployReason),
    Keep(KeepReason),
}

/// Why a stage is deployed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployReason {
    /// Managed types change.
    Changes,
    /// It serves these types otherwise than they are configured; empty where only
    /// the digest of its deployment tells.
    Behind(Vec<ResponseType>),
}

/// Why a stage is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// It serves what is configured.
    Current,
    /// `deploy = "never"`.
    DeployNever,
    /// An `ignore` entry is in force.
    Ignored,
    /// `--skip-served`, and nothing changes.
    NotLooked,
    /// It cannot be told what it serves; never clean.
    Unknown(String),
}

impl StagePlan {
    #[must_use]
    pub const fn is_deployed(&self) -> bool {
        matches!(self.decision, Decision::Deploy(_))
    }

    /// Whether it could not be told what the stage serves.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.decision, Decision::Keep(KeepReason::Unknown(_)))
    }
}

/// Whether the responses of an API change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responses<'a> {
    Change,
    /// They stay as they are configured.
    Stay(&'a BTreeMap<ResponseType, Live>),
}

/// Decides over every stage that the file names, in its order.
#[must_use]
pub fn stage_plans(
    desired: &DesiredApi,
    observed: &ObservedApi,
    responses: Responses<'_>,
    shows: ExportShows,
    today: Date,
) -> Vec<StagePlan> {
    const UNREAD: &ObservedStage = &ObservedStage { served: Served::NotRead, pointer: None };
    desired
        .stages
        .iter()
        .map(|name| {
            let stage = observed.stages.get(name).unwrap_or(UNREAD);
            let pointer = stage.pointer.as_ref();
            let decision = if desired.ignores_stage(name, today).is_some() {
                Decision::Keep(KeepReason::Ignored)
            } else if desired.deploy == DeployPolicy::Never {
                Decision::Keep(KeepReason::DeployNever)
            } else {
                decide(desired, observed, stage, responses, shows, today)
            };
            StagePlan {
                name: name.clone(),
                deployment_id: pointer.and_then(|pointer| pointer.deployment_id.clone()),
                canary: pointer.and_then(|pointer| pointer.canary.clone()),
                decision,
            }
        })
        .collect()
}

fn decide(
    desired: &DesiredApi,
    observed: &ObservedApi,
    stage: &ObservedStage,
    responses: Responses<'_>,
    shows: ExportShows,
    today: Date,
) -> Decision {
    let configured = match responses {
        Responses::Change => return Decision::Deploy(DeployReason::Changes),
        Responses::Stay(configured) => configured,
    };
    let managed = |response_type| management(desired, response_type, today) == Management::Managed;
    let deployments = observed.deployments.as_deref();
    match stage_verdict(stage, deployments, configured, managed, shows) {
        StageVerdict::Current(_) => Decision::Keep(KeepReason::Current),
        StageVerdict::Behind(types, _) => Decision::Deploy(DeployReason::Behind(types)),
        StageVerdict::Unknown(why) => Decision::Keep(KeepReason::Unknown(why)),
        StageVerdict::NotLooked => Decision::Keep(KeepReason::NotLooked),
    }
}
