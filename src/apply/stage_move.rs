//! Moving a stage, or its canary, to a deployment: the one mover of apply and rollback.
//!
//! The stage is read right before it is pointed, and again after a conflict. An apply then
//! verifies what it serves, and reverts it where that was not in the plan.

use super::context::{DeployTarget, OnBadStage, Step};
use super::outcome::{
    CheckFailure, Fault, MoveDoubt, MoveEnd, NotMoved, Pointed, Revert, RevertFailure, StageChange,
};
use super::retry::has_passed;
use super::trace::{WayBack, leave_trace};
use super::verify::{StageCheck, Watch, verify_stage};
use crate::aws::{Gateway, Writer};
use crate::plan::{
    Consent, Evidence, Foreign, Part, StagePlan, unlisted_in_export, unlisted_responses,
};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Export, Served, StagePointer};

/// A pointer to move: that of a stage, or of its canary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pointing<'a> {
    pub gateway: &'a Gateway,
    pub writer: &'a Writer,
    pub api: &'a str,
    pub stage: &'a str,
    pub part: Part,
    pub to: &'a str,
}

/// Reads the stage and points it at the deployment, unless `changed` finds that another
/// client has moved it. After a conflict it is read again first.
pub(crate) async fn point(
    pointing: Pointing<'_>,
    changed: impl Fn(&StagePointer) -> Option<StageChange>,
) -> Pointed {
    let Pointing { gateway, writer, api, stage, part, to } = pointing;
    let mut attempt = 0;
    loop {
        match gateway.stage(api, stage).await {
            Err(error) => return Pointed::NotMoved(NotMoved::Refused(error)),
            Ok(now) if part.of(&now) == Some(to) => return Pointed::Done,
            Ok(now) => {
                if let Some(change) = changed(&now) {
                    return Pointed::NotMoved(NotMoved::Changed(change));
                }
            }
        }
        attempt += 1;
        let answer = match part {
            Part::Stage => writer.point_stage(api, stage, to).await,
            Part::Canary => writer.point_canary(api, stage, to).await,
        };
        match answer {
            Ok(now) if part.of(&now) == Some(to) => return Pointed::Done,
            Ok(now) => return Pointed::Unclear(MoveDoubt::Elsewhere(now)),
            Err(error) if has_passed(&error, attempt).await => {}
            Err(error) if error.did_nothing() => {
                return Pointed::NotMoved(NotMoved::Refused(error));
            }
            Err(error) => return Pointed::Unclear(MoveDoubt::NoAnswer(error)),
        }
    }
}

/// Moves a planned stage, verifies what it serves, and reverts it where it must.
pub(crate) async fn move_stage(
    target: &DeployTarget<'_>,
    stage: &StagePlan,
    deployment: &str,
    shows: ExportShows,
    on_step: &impl Fn(Step<'_>),
) -> MoveEnd {
    let DeployTarget { gateway, writer, api, work, observed, request, options } = target;
    let pointing =
        Pointing { gateway, writer, api, stage: &stage.name, part: stage.part, to: deployment };
    match point(pointing, |now| changed_since(stage, now)).await {
        Pointed::Done => {}
        Pointed::NotMoved(why) => return MoveEnd::Unchanged(why),
        Pointed::Unclear(why) => return MoveEnd::Unclear(why),
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
    // Some changes (a template, say) show in exports alone: where there was an export before
    // the move and there is none after it, an unlisted change cannot be ruled out.
    let counts = before.is_some() && stage.consent != Consent::Allowed;
    let patience = options.patience;
    let check = verify_stage(gateway, api, &stage.name, &work.after, shows, patience, watch).await;
    let verified = |evidence, export: Option<Export>| {
        on_step(Step::Verified { stage: &stage.name, part: stage.part });
        MoveEnd::Verified(evidence, export.map(Box::new))
    };
    let (fault, reverts) = match check {
        StageCheck::Serves(evidence, export) => return verified(evidence, export),
        StageCheck::Unread(unread) if counts => {
            (Fault::Unknown(CheckFailure::ExportFailed(unread)), OnBadStage::MoveBack)
        }
        StageCheck::Unread(_) => return verified(Evidence::Digest, None),
        StageCheck::Unknown(why) if counts => (Fault::Unknown(why), OnBadStage::MoveBack),
        StageCheck::Unknown(why) => (Fault::Unknown(why), options.on_bad_stage),
        StageCheck::Unlisted(unlisted) => (Fault::Unlisted(unlisted), OnBadStage::MoveBack),
        StageCheck::Differs(types) => (Fault::Differs(types), options.on_bad_stage),
    };
    let became = match reverts {
        OnBadStage::Leave => Revert::NotTried,
        OnBadStage::MoveBack => revert(pointing, stage.replaced()).await,
    };
    MoveEnd::Faulty(fault, became)
}

/// Points a stage at the deployment that it pointed at before, if it still is where gwr moved it.
async fn revert(pointing: Pointing<'_>, previous: Option<&str>) -> Revert {
    let Pointing { gateway, writer, api, stage, part, to: deployment } = pointing;
    let Some(previous) = previous else {
        return Revert::Failed(RevertFailure::NoDeploymentBefore);
    };
    let elsewhere = |now: &StagePointer| {
        (part.of(now) != Some(deployment)).then(|| StageChange::Elsewhere(now.clone()))
    };
    match point(Pointing { to: previous, ..pointing }, elsewhere).await {
        Pointed::Done => {}
        Pointed::NotMoved(why) => return Revert::Failed(RevertFailure::NotMoved(why)),
        Pointed::Unclear(why) => return Revert::Failed(RevertFailure::Unclear(why)),
    }
    leave_trace(gateway, writer, WayBack { api, stage, from: Some(deployment), to: previous })
        .await;
    Revert::Done
}

/// What another client did to the stage since it was read.
fn changed_since(stage: &StagePlan, now: &StagePointer) -> Option<StageChange> {
    let StagePointer { deployment_id, canary } = now;
    if *deployment_id != stage.deployment_id {
        return Some(StageChange::Moved {
            from: stage.deployment_id.clone(),
            to: deployment_id.clone(),
        });
    }
    (*canary != stage.canary).then_some(StageChange::Canary)
}
