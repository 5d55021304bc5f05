//! What changes and which stages are deployed to, and what must still be read to decide it.
//!
//! [`decide`] is the part of a plan that both [`needs`] and [`plan_api`](super::plan_api) rest
//! on. There are no hazards, effects or messages here.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use super::evidence::{customized_digest, journal_of, journal_of_deployment};
use super::owners::moved_back;
use super::responses::{ResponseChanges, configured_after, response_changes};
use super::stages::{Decision, DeployReason, KeepReason, Responses, StagePlan, stage_plans};
use super::takeover::takeover_needs_deployments;
use super::{Change, Request};
use crate::model::{Live, ResponseType};
use crate::state::desired::{DeployPolicy, DesiredApi};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{ObservedApi, Served};

/// What must still be read before an API can be planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// GetStages and GetDeployments.
    pub history: bool,
    /// GetRestApi, GetResources, and GetDeployment of these deployments. `None` until the
    /// history was read, and where no stage that is looked at is deployed to.
    pub routes: Option<BTreeSet<String>>,
}

/// Says what an API's plan needs beyond what was observed.
#[must_use]
pub fn needs(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    request: &Request,
    today: Date,
) -> Needs {
    let decided = decide(desired, observed, shows, request, today);
    if observed.deployments.is_none() && needs_history(desired, observed, shows, &decided) {
        return Needs { history: true, routes: None };
    }
    Needs { history: false, routes: needs_routes(desired, observed, request, &decided) }
}

/// A stage is to be deployed to, what a stage serves is unknown, or a change may be a takeover.
fn needs_history(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    decided: &Decided,
) -> bool {
    let any = |is: fn(&Served) -> bool| observed.stages.values().any(|stage| is(&stage.served));
    if any(|served| matches!(served, Served::NoSuchStage | Served::Unreadable(_))) {
        return true;
    }
    match desired.deploy {
        DeployPolicy::Never => false,
        DeployPolicy::Auto if desired.stages.is_empty() => {
            takeover_needs_deployments(desired, observed, &decided.changes)
        }
        DeployPolicy::Auto => {
            let is_mirrored =
                shows == ExportShows::Mirror && any(|served| matches!(served, Served::Exported(_)));
            is_mirrored || !decided.changes.is_empty() || decided.deploys()
        }
    }
}

/// The deployments that a planned one would replace, and one that may be reused.
fn needs_routes(
    desired: &DesiredApi,
    observed: &ObservedApi,
    request: &Request,
    decided: &Decided,
) -> Option<BTreeSet<String>> {
    if observed.routes.is_some() {
        return None;
    }
    let is_looked_at = |plan: &&StagePlan| {
        let stage = observed.stages.get(&plan.name);
        plan.is_deployed() && stage.is_some_and(|stage| stage.served != Served::NotRead)
    };
    let mut deployed = decided.stages.iter().filter(is_looked_at).peekable();
    deployed.peek()?;
    let replaced = deployed.filter_map(StagePlan::replaced).map(str::to_owned);
    Some(replaced.chain(decided.reusable(desired, observed, request)).collect())
}

/// The decisions of a plan.
pub(super) struct Decided {
    /// In the order in which they are made.
    pub changes: Vec<(ResponseType, Change)>,
    pub status_unknowable: bool,
    /// Every type as it is configured after the changes.
    pub after: BTreeMap<ResponseType, Live>,
    pub stages: Vec<StagePlan>,
}

/// Decides what changes, and which stages are deployed to.
pub(super) fn decide(
    desired: &DesiredApi,
    observed: &ObservedApi,
    shows: ExportShows,
    request: &Request,
    today: Date,
) -> Decided {
    let decided = |rewrite: &BTreeSet<ResponseType>| {
        let ResponseChanges { changes, status_unknowable } =
            response_changes(desired, observed, rewrite, today);
        let after = configured_after(observed, &changes);
        let responses =
            if changes.is_empty() { Responses::Stay(&after) } else { Responses::Change };
        let stages = stage_plans(desired, observed, responses, shows, request, today);
        Decided { changes, status_unknowable, after, stages }
    };
    let first = decided(&request.rewrite);
    if !first.status_unknowable || !first.deploys() {
        return first;
    }
    // A new deployment will serve the status that is unknown now, and it may differ from the
    // file's: one write makes it certain beforehand.
    let mut rewrite = request.rewrite.clone();
    rewrite.insert(ResponseType::IntegrationFailure);
    decided(&rewrite)
}

impl Decided {
    pub fn deploys(&self) -> bool {
        self.stages.iter().any(StagePlan::is_deployed)
    }

    /// A deployment that another stage serves, made by gwr with exactly what is configured,
    /// so that a stage behind it needs no new one. For stages that are not looked at (those
    /// not selected with `--stage`), the digest in the deployment's description decides.
    pub fn reusable(
        &self,
        desired: &DesiredApi,
        observed: &ObservedApi,
        request: &Request,
    ) -> Option<String> {
        if !self.changes.is_empty() || !self.deploys() {
            return None;
        }
        let deployments = observed.deployments.as_deref();
        // Where an export contradicts one description, other descriptions may be wrong too.
        let is_contradicted = |stage: &StagePlan| {
            matches!(stage.decision, Decision::Deploy(DeployReason::Contradiction(_)))
        };
        // Each time that a stage is moved back is counted by a deployment made for it.
        let was_moved_back = |plan: &StagePlan| {
            let stage = observed.stages.get(&plan.name).filter(|_| plan.is_deployed());
            stage.is_some_and(|stage| {
                moved_back(&plan.name, stage, deployments, &request.unmoved).is_some()
            })
        };
        if self.stages.iter().any(|stage| is_contradicted(stage) || was_moved_back(stage)) {
            return None;
        }
        let wanted = customized_digest(&self.after);
        let of_file = desired.stages.iter().find_map(|name| {
            let plan = self.stages.iter().find(|plan| plan.name == *name)?;
            if plan.decision != Decision::Keep(KeepReason::Current) {
                return None;
            }
            let journal = journal_of(observed.stages.get(name)?, deployments)?;
            (journal.digest == wanted).then(|| plan.deployment_id.clone())?
        });
        of_file.or_else(|| {
            observed.beside.values().find_map(|pointer| {
                let id = pointer.deployment_id.as_ref()?;
                let journal = journal_of_deployment(id, deployments)?;
                (journal.digest == wanted).then(|| id.clone())
            })
        })
    }
}
