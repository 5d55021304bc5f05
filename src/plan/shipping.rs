//! What a deployment to each stage would ship beside, and whether it may.

use std::collections::BTreeSet;

use super::evidence;
use super::foreign::{self, foreign_of};
use super::stages::{Consent, StagePlan};
use crate::desired::ForeignPolicy;
use crate::digest::Digest;
use crate::journal::ExportShows;
use crate::model::ResponseType;
use crate::observed::{ObservedApi, Served};

/// Whether a stage's foreign changes may be shipped.
#[must_use]
pub(super) fn consent(
    stage: &StagePlan,
    policy: ForeignPolicy,
    accepted: &BTreeSet<Digest>,
) -> Consent {
    let is_accepted =
        stage.foreign.as_ref().is_some_and(|foreign| accepted.contains(foreign.digest()));
    match policy {
        ForeignPolicy::Allow => Consent::Allowed,
        ForeignPolicy::Warn => Consent::Warned,
        ForeignPolicy::Refuse if is_accepted => Consent::Accepted,
        ForeignPolicy::Refuse => Consent::Refused,
    }
}

/// Lists for each stage what a deployment to it would ship beside, where that was read.
pub(super) fn list_foreign(
    stages: &mut [StagePlan],
    observed: &ObservedApi,
    export_shows: ExportShows,
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
        let subject = foreign::Subject {
            routes,
            configured: &observed.configured,
            served: &stage.served,
            deployment: plan.replaced(),
            journal: journal.as_ref(),
            export_shows,
        };
        let foreign = foreign_of(&subject, &managed);
        plan.unread = foreign::unread(&subject, &foreign);
        plan.foreign = Some(foreign);
    }
}
