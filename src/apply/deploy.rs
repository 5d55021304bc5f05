//! Deploying: one deployment for an API, then its stages one after the other, each
//! verified before the next.
//!
//! CreateDeployment is sent without a stage: with one, the service would make a
//! missing stage, and move an existing one before anybody could look. So the new
//! deployment is held against the old one while nothing serves it, and a canary keeps
//! its settings. The deployment's description is the journal that later runs read.

use super::retry::has_passed;
use super::stage_move::move_stage;
use super::verify::Patience;
use crate::aws::{AwsError, Gateway, Writer};
use crate::model::ResponseType;
use crate::plan::{
    ApiWork, Consent, Evidence, Foreign, Part, Request, StagePlan, customized_digest,
    export_digest, uncompared_under_mirror, unlisted_routes, written_meanwhile,
};
use crate::read::describe;
use crate::state::deployment_note::Journal;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Deployment, DeploymentSummary, Export, ObservedApi, Served};

/// What a deployment is told beside the plan.
#[derive(Clone, Debug)]
pub struct Orders {
    /// This run's id; it finds an unclear deployment again.
    pub run: String,
    /// For the description.
    pub message: String,
    pub on_bad_stage: OnBadStage,
    pub patience: Patience,
}

/// What becomes of a stage that does not serve what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBadStage {
    /// It stays, and the way back is told.
    Leave,
    /// `--rollback-on-failure`
    MoveBack,
}

/// The API to deploy, with what may be said to it and what was read of it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub gateway: &'a Gateway,
    pub writer: &'a Writer,
    pub api: &'a str,
    pub work: &'a ApiWork,
    pub observed: &'a ObservedApi,
    pub request: &'a Request,
    pub orders: &'a Orders,
}

/// What was deployed.
#[derive(Debug, Default)]
pub struct Deployed {
    /// The deployment that was made, if it still is there.
    pub deployment: Option<Deployment>,
    /// The stages that were moved, or tried.
    pub stages: Vec<MovedStage>,
    pub export_shows: ExportShows,
    /// What the new deployment holds that was not in the plan: no stage was moved.
    pub unlisted: Option<Foreign>,
    /// The stages that nothing was deployed to because exports turned out to mirror the
    /// configuration: with what could not be compared.
    pub uncompared: Vec<(String, Foreign)>,
    pub unused: Unused,
    pub error: Option<String>,
    pub interrupted: bool,
}

/// What became of a deployment that no stage was moved to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unused {
    /// There is none.
    #[default]
    None,
    Deleted(String),
    /// It could not be deleted; with the reason.
    Left(String, String),
}

/// One stage that was moved, or tried.
#[derive(Debug)]
pub struct MovedStage {
    pub name: String,
    pub part: Part,
    /// Where it pointed before.
    pub from: Option<String>,
    pub to: String,
    pub end: MoveEnd,
}

/// How moving a stage ended.
#[derive(Debug)]
pub enum MoveEnd {
    Serves(Evidence, Option<Box<Export>>),
    /// Moved, and it does not serve what is wanted.
    Differs(Vec<ResponseType>),
    /// Moved, and nobody could tell what it serves; and whether it was moved back, where that
    /// was to be.
    Unverified(String, Option<Back>),
    /// Did not serve what is wanted, and was moved back.
    MovedBack(Vec<ResponseType>),
    /// Served work of others that was not listed.
    Unlisted(Foreign, Back),
    /// Somebody else has moved it, or changed its canary, since it was read.
    Stale(String),
    /// It points where it pointed.
    NotMoved(String),
    /// Nobody can tell whether it was moved.
    Unclear(String),
}

/// Whether a stage could be moved back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    Done,
    /// It still serves it; the text says why.
    Failed(String),
}

impl Deployed {
    /// Whether every stage serves what is wanted.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.error.is_none()
            && self.unlisted.is_none()
            && self.uncompared.is_empty()
            && !self.interrupted
            && self.stages.iter().all(|stage| matches!(stage.end, MoveEnd::Serves(..)))
    }
}

