//! Finding out what exports show, where nothing has proven it.
//!
//! One piece of evidence may be open although nothing differs: whether an export shows
//! the snapshot that a stage serves, or only mirrors the configuration. That is one fact
//! of the service for a whole account and region, and the description of any deployment
//! that gwr made there may tell it. So where nothing has proven it, the histories of a
//! few APIs are read, until one does: without that, a stage that was moved back would
//! pass for current wherever exports mirror.
//!
//! Cost: GetStages and GetDeployments of at most three APIs for each account and region.

use std::collections::BTreeSet;

use time::Date;

use super::{Subject, read_histories};
use crate::aws::Connection;
use crate::plan::{ApiTarget, Request};
use crate::state::export_shows::ExportShows;
use crate::state::observed::Served;

/// So many APIs of an account and region are asked what exports show.
const WITNESSES: usize = 3;

/// Reads histories until one tells what exports show.
pub(super) async fn read_witnesses<G: Connection>(
    subjects: &mut [Subject<G>],
    request: &Request,
    today: Date,
) {
    for _ in 0..WITNESSES {
        let witnesses = witnesses(subjects);
        if witnesses.is_empty() {
            return;
        }
        read_histories(subjects, request, today, |subject, _| witnesses.contains(&subject.target))
            .await;
    }
}

/// The first API of each account and region in which it is not proven what exports
/// show, of those whose history was not read yet.
fn witnesses<G>(subjects: &[Subject<G>]) -> BTreeSet<ApiTarget> {
    let mut places = BTreeSet::new();
    let mut witnesses = BTreeSet::new();
    for subject in subjects {
        let Ok(observed) = &subject.observed else { continue };
        let exported =
            observed.stages.values().any(|stage| matches!(stage.served, Served::Exported(_)));
        if subject.export_shows == ExportShows::Unproven
            && exported
            && observed.deployments.is_none()
            && places.insert((&subject.target.account, &subject.target.region))
        {
            witnesses.insert(subject.target.clone());
        }
    }
    witnesses
}
