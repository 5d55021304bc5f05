//! The plan for people.
//!
//! What matters first: each API with its changes, member by member as patch
//! operations; then its stages; then what clients will see. The last line counts and
//! names the next command.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::stages::write_stages;
use super::style::{Colour, Role};
use super::text::{count, duration, printable, untold_stages};
use crate::model::{GatewayResponse, Headers, ResponseType, StatusCode, Templates};
use crate::plan::{
    Action, ApiPlan, ApiTarget, ApiWork, Change, Cost, Decision, Effect, Hazard, KeepReason, Pace,
    Plan, StagePlan, Summary, Work,
};
use crate::state::diff::{Difference, Edit};
use crate::state::effective::{Effective, Source};

/// Renders a plan. `next` is the command that applies it, as it would be typed.
#[must_use]
pub fn render(plan: &Plan, summary: &Summary, colour: Colour, next: &str) -> String {
    let mut out = String::new();
    for api in &plan.apis {
        if let Some(section) = api_section(api, colour) {
            out.push_str(&section);
            out.push('\n');
        }
    }
    out.push_str(&footer(plan, summary, colour, next));
    out
}

/// What one API is called in every report: its key, its name, its id.
#[must_use]
pub fn api_title(target: &ApiTarget) -> String {
    let ApiTarget { key, rest_api_id, rest_api_name, account: _, account_id: _, region: _ } =
        target;
    let known: Vec<String> = rest_api_name
        .iter()
        .filter(|name| *name != key)
        .chain([rest_api_id].into_iter().filter(|id| !id.is_empty()))
        .map(|name| printable(name))
        .collect();
    match known.as_slice() {
        [] => printable(key),
        known => format!("{} ({})", printable(key), known.join(", ")),
    }
}

pub(super) fn api_section(api: &ApiPlan, colour: Colour) -> Option<String> {
    let title = colour.paint(Role::Heading, &api_title(&api.target));
    let region = colour.paint(Role::Faint, &printable(&api.target.region));
    let mut out = format!("{title}  {region}\n");
    match &api.work {
        // Told on stderr, with the other errors.
        Work::Unread(_) => return None,
        Work::Planned(work) => {
            let quiet = !work.is_needed()
                && work.hazards.is_empty()
                && !work.stages.iter().any(StagePlan::is_unknown)
                && !work.stages.iter().any(StagePlan::waits_for_promotion);
            if quiet {
                return None;
            }
            for (response_type, change) in &work.changes {
                write_change(&mut out, *response_type, change, colour);
            }
            write_stages(&mut out, work, colour);
            write_effects(&mut out, work, colour);
            write_unmanaged(&mut out, work, colour);
            for hazard in &work.hazards {
                write_hazard(&mut out, hazard, colour);
            }
        }
    }
    Some(out)
}

pub(super) fn write_change(
    out: &mut String,
    response_type: ResponseType,
    change: &Change,
    colour: Colour,
) {
    let (mark, role) = match change.action() {
        Action::Create => ("+", Role::Added),
        Action::Update | Action::Replace => ("~", Role::Changed),
        Action::Reset => ("-", Role::Removed),
    };
    let head = format!("{mark} {response_type}");
    let call = format!("{} ({})", change.action().as_str(), change.call().operation());
    let _ = writeln!(out, "  {}  {}", colour.paint(role, &head), colour.paint(Role::Faint, &call));
    match change {
        Change::Reset { from } => write_lost(out, from, colour),
        _ if change.differences().is_empty() => {
            let what = match change.action() {
                Action::Create => {
                    "customised with the built-in values: it no longer follows its family default"
                }
                Action::Update | Action::Replace | Action::Reset => "rewritten from the file",
            };
            let _ = writeln!(out, "      {}", colour.paint(Role::Faint, what));
        }
        _ => {
            for difference in change.differences() {
                write_difference(out, response_type, difference, colour);
            }
        }
    }
}

