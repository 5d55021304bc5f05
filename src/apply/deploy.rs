//! Deploying: one deployment for an API, then its stages one after the other, each
//! verified before the next.
//!
//! CreateDeployment is sent without a stage: with one, the service would make a
//! missing stage, and move an existing one before it could be compared. So the new
//! deployment is held against the old one while nothing serves it, and a canary keeps
//! its settings. Later runs read the deployment's description.

use super::context::{DeployOptions, DeployTarget, Step};
use super::outcome::{DeployFailure, Deployed, MovedStage, Unused};
use super::retry::has_passed;
use super::stage_move::move_stage;
use crate::aws::{AwsError, Gateway, Writer};
use crate::plan::{
    ApiWork, Consent, Foreign, Part, StagePlan, customized_digest, export_digest,
    uncompared_under_mirror, unlisted_routes, written_meanwhile,
};
use crate::state::deployment_note::Journal;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Deployment, DeploymentSummary, Served};

/// Deploys an API whose changes are all made, and moves the planned stages.
pub async fn deploy(
    target: DeployTarget<'_>,
    stop: impl Fn() -> bool,
    on_step: impl Fn(Step<'_>),
) -> Deployed {
    let DeployTarget { gateway, writer, api, work, observed, request, options } = target;
    let mut result = Deployed { export_shows: work.export_shows, ..Deployed::default() };
    let stages: Vec<&StagePlan> = work.stages.iter().filter(|s| s.is_deployed()).collect();
    result.export_shows = look_at_export(gateway, api, work, &stages).await;
    if work.export_shows == ExportShows::Unproven && result.export_shows == ExportShows::Mirror {
        result.uncompared = uncompared_under_mirror(work, observed, request);
        if !result.uncompared.is_empty() {
            return result;
        }
    }

    let deployment = match &work.reuse {
        Some(id) => id.clone(),
        None => {
            on_step(Step::Deploying);
            match create(gateway, writer, api, work, &stages, result.export_shows, options).await {
                Ok(deployment) => {
                    on_step(Step::Deployed(&deployment.id));
                    let id = deployment.id.clone();
                    result.deployment = Some(deployment);
                    match unlisted_in_deployment(&target, &stages, &id).await {
                        Ok(None) => id,
                        Ok(unlisted @ Some(_)) => {
                            result.unlisted = unlisted;
                            remove_unused(&target, &mut result).await;
                            return result;
                        }
                        Err(error) => {
                            result.error = Some(DeployFailure::Unread { deployment: id, error });
                            remove_unused(&target, &mut result).await;
                            return result;
                        }
                    }
                }
                Err(error) => {
                    result.error = Some(DeployFailure::NotCreated(error));
                    return result;
                }
            }
        }
    };

    for stage in stages {
        if stop() {
            result.interrupted = true;
            return result;
        }
        let end = move_stage(&target, stage, &deployment, result.export_shows, &on_step).await;
        let is_good = end.is_good();
        result.stages.push(MovedStage {
            name: stage.name.clone(),
            part: stage.part,
            from: stage.replaced().map(ToOwned::to_owned),
            to: deployment.clone(),
            end,
        });
        if !is_good {
            if !result.keeps_deployment() {
                remove_unused(&target, &mut result).await;
            }
            return result;
        }
    }
    result
}

/// Compares, while nothing serves the new deployment: the configuration with the planned
/// one, all types, and the new deployment with those that it replaces. Another client may
/// have written between the plan and CreateDeployment.
///
/// Whatever `foreign_changes` allows, responses must be as planned: the digest in the new
/// deployment's description is that of the plan.
async fn unlisted_in_deployment(
    target: &DeployTarget<'_>,
    stages: &[&StagePlan],
    deployment: &str,
) -> Result<Option<Foreign>, AwsError> {
    let DeployTarget { gateway, writer: _, api, work, observed, request, options: _ } = target;
    let written = written_meanwhile(&work.after, &gateway.gateway_responses(api).await?);
    if !written.is_empty() {
        return Ok(Some(written));
    }
    let routes = observed.routes.as_ref();
    let configured = routes.and_then(|routes| routes.configured.as_ref().ok());
    let (Some(routes), Some(configured)) = (routes, configured) else { return Ok(None) };
    let served: Vec<Option<&DeploymentSummary>> = stages
        .iter()
        .filter(|stage| stage.consent != Consent::Allowed)
        .map(|stage| stage.replaced().and_then(|id| routes.summary(id)))
        .collect();
    if served.iter().all(Option::is_none) {
        return Ok(None);
    }
    let new = gateway.deployment_summary(api, deployment).await?;
    let configured = configured.summary();
    let unlisted = served
        .into_iter()
        .map(|served| unlisted_routes(served, &configured, &new))
        .find(|unlisted| !unlisted.is_empty());
    Ok(unlisted.filter(|unlisted| !request.accept_foreign.contains(unlisted.digest())))
}

/// Deletes the deployment that this run has made and nothing serves.
async fn remove_unused(target: &DeployTarget<'_>, result: &mut Deployed) {
    let Some(deployment) = result.deployment.take() else { return };
    let deleted = target.writer.delete_deployment(target.api, &deployment.id).await;
    result.unused = match deleted {
        Ok(()) => Unused::Deleted(deployment.id),
        Err(error) => Unused::Left(deployment.id, error),
    };
}

/// Between write and deployment the configuration is new and the stage is old: what
/// an export shows now proves what exports are evidence of.
async fn look_at_export(
    gateway: &Gateway,
    api: &str,
    work: &ApiWork,
    stages: &[&StagePlan],
) -> ExportShows {
    if !work.export_will_prove() {
        return work.export_shows;
    }
    let Some(stage) = stages.first() else { return work.export_shows };
    match gateway.export(api, &stage.name).await {
        Ok(Served::Exported(export)) if export_digest(&export) == work.after_digest => {
            ExportShows::Mirror
        }
        Ok(Served::Exported(_)) => ExportShows::Snapshot,
        Ok(Served::Unreadable(_) | Served::NoSuchStage | Served::NotRead) | Err(_) => {
            ExportShows::Unproven
        }
    }
}

async fn create(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    work: &ApiWork,
    stages: &[&StagePlan],
    shows: ExportShows,
    options: &DeployOptions,
) -> Result<Deployment, AwsError> {
    let mut message = options.message.clone();
    // Where exports are known to show what is served, they are better evidence.
    if let Some(ships) = work.ships.as_ref().filter(|_| shows != ExportShows::Snapshot) {
        message = ships.note(&message);
    }
    if work.integration_failure_unset {
        message = Journal::unset_integration_failure(&message);
    }
    let journal = Journal {
        digest: customized_digest(&work.after),
        run: options.run.clone(),
        export: shows,
        previous: stages.iter().flat_map(|stage| previous(stage)).collect(),
        message,
    };
    let description = journal.to_string();
    let mut attempt = 0;
    loop {
        let error = match writer.create_deployment(api, &description, &options.run).await {
            Ok(deployment) => return Ok(deployment),
            Err(error) => error,
        };
        attempt += 1;
        if !has_passed(&error, attempt).await {
            return Err(error);
        }
        let now = gateway.gateway_responses(api).await?;
        if customized_digest(&now.responses) != work.after_digest {
            return Err(error);
        }
    }
}

/// The deployments to revert a stage to: see [`Journal::previous_of`].
fn previous(stage: &StagePlan) -> Vec<(String, String)> {
    let mut ids: Vec<&str> = stage.replaced().into_iter().collect();
    if stage.part == Part::Canary {
        ids.extend(stage.deployment_id.as_deref());
    }
    ids.dedup();
    ids.into_iter().map(|id| (stage.name.clone(), id.to_owned())).collect()
}
