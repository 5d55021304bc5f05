//! Deploying: one deployment for an API, then its stages one after the other, each
//! verified before the next.
//!
//! CreateDeployment is sent without a stage: with one, the service would make a
//! missing stage, and move an existing one before anybody could look. The
//! deployment's description is the journal that later runs read.

use std::time::Duration;

use crate::aws::{AwsError, AwsErrorKind, Gateway, Writer};
use crate::journal::{ExportShows, Journal};
use crate::model::ResponseType;
use crate::observed::{Deployment, Export, Served};
use crate::plan::{ApiWork, Evidence, StagePlan, customized_digest, export_digest, moved};
use crate::verify::{Patience, StageCheck, verify_stage};

/// How often a write is tried while somebody else is writing to the API.
const TRIES: u32 = 5;

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

/// What was deployed.
#[derive(Debug, Default)]
pub struct Deployed {
    pub deployment: Option<Deployment>,
    /// The stages that were moved, or tried.
    pub stages: Vec<MovedStage>,
    /// Where the deployment that was made is for nothing, because every stage is stale.
    pub unused: Option<Unused>,
    pub export_shows: ExportShows,
    pub error: Option<String>,
    pub interrupted: bool,
}

/// One stage that was moved, or tried.
#[derive(Debug)]
pub struct MovedStage {
    pub name: String,
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
    /// Moved, and nobody could tell what it serves.
    Unverified(String),
    /// Did not serve what is wanted, and was moved back.
    MovedBack(Vec<ResponseType>),
    NotMoved(String),
    /// Somebody else moved it since the plan was made: it was left alone.
    Stale(String),
}

/// What became of a deployment that no stage was moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    Removed,
    /// It could not be removed; the text says why.
    Left(String),
}

impl Deployed {
    /// Whether every stage serves what is wanted.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.error.is_none()
            && !self.interrupted
            && self.stages.iter().all(|stage| matches!(stage.end, MoveEnd::Serves(..)))
    }
}