/// What a reset takes away.
fn write_lost(out: &mut String, from: &GatewayResponse, colour: Colour) {
    let GatewayResponse { status, headers, templates } = from;
    if let Some(status) = status {
        write_line(out, Role::Removed, "-", &format!("status {status}"), colour);
    }
    for (name, value) in headers {
        let text = format!("header {}: {}", printable(name.as_str()), printable(value.as_str()));
        write_line(out, Role::Removed, "-", &text, colour);
    }
    for (media_type, text) in templates {
        let title = format!("template {}", printable(media_type));
        write_line(out, Role::Removed, "-", &title, colour);
        write_body(out, text, "", colour);
    }
}

fn write_line(out: &mut String, role: Role, mark: &str, text: &str, colour: Colour) {
    let _ = writeln!(out, "      {}", colour.paint(role, &format!("{mark} {text}")));
}

fn write_difference(
    out: &mut String,
    response_type: ResponseType,
    difference: &Difference,
    colour: Colour,
) {
    let operation = difference.operation();
    let title = format!("{:<7} {}", operation.op.as_str(), printable(&operation.path));
    match difference {
        Difference::Status { from, to } => {
            let shown = match to {
                Some(status) => status.to_string(),
                None => format!("unset ({})", builtin_words(response_type)),
            };
            let _ = writeln!(out, "      {title}  {} → {shown}", status_words(*from));
        }
        Difference::Header { name: _, edit } => {
            let value = match edit {
                Edit::Add(to) => printable(to.as_str()),
                Edit::Replace { from, to } => {
                    format!("{} → {}", printable(from.as_str()), printable(to.as_str()))
                }
                Edit::Remove(from) => format!("was {}", printable(from.as_str())),
            };
            let _ = writeln!(out, "      {title}  {value}");
        }
        Difference::Template { media_type: _, edit } => {
            let _ = writeln!(out, "      {title}");
            let (from, to) = (edit.from(), edit.to());
            write_body(out, from.map_or("", String::as_str), to.map_or("", String::as_str), colour);
        }
    }
}

/// Two texts as a unified diff.
fn write_body(out: &mut String, from: &str, to: &str, colour: Colour) {
    let diff = TextDiff::from_lines(from, to);
    for (number, group) in diff.grouped_ops(3).iter().enumerate() {
        if number > 0 {
            let _ = writeln!(out, "          …");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (mark, role) = match change.tag() {
                ChangeTag::Equal => (" ", Role::Faint),
                ChangeTag::Insert => ("+", Role::Added),
                ChangeTag::Delete => ("-", Role::Removed),
            };
            let line = printable(change.value().trim_end_matches('\n'));
            let _ = writeln!(out, "          {}", colour.paint(role, &format!("{mark} {line}")));
            if change.missing_newline() && diff.ops().len() > 1 && change.value().contains('\n') {
                let _ = writeln!(out, "          (no newline at the end)");
            }
        }
    }
}

fn write_effects(out: &mut String, work: &ApiWork, colour: Colour) {
    let effects = &work.effects;
    if effects.is_empty() {
        return;
    }
    let head = if work.deploys() {
        "what clients will see"
    } else {
        "what clients will see once the API is deployed"
    };
    let _ = writeln!(out, "  {}", colour.paint(Role::Heading, head));
    // What a family default does to many types at once is said once.
    let mut lines: Vec<(String, Vec<String>, Vec<ResponseType>)> = Vec::new();
    for effect in effects {
        let Effect { response_type, before, after } = effect;
        let same_status =
            before.status == after.status && before.family_status == after.family_status;
        let status = if same_status {
            effective_status(*response_type, after)
        } else {
            format!(
                "{} → {}",
                effective_status(*response_type, before),
                effective_status(*response_type, after)
            )
        };
        let parts = effect_parts(effect, colour);
        let inherits = matches!(after.source, Source::FamilyDefault(_) | Source::Builtin);
        let same = |line: &&mut (String, Vec<String>, Vec<ResponseType>)| {
            inherits && same_status && line.0.is_empty() && line.1 == parts
        };
        match lines.iter_mut().find(same) {
            Some(line) => line.2.push(*response_type),
            None if inherits && same_status => {
                lines.push((String::new(), parts, vec![*response_type]));
            }
            None => lines.push((status, parts, vec![*response_type])),
        }
    }
    lines.sort_by_key(|(_, _, types)| types.len() > 1);
    for (status, parts, types) in lines {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        let status = if status.is_empty() { "status unchanged".to_owned() } else { status };
        let parts = [vec![status], parts].concat().join(", ");
        if let [only] = names.as_slice() {
            let _ = writeln!(out, "      {only}: {parts}");
        } else {
            let _ = writeln!(out, "      {} types: {parts}", names.len());
            for line in wrap(&names.join(", "), 88) {
                let _ = writeln!(out, "          {}", colour.paint(Role::Faint, &line));
            }
        }
    }
}

