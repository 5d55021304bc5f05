//! What else a deployment to each stage would ship, and whether it may.

use super::evidence;
use super::foreign::{self, Foreign, foreign_of};
use super::stages::{Consent, Decision, DeployReason, StagePlan};
use super::{ApiWork, Request};
use crate::model::ResponseType;
use crate::state::deployment_note::Ships;
use crate::state::desired::ForeignPolicy;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{ObservedApi, Served};

/// Whether a stage's foreign changes may be shipped.
#[must_use]
pub(super) fn consent(
    stage: &StagePlan,
    policy: ForeignPolicy,
    accepts: impl Fn(&Foreign) -> bool,
) -> Consent {
    let is_accepted = stage.foreign.as_ref().is_some_and(accepts);
    match policy {
        ForeignPolicy::Allow => Consent::Allowed,
        ForeignPolicy::Warn => Consent::Warned,
        ForeignPolicy::Refuse if is_accepted => Consent::Accepted,
        ForeignPolicy::Refuse => Consent::Refused,
    }
}

/// Whether this work of others was accepted: by this run, or by an earlier one that this
/// one resumes.
pub(super) fn is_accepted(
    stage: &str,
    foreign: &Foreign,
    observed: &ObservedApi,
    ships: Option<&Ships>,
    request: &Request,
) -> bool {
    let place = (observed.rest_api_id.clone(), stage.to_owned());
    let resumed = request.unfinished.get(&place).zip(ships);
    request.accept_foreign.contains(foreign.digest())
        || resumed.is_some_and(|(unfinished, ships)| {
            unfinished.accepts(foreign, &observed.configured, ships)
        })
}

/// Lists for each stage what else a deployment to it would ship, where that was read.
pub(crate) fn list_foreign(
    stages: &mut [StagePlan],
    observed: &ObservedApi,
    export_shows: ExportShows,
    request: &Request,
    managed: impl Fn(ResponseType) -> bool,
) {
    let Some(routes) = &observed.routes else { return };
    for plan in stages.iter_mut().filter(|plan| plan.is_deployed()) {
        let Some(stage) = observed.stages.get(&plan.name) else { continue };
        if stage.served == Served::NotRead {
            continue;
        }
        let journal = plan
            .replaced()
            .and_then(|id| evidence::journal_of_deployment(id, observed.deployments.as_deref()));
        let place = (observed.rest_api_id.clone(), plan.name.clone());
        let undone = request
            .unfinished
            .get(&place)
            .map(|unfinished| unfinished.undone(&observed.configured.responses));
        let comparison = foreign::Comparison {
            routes,
            configured: &observed.configured,
            undone: undone.as_ref(),
            served: &stage.served,
            deployment: plan.replaced(),
            journal: journal.as_ref(),
            export_shows,
        };
        let mut foreign = foreign_of(&comparison, &managed);
        if matches!(plan.decision, Decision::Deploy(DeployReason::Contradiction(_))) {
            foreign = foreign.with_contradiction();
        }
        plan.unread = foreign::unread(&comparison, &foreign);
        plan.foreign = Some(foreign);
    }
}

/// The stages whose comparison rests on exports that turned out to mirror the
/// configuration: each with what is left uncompared then, and was not accepted.
///
/// `observed` is what the plan was made with.
#[must_use]
pub fn uncompared_under_mirror(
    work: &ApiWork,
    observed: &ObservedApi,
    request: &Request,
) -> Vec<(String, Foreign)> {
    let mut stages = work.stages.clone();
    let managed = |response_type| work.managed.contains(&response_type);
    list_foreign(&mut stages, observed, ExportShows::Mirror, request, managed);
    work.stages
        .iter()
        .zip(stages)
        .filter(|(planned, _)| planned.consent != Consent::Allowed)
        .filter(|(planned, found)| planned.foreign != found.foreign)
        .filter_map(|(_, found)| Some((found.name, found.foreign?)))
        .filter(|(_, foreign)| !foreign.is_empty())
        .filter(|(name, foreign)| {
            !is_accepted(name, foreign, observed, work.ships.as_ref(), request)
        })
        .collect()
}
