//! What a deployment would ship beside gateway responses, and what stands in its place.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use tokio::task::JoinSet;

use super::Subject;
use crate::aws::{AwsError, Connection, Reader};
use crate::plan::{self, Request};
use crate::state::observed::{ConfiguredApi, Routes, Unread};

/// GetRestApi, GetResources and GetDeployment with its summary, only where a deployment
/// is planned. What cannot be read is no error: it is named, and counts as foreign.
pub(super) async fn read_routes<G: Connection>(
    subjects: &mut [Subject<G>],
    request: &Request,
    today: Date,
) {
    let mut reads = JoinSet::new();
    for (index, subject) in subjects.iter().enumerate() {
        let (Ok(observed), Some(gateway)) = (&subject.observed, &subject.gateway) else {
            continue;
        };
        let gateway = gateway.reader().clone();
        let shows = subject.export_shows;
        let needs = plan::needs(&subject.desired, observed, shows, request, today);
        if let Some(deployments) = needs.routes {
            let api = subject.target.rest_api_id.clone();
            reads.spawn(async move { (index, routes(&gateway, &api, deployments).await) });
        }
    }
    while let Some(read) = reads.join_next().await {
        let Ok((index, routes)) = read else { continue };
        if let Ok(observed) = &mut subjects[index].observed {
            observed.routes = Some(routes);
        }
    }
}

/// Reads the configured routes, and the summaries of deployments.
pub(super) async fn routes(gateway: &Reader, api: &str, deployments: BTreeSet<String>) -> Routes {
    let mut summaries = JoinSet::new();
    for id in deployments {
        let (gateway, api) = (gateway.clone(), api.to_owned());
        summaries.spawn(async move {
            // An empty one tells nothing: see `Routes::summary`.
            let summary = gateway.kept_summary(&api, &id).await.map(Option::unwrap_or_default);
            (id, summary.map_err(unread))
        });
    }
    let configured = tokio::try_join!(gateway.rest_api(api), gateway.resources(api))
        .map(|(detail, resources)| ConfiguredApi { detail, resources })
        .map_err(unread);
    let mut deployed = BTreeMap::new();
    while let Some(read) = summaries.join_next().await {
        let Ok((id, summary)) = read else { continue };
        deployed.insert(id, summary);
    }
    Routes { configured, deployed }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn unread(error: AwsError) -> Unread {
    Unread { call: error.in_short(), why: error.to_string(), hint: error.hint() }
}
