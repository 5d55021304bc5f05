//! Reading for `explain`: as little as the answers need.
//!
//! Cost: for each API one GetGatewayResponses and for each stage one GetExport;
//! GetStages and GetDeployments only where the evidence is open.

use time::Date;

use super::{Entry, Look, Subject, read_apis, read_histories, read_witnesses};
use crate::aws::Connection;
use crate::explain::{Truth, Wanted, needs_history};

use crate::plan::Request;

/// Reads every API of the entries. The stages are looked at also where only the
/// configuration is asked for: they may tell whether the 504 that `INTEGRATION_FAILURE`
/// reads was set.
pub async fn read_for_explain<G: Connection>(
    entries: &[Entry<G>],
    wanted: Wanted,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let mut subjects =
        read_apis(entries, Look::AtStages, &Request::default(), today, on_read).await;
    read_needed(&mut subjects, wanted, today).await;
    if let Wanted::All | Wanted::Only(Truth::Served) = wanted {
        read_witnesses(&mut subjects, &Request::default(), today).await;
        // What was learned may have opened the evidence of others.
        read_needed(&mut subjects, wanted, today).await;
    }
    subjects
}

async fn read_needed<G: Connection>(subjects: &mut [Subject<G>], wanted: Wanted, today: Date) {
    read_histories(subjects, &Request::default(), today, |subject, observed| {
        needs_history(observed, subject.export_shows, wanted)
    })
    .await;
}
