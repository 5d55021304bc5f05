//! The plan: a total function of what is wanted and what was read.
//!
//! Nothing here reads, waits, asks or prints, and nothing can fail. The same input
//! gives the same plan. What the plan says is what apply does; no choice is left.

pub mod prune;
pub mod review;

pub(crate) mod change;
mod cost;
mod effects;
pub(crate) mod evidence;
mod expiry;
pub(crate) mod foreign;
mod hazards;
mod lineage;
mod needs;
mod owners;
pub(crate) mod responses;
pub(crate) mod shipping;
pub(crate) mod stages;
mod states;
mod takeover;
#[cfg(test)]
mod tests;
mod unfinished;

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

pub use crate::saved::plan::{ChangeDocument, Document, Summary, ToolDocument, reason};
pub use crate::saved::restore::{rebase, restore, restore_change, wanted};
pub use crate::saved::sealed::FORMAT_VERSION;
pub use change::{Action, Call, Change, Creation, Target};
pub use cost::{Cost, GOOD_ANSWERS, Pace};
pub use evidence::{
    CanaryVerdict, Evidence, StageVerdict, StatusEvidence, canary_verdict, customized_digest,
    export_digest, export_shows, integration_failure_status, journal_of, serves, stage_verdict,
};
pub use expiry::warn_of_expiry;
pub use foreign::{
    Certainty, ChangeDocument as ForeignChangeDocument, Foreign, ForeignChange, ForeignEdit,
    foreign_responses, unlisted_in_export, unlisted_responses, unlisted_routes, written_meanwhile,
};
pub(crate) use lineage::Lineage;
pub use needs::needs;
pub use owners::{MovedBack, moved_back};
pub use responses::{Management, management, response_changes};
pub use stages::{Consent, Decision, DeployReason, KeepReason, Part, StagePlan};
pub use states::{configured_state, desired_state, exported_state};
pub use takeover::takeover_needs_deployments;
pub use unfinished::{Unfinished, Written};

use effects::{effects, served_state};
use foreign::ships;
use hazards::{Draft, hazards};
use needs::{Decided, decide};
use responses::leaves_status_unset;
pub use shipping::uncompared_under_mirror;
use shipping::{consent, is_accepted, list_foreign};
use states::planned_state;

pub use crate::diagnostic::hazard::Hazard;
use crate::model::{GatewayResponse, Live, ResponseType};
use crate::state::deployment_note::Ships;
use crate::state::desired::DesiredApi;
use crate::state::digest::{Digest, of_all_desired, of_desired};
use crate::state::effective::Effective;
use crate::state::export_shows::ExportShows;
use crate::state::observed::ObservedApi;

/// What is to be done to every API, in order of their names.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub desired_digest: Digest,
    pub apis: Vec<ApiPlan>,
}

/// What is to be done to one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPlan {
    pub target: ApiTarget,
    pub desired_digest: Digest,
    pub work: Work,
}

/// The API that an entry of the file stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiTarget {
    /// The table's key.
    pub key: String,
    pub rest_api_id: String,
    pub rest_api_name: Option<String>,
    /// The `[accounts]` table, or `default`.
    pub account: String,
    pub account_id: Option<String>,
    pub region: String,
}

/// What was found out about an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// It could not be read; the text says why.
    Unread(String),
    Planned(Box<ApiWork>),
}

/// The planned work on one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiWork {
    /// The digest of everything customised when it was read.
    pub base_digest: Digest,
    /// In the order in which they are made.
    pub changes: Vec<(ResponseType, Change)>,
    pub effects: Vec<Effect>,
    /// Customised types that the file leaves alone.
    pub unmanaged: Vec<ResponseType>,
    /// Names that this program does not know, as the service listed them.
    pub unknown_types: Vec<String>,
    pub hazards: Vec<Hazard>,
    /// In the file's order.
    pub stages: Vec<StagePlan>,
    /// The deployment that stages are moved to, where one that holds exactly what is
    /// wanted is already there.
    pub reuse: Option<String>,
    /// Every type as GetGatewayResponses will show it.
    pub after: BTreeMap<ResponseType, Live>,
    /// The digest of `after`.
    pub after_digest: Digest,
    /// What exports of this account and region are known to show.
    pub export_shows: ExportShows,
    /// Whether `INTEGRATION_FAILURE` will read 504 without having a status. Noted in the
    /// deployment's description, because no later read shows it.
    pub integration_failure_unset: bool,
    /// Where `INTEGRATION_FAILURE` changes: whether the 504 that it reads was explicit,
    /// so that it can be reverted exactly.
    pub integration_failure_was: Option<StatusEvidence>,
    /// What a deployment is to be remembered by, where it could be read.
    pub ships: Option<Ships>,
    /// The types that the file manages.
    pub managed: BTreeSet<ResponseType>,
}

/// A type whose answer to clients changes once the change is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub response_type: ResponseType,
    pub before: Effective,
    pub after: Effective,
}

/// What the command line adds to the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Types to rewrite even if nothing differs.
    pub rewrite: BTreeSet<ResponseType>,
    /// Ids of blocking hazards to accept, in addition to those that the file accepts.
    pub accept: BTreeSet<String>,
    pub canaries: Canaries,
    /// Digests of undeployed work of others that may be shipped.
    pub accept_foreign: BTreeSet<Digest>,
    /// The stages, by API id and name, that an earlier run changed responses for and never
    /// moved, as its record says.
    pub unfinished: BTreeMap<(String, String), Unfinished>,
    /// Deployments, by stage and id, that no earlier run came to move the stage to, as its
    /// record says.
    pub unmoved: BTreeSet<(String, String)>,
}

