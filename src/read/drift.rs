//! Reading for `drift`: as little as the report needs.
//!
//! Cost: for each API one GetGatewayResponses and for each stage one GetExport;
//! GetStages and GetDeployments only where something differs or the evidence is open.
//!
//! One piece of evidence may be open although nothing differs: whether an export shows
//! the snapshot that a stage serves, or only mirrors the configuration. That is one fact
//! of the service for a whole account and region, and the description of any deployment
//! that gwr made there may tell it. So where nothing has proven it, the histories of a
//! few APIs are read, until one does: without that, a stage that was moved back would
//! pass for current wherever exports mirror.

use std::collections::BTreeSet;

use time::Date;

use super::{Entry, Look, Subject, read_apis, read_histories};
use crate::aws::Connection;
use crate::drift::needs_history;
use crate::journal::ExportShows;
use crate::observed::Served;

/// So many APIs of an account and region are asked what exports show.
const WITNESSES: usize = 3;

/// Reads every API of the entries.
pub async fn read_for_drift<G: Connection>(
    entries: &[Entry<G>],
    look: Look,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let mut subjects = read_apis(entries, look, today, on_read).await;
    read_needed(&mut subjects, today).await;
    for _ in 0..WITNESSES {
        let witnesses = witnesses(&subjects);
        if witnesses.is_empty() {
            break;
        }
        read_histories(&mut subjects, today, |subject, _| witnesses.contains(&subject.target))
            .await;
    }
    // What was learned may have opened the evidence of others.
    read_needed(&mut subjects, today).await;
    subjects
}

async fn read_needed<G: Connection>(subjects: &mut [Subject<G>], today: Date) {
    read_histories(subjects, today, |subject, observed| {
        needs_history(&subject.desired, observed, subject.export_shows, today)
    })
    .await;
}

/// The first API of each account and region in which it is not proven what exports
/// show, of those whose history was not read yet.
fn witnesses<G>(subjects: &[Subject<G>]) -> BTreeSet<crate::plan::ApiTarget> {
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