/// A step worth telling.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    Deploying,
    Deployed(&'a str),
    Moved { stage: &'a str, part: Part, deployment: &'a str },
    Verified { stage: &'a str, part: Part },
}

/// Deploys an API whose changes are all made, and moves the planned stages.
pub async fn deploy(
    ground: Ground<'_>,
    stop: impl Fn() -> bool,
    on_step: impl Fn(Step<'_>),
) -> Deployed {
    let Ground { gateway, writer, api, work, observed, request, orders } = ground;
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
            match create(gateway, writer, api, work, &stages, result.export_shows, orders).await {
                Ok(deployment) => {
                    on_step(Step::Deployed(&deployment.id));
                    let id = deployment.id.clone();
                    result.deployment = Some(deployment);
                    match unlisted_in_deployment(&ground, &stages, &id).await {
                        Ok(None) => id,
                        Ok(unlisted @ Some(_)) => {
                            result.unlisted = unlisted;
                            remove_unused(&ground, &mut result).await;
                            return result;
                        }
                        Err(error) => {
                            result.error = Some(format!(
                                "what deployment {id} holds could not be read, so no stage was \
                                 moved to it: {}",
                                describe(&error)
                            ));
                            remove_unused(&ground, &mut result).await;
                            return result;
                        }
                    }
                }
                Err(error) => {
                    result.error = Some(describe(&error));
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
        let end = move_stage(&ground, stage, &deployment, result.export_shows, &on_step).await;
        let good = matches!(end, MoveEnd::Serves(..));
        result.stages.push(MovedStage {
            name: stage.name.clone(),
            part: stage.part,
            from: stage.replaced().map(ToOwned::to_owned),
            to: deployment.clone(),
            end,
        });
        if !good {
            let in_use = result.stages.iter().any(|moved| match &moved.end {
                MoveEnd::Stale(_)
                | MoveEnd::NotMoved(_)
                | MoveEnd::Unlisted(_, Back::Done)
                | MoveEnd::Unverified(_, Some(Back::Done)) => false,
                MoveEnd::Serves(..)
                | MoveEnd::Differs(_)
                | MoveEnd::Unverified(_, None | Some(Back::Failed(_)))
                | MoveEnd::MovedBack(_)
                | MoveEnd::Unlisted(_, Back::Failed(_))
                | MoveEnd::Unclear(_) => true,
            });
            if !in_use {
                remove_unused(&ground, &mut result).await;
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
    ground: &Ground<'_>,
    stages: &[&StagePlan],
    deployment: &str,
) -> Result<Option<Foreign>, AwsError> {
    let Ground { gateway, writer: _, api, work, observed, request, orders: _ } = ground;
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
async fn remove_unused(ground: &Ground<'_>, result: &mut Deployed) {
    let Some(deployment) = result.deployment.take() else { return };
    let deleted = ground.writer.delete_deployment(ground.api, &deployment.id).await;
    result.unused = match deleted {
        Ok(()) => Unused::Deleted(deployment.id),
        Err(error) => Unused::Left(deployment.id, describe(&error)),
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
    orders: &Orders,
) -> Result<Deployment, AwsError> {
    let mut message = orders.message.clone();
    // Where exports are known to show what is served they tell it better.
    if let Some(ships) = work.ships.as_ref().filter(|_| shows != ExportShows::Snapshot) {
        message = ships.note(&message);
    }
    if work.integration_failure_unset {
        message = Journal::unset_integration_failure(&message);
    }
    let journal = Journal {
        digest: customized_digest(&work.after),
        run: orders.run.clone(),
        export: shows,
        previous: stages.iter().flat_map(|stage| previous(stage)).collect(),
        message,
    };
    let description = journal.to_string();
    let mut attempt = 0;
    loop {
        let error = match writer.create_deployment(api, &description, &orders.run).await {
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

/// The ways back from a stage: see [`Journal::previous_of`].
fn previous(stage: &StagePlan) -> Vec<(String, String)> {
    let mut ids: Vec<&str> = stage.replaced().into_iter().collect();
    if stage.part == Part::Canary {
        ids.extend(stage.deployment_id.as_deref());
    }
    ids.dedup();
    ids.into_iter().map(|id| (stage.name.clone(), id.to_owned())).collect()
}