/// What is done about a stage with canary settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Canaries {
    /// Its API is refused.
    #[default]
    Refuse,
    /// `--canary`: its canary gets the deployment, and keeps its settings.
    Deploy,
}

impl Plan {
    /// Puts the plans of all APIs together.
    pub fn new<'a>(
        desired: impl IntoIterator<Item = &'a DesiredApi>,
        mut apis: Vec<ApiPlan>,
    ) -> Self {
        apis.sort_by(|one, other| one.target.cmp(&other.target));
        Self { desired_digest: of_all_desired(desired), apis }
    }

    /// The work on every API that could be read.
    pub fn works(&self) -> impl Iterator<Item = (&ApiTarget, &ApiWork)> {
        self.apis.iter().filter_map(|api| match &api.work {
            Work::Planned(work) => Some((&api.target, work.as_ref())),
            Work::Unread(_) => None,
        })
    }

    /// Whether apply would write anything.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.works().any(|(_, work)| work.is_needed())
    }

    /// The stages of which it is unknown what they serve, with the reason.
    pub fn unknown_stages(&self) -> impl Iterator<Item = (&ApiTarget, &str, &str)> {
        self.works().flat_map(|(target, work)| {
            work.stages.iter().filter_map(move |stage| match &stage.decision {
                Decision::Keep(KeepReason::Unknown(why)) => {
                    Some((target, stage.name.as_str(), why.as_str()))
                }
                Decision::Deploy(DeployReason::Contradiction(_)) if stage.is_unknown() => {
                    Some((target, stage.name.as_str(), evidence::Contradiction::WHY))
                }
                Decision::Keep(_) | Decision::Deploy(_) => None,
            })
        })
    }

    /// Whether something could not be read or is unknown.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.apis.iter().any(|api| match &api.work {
            Work::Unread(_) => true,
            Work::Planned(work) => work.stages.iter().any(StagePlan::is_unknown),
        })
    }
}

impl ApiWork {
    /// Whether apply would write anything to this API.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        !self.changes.is_empty() || self.deploys()
    }

    /// Whether a stage is moved.
    #[must_use]
    pub fn deploys(&self) -> bool {
        self.stages.iter().any(StagePlan::is_deployed)
    }

    /// Whether an export between the changes and the deployment will prove what exports show,
    /// which is unknown so far: then the configuration is new, and the stage is old.
    #[must_use]
    pub fn export_will_prove(&self) -> bool {
        // The digest of all that will be configured is not known of a saved plan.
        let alters = |(response_type, change): &(ResponseType, Change)| {
            let digest = |response: Option<&GatewayResponse>| {
                let live = response.map_or(Live::Default, |known| Live::Customized(known.clone()));
                customized_digest(&BTreeMap::from([(*response_type, live)]))
            };
            digest(change.from()) != digest(change.to().map(|target| &target.settled))
        };
        self.export_shows == ExportShows::Unproven && self.changes.iter().any(alters)
    }

    /// Whether a deployment is made for it.
    #[must_use]
    pub fn creates_deployment(&self) -> bool {
        self.deploys() && self.reuse.is_none()
    }
}

/// Plans one API.
#[must_use]
pub fn plan_api(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    request: &Request,
    today: Date,
) -> ApiWork {
    let mut decided = decide(desired, observed, shows, request, today);
    let managed = |response_type| management(desired, response_type, today) == Management::Managed;
    list_foreign(&mut decided.stages, observed, shows, request, managed);
    let ships = observed.routes.as_ref().and_then(|routes| ships(routes, &decided.after, managed));
    for stage in &mut decided.stages {
        let accepts = |foreign: &Foreign| {
            is_accepted(&stage.name, foreign, observed, ships.as_ref(), request)
        };
        stage.consent = consent(stage, desired.foreign_changes, accepts);
    }
    let reuse = decided.reusable(desired, observed, request).filter(|deployment| {
        observed.routes.as_ref().is_some_and(|routes| routes.are_deployed_by(deployment))
    });
    let Decided { changes, status_unknowable, after, stages } = decided;
    let leaves_unset = leaves_status_unset(observed, &changes, &after);
    let to = planned_state(observed, &changes, &after, leaves_unset);
    let effects = effects(&served_state(observed, &stages, shows, &after, &to), &to);
    let draft = Draft { changes: &changes, effects: &effects, stages: &stages, status_unknowable };
    let hazards = hazards(desired, observed, &draft, request);
    ApiWork {
        base_digest: customized_digest(&observed.configured.responses),
        effects,
        unmanaged: unmanaged(desired, observed, today),
        unknown_types: observed.configured.unknown_types.iter().cloned().collect(),
        hazards,
        stages,
        reuse,
        after_digest: customized_digest(&after),
        integration_failure_unset: leaves_unset,
        integration_failure_was: changes
            .iter()
            .find(|(response_type, _)| *response_type == ResponseType::IntegrationFailure)
            .and_then(|(_, change)| change.from())
            .map(|from| integration_failure_status(observed, from)),
        after,
        changes,
        export_shows: shows,
        ships,
        managed: ResponseType::ALL.into_iter().filter(|t| managed(*t)).collect(),
    }
}

fn unmanaged(desired: &DesiredApi, observed: &ObservedApi, today: Date) -> Vec<ResponseType> {
    ResponseType::ALL
        .into_iter()
        .filter(|response_type| observed.configured.get(*response_type).customized().is_some())
        .filter(|response_type| management(desired, *response_type, today) == Management::Unmanaged)
        .collect()
}

/// The digest of what the file says of the API, for its plan.
#[must_use]
pub fn desired_digest(desired: &DesiredApi) -> Digest {
    of_desired(desired)
}
