//! What earlier runs have begun and not brought to a stage: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{ApiRecord, Record, StageRecord, StageStatus, StepStatus, Verb};
use crate::plan::{ChangeDocument, Unfinished, Written};

/// What records show that the service does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// The stages, by API id and name, that what a run has changed never came to.
    ///
    /// Where an export shows what a stage serves, the export is better evidence. Where it only mirrors
    /// the configuration, or that is unknown, an API that was written and not deployed looks
    /// done.
    pub unfinished: BTreeMap<(String, String), Unfinished>,
    /// The deployments, by stage and id, that were made for a stage which the run never
    /// came to move: they look as if another client had moved the stage back.
    pub unmoved: BTreeSet<(String, String)>,
}

impl Leftovers {
    /// Of runs in the order in which they were.
    #[must_use]
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut left = Self::default();
        for record in records {
            for api in &record.apis {
                match record.verb {
                    Verb::Apply => left.add(api),
                    // Whatever it brought back, it is not to be deployed as a leftover.
                    Verb::Rollback => {
                        left.unfinished.retain(|(id, _), _| *id != api.rest_api_id);
                    }
                }
            }
        }
        left
    }

    fn add(&mut self, api: &ApiRecord) {
        let made = api.deployment.as_ref().and_then(|one| one.deployment_id.as_ref());
        for stage in &api.stages {
            let place = (api.rest_api_id.clone(), stage.name.clone());
            let made = made.map(|id| (stage.name.clone(), id.clone()));
            if came(stage) {
                self.unfinished.remove(&place);
                // A later run may have taken what an earlier one left.
                if let Some(made) = made {
                    self.unmoved.remove(&made);
                }
                continue;
            }
            if has_changed(api) {
                self.unfinished.entry(place.clone()).or_insert_with(|| Unfinished {
                    part: stage.part,
                    from: stage.from.clone(),
                    written: BTreeMap::new(),
                    base_digest: api.base_digest.clone(),
                    api_digest: api.api_digest.clone(),
                    accepted: BTreeSet::new(),
                });
            }
            if let Some(left) = self.unfinished.get_mut(&place) {
                left.accepted.extend(api.accepted_foreign.iter().cloned());
                for change in api.changes.iter().filter(|change| may_be_written(change.status)) {
                    let ChangeDocument { response_type, before, after, .. } = &change.change;
                    // Of several unfinished runs the first one found what was there.
                    let before = match left.written.get(response_type) {
                        Some(earlier) => earlier.before.clone(),
                        None => before.clone(),
                    };
                    let written = Written { before, after: after.clone() };
                    left.written.insert(*response_type, written);
                }
            }
            self.unmoved.extend(made);
        }
    }
}

fn came(stage: &StageRecord) -> bool {
    matches!(stage.status, StageStatus::Moved | StageStatus::Verified | StageStatus::Differs)
}

fn has_changed(api: &ApiRecord) -> bool {
    api.changes.iter().any(|change| may_be_written(change.status))
}

const fn may_be_written(status: StepStatus) -> bool {
    matches!(status, StepStatus::Done | StepStatus::InFlight | StepStatus::Unclear)
}