/// A step worth telling.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    Deploying,
    Deployed(&'a str),
    Moved { stage: &'a str, deployment: &'a str },
    Verified { stage: &'a str },
}

/// Deploys an API whose changes are all made, and moves the planned stages.
pub async fn deploy(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    work: &ApiWork,
    orders: &Orders,
    stop: impl Fn() -> bool,
    on_step: impl Fn(Step<'_>),
) -> Deployed {
    let mut result = Deployed { export_shows: work.export_shows, ..Deployed::default() };
    let stages: Vec<&StagePlan> = work.stages.iter().filter(|s| s.is_deployed()).collect();
    result.export_shows = look_at_export(gateway, api, work, &stages).await;

    let deployment = match &work.reuse {
        Some(id) => id.clone(),
        None => {
            on_step(Step::Deploying);
            match create(gateway, writer, api, work, &stages, result.export_shows, orders).await {
                Ok(deployment) => {
                    on_step(Step::Deployed(&deployment.id));
                    let id = deployment.id.clone();
                    result.deployment = Some(deployment);
                    id
                }
                Err(error) => {
                    result.error = Some(crate::read::describe(&error));
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
        let end = move_stage(
            gateway,
            writer,
            api,
            work,
            stage,
            &deployment,
            result.export_shows,
            orders,
            &on_step,
        )
        .await;
        // A stage that somebody else moved says nothing against the deployment.
        let good = matches!(end, MoveEnd::Serves(..) | MoveEnd::Stale(_));
        result.stages.push(MovedStage {
            name: stage.name.clone(),
            from: stage.deployment_id.clone(),
            to: deployment.clone(),
            end,
        });
        if !good {
            return result;
        }
    }
    let is_used = result.stages.iter().any(|stage| !matches!(stage.end, MoveEnd::Stale(_)));
    if let (Some(made), false) = (&result.deployment, is_used) {
        result.unused = Some(match writer.delete_deployment(api, &made.id).await {
            Ok(()) => Unused::Removed,
            Err(error) => Unused::Left(crate::read::describe(&error)),
        });
    }
    result
}

/// Whether a stage still is where the plan saw it; else, in words, how it is not.
async fn look_at_stage(gateway: &Gateway, api: &str, stage: &StagePlan) -> Option<MoveEnd> {
    match gateway.stage(api, &stage.name).await {
        Ok(now) => moved(stage, Some(&now)).map(MoveEnd::Stale),
        Err(error) => match error.kind {
            AwsErrorKind::NotFound { .. } => moved(stage, None).map(MoveEnd::Stale),
            _ => Some(MoveEnd::NotMoved(crate::read::describe(&error))),
        },
    }
}

/// Between write and deployment the configuration is new and the stage is old: what
/// an export shows now proves what exports are evidence of.
async fn look_at_export(
    gateway: &Gateway,
    api: &str,
    work: &ApiWork,
    stages: &[&StagePlan],
) -> ExportShows {
    if work.export_shows != ExportShows::Unproven || work.base_digest == work.after_digest {
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
    let previous = stages
        .iter()
        .filter_map(|stage| Some((stage.name.clone(), stage.deployment_id.clone()?)))
        .collect();
    let message = if work.integration_failure_unset {
        Journal::unset_integration_failure(&orders.message)
    } else {
        orders.message.clone()
    };
    let journal = Journal {
        digest: customized_digest(&work.after),
        run: orders.run.clone(),
        export: shows,
        previous,
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
        if !may_pass(&error, attempt).await {
            return Err(error);
        }
        let now = gateway.gateway_responses(api).await?;
        if customized_digest(&now.responses) != work.after_digest {
            return Err(error);
        }
    }
}

/// Moves a stage. After a conflict it is read again, and moved only from where it was.
async fn point(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    stage: &StagePlan,
    deployment: &str,
) -> Result<(), AwsError> {
    let mut attempt = 0;
    loop {
        let error = match writer.point_stage(api, &stage.name, deployment).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        attempt += 1;
        if !may_pass(&error, attempt).await {
            return Err(error);
        }
        let now = gateway.stage(api, &stage.name).await?.deployment_id;
        if now.as_deref() == Some(deployment) {
            return Ok(());
        }
        if now != stage.deployment_id {
            return Err(error);
        }
    }
}

/// Waits where somebody else is writing to the API, which passes.
async fn may_pass(error: &AwsError, attempt: u32) -> bool {
    let passes = matches!(error.kind, AwsErrorKind::Conflict { .. }) && attempt < TRIES;
    if passes {
        tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
    }
    passes
}

#[expect(clippy::too_many_arguments, reason = "one step of `deploy`, apart only to be readable")]
async fn move_stage(
    gateway: &Gateway,
    writer: &Writer,
    api: &str,
    work: &ApiWork,
    stage: &StagePlan,
    deployment: &str,
    shows: ExportShows,
    orders: &Orders,
    on_step: &impl Fn(Step<'_>),
) -> MoveEnd {
    if let Some(end) = look_at_stage(gateway, api, stage).await {
        return end;
    }
    if let Err(error) = point(gateway, writer, api, stage, deployment).await {
        return MoveEnd::NotMoved(crate::read::describe(&error));
    }
    on_step(Step::Moved { stage: &stage.name, deployment });
    let check = verify_stage(gateway, api, &stage.name, &work.after, shows, orders.patience).await;
    match check {
        StageCheck::Serves(evidence, export) => {
            on_step(Step::Verified { stage: &stage.name });
            MoveEnd::Serves(evidence, export.map(Box::new))
        }
        StageCheck::Unknown(why) => MoveEnd::Unverified(why),
        StageCheck::Differs(types) => match (&stage.deployment_id, orders.on_bad_stage) {
            (Some(previous), OnBadStage::MoveBack) => {
                match writer.point_stage(api, &stage.name, previous).await {
                    Ok(_) => MoveEnd::MovedBack(types),
                    Err(_) => MoveEnd::Differs(types),
                }
            }
            (None, OnBadStage::MoveBack) | (_, OnBadStage::Leave) => MoveEnd::Differs(types),
        },
    }
}
