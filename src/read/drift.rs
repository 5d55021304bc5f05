//! Reading for `drift`: as little as the report needs.
//!
//! Cost: for each API one GetGatewayResponses and for each stage one GetExport;
//! GetStages and GetDeployments only where something differs or the evidence is open.

use time::Date;

use super::{Entry, Look, Subject, read_apis, read_histories, read_witnesses};
use crate::aws::Connection;
use crate::drift::needs_history;
use crate::plan::Request;

/// Reads every API of the entries.
pub async fn read_for_drift<G: Connection>(
    entries: &[Entry<G>],
    look: Look,
    request: &Request,
    today: Date,
    on_read: impl Fn(usize, usize),
) -> Vec<Subject<G>> {
    let mut subjects = read_apis(entries, look, request, today, on_read).await;
    read_needed(&mut subjects, request, today).await;
    read_witnesses(&mut subjects, request, today).await;
    // What was learned may have opened the evidence of others.
    read_needed(&mut subjects, request, today).await;
    subjects
}

async fn read_needed<G: Connection>(subjects: &mut [Subject<G>], request: &Request, today: Date) {
    read_histories(subjects, request, today, |subject, observed| {
        needs_history(&subject.desired, observed, subject.export_shows, today)
    })
    .await;
}
