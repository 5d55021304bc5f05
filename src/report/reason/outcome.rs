//! Why an apply is not complete.

use super::{Reason, UNWRITTEN};
use crate::apply::outcome::{End, MoveEnd, NotMoved, Outcome, Pointer};
use crate::plan::Foreign;
use crate::report::apply_ending;
use crate::report::outcome::{
    change_lines, label, not_deployed, stage_line, untried_stages, way_back,
};

/// Why the APIs that are not done are not: one reason each. `resume` says how to continue.
#[must_use]
pub fn of_outcomes(outcomes: &[Outcome], endpoint: Option<&str>, resume: &str) -> Vec<Reason> {
    let mut reasons: Vec<Reason> =
        outcomes.iter().filter_map(|outcome| of_outcome(outcome, endpoint)).collect();
    // It is the same for all of them: once is enough.
    if let Some(last) = reasons.pop() {
        reasons.push(last.hint(resume));
    }
    reasons
}

/// Why an API is not done, what was changed of it and what was not.
#[must_use]
pub fn of_outcome(outcome: &Outcome, endpoint: Option<&str>) -> Option<Reason> {
    let Outcome { target, end, applied: _, planned: _, planned_stages: _, deployed } = outcome;
    let (label, _) = label(outcome);
    if *end == End::Done {
        return None;
    }
    let text = match apply_ending::error(outcome) {
        None => label.to_owned(),
        Some(why) => format!("{label}: {why}"),
    };
    let reason = match end {
        End::Stale(_) if !outcome.has_written() => Reason::refused(&text),
        End::Done | End::Stale(_) | End::Failed(_) | End::Unverified(_) | End::Interrupted => {
            Reason::failed(&text)
        }
    };
    let mut reason = reason.of(target).in_the_report();
    if !outcome.has_written() {
        reason = reason.leaving(UNWRITTEN);
    }
    for line in change_lines(outcome).iter().chain(&not_deployed(outcome)) {
        reason = reason.leaving(line);
    }
    for moved in deployed.iter().flat_map(|deployed| &deployed.stages) {
        if !names_its_deployment(&moved.end) {
            reason = reason.leaving(&stage_line(moved));
        }
        if let Some(unlisted) = moved.end.unlisted() {
            reason = reason.hint(&accepting(unlisted));
        }
        if let Some(command) = way_back(target, moved, endpoint) {
            let stage = &moved.name;
            reason = reason.hint(&format!("to move stage {stage} back, run `{command}`"));
        }
    }
    for line in untried_stages(outcome) {
        reason = reason.leaving(&line);
    }
    if let Some(unlisted) = deployed.as_ref().and_then(|deployed| deployed.unlisted.as_ref()) {
        reason = reason.hint(&accepting(unlisted));
    }
    Some(reason)
}

/// Whether the reason itself says where the stage is now.
const fn names_its_deployment(end: &MoveEnd) -> bool {
    match end.pointer() {
        Pointer::Unclear | Pointer::Reverted => true,
        Pointer::Unchanged => matches!(end, MoveEnd::Unchanged(NotMoved::Refused(_))),
        Pointer::Moved => false,
    }
}

/// What to do about work of others that came along.
fn accepting(unlisted: &Foreign) -> String {
    let accept = match unlisted.beyond_a_plan() {
        None => "accept it by the digest that `gwr plan` now lists".to_owned(),
        Some(beyond) => format!(
            "accept it with `--accept-foreign {}` and each digest that `gwr plan` now lists",
            beyond.digest()
        ),
    };
    format!("ask the author of the change to deploy it, then apply again; or {accept}")
}
