//! Which stages are deployed to, and why.

use std::collections::BTreeMap;

use time::Date;

use super::evidence::{
    Contradiction, Evidence, StageVerdict, customized_digest, journal_of_deployment, stage_verdict,
};
use super::foreign::{Certainty, Foreign};
use super::responses::{Management, management};
use super::{Canaries, Request};
use crate::model::{Live, ResponseType};
use crate::state::deployment_note::ExportShows;
use crate::state::desired::{DeployPolicy, DesiredApi};
use crate::state::observed::{
    Canary, Deployment, ObservedApi, ObservedStage, Served, StagePointer,
};

/// What becomes of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePlan {
    pub name: String,
    /// Where it points now, if that was read.
    pub deployment_id: Option<String>,
    pub canary: Option<Canary>,
    /// What of the stage a deployment goes to.
    pub part: Part,
    pub decision: Decision,
    /// What a deployment would ship beside; `None` where none is planned, or where the
    /// stages were not looked at.
    pub foreign: Option<Foreign>,
    /// The calls that failed where `foreign` says that something could not be read, each
    /// with the reason in a few words: `GetRestApi: access denied`.
    pub unread: Vec<String>,
    /// Whether that may be shipped; nothing to say where `foreign` is empty.
    pub consent: Consent,
}

/// Whether undeployed work of others may be shipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    #[default]
    Refused,
    /// `--accept-foreign` names exactly this.
    Accepted,
    /// `foreign_changes = "warn"`: what is listed.
    Warned,
    /// `foreign_changes = "allow"`: whatever it is.
    Allowed,
}

/// What of a stage a deployment goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The stage's own pointer.
    #[default]
    Stage,
    /// The pointer of its canary; the stage's own stays.
    Canary,
}

impl Part {
    /// For documents, which leave it out.
    #[must_use]
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub fn is_stage(&self) -> bool {
        *self == Self::Stage
    }

    /// Where this part of a stage points.
    #[must_use]
    pub fn of(self, pointer: &StagePointer) -> Option<&str> {
        match self {
            Self::Stage => pointer.deployment_id.as_deref(),
            Self::Canary => pointer.canary.as_ref()?.deployment_id.as_deref(),
        }
    }
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
    /// The record of an earlier run says that what it has changed never came here, and
    /// nothing says that it has since.
    Unfinished,
    /// The description of its deployment and its export disagree: what it serves is
    /// unknown, and a new deployment settles it.
    Contradiction(Contradiction),
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
    /// Its canary already holds it; the rest of the traffic does not until the canary
    /// is promoted.
    CanaryHolds(String),
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

    /// Whether only the stage's canary serves what is configured.
    #[must_use]
    pub const fn waits_for_promotion(&self) -> bool {
        matches!(self.decision, Decision::Keep(KeepReason::CanaryHolds(_)))
    }

    /// The deployment that a new one would take the place of.
    #[must_use]
    pub fn replaced(&self) -> Option<&str> {
        match self.part {
            Part::Stage => self.deployment_id.as_deref(),
            Part::Canary => self.canary.as_ref()?.deployment_id.as_deref(),
        }
    }

    /// What a deployment to it would ship beside, or that nobody can tell; for whoever
    /// lists it behind a colon.
    #[must_use]
    pub fn foreign_words(&self) -> String {
        const OPEN: &str =
            "it cannot be told whether a deployment would also ship other people's work";
        match (self.foreign.as_ref().map(Foreign::certainty), self.unread.as_slice()) {
            (Some(Certainty::Unread), unread @ [_, ..]) => format!(
                "what could not be read cannot be compared ({}), so {OPEN}",
                unread.join(", ")
            ),
            (Some(Certainty::Unread | Certainty::Untold), _) => OPEN.to_owned(),
            (Some(Certainty::Certain) | None, _) => {
                "a deployment would also ship undeployed work of others".to_owned()
            }
        }
    }

