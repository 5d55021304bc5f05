//! Drift: desired, configured and served side by side.
//!
//! In: what was read of every API. Out: a [`Report`], which says of every type whether
//! it is configured as the file says, and of every stage whether it serves what is
//! configured, with the evidence that this rests on. Pure, and about reading only:
//! nothing here plans a call, and what is handed in holds no way to one.
//!
//! What could not be read or told is `unknown`, and unknown is never clean.

mod canary;
mod document;
mod openapi;
#[cfg(test)]
mod tests;

use time::Date;

pub use crate::report::openmetrics::metrics;
pub use document::{BEHIND_BY_DIGEST, Document, date, ignored};
pub use openapi::fragment;

use crate::diagnostic::rule::Rule;
use crate::model::{GatewayResponse, ResponseType};
use crate::plan::{
    self, ApiTarget, Change, Evidence, ForeignChange, Hazard, Management, MovedBack, Request,
    StageVerdict, foreign_responses, management, moved_back, response_changes, stage_verdict,
    takeover_needs_deployments,
};
use crate::state::desired::{DeployPolicy, DesiredApi, DesiredResponse, Ignore};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{ObservedApi, ObservedStage, Served};

/// What was found, API by API.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In order of their names.
    pub apis: Vec<ApiDrift>,
}

/// What was found of one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiDrift {
    pub target: ApiTarget,
    /// Or why it could not be read.
    pub found: Result<Found, String>,
}

/// What an API that was read looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What the file manages or ignores, and what is customised beside it.
    pub responses: Vec<ResponseDrift>,
    /// In the file's order; empty where the stages were not looked at.
    pub stages: Vec<StageDrift>,
    pub hazards: Vec<Hazard>,
}

/// One response type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseDrift {
    /// AWS's name of the type, which may be one that this program does not know.
    pub name: String,
    pub state: ResponseState,
    /// `None`: at its default, or nothing that the file says.
    pub desired: Option<GatewayResponse>,
    /// `None`: at its default.
    pub configured: Option<GatewayResponse>,
}

/// How a type stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseState {
    InSync,
    /// With the change that would settle it.
    Drifted(Change),
    Unmanaged,
    Ignored(Ignore),
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageDrift {
    pub name: String,
    /// Where it points, if that was read.
    pub deployment_id: Option<String>,
    /// Unix seconds.
    pub deployed_at: Option<i64>,
    pub state: StageState,
    pub deployer: Deployer,
    /// Undeployed work of others, as far as the export that was read anyway tells: the
    /// gateway responses that the file leaves alone. Routes, policy and the like would
    /// cost GetRestApi and GetResources for each API; `plan` reads those where it deploys.
    pub foreign: Vec<ForeignChange>,
    /// What a person should know beside the state.
    pub notes: Vec<String>,
}

/// Who deploys an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployer {
    Gwr,
    /// `deploy = "never"`: no plan settles a stage that is behind.
    Owner,
}

/// How a stage stands to what is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageState {
    Current(Evidence),
    /// It serves these managed types otherwise; empty where only a digest tells.
    Behind(Vec<ResponseType>, Evidence),
    /// Nobody can tell; the text says why.
    Unknown(String),
    /// An `ignore` entry is in force: it was not looked at.
    Ignored(Ignore),
}

/// How an API stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiStatus {
    InSync,
    /// A managed type is not configured as the file says.
    Drifted,
    /// It could not be read, or nobody can tell what one of its stages serves.
    Unknown,
}

/// The report in numbers; every API counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    pub apis: u64,
    pub in_sync: u64,
    pub drifted: u64,
    pub unknown: u64,
    pub stages_behind: u64,
}

