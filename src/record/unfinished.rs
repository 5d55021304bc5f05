//! What earlier runs have begun and not brought to a stage: pure.

use std::collections::BTreeSet;

use super::document::{ApiRecord, Record, StageRecord, StageStatus, StepStatus, Verb};

/// What records tell that the service does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// The stages, by API id and name, that what a run has changed never came to.
    ///
    /// Where an export shows what a stage serves, it tells better. Where it only mirrors
    /// the configuration, or nobody knows, an API that was written and not deployed looks
    /// done.
    pub unfinished: BTreeSet<(String, String)>,
    /// The deployments, by stage and id, that were made for a stage which the run never
    /// came to move: they look as if somebody had moved the stage back.
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
                    Verb::Rollback => left.unfinished.retain(|(id, _)| *id != api.rest_api_id),
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
                self.unfinished.insert(place);
            }
            self.unmoved.extend(made);
        }
    }
}

fn came(stage: &StageRecord) -> bool {
    matches!(stage.status, StageStatus::Moved | StageStatus::Verified | StageStatus::Differs)
}

fn has_changed(api: &ApiRecord) -> bool {
    let may_be = [StepStatus::Done, StepStatus::InFlight, StepStatus::Unclear];
    api.changes.iter().any(|change| may_be.contains(&change.status))
}