    /// Whether it is unknown what the stage serves, and nothing that was accepted will
    /// settle it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        match self.decision {
            Decision::Keep(KeepReason::Unknown(_)) => true,
            Decision::Deploy(DeployReason::Contradiction(_)) => self.consent == Consent::Refused,
            Decision::Keep(
                KeepReason::Current
                | KeepReason::DeployNever
                | KeepReason::Ignored
                | KeepReason::CanaryHolds(_)
                | KeepReason::NotLooked,
            )
            | Decision::Deploy(
                DeployReason::Changes | DeployReason::Behind(_) | DeployReason::Unfinished,
            ) => false,
        }
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
    request: &Request,
    today: Date,
) -> Vec<StagePlan> {
    const UNREAD: &ObservedStage = &ObservedStage { served: Served::NotRead, pointer: None };
    desired
        .stages
        .iter()
        .map(|name| {
            let stage = observed.stages.get(name).unwrap_or(UNREAD);
            let pointer = stage.pointer.as_ref();
            let canary = pointer.and_then(|pointer| pointer.canary.clone());
            let part = match (&canary, request.canaries) {
                (Some(_), Canaries::Deploy) => Part::Canary,
                (Some(_), Canaries::Refuse) | (None, _) => Part::Stage,
            };
            let decision = if desired.ignores_stage(name, today).is_some() {
                Decision::Keep(KeepReason::Ignored)
            } else if desired.deploy == DeployPolicy::Never {
                left_to_its_owner(desired, observed, stage, shows, today)
            } else {
                let left = (observed.rest_api_id.clone(), name.clone());
                let is_unfinished = request.unfinished.contains_key(&left);
                let sight = Sight { stage, shows, part, is_unfinished };
                decide(desired, observed, sight, responses, today)
            };
            StagePlan {
                name: name.clone(),
                deployment_id: pointer.and_then(|pointer| pointer.deployment_id.clone()),
                canary,
                part,
                decision,
                foreign: None,
                unread: Vec::new(),
                consent: Consent::Refused,
            }
        })
        .collect()
}

/// A stage that somebody else deploys. Of one that cannot be read nothing may tell what it
/// serves, which is not clean, whoever deploys it.
fn left_to_its_owner(
    desired: &DesiredApi,
    observed: &ObservedApi,
    stage: &ObservedStage,
    shows: ExportShows,
    today: Date,
) -> Decision {
    let never = Decision::Keep(KeepReason::DeployNever);
    if !matches!(stage.served, Served::Unreadable(_)) {
        return never;
    }
    let managed = |response_type| management(desired, response_type, today) == Management::Managed;
    let configured = &observed.configured.responses;
    match stage_verdict(stage, observed.deployments.as_deref(), configured, managed, shows) {
        StageVerdict::Unknown(why) => Decision::Keep(KeepReason::Unknown(why)),
        StageVerdict::Current(_)
        | StageVerdict::Behind(..)
        | StageVerdict::Contradiction(_)
        | StageVerdict::NotLooked => never,
    }
}

/// What is seen of one stage.
#[derive(Clone, Copy)]
struct Sight<'a> {
    stage: &'a ObservedStage,
    shows: ExportShows,
    part: Part,
    is_unfinished: bool,
}

fn decide(
    desired: &DesiredApi,
    observed: &ObservedApi,
    sight: Sight<'_>,
    responses: Responses<'_>,
    today: Date,
) -> Decision {
    let Sight { stage, shows, part, is_unfinished } = sight;
    let configured = match responses {
        Responses::Change => return Decision::Deploy(DeployReason::Changes),
        Responses::Stay(configured) => configured,
    };
    let managed = |response_type| management(desired, response_type, today) == Management::Managed;
    let deployments = observed.deployments.as_deref();
    let held = canary_holds(stage, deployments, configured);
    match stage_verdict(stage, deployments, configured, managed, shows) {
        StageVerdict::Behind(..) if part == Part::Canary && held.is_some() => {
            Decision::Keep(KeepReason::CanaryHolds(held.unwrap_or_default()))
        }
        // Only an export that is not proven to show what is served says otherwise.
        StageVerdict::Current(Evidence::Export)
        | StageVerdict::Contradiction(_)
        | StageVerdict::Unknown(_)
        | StageVerdict::NotLooked
            if is_unfinished && shows != ExportShows::Snapshot =>
        {
            Decision::Deploy(DeployReason::Unfinished)
        }
        StageVerdict::Current(_) => Decision::Keep(KeepReason::Current),
        StageVerdict::Behind(types, _) => Decision::Deploy(DeployReason::Behind(types)),
        StageVerdict::Contradiction(contradiction) => {
            Decision::Deploy(DeployReason::Contradiction(contradiction))
        }
        StageVerdict::Unknown(why) => Decision::Keep(KeepReason::Unknown(why)),
        StageVerdict::NotLooked => Decision::Keep(KeepReason::NotLooked),
    }
}

/// The canary's deployment, where its own digest says that it holds what is configured.
fn canary_holds(
    stage: &ObservedStage,
    deployments: Option<&[Deployment]>,
    configured: &BTreeMap<ResponseType, Live>,
) -> Option<String> {
    let id = stage.pointer.as_ref()?.canary.as_ref()?.deployment_id.as_ref()?;
    let journal = journal_of_deployment(id, deployments)?;
    (journal.digest == customized_digest(configured)).then(|| id.clone())
}
