//! Moving stages back, each looked at right before.

use super::Move;
use crate::apply::record::{Note, Recorder, StageStatus};
use crate::apply::retry::has_passed;
use crate::apply::trace::{WayBack, leave_trace};
use crate::aws::{AwsError, Gateway};
use crate::plan::{ApiTarget, Part};
use crate::read::describe;
use crate::state::observed::StagePointer;

/// How a move ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    Done(Move),
    /// It was left alone; the text says why.
    Left(Move, String),
    Failed(Move, String),
    /// Nobody can tell whether it was moved.
    Unclear(Move, String),
}

/// Moves the stages of one API, and writes each step down; then leaves the traces, for
/// the stages are what clients see. Beside the ends come the traces that could not be left.
pub async fn move_stages(
    gateway: &Gateway,
    target: &ApiTarget,
    moves: &[Move],
    record: &Recorder,
    stop: impl Fn() -> bool,
) -> (Vec<Moved>, Vec<String>) {
    let ends = move_all(gateway, target, moves, record, stop).await;
    let done = ends.iter().filter_map(|end| match end {
        Moved::Done(one) => Some(one),
        Moved::Left(..) | Moved::Failed(..) | Moved::Unclear(..) => None,
    });
    let untraced = leave_traces(gateway, target, done).await;
    (ends, untraced)
}

/// Notes moves in the descriptions of the deployments, where they are not noted yet;
/// returns what could not be written, in words.
pub(crate) async fn leave_traces(
    gateway: &Gateway,
    target: &ApiTarget,
    moves: impl IntoIterator<Item = &Move>,
) -> Vec<String> {
    let writer = gateway.writer();
    let mut untraced = Vec::new();
    for Move { stage, part: _, from, to } in moves {
        let way = WayBack { api: &target.rest_api_id, stage, from: from.as_deref(), to };
        untraced.extend(leave_trace(gateway, &writer, way).await);
    }
    untraced
}

/// A stage that fails stops the rest; one that is not where it was does not.
async fn move_all(
    gateway: &Gateway,
    target: &ApiTarget,
    moves: &[Move],
    record: &Recorder,
    stop: impl Fn() -> bool,
) -> Vec<Moved> {
    let mut ends = Vec::new();
    for one in moves {
        if stop() {
            return ends;
        }
        let end = move_stage(gateway, &target.rest_api_id, one).await;
        let status = match &end {
            Moved::Done(_) => StageStatus::Verified,
            Moved::Left(..) => StageStatus::Stale,
            Moved::Failed(..) => StageStatus::NotMoved,
            Moved::Unclear(..) => StageStatus::Unclear,
        };
        record.note(target, Note::StageEnded(&one.stage, status));
        let goes_on = match &end {
            Moved::Done(_) | Moved::Left(..) => true,
            Moved::Failed(..) | Moved::Unclear(..) => false,
        };
        ends.push(end);
        if !goes_on {
            return ends;
        }
    }
    ends
}

/// Looks at the stage and moves it; after a conflict once more.
async fn move_stage(gateway: &Gateway, api: &str, one: &Move) -> Moved {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match look_and_move(gateway, api, one).await {
            Ok(moved) => return moved,
            Err(error) if has_passed(&error, attempt).await => {}
            Err(error) if error.did_nothing() => {
                return Moved::Failed(one.clone(), describe(&error));
            }
            Err(error) => return Moved::Unclear(one.clone(), describe(&error)),
        }
    }
}

/// # Errors
/// When the stage may have to be moved again: the move was not made, or nobody can tell.
async fn look_and_move(gateway: &Gateway, api: &str, one: &Move) -> Result<Moved, AwsError> {
    let Move { stage, part, from, to } = one;
    match gateway.stage(api, stage).await {
        Err(error) => return Ok(Moved::Failed(one.clone(), describe(&error))),
        Ok(now) if part.of(&now) == Some(to) => return Ok(Moved::Done(one.clone())),
        Ok(now)
            if part.of(&now) != from.as_deref()
                || (*part == Part::Stage && now.canary.is_some()) =>
        {
            return Ok(Moved::Left(
                one.clone(),
                format!(
                    "stage `{stage}` was changed by another client during the rollback: {}",
                    words(&now)
                ),
            ));
        }
        Ok(_) => {}
    }
    let writer = gateway.writer();
    let now = match part {
        Part::Stage => writer.point_stage(api, stage, to).await?,
        Part::Canary => writer.point_canary(api, stage, to).await?,
    };
    Ok(if part.of(&now) == Some(to) {
        Moved::Done(one.clone())
    } else {
        let says = words(&now);
        let message = format!(
            "AWS accepted the move of stage `{stage}`, and reports that it is \
            {says}"
        );
        Moved::Unclear(one.clone(), message)
    })
}

fn words(pointer: &StagePointer) -> String {
    let canary = match &pointer.canary {
        Some(canary) => format!(", its canary {}", pointed_at(canary.deployment_id.as_deref())),
        None => String::new(),
    };
    format!("{}{canary}", pointed_at(pointer.deployment_id.as_deref()))
}

/// Where a stage points, in words.
#[must_use]
pub fn pointed_at(deployment: Option<&str>) -> String {
    match deployment {
        Some(id) => format!("at deployment {id}"),
        None => "without a deployment".to_owned(),
    }
}
