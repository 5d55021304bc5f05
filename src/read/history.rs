//! Reading for `deployments`: where the stages point, and what was deployed.
//!
//! Cost: GetStages and GetDeployments for each API; GetDeployment for one that a stage serves
//! and a list that is late lacks.

use tokio::task::JoinSet;

use super::{Entry, describe, resolve};
use crate::aws::{AwsError, Connection, Reader};
use crate::plan::ApiTarget;
use crate::state::observed::History;

/// A live API with its history, or why that could not be read.
pub struct Chronicle<G> {
    pub target: ApiTarget,
    pub gateway: Option<G>,
    pub history: Result<History, String>,
}

/// Reads the history of every API of the entries.
pub async fn read_chronicles<G: Connection>(
    entries: &[Entry<G>],
    on_read: impl Fn(usize, usize),
) -> Vec<Chronicle<G>> {
    let mut chronicles: Vec<Chronicle<G>> = Box::pin(resolve(entries))
        .await
        .into_iter()
        .map(|subject| Chronicle {
            target: subject.target,
            gateway: subject.gateway,
            history: subject.observed.map(|_| History::default()),
        })
        .collect();
    let total = chronicles.len();
    on_read(0, total);
    let mut reads = JoinSet::new();
    for (index, chronicle) in chronicles.iter().enumerate() {
        if let (Ok(_), Some(gateway)) = (&chronicle.history, &chronicle.gateway) {
            let gateway = gateway.reader().clone();
            let api = chronicle.target.rest_api_id.clone();
            reads.spawn(async move { (index, read_history(&gateway, &api).await) });
        }
    }
    let mut done = 0;
    while let Some(read) = reads.join_next().await {
        let Ok((index, history)) = read else { continue };
        chronicles[index].history = history.map_err(|error| describe(&error));
        done += 1;
        on_read(done, total);
    }
    chronicles.sort_by(|one, other| one.target.cmp(&other.target));
    chronicles
}

/// GetStages and GetDeployments of one API.
///
/// # Errors
/// When one of them cannot be had.
pub async fn read_history(gateway: &Reader, api: &str) -> Result<History, AwsError> {
    let (stages, deployments) = tokio::try_join!(gateway.stages(api), gateway.deployments(api))?;
    let mut history = History { stages, deployments };
    complete(gateway, api, &mut history).await;
    Ok(history)
}

/// Adds the deployments that are served and not listed. Whose a deployment is stands in its
/// description: without it gwr's own would pass for somebody else's. What a list lacks is the
/// newest.
pub(super) async fn complete(gateway: &Reader, api: &str, history: &mut History) {
    for id in history.unlisted() {
        if let Ok(deployment) = gateway.deployment(api, &id).await {
            history.deployments.insert(0, deployment);
        }
    }
}
