//! Pointed the stages of a rollback.

use super::Move;
use crate::apply::outcome::{NotMoved, Pointed, StageChange};
use crate::apply::record::{Note, Recorder, StageStatus};
use crate::apply::stage_move::{Pointing, point};
use crate::apply::trace::{Untraced, WayBack, leave_trace};
use crate::aws::Gateway;
use crate::plan::{ApiTarget, Part};
use crate::state::observed::StagePointer;

/// A stage of a rollback that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub stage: Move,
    pub end: Pointed,
}

impl Moved {
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.end == Pointed::Done
    }

    /// Whether the move failed, or may have. A stage that another client has moved did not
    /// fail: it was left unchanged.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        match self.end {
            Pointed::Done | Pointed::NotMoved(NotMoved::Changed(_)) => false,
            Pointed::NotMoved(NotMoved::Refused(_)) | Pointed::Unclear(_) => true,
        }
    }

    const fn status(&self) -> StageStatus {
        match self.end {
            Pointed::Done => StageStatus::Verified,
            Pointed::NotMoved(NotMoved::Changed(_)) => StageStatus::Stale,
            Pointed::NotMoved(NotMoved::Refused(_)) => StageStatus::NotMoved,
            Pointed::Unclear(_) => StageStatus::Unclear,
        }
    }
}

/// Moves the stages of one API and records each step; then writes the traces, for the
/// stages are what clients see. Returned are the ends and the traces that could not be written.
pub async fn move_stages(
    gateway: &Gateway,
    target: &ApiTarget,
    moves: &[Move],
    record: &Recorder,
    stop: impl Fn() -> bool,
) -> (Vec<Moved>, Vec<Untraced>) {
    let ends = move_all(gateway, target, moves, record, stop).await;
    let done = ends.iter().filter(|moved| moved.is_done()).map(|moved| &moved.stage);
    let untraced = leave_traces(gateway, target, done).await;
    (ends, untraced)
}

/// Notes moves in the descriptions of the deployments, where they are not noted yet;
/// returns what could not be written.
pub(crate) async fn leave_traces(
    gateway: &Gateway,
    target: &ApiTarget,
    moves: impl IntoIterator<Item = &Move>,
) -> Vec<Untraced> {
    let writer = gateway.writer();
    let mut untraced = Vec::new();
    for Move { stage, part: _, from, to } in moves {
        let way = WayBack { api: &target.rest_api_id, stage, from: from.as_deref(), to };
        untraced.extend(leave_trace(gateway, &writer, way).await);
    }
    untraced
}

/// A stage that fails stops the rest; one that another client has moved does not.
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
        let moved = Moved { stage: one.clone(), end };
        record.note(target, Note::StageEnded(&one.stage, moved.status()));
        let has_failed = moved.has_failed();
        ends.push(moved);
        if has_failed {
            return ends;
        }
    }
    ends
}

async fn move_stage(gateway: &Gateway, api: &str, one: &Move) -> Pointed {
    let Move { stage, part, from, to } = one;
    let writer = gateway.writer();
    let pointing = Pointing { gateway, writer: &writer, api, stage, part: *part, to };
    // A stage with a canary is promoted or reverted by its owner.
    let changed = |now: &StagePointer| {
        let is_elsewhere = part.of(now) != from.as_deref();
        let has_canary = *part == Part::Stage && now.canary.is_some();
        (is_elsewhere || has_canary).then(|| StageChange::Elsewhere(now.clone()))
    };
    point(pointing, changed).await
}