/// What is different beside the status.
fn effect_parts(effect: &Effect, colour: Colour) -> Vec<String> {
    let Effect { response_type: _, before, after } = effect;
    let mut parts = header_effects(&before.headers, &after.headers, colour);
    parts.extend(body_effect(&before.templates, &after.templates));
    if before.source != after.source {
        parts.push(source_words(after.source));
    }
    parts
}

/// Breaks a text at blanks.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + word.len() >= width {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

fn header_effects(before: &Headers, after: &Headers, colour: Colour) -> Vec<String> {
    let mut parts = Vec::new();
    for (name, value) in after {
        let old = before.iter().find(|(old, _)| old.same_as(name)).map(|(_, value)| value);
        let name = printable(name.as_str());
        match old {
            None => parts.push(format!("+{name}")),
            Some(old) if old != value => parts.push(format!(
                "~{name} {} → {}",
                printable(old.as_str()),
                printable(value.as_str())
            )),
            Some(_) => {}
        }
    }
    for name in before.keys() {
        if !after.keys().any(|new| new.same_as(name)) {
            let cors = name.lower().starts_with("access-control-");
            let text =
                format!("-{}{}", printable(name.as_str()), if cors { " (CORS lost)" } else { "" });
            parts.push(if cors { colour.paint(Role::Error, &text) } else { text });
        }
    }
    parts
}

fn body_effect(before: &Templates, after: &Templates) -> Option<String> {
    (before != after).then(|| "body changed".to_owned())
}

fn write_unmanaged(out: &mut String, work: &ApiWork, colour: Colour) {
    if work.unmanaged.is_empty() && work.unknown_types.is_empty() {
        return;
    }
    let mut names: Vec<String> = work.unmanaged.iter().map(ToString::to_string).collect();
    names.extend(
        work.unknown_types.iter().map(|name| format!("{} (unknown to gwr)", printable(name))),
    );
    let line = format!("left unchanged, customised and not in the file: {}", names.join(", "));
    let _ = writeln!(out, "  {}", colour.paint(Role::Faint, &line));
}

pub(super) fn write_hazard(out: &mut String, hazard: &Hazard, colour: Colour) {
    let Hazard { id, message, refuses } = hazard;
    let role = if *refuses { Role::Error } else { Role::Warning };
    let label = if *refuses { "apply blocked" } else { "note" };
    let head = format!("! {label} [{}]", printable(id));
    let lines = wrap(&format!("{head} {}", printable(message)), 96);
    for (number, line) in lines.iter().enumerate() {
        let line = match line.strip_prefix(head.as_str()) {
            Some(rest) if number == 0 => format!("{}{rest}", colour.paint(role, &head)),
            Some(_) | None => line.clone(),
        };
        let pad = if number == 0 { "" } else { "    " };
        let _ = writeln!(out, "  {pad}{line}");
    }
}

