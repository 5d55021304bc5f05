//! A record for people: what was planned, how far it came, what can be done now.

use std::fmt::Write as _;

use super::plan::{api_title, indent_rest, write_change};
use super::style::{Colour, Role};
use super::text::printable;
use crate::apply::record::{
    ApiRecord, ApiStatus, ChangeRecord, DeploymentRecord, DeploymentStatus, Record, RunStatus,
    StageRecord, StageStatus, StepStatus,
};
use crate::plan::{Part, restore_change};

/// Renders a record. `back` is the command that takes it back, `again` the one that
/// completes it.
#[must_use]
pub fn render(record: &Record, colour: Colour, back: &str, again: &str) -> String {
    let mut out = String::new();
    let (words, role) = run_words(record);
    let head = format!("{} {}", record.verb.as_str(), printable(&record.run));
    let _ = writeln!(
        out,
        "{}  started {}: {}",
        colour.paint(Role::Heading, &head),
        printable(&record.created_at),
        colour.paint(role, &words)
    );
    if !record.message.is_empty() {
        let _ = writeln!(out, "  {}", printable(&record.message));
    }
    if let Some(run) = &record.rolls_back {
        let _ = writeln!(out, "  reverts run {}", printable(run));
    }
    for api in &record.apis {
        out.push('\n');
        write_api(&mut out, api, record.status, colour);
    }
    out.push('\n');
    out.push_str(&footer(record, colour, back, again));
    out
}

pub(super) fn run_words(record: &Record) -> (String, Role) {
    let ended = match &record.ended_at {
        Some(at) => format!(", ended {}", printable(at)),
        None => String::new(),
    };
    let (words, role) = match record.status {
        RunStatus::Running => ("not ended: it is still running, or was killed", Role::Warning),
        RunStatus::Done => ("done", Role::Added),
        RunStatus::Incomplete => ("incomplete", Role::Error),
        RunStatus::Interrupted => ("interrupted", Role::Warning),
    };
    (format!("{words}{ended}"), role)
}

fn write_api(out: &mut String, api: &ApiRecord, run: RunStatus, colour: Colour) {
    let title = colour.paint(Role::Heading, &api_title(&api.target()));
    let region = colour.paint(Role::Faint, &printable(&api.region));
    let (status, role) = match api.status {
        ApiStatus::Planned if run == RunStatus::Running => ("not begun", Role::Faint),
        ApiStatus::Planned => ("not started; nothing was written to it", Role::Faint),
        ApiStatus::Running => ("started, not finished", Role::Warning),
        ApiStatus::Done => ("done", Role::Added),
        ApiStatus::Stale if api.has_begun() => ("stale, stopped", Role::Warning),
        ApiStatus::Stale => ("stale, skipped", Role::Warning),
        ApiStatus::Failed => ("failed", Role::Error),
        ApiStatus::Unverified => ("not verified", Role::Warning),
        ApiStatus::Interrupted => ("interrupted", Role::Warning),
    };
    let _ = writeln!(out, "{title}  {region}: {}", colour.paint(role, status));
    if let Some(error) = &api.error {
        let _ = writeln!(out, "  {}", indent_rest(error, 2));
    }
    let mut group = None;
    for ChangeRecord { status, change } in &api.changes {
        if group.replace(*status) != Some(*status) {
            let label = colour.paint(step_role(*status), step_words(*status));
            let _ = writeln!(out, "  {label}:");
        }
        match restore_change(change) {
            Ok(restored) => write_change(out, change.response_type, &restored, colour),
            Err(why) => {
                let _ = writeln!(out, "    {}: {}", change.response_type, printable(&why));
            }
        }
    }
    if let Some(DeploymentRecord { status, deployment_id }) = &api.deployment {
        let id = deployment_id.as_deref().map(|id| format!(" {}", printable(id)));
        let words = match status {
            DeploymentStatus::Planned => "not made",
            DeploymentStatus::InFlight => {
                "in flight: `gwr deployments` shows whether it was \
                created"
            }
            DeploymentStatus::Made => "made",
            DeploymentStatus::Reused => "existed already",
            DeploymentStatus::Removed => "created, then deleted because no stage was moved",
            DeploymentStatus::Failed => "failed",
        };
        let _ = writeln!(out, "  deployment{}: {words}", id.unwrap_or_default());
    }
    for StageRecord { name, part, status, from, to } in &api.stages {
        let whose = match part {
            Part::Stage => "",
            Part::Canary => " (its canary)",
        };
        let place = |id: &Option<String>| match id {
            Some(id) => printable(id),
            None => "?".to_owned(),
        };
        let (words, role) = stage_words(*status);
        let _ = writeln!(
            out,
            "  stage {}{whose}: {} → {}, {}",
            printable(name),
            place(from),
            place(to),
            colour.paint(role, words)
        );
    }
}

const fn step_words(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Planned => "not done",
        StepStatus::InFlight => "in flight: unknown whether made",
        StepStatus::Done => "done",
        StepStatus::Unclear => "unknown whether made",
        StepStatus::NotMade => "not made",
        StepStatus::Failed => "failed",
        StepStatus::Stale => "stale: another client changed it",
    }
}

const fn step_role(status: StepStatus) -> Role {
    match status {
        StepStatus::Planned => Role::Faint,
        StepStatus::Done => Role::Added,
        StepStatus::NotMade | StepStatus::Failed => Role::Error,
        StepStatus::InFlight | StepStatus::Unclear | StepStatus::Stale => Role::Warning,
    }
}

const fn stage_words(status: StageStatus) -> (&'static str, Role) {
    match status {
        StageStatus::Planned => ("not moved", Role::Faint),
        StageStatus::InFlight => ("in flight: unknown whether moved", Role::Warning),
        StageStatus::Moved => ("moved, not verified", Role::Warning),
        StageStatus::Verified => ("moved and verified", Role::Added),
        StageStatus::Differs => ("moved, but still serves a different response", Role::Error),
        StageStatus::MovedBack => ("moved, then moved back", Role::Warning),
        StageStatus::NotMoved => ("not moved", Role::Error),
        StageStatus::Unclear => ("unknown whether moved", Role::Warning),
        StageStatus::Stale => ("left unchanged: another client moved it", Role::Warning),
    }
}

fn footer(record: &Record, colour: Colour, back: &str, again: &str) -> String {
    let back = colour.paint(Role::Heading, &printable(back));
    if let Some(why) = record.touched().why_nothing_to_take_back() {
        return format!("Nothing to undo: {why}.\n");
    }
    match record.status {
        RunStatus::Done => format!("To undo: `{back}`\n"),
        RunStatus::Running | RunStatus::Incomplete | RunStatus::Interrupted => format!(
            "What was done is kept. Run `{}` to do the rest, or `{back}` to undo it.\n",
            printable(again)
        ),
    }
}
