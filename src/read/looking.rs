//! Reading for `drift` and `explain`: as little as the report needs.
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
use crate::drift;
use crate::explain::{self, Truth, Wanted};
use crate::journal::ExportShows;
use crate::observed::{ObservedApi, Served};

/// So many APIs of an account and region are asked what exports show.
const WITNESSES: usize = 3;

/// Reads every API of the entries, as far as `drift` needs it.
pub async fn read_for_drift<G: Connection>(
    entries: &[Entry<G>],
    look: Look,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let subjects = read_apis(entries, look, today, on_read).await;
    with_witnesses(subjects, today, |subject, observed| {
        drift::needs_history(&subject.desired, observed, subject.export_shows, today)
    })
    .await
}

/// Reads every API of the entries, as far as `explain` needs it. The stages are looked at
/// also where only the configuration is asked for: they may tell whether the 504 that
/// `INTEGRATION_FAILURE` reads was set.
pub async fn read_for_explain<G: Connection>(
    entries: &[Entry<G>],
    wanted: Wanted,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let mut subjects = read_apis(entries, Look::AtStages, today, on_read).await;
    let needed = |subject: &Subject<G>, observed: &ObservedApi| {
        explain::needs_history(observed, subject.export_shows, wanted)
    };
    match wanted {
        Wanted::All | Wanted::Only(Truth::Served) => with_witnesses(subjects, today, needed).await,
        Wanted::Only(Truth::Desired | Truth::Configured) => {
            read_histories(&mut subjects, today, needed).await;
            subjects
        }
    }
}

/// Reads the histories that are needed, and those that prove what exports show.
async fn with_witnesses<G: Connection>(
    mut subjects: Vec<Subject<G>>,
    today: Date,
    needed: impl Fn(&Subject<G>, &ObservedApi) -> bool,
) -> Vec<Subject<G>> {
    read_histories(&mut subjects, today, &needed).await;
    for _ in 0..WITNESSES {
        let witnesses = witnesses(&subjects);
        if witnesses.is_empty() {
            break;
        }
        read_histories(&mut subjects, today, |subject, _| witnesses.contains(&subject.target))
            .await;
    }
    // What was learned may have opened the evidence of others.
    read_histories(&mut subjects, today, &needed).await;
    subjects
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
