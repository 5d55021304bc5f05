//! What clients will see differently.

use std::collections::BTreeMap;

use super::Effect;
use super::evidence::{customized_digest, journal_of};
use super::stages::StagePlan;
use super::states::{configured_state, exported_state};
use crate::model::{Live, ResponseType};
use crate::state::effective::{State, effective};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{ObservedApi, Served};

/// Every type whose answer is another one after than before.
pub(super) fn effects(before: &State, after: &State) -> Vec<Effect> {
    ResponseType::ALL
        .into_iter()
        .filter_map(|response_type| {
            let before = effective(response_type, before);
            let after = effective(response_type, after);
            let same = before.answers_like(&after, response_type);
            (!same).then_some(Effect { response_type, before, after })
        })
        .collect()
}

/// What clients get today: what the first stage that is deployed to serves, where an
/// export shows it or the digest of its deployment equals what is wanted;
/// else what is configured.
pub(super) fn served_state(
    observed: &ObservedApi,
    stages: &[StagePlan],
    shows: ExportShows,
    after: &BTreeMap<ResponseType, Live>,
    to: &State,
) -> State {
    let export = stages
        .iter()
        .filter(|stage| stage.is_deployed() && shows != ExportShows::Mirror)
        .find_map(|stage| {
            let stage = observed.stages.get(&stage.name)?;
            match &stage.served {
                Served::Exported(export) => Some((export, stage)),
                Served::NotRead | Served::NoSuchStage | Served::Unreadable(_) => None,
            }
        });
    if let Some((export, stage)) = export {
        return exported_state(export, stage, observed.deployments.as_deref());
    }
    let wanted = customized_digest(after);
    let first = stages.iter().find(|stage| stage.is_deployed());
    let holds_it = first
        .and_then(|stage| observed.stages.get(&stage.name))
        .and_then(|stage| journal_of(stage, observed.deployments.as_deref()))
        .is_some_and(|journal| journal.digest == wanted);
    if holds_it { to.clone() } else { configured_state(observed) }
}
