//! Moving one stage to a deployment: looked at right before, pointed, verified, and moved
//! back where it serves what was not in the plan.

use super::deploy::{Back, Ground, MoveEnd, OnBadStage, Step};
use super::retry::has_passed;
use super::trace::{WayBack, leave_trace};
use super::verify::{StageCheck, Watch, verify_stage};
use crate::aws::AwsError;
use crate::plan::{
    Consent, Evidence, Foreign, Part, StagePlan, unlisted_in_export, unlisted_responses,
};
use crate::read::describe;
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Export, Served, StagePointer, Unread};

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

pub(crate) async fn move_stage(
    ground: &Ground<'_>,
    stage: &StagePlan,
    deployment: &str,
    shows: ExportShows,
    on_step: &impl Fn(Step<'_>),
) -> MoveEnd {
    let Ground { gateway, writer: _, api, work, observed, request, orders } = ground;
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
        let before = before?;
        if shows != ExportShows::Mirror && stage.part == Part::Stage {
            let unlisted = unlisted_responses(before, after, &work.after);
            if !unlisted.is_empty() {
                return Some(unlisted);
            }
        }
        if stage.consent == Consent::Allowed {
            return None;
        }
        let unlisted = unlisted_in_export(before, after, &listed);
        let accepted = unlisted.is_empty() || request.accept_foreign.contains(unlisted.digest());
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