impl Report {
    /// Puts the findings of all APIs together.
    pub fn new(mut apis: Vec<ApiDrift>) -> Self {
        apis.sort_by(|one, other| one.target.cmp(&other.target));
        Self { apis }
    }

    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |status| self.apis.iter().filter(|api| api.status() == status).count() as u64;
        Summary {
            apis: self.apis.len() as u64,
            in_sync: count(ApiStatus::InSync),
            drifted: count(ApiStatus::Drifted),
            unknown: count(ApiStatus::Unknown),
            stages_behind: self.stages().filter(|stage| stage.is_behind()).count() as u64,
        }
    }

    /// Every stage that was looked at.
    pub fn stages(&self) -> impl Iterator<Item = &StageDrift> {
        self.apis.iter().filter_map(|api| api.found.as_ref().ok()).flat_map(|found| &found.stages)
    }

    /// The stages of which it is unknown what they serve, with the reason.
    pub fn unknown_stages(&self) -> impl Iterator<Item = (&ApiTarget, &str, &str)> {
        self.apis.iter().flat_map(|api| {
            let stages = api.found.iter().flat_map(|found| &found.stages);
            stages.filter_map(move |stage| match &stage.state {
                StageState::Unknown(why) => Some((&api.target, stage.name.as_str(), why.as_str())),
                StageState::Current(_) | StageState::Behind(..) | StageState::Ignored(_) => None,
            })
        })
    }

    /// Whether no API at all could be read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.apis.iter().all(|api| api.found.is_err())
    }

    /// Whether something could not be read or told.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.apis.iter().any(|api| api.found.is_err()) || self.stages().any(StageDrift::is_unknown)
    }

    /// Whether everything is known and nothing differs.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.is_incomplete() && !self.differs()
    }

    /// Whether something differs that a plan would settle.
    #[must_use]
    pub fn has_work_for_a_plan(&self) -> bool {
        let behind = |stage: &StageDrift| stage.is_behind() && stage.deployer == Deployer::Gwr;
        self.summary().drifted > 0 || self.stages().any(behind)
    }

    /// The APIs with a stage behind that only their owners deploy.
    pub fn waiting_for_their_owners(&self) -> impl Iterator<Item = &ApiTarget> {
        let waits = |stage: &StageDrift| stage.is_behind() && stage.deployer == Deployer::Owner;
        let of = move |api: &&ApiDrift| {
            api.found.as_ref().is_ok_and(|found| found.stages.iter().any(waits))
        };
        self.apis.iter().filter(of).map(|api| &api.target)
    }

    /// Whether a managed type is not configured as the file says, or a stage is behind.
    #[must_use]
    pub fn differs(&self) -> bool {
        let Summary { apis: _, in_sync: _, drifted, unknown: _, stages_behind } = self.summary();
        drifted > 0 || stages_behind > 0
    }
}

impl ApiDrift {
    #[must_use]
    pub fn status(&self) -> ApiStatus {
        let Ok(found) = &self.found else { return ApiStatus::Unknown };
        if found.drifted().next().is_some() {
            ApiStatus::Drifted
        } else if found.stages.iter().any(StageDrift::is_unknown) {
            ApiStatus::Unknown
        } else {
            ApiStatus::InSync
        }
    }
}

impl Found {
    /// The types that are not configured as the file says.
    pub fn drifted(&self) -> impl Iterator<Item = (&ResponseDrift, &Change)> {
        self.responses.iter().filter_map(|response| match &response.state {
            ResponseState::Drifted(change) => Some((response, change)),
            ResponseState::InSync | ResponseState::Unmanaged | ResponseState::Ignored(_) => None,
        })
    }
}

impl StageDrift {
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        matches!(self.state, StageState::Behind(..))
    }

    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.state, StageState::Unknown(_))
    }

    /// Whether something tells what it serves.
    pub(crate) const fn is_told(&self) -> bool {
        matches!(self.state, StageState::Current(_) | StageState::Behind(..))
    }
}

/// Whether the report on an API cannot be given without GetStages and GetDeployments:
/// something differs, or what a stage serves is open.
#[must_use]
pub fn needs_history(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    today: Date,
) -> bool {
    let changes = response_changes(desired, observed, &std::collections::BTreeSet::new(), today);
    if takeover_needs_deployments(desired, observed, &changes.changes) {
        return true;
    }
    let looked = |name: &&String| {
        observed.stages.get(*name).is_some_and(|stage| stage.served != Served::NotRead)
    };
    let mut stages = desired.stages.iter().filter(looked).peekable();
    if stages.peek().is_none() {
        return false;
    }
    !changes.changes.is_empty()
        || stages.any(|name| {
            let verdict =
                observed.stages.get(name).map(|s| verdict(desired, observed, s, shows, today));
            !matches!(verdict, Some(StageVerdict::Current(_)))
        })
}

/// Compares what the file says of an API with what was read of it.
#[must_use]
pub fn compare(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    request: &Request,
    today: Date,
) -> Found {
    let work = plan::plan_api(desired, observed, shows, request, today);
    let mut responses: Vec<ResponseDrift> = ResponseType::ALL
        .into_iter()
        .filter_map(|response_type| {
            let change = work.changes.iter().find(|(t, _)| *t == response_type);
            response(desired, observed, response_type, change.map(|(_, change)| change), today)
        })
        .collect();
    responses.extend(observed.configured.unknown_types.iter().map(|name| ResponseDrift {
        name: name.clone(),
        state: ResponseState::Unmanaged,
        desired: None,
        configured: None,
    }));
    let stages = desired
        .stages
        .iter()
        .filter_map(|name| stage(desired, observed, name, shows, request, today))
        .collect();
    // What the file itself has wrong is for `validate` and `plan` to say.
    let is_live = |hazard: &Hazard| hazard.id.parse::<&Rule>().is_err();
    Found { responses, stages, hazards: work.hazards.into_iter().filter(is_live).collect() }
}

