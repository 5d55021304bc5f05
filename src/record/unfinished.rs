//! What earlier runs have changed and not brought to a stage: pure.

use std::collections::BTreeSet;

use super::document::{ApiRecord, Record, StageRecord, StageStatus, StepStatus, Verb};

/// The stages, by API id and name, that what a run has changed never came to; `records`
/// in the order of their runs.
///
/// Where an export shows what a stage serves, it tells better. Where it only mirrors the
/// configuration, or nobody knows, an API that was written and not deployed looks done.
#[must_use]
pub fn unfinished<'a>(records: impl IntoIterator<Item = &'a Record>) -> BTreeSet<(String, String)> {
    let mut open = BTreeSet::new();
    for record in records {
        for api in &record.apis {
            let place = |stage: &StageRecord| (api.rest_api_id.clone(), stage.name.clone());
            match record.verb {
                Verb::Apply => {
                    for stage in &api.stages {
                        if came(stage) {
                            open.remove(&place(stage));
                        } else if has_changed(api) {
                            open.insert(place(stage));
                        }
                    }
                }
                // Whatever it brought back, it is not to be deployed as a leftover.
                Verb::Rollback => open.retain(|(id, _)| *id != api.rest_api_id),
            }
        }
    }
    open
}

fn came(stage: &StageRecord) -> bool {
    matches!(stage.status, StageStatus::Moved | StageStatus::Verified | StageStatus::Differs)
}

fn has_changed(api: &ApiRecord) -> bool {
    let may_be = [StepStatus::Done, StepStatus::InFlight, StepStatus::Unclear];
    api.changes.iter().any(|change| may_be.contains(&change.status))
}
