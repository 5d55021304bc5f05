//! Why a rollback is not complete.

use super::{Reason, UNWRITTEN};
use crate::apply::outcome::{End, NotMoved, Outcome, Pointed};
use crate::apply::rollback::{Ended, Move, Moved};
use crate::model::ResponseType;
use crate::plan::Part;
use crate::report::apply_ending;

/// Why the APIs that are not rolled back are not: one reason each.
#[must_use]
pub fn of_rollback(ends: &[Ended]) -> Vec<Reason> {
    ends.iter().filter_map(reason).collect()
}

fn reason(ended: &Ended) -> Option<Reason> {
    if ended.is_good() {
        return None;
    }
    let Ended { back, moved, untraced: _, outcome, stopped, interrupted } = ended;
    let mut what: Vec<String> = moved.iter().filter_map(not_moved).collect();
    what.extend(outcome.iter().filter_map(not_restored));
    what.extend(stopped.clone());
    if *interrupted {
        what.push("interrupted".to_owned());
    }
    what.extend(back.left.iter().cloned());
    let mut reason = if ended.is_refused() {
        Reason::refused("refused")
    } else {
        Reason::failed("not fully rolled back")
    };
    reason = reason.of(&back.target).in_the_report().detailed(&what);
    let lines = left(ended);
    if lines.is_empty() || !ended.has_begun() {
        reason = reason.leaving(UNWRITTEN);
    }
    Some(lines.iter().fold(reason, |reason, line| reason.leaving(line)))
}

/// What kept a stage from being moved.
fn not_moved(moved: &Moved) -> Option<String> {
    let Moved { stage, end } = moved;
    let why = apply_ending::stage_error(&stage.stage, end)?;
    Some(match end {
        Pointed::Done | Pointed::NotMoved(NotMoved::Changed(_)) => {
            format!("{} was left unchanged: {why}", words(stage))
        }
        Pointed::NotMoved(NotMoved::Refused(_)) => format!("{} was not moved: {why}", words(stage)),
        Pointed::Unclear(_) => format!("it is unknown whether {} was moved: {why}", words(stage)),
    })
}

/// What kept the configuration from being restored.
fn not_restored(outcome: &Outcome) -> Option<String> {
    let why = apply_ending::error(outcome).unwrap_or_default();
    match &outcome.end {
        End::Done => None,
        End::Stale(_) => Some(format!("stale: {why}")),
        End::Failed(_) => Some(format!("failed: {why}")),
        End::Unverified(_) => Some(format!("not verified: {why}")),
        End::Interrupted => Some("interrupted".to_owned()),
    }
}

/// What was and what was not rolled back.
fn left(ended: &Ended) -> Vec<String> {
    let Ended { back, moved, untraced: _, outcome, stopped: _, interrupted: _ } = ended;
    let mut lines: Vec<String> = moved
        .iter()
        .filter(|moved| moved.is_done())
        .map(|Moved { stage, end: _ }| {
            format!("{} was moved to deployment {}", words(stage), stage.to)
        })
        .collect();
    let untried = back.moves.iter().skip(moved.len());
    lines.extend(untried.map(|one| format!("{} was not moved", words(one))));
    let (done, unclear) = match outcome {
        Some(outcome) => (outcome.applied.done.as_slice(), outcome.applied.unclear.as_slice()),
        None => (&[][..], &[][..]),
    };
    let rest: Vec<ResponseType> =
        back.types().into_iter().filter(|t| !done.contains(t) && !unclear.contains(t)).collect();
    for (label, types) in [
        ("changed back", done),
        ("unknown whether changed", unclear),
        ("not changed back", rest.as_slice()),
    ] {
        if !types.is_empty() {
            let names: Vec<&str> = types.iter().map(|t| t.as_str()).collect();
            lines.push(format!("{label}: {}", names.join(", ")));
        }
    }
    lines
}

fn words(one: &Move) -> String {
    match one.part {
        Part::Stage => format!("stage {}", one.stage),
        Part::Canary => format!("the canary of stage {}", one.stage),
    }
}
