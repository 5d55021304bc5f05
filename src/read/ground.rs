//! Reading again: what a saved plan or a record is held against, just before a write.

use std::collections::BTreeMap;

use super::history::complete;
use super::resolve::{Found, unread};
use super::routes::routes;
use crate::aws::{AwsError, Connection as _, Gateway};
use crate::plan::{ApiTarget, ApiWork, StagePlan};
use crate::state::observed::{History, ObservedApi, ObservedStage, Served};

/// Reads what a saved plan or a record is held against: the configuration, and where
/// every stage points.
///
/// # Errors
/// When it cannot be read.
pub async fn read_pointers(gateway: &Gateway, target: &ApiTarget) -> Result<ObservedApi, AwsError> {
    let api = &target.rest_api_id;
    let (configured, pointers) =
        tokio::try_join!(gateway.gateway_responses(api), gateway.stages(api))?;
    let seen = |pointer| ObservedStage { served: Served::NotRead, pointer: Some(pointer) };
    Ok(ObservedApi {
        configured,
        stages: pointers.into_iter().map(|(name, pointer)| (name, seen(pointer))).collect(),
        ..unread(Found {
            id: api.clone(),
            name: target.rest_api_name.clone(),
            tags: BTreeMap::new(),
        })
    })
}

/// Reads again what a plan rests on: also what a deployment would ship beside, where the
/// plan has compared that.
///
/// # Errors
/// When it cannot be read.
pub async fn read_ground(
    gateway: &Gateway,
    target: &ApiTarget,
    work: &ApiWork,
) -> Result<ObservedApi, AwsError> {
    let api = &target.rest_api_id;
    let mut observed = read_pointers(gateway, target).await?;
    if !work.deploys() {
        return Ok(observed);
    }
    let pointers = observed
        .stages
        .iter()
        .filter_map(|(name, stage)| Some((name.clone(), stage.pointer.clone()?)));
    let mut history =
        History { stages: pointers.collect(), deployments: gateway.deployments(api).await? };
    complete(gateway.reader(), api, &mut history).await;
    observed.deployments = Some(history.deployments);
    let compared: Vec<&StagePlan> =
        work.stages.iter().filter(|stage| stage.is_deployed() && stage.foreign.is_some()).collect();
    if compared.is_empty() {
        return Ok(observed);
    }
    let deployments =
        compared.iter().filter_map(|stage| stage.replaced().map(ToOwned::to_owned)).collect();
    observed.routes = Some(routes(gateway.reader(), api, deployments).await);
    for stage in compared {
        let served = gateway.export(api, &stage.name).await?;
        if let Some(seen) = observed.stages.get_mut(&stage.name) {
            seen.served = served;
        }
    }
    Ok(observed)
}