fn footer(plan: &Plan, summary: &Summary, colour: Colour, next: &str) -> String {
    let Summary { apis, changes: _, create, update, replace, reset, deployments, calls, seconds } =
        *summary;
    // The pace counts in how much is read again, which the summary knows.
    let cost = Cost::of(plan, Pace::default());
    let mut out = String::new();
    let unread = plan.apis.iter().filter(|api| matches!(api.work, Work::Unread(_))).count() as u64;
    let unknown =
        plan.works().flat_map(|(_, work)| &work.stages).filter(|stage| stage.is_unknown()).count()
            as u64;
    if !plan.has_work() {
        if unread > 0 || unknown > 0 {
            let head = colour.paint(Role::Warning, "Nothing to do, as far as could be read.");
            let _ = writeln!(out, "{head} {}", untold(unread, unknown));
            return out;
        }
        let looked = plan.works().any(|(_, work)| {
            work.stages.iter().any(|s| s.decision == Decision::Keep(KeepReason::NotLooked))
        });
        let head = colour.paint(Role::Heading, "No changes.");
        let stages = if looked { "; what the stages serve was not checked" } else { "" };
        let verb = if apis == 1 { "matches" } else { "match" };
        let _ = writeln!(out, "{head} {} {verb} the file{stages}.", count(apis, "API"));
        return out;
    }
    let Cost { writes, deployments: _, stage_updates, reads: _, seconds: _ } = cost;
    let reads = calls.saturating_sub(writes + deployments + stage_updates);
    let _ = writeln!(
        out,
        "{}: {}, {} CreateDeployment, {} UpdateStage, {} to verify; about {} at AWS's rate.",
        count(calls, "call"),
        count(writes, "write"),
        deployments,
        stage_updates,
        count(reads, "read"),
        duration(seconds),
    );
    let head = colour.paint(Role::Heading, "Plan:");
    let _ = write!(
        out,
        "{head} {create} to create, {update} to update, {replace} to replace, {reset} to reset; {} on {}.",
        count(deployments, "deployment"),
        count(apis.saturating_sub(unread), "API"),
    );
    if unread > 0 {
        let text = format!(" {} could not be read.", count(unread, "API"));
        out.push_str(&colour.paint(Role::Error, &text));
    }
    if unknown > 0 {
        let text = format!(" W{}.", &untold_stages(unknown)[1..]);
        out.push_str(&colour.paint(Role::Warning, &text));
    }
    if !next.trim().is_empty() {
        let _ = write!(out, " {}", next.trim());
    }
    out.push('\n');
    out
}

/// What could not be read or told, and only that.
fn untold(unread: u64, unknown: u64) -> String {
    let apis = format!("{} could not be read", count(unread, "API"));
    let stages = untold_stages(unknown);
    match (unread, unknown) {
        (_, 0) => format!("{apis}."),
        (0, _) => format!("W{}.", &stages[1..]),
        (_, _) => format!("{apis}, and {stages}."),
    }
}

pub(super) fn status_words(status: Option<StatusCode>) -> String {
    status.map_or_else(|| "each error's own".to_owned(), |status| status.to_string())
}

pub(super) fn builtin_words(response_type: ResponseType) -> String {
    match response_type {
        ResponseType::IntegrationFailure => "500, 502 or 504 depending on the cause".to_owned(),
        other => status_words(GatewayResponse::builtin(other).status),
    }
}

/// `429`, `500|502|504`; with the family default's where nobody knows which is served.
pub(super) fn effective_status(response_type: ResponseType, effective: &Effective) -> String {
    let own = match effective.status {
        Some(status) => status.to_string(),
        None if response_type == ResponseType::IntegrationFailure => "500|502|504".to_owned(),
        None => "each error's own status".to_owned(),
    };
    match effective.family_status {
        Some(status) => format!("{own} (or {}'s {status})", response_type.family().default_type()),
        None => own,
    }
}

/// Where a response comes from: `customised`, `from DEFAULT_4XX`, `built-in`.
pub(super) fn source_words(source: Source) -> String {
    match source {
        Source::Own => "customised".to_owned(),
        Source::FamilyDefault(family) => format!("from {}", family.as_str()),
        Source::Builtin => "built-in".to_owned(),
    }
}

/// Continues a text of several lines under its first.
#[must_use]
pub fn indent_rest(text: &str, blanks: usize) -> String {
    let pad = format!("\n{}", " ".repeat(blanks));
    text.lines().map(printable).collect::<Vec<_>>().join(&pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_that_is_not_there() {
        assert_eq!(untold(2, 0), "2 APIs could not be read.");
        assert_eq!(untold(0, 1), "What 1 stage serves is unknown.");
        let both = "1 API could not be read, and what 1 stage serves is unknown.";
        assert_eq!(untold(1, 1), both);
    }
}
