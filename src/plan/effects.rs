//! What clients will see differently.

use std::collections::BTreeMap;

use super::Effect;
use super::evidence::{customized_digest, journal_of};
use super::stages::StagePlan;
use crate::effective::effective;
use crate::journal::ExportShows;
use crate::model::{Live, ResponseType};
use crate::observed::{ObservedApi, Served};

/// Every type whose answer is another one after than before.
pub(super) fn effects(
    before: &BTreeMap<ResponseType, Live>,
    after: &BTreeMap<ResponseType, Live>,
) -> Vec<Effect> {
    let answer = |state: &BTreeMap<ResponseType, Live>, response_type| {
        effective(response_type, |t| state.get(&t).unwrap_or(&Live::Default))
    };
    ResponseType::ALL
        .into_iter()
        .filter_map(|response_type| {
            let (before, after) = (answer(before, response_type), answer(after, response_type));
            (before != after).then_some(Effect { response_type, before, after })
        })
        .collect()
}

/// What clients get today: what the first stage that is deployed to serves, where an
/// export tells, or where the digest of its deployment says that it is what is wanted;
/// else what is configured.
pub(super) fn served_state(
    observed: &ObservedApi,
    stages: &[StagePlan],
    shows: ExportShows,
    after: &BTreeMap<ResponseType, Live>,
    to: &BTreeMap<ResponseType, Live>,
) -> BTreeMap<ResponseType, Live> {
    let export = stages
        .iter()
        .filter(|stage| stage.is_deployed() && shows != ExportShows::Mirror)
        .find_map(|stage| match &observed.stages.get(&stage.name)?.served {
            Served::Exported(export) => Some(export),
            Served::NotRead | Served::NoSuchStage | Served::Unreadable(_) => None,
        });
    let Some(export) = export else {
        let wanted = customized_digest(after);
        let first = stages.iter().find(|stage| stage.is_deployed());
        let holds_it = first
            .and_then(|stage| observed.stages.get(&stage.name))
            .and_then(|stage| journal_of(stage, observed.deployments.as_deref()))
            .is_some_and(|journal| journal.digest == wanted);
        return if holds_it { to.clone() } else { observed.configured.responses.clone() };
    };
    export
        .responses
        .iter()
        .map(|(response_type, entry)| {
            let mut response = export.settled(*response_type).unwrap_or_default();
            if *response_type == ResponseType::IntegrationFailure {
                response.status = entry.status;
            }
            (*response_type, Live::Customized(response))
        })
        .collect()
}
