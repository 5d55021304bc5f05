//! Deploying: one deployment for an API, then its stages one after the other, each
//! verified before the next.
//!
//! CreateDeployment is sent without a stage: with one, the service would make a
//! missing stage, and move an existing one before anybody could look. So the new
//! deployment is held against the old one while nothing serves it, and a canary keeps
//! its settings. The deployment's description is the journal that later runs read.

use std::collections::BTreeSet;

use crate::aws::{AwsError, Gateway, Writer};
use crate::conflict::has_passed;
use crate::digest::Digest;
use crate::journal::{ExportShows, Journal};
use crate::model::ResponseType;
use crate::observed::{
    Deployment, DeploymentSummary, Export, ObservedApi, Served, StagePointer, Unread,
};
use crate::plan::{
    ApiWork, Consent, Evidence, Foreign, Part, StagePlan, customized_digest, export_digest,
    unlisted_in_export, unlisted_routes,
};
use crate::read::describe;
use crate::trace::{WayBack, leave_trace};
use crate::verify::{Patience, StageCheck, Watch, verify_stage};

/// What a deployment is told beside the plan.
#[derive(Clone, Debug)]
pub struct Orders {
    /// This run's id; it finds an unclear deployment again.
    pub run: String,
    /// For the description.
    pub message: String,
    /// `--accept-foreign`: digests of undeployed work of others.
    pub accept_foreign: BTreeSet<Digest>,
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
    /// What the new deployment holds that nobody has listed: no stage was moved.
    pub unlisted: Option<Foreign>,
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
    let Ground { gateway, writer, api, work, observed: _, orders } = ground;
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

/// Holds the new deployment against those it is to take the place of, while nothing
/// serves it: somebody may have worked between the plan and CreateDeployment.
async fn unlisted_in_deployment(
    ground: &Ground<'_>,
    stages: &[&StagePlan],
    deployment: &str,
) -> Result<Option<Foreign>, AwsError> {
    let Ground { gateway, writer: _, api, work: _, observed, orders } = ground;
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
    Ok(unlisted.filter(|unlisted| !orders.accept_foreign.contains(unlisted.digest())))
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

/// Points the stage, or its canary, at a deployment. After a conflict the stage is read
/// again, and moved only from where it was.
async fn point(
    ground: &Ground<'_>,
    stage: &StagePlan,
    from: Option<&str>,
    deployment: &str,
) -> Result<(), AwsError> {
    let Ground { gateway, writer, api, .. } = ground;
    let mut attempt = 0;
    loop {
        let pointed = match stage.part {
            Part::Stage => writer.point_stage(api, &stage.name, deployment).await,
            Part::Canary => writer.point_canary(api, &stage.name, deployment).await,
        };
        let Err(error) = pointed else { return Ok(()) };
        attempt += 1;
        if !has_passed(&error, attempt).await {
            return Err(error);
        }
        let StagePointer { deployment_id, canary } = gateway.stage(api, &stage.name).await?;
        let now = match stage.part {
            Part::Stage => deployment_id,
            Part::Canary => canary.and_then(|canary| canary.deployment_id),
        };
        if now.as_deref() == Some(deployment) {
            return Ok(());
        }
        if now.as_deref() != from {
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

async fn move_stage(
    ground: &Ground<'_>,
    stage: &StagePlan,
    deployment: &str,
    shows: ExportShows,
    on_step: &impl Fn(Step<'_>),
) -> MoveEnd {
    let Ground { gateway, writer: _, api, work, observed, orders } = ground;
    match gateway.stage(api, &stage.name).await {
        Err(error) => return MoveEnd::NotMoved(describe(&error)),
        Ok(now) => {
            if let Some(stale) = changed_since(stage, &now) {
                return MoveEnd::Stale(stale);
            }
        }
    }
    if let Err(error) = point(ground, stage, stage.replaced(), deployment).await {
        let why = describe(&error);
        return if error.did_nothing() { MoveEnd::NotMoved(why) } else { MoveEnd::Unclear(why) };
    }
    on_step(Step::Moved { stage: &stage.name, part: stage.part, deployment });

    let before = match observed.stages.get(&stage.name).map(|stage| &stage.served) {
        Some(Served::Exported(export)) => Some(export),
        Some(Served::NotRead | Served::NoSuchStage | Served::Unreadable(_)) | None => None,
    };
    let listed = stage.foreign.clone().unwrap_or_else(|| Foreign::new(Vec::new()));
    let watch = |after: &Export| {
        if stage.consent == Consent::Allowed {
            return None;
        }
        let unlisted = unlisted_in_export(before?, after, &listed);
        let accepted = unlisted.is_empty() || orders.accept_foreign.contains(unlisted.digest());
        (!accepted).then_some(unlisted)
    };
    let watch = match stage.part {
        Part::Stage => Watch::Stage(&watch),
        Part::Canary => Watch::Canary(&watch),
    };
    // What came along that no summary shows (a template, say) is told by exports alone: where
    // there was one before the move and is none after it, that counts as work of others.
    let counts = before.is_some() && stage.consent != Consent::Allowed;
    let patience = orders.patience;
    let check = verify_stage(gateway, api, &stage.name, &work.after, shows, patience, watch).await;
    match check {
        StageCheck::Serves(evidence, export) => {
            on_step(Step::Verified { stage: &stage.name, part: stage.part });
            MoveEnd::Serves(evidence, export.map(Box::new))
        }
        StageCheck::Unread(unread) if counts => MoveEnd::Unverified(
            unread_after_move(&unread),
            Some(back(ground, stage, deployment).await),
        ),
        StageCheck::Unread(_) => {
            on_step(Step::Verified { stage: &stage.name, part: stage.part });
            MoveEnd::Serves(Evidence::Digest, None)
        }
        StageCheck::Unknown(why) if counts || orders.on_bad_stage == OnBadStage::MoveBack => {
            MoveEnd::Unverified(why, Some(back(ground, stage, deployment).await))
        }
        StageCheck::Unknown(why) => MoveEnd::Unverified(why, None),
        StageCheck::Unlisted(unlisted) => {
            MoveEnd::Unlisted(unlisted, back(ground, stage, deployment).await)
        }
        StageCheck::Differs(types) => match (stage.replaced(), orders.on_bad_stage) {
            (Some(previous), OnBadStage::MoveBack) => {
                match take_back(ground, stage, deployment, previous).await {
                    Ok(()) => MoveEnd::MovedBack(types),
                    Err(_) => MoveEnd::Differs(types),
                }
            }
            (None, OnBadStage::MoveBack) | (_, OnBadStage::Leave) => MoveEnd::Differs(types),
        },
    }
}

/// Before the move there was an export, so it could be told what came along; now it cannot.
fn unread_after_move(Unread { call: _, why, hint }: &Unread) -> String {
    let hint = hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("GetExport failed ({why}), and undeployed work of others may have come along{hint}")
}

/// Moves a stage back to where it was.
async fn back(ground: &Ground<'_>, stage: &StagePlan, deployment: &str) -> Back {
    match stage.replaced() {
        None => Back::Failed("it had no deployment before".to_owned()),
        Some(previous) => match take_back(ground, stage, deployment, previous).await {
            Ok(()) => Back::Done,
            Err(error) => Back::Failed(describe(&error)),
        },
    }
}

async fn take_back(
    ground: &Ground<'_>,
    stage: &StagePlan,
    deployment: &str,
    previous: &str,
) -> Result<(), AwsError> {
    point(ground, stage, Some(deployment), previous).await?;
    let Ground { gateway, writer, api, .. } = ground;
    let way = WayBack { api, stage: &stage.name, from: Some(deployment), to: previous };
    leave_trace(gateway, writer, way).await;
    Ok(())
}

/// What somebody else did to the stage since it was read.
fn changed_since(stage: &StagePlan, now: &StagePointer) -> Option<String> {
    let StagePointer { deployment_id, canary } = now;
    let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".to_owned());
    if *deployment_id != stage.deployment_id {
        return Some(format!(
            "it was moved from deployment {} to {} by somebody else since it was read",
            id(&stage.deployment_id),
            id(deployment_id)
        ));
    }
    (*canary != stage.canary).then(|| {
        "its canary settings were changed by somebody else since they were read".to_owned()
    })
}