/// `None` for a type that the file says nothing of and that is at its default.
fn response(
    desired: &DesiredApi,
    observed: &ObservedApi,
    response_type: ResponseType,
    change: Option<&Change>,
    today: Date,
) -> Option<ResponseDrift> {
    let configured = observed.configured.get(response_type).customized().cloned();
    let state = match management(desired, response_type, today) {
        Management::Managed => match change {
            Some(change) => ResponseState::Drifted(change.clone()),
            None => ResponseState::InSync,
        },
        Management::Ignored => {
            ResponseState::Ignored(desired.ignores_type(response_type, today)?.clone())
        }
        Management::Unmanaged if configured.is_none() => return None,
        Management::Unmanaged => ResponseState::Unmanaged,
    };
    let wanted = match desired.responses.get(&response_type) {
        Some(DesiredResponse::Customized(written)) => {
            let mut settled = written.settle(response_type);
            // What is shown of it is 504 whether it is set or not: not what is wanted.
            if response_type == ResponseType::IntegrationFailure {
                settled.status = written.status;
            }
            Some(settled)
        }
        Some(DesiredResponse::Default) | None => None,
    };
    Some(ResponseDrift { name: response_type.to_string(), state, desired: wanted, configured })
}

/// `None` for a stage that was not looked at (`--skip-served`).
fn stage(
    desired: &DesiredApi,
    observed: &ObservedApi,
    name: &str,
    shows: ExportShows,
    request: &Request,
    today: Date,
) -> Option<StageDrift> {
    let seen = observed.stages.get(name)?;
    let deployment_id = seen.pointer.as_ref().and_then(|pointer| pointer.deployment_id.clone());
    let deployed_at = deployment_id.as_ref().and_then(|id| {
        observed.deployments.iter().flatten().find(|deployment| deployment.id == *id)?.created_at
    });
    let mut notes = Vec::new();
    let deployer = match desired.deploy {
        DeployPolicy::Auto => Deployer::Gwr,
        DeployPolicy::Never => Deployer::Owner,
    };
    let state = match desired.ignores_stage(name, today) {
        Some(ignore) => StageState::Ignored(ignore.clone()),
        None => match verdict(desired, observed, seen, shows, today) {
            StageVerdict::NotLooked if seen.served == Served::NotRead => return None,
            StageVerdict::NotLooked => StageState::Unknown("what it serves is unknown".to_owned()),
            StageVerdict::Current(evidence) => StageState::Current(evidence),
            StageVerdict::Behind(types, evidence) => {
                if deployer == Deployer::Owner {
                    notes.push("deploy = \"never\": its owner has to deploy it".to_owned());
                }
                StageState::Behind(types, evidence)
            }
            StageVerdict::Contradiction(why) => StageState::Unknown(why.to_string()),
            StageVerdict::Unknown(why) => StageState::Unknown(why),
        },
    };
    if matches!(state, StageState::Behind(..) | StageState::Unknown(_))
        && let Some(back) =
            moved_back(name, seen, observed.deployments.as_deref(), &request.unmoved)
    {
        let MovedBack { pointer: _, later, times } = back;
        notes.push(format!(
            "moved back: deployment {later} was made for it later ({})",
            if times > 1 { "not for the first time" } else { "for the first time" }
        ));
    }
    let state = match (canary::look(desired, observed, seen, today), state) {
        (Some(canary::Seen::Uncompared(why)), StageState::Current(_)) => StageState::Unknown(why),
        (Some(canary::Seen::Uncompared(note) | canary::Seen::Current(note)), state) => {
            notes.push(note);
            state
        }
        (None, state) => state,
    };
    let foreign = match (&state, &seen.served) {
        // Believed to show what the stage serves.
        (
            StageState::Current(Evidence::Export) | StageState::Behind(_, Evidence::Export),
            Served::Exported(export),
        ) => foreign_responses(export, &observed.configured, |response_type| {
            management(desired, response_type, today) == Management::Managed
        }),
        (_, _) => Vec::new(),
    };
    let name = name.to_owned();
    Some(StageDrift { name, deployment_id, deployed_at, state, deployer, foreign, notes })
}

fn verdict(
    desired: &DesiredApi,
    observed: &ObservedApi,
    stage: &ObservedStage,
    shows: ExportShows,
    today: Date,
) -> StageVerdict {
    let managed = |response_type| management(desired, response_type, today) == Management::Managed;
    let deployments = observed.deployments.as_deref();
    stage_verdict(stage, deployments, &observed.configured.responses, managed, shows)
}
