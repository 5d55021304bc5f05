//! The drift report for people: read in ten seconds.
//!
//! What is wrong first and nothing of what is fine; the last lines count, and name the
//! next command.

use std::fmt::Write as _;

use super::plan::{api_title, builtin_words, status_words, write_hazard};
use super::style::{Colour, Role};
use super::text::{count, printable, untold_stages};
use crate::drift::{
    ApiDrift, BEHIND_BY_DIGEST, Found, Report, ResponseDrift, ResponseState, StageDrift,
    StageState, Summary, date, ignored,
};
use crate::model::{GatewayResponse, ResponseType};
use crate::plan::{Change, Evidence, ForeignChangeDocument};
use crate::read::Look;
use crate::state::diff::{Difference, Edit};

/// Renders a report. `next` is the command that shows what would fix it.
#[must_use]
pub fn render(report: &Report, look: Look, colour: Colour, next: &str) -> String {
    let mut out = String::new();
    for api in &report.apis {
        if let Some(section) = section(api, colour) {
            out.push_str(&section);
            out.push('\n');
        }
    }
    out.push_str(&footer(report, look, colour, next));
    out
}

pub(super) fn section(api: &ApiDrift, colour: Colour) -> Option<String> {
    let ApiDrift { target, found } = api;
    let title = colour.paint(Role::Heading, &api_title(target));
    let region = colour.paint(Role::Faint, &printable(&target.region));
    let mut out = format!("{title}  {region}\n");
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            // The whole error is on stderr, with the others.
            let first = printable(error.lines().next().unwrap_or_default());
            let line = format!("? could not be read: {first}");
            let _ = writeln!(out, "  {}", colour.paint(Role::Warning, &line));
            return Some(out);
        }
    };
    let title_length = out.len();
    for (response, change) in found.drifted() {
        write_drift(&mut out, response, change, colour);
    }
    for stage in &found.stages {
        write_stage(&mut out, stage, colour);
    }
    write_unmanaged(&mut out, found, colour);
    write_ignored(&mut out, found, colour);
    for hazard in &found.hazards {
        write_hazard(&mut out, hazard, colour);
    }
    if out.len() == title_length {
        return None;
    }
    for stage in &found.stages {
        write_current(&mut out, stage, colour);
    }
    Some(out)
}

fn write_drift(out: &mut String, response: &ResponseDrift, change: &Change, colour: Colour) {
    let name = printable(&response.name);
    let line = match change {
        Change::Create { .. } => {
            format!("~ {name} drifted: the file customises it, the API does not")
        }
        Change::Reset { .. } => {
            format!(
                "~ {name} drifted: the API customises it, the file resets it to AWS's \
                default"
            )
        }
        Change::Update { .. } | Change::Replace { .. } => format!("~ {name} drifted"),
    };
    let _ = writeln!(out, "  {}", colour.paint(Role::Changed, &line));
    if !matches!(change, Change::Create { .. }) {
        for difference in change.differences() {
            let _ = writeln!(out, "      {}", difference_line(&response.name, difference));
        }
    }
    if let Change::Reset { from } = change {
        let _ = writeln!(out, "      {}", colour.paint(Role::Faint, &held(from)));
    }
}

/// What a response holds, in a few words.
fn held(response: &GatewayResponse) -> String {
    let GatewayResponse { status, headers, templates } = response;
    let mut parts = vec![match status {
        Some(status) => format!("status {status}"),
        None => "each error's own status".to_owned(),
    }];
    if !headers.is_empty() {
        parts.push(count(headers.len() as u64, "header"));
    }
    parts.push(count(templates.len() as u64, "template"));
    parts.join(", ")
}

/// `header Retry-After: configured '5', desired '2'`
fn difference_line(response_type: &str, difference: &Difference) -> String {
    match difference {
        Difference::Status { from, to } => {
            let wanted = match (to, response_type.parse::<ResponseType>()) {
                (Some(status), _) => status.to_string(),
                (None, Ok(response_type)) => {
                    format!("built-in ({})", builtin_words(response_type))
                }
                (None, Err(_)) => "built-in".to_owned(),
            };
            format!("status: configured {}, desired {wanted}", status_words(*from))
        }
        Difference::Header { name, edit } => {
            let name = printable(name.as_str());
            match edit {
                Edit::Add(to) => {
                    format!("header {name}: absent, desired {}", printable(to.as_str()))
                }
                Edit::Replace { from, to } => format!(
                    "header {name}: configured {}, desired {}",
                    printable(from.as_str()),
                    printable(to.as_str())
                ),
                Edit::Remove(from) => {
                    format!("header {name}: configured {}, not desired", printable(from.as_str()))
                }
            }
        }
        Difference::Template { media_type, edit } => {
            let what = match edit {
                Edit::Add(_) => "absent, desired",
                Edit::Replace { .. } => "configured text differs from the desired text",
                Edit::Remove(_) => "configured, not desired",
            };
            format!("template {}: {what}", printable(media_type))
        }
    }
}

/// A stage that serves what is configured is worth one faint line, and only beside what
/// is worth more.
fn write_current(out: &mut String, stage: &StageDrift, colour: Colour) {
    let StageDrift { name, deployment_id, deployed_at, state, .. } = stage;
    let (StageState::Current(evidence), true) = (state, stage.foreign.is_empty()) else { return };
    let mut line = format!("  stage {} current ({})", printable(name), evidence_words(*evidence));
    if let Some(id) = deployment_id {
        let at = deployed_at.and_then(date).map(|at| format!(" of {at}")).unwrap_or_default();
        let _ = write!(line, ": deployment {}{at}", printable(id));
    }
    let _ = writeln!(out, "  {}", colour.paint(Role::Faint, &line));
}

fn write_stage(out: &mut String, stage: &StageDrift, colour: Colour) {
    let StageDrift { name, deployment_id, deployed_at, state, deployer: _, foreign, notes } = stage;
    let name = printable(name);
    let (role, line) = match state {
        StageState::Current(_) if foreign.is_empty() => return,
        StageState::Current(evidence) => {
            (Role::Faint, format!("  stage {name} current ({})", evidence_words(*evidence)))
        }
        StageState::Behind(types, evidence) => {
            let what = if types.is_empty() {
                BEHIND_BY_DIGEST.to_owned()
            } else {
                let names: Vec<String> = types.iter().map(ToString::to_string).collect();
                format!("it still serves a different {} than configured", names.join(", "))
            };
            let evidence = evidence_words(*evidence);
            (Role::Changed, format!("~ stage {name} behind: {what} ({evidence})"))
        }
        StageState::Unknown(why) => {
            (Role::Warning, format!("? stage {name} unknown: {}", printable(why)))
        }
        StageState::Ignored(ignore) => {
            (Role::Faint, format!("  stage {name} {}", printable(&ignored(ignore))))
        }
    };
    let _ = writeln!(out, "  {}", colour.paint(role, &line));
    if let Some(id) = deployment_id {
        let at = deployed_at.and_then(date).map(|at| format!(" of {at}")).unwrap_or_default();
        let line = format!("deployment {}{at}", printable(id));
        let _ = writeln!(out, "      {}", colour.paint(Role::Faint, &line));
    }
    for note in notes {
        let _ = writeln!(out, "      {}", printable(note));
    }
    if !foreign.is_empty() {
        let places: Vec<String> = foreign
            .iter()
            .map(|change| printable(&ForeignChangeDocument::from(change.clone()).place))
            .collect();
        let _ = writeln!(out, "      undeployed work of others: {}", places.join(", "));
    }
}

const fn evidence_words(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Export => "verified from the stage export",
        Evidence::Digest => "verified from the deployment's digest",
    }
}

fn write_unmanaged(out: &mut String, found: &Found, colour: Colour) {
    let names: Vec<String> = found
        .responses
        .iter()
        .filter(|response| response.state == ResponseState::Unmanaged)
        .map(|response| printable(&response.name))
        .collect();
    if !names.is_empty() {
        let line = format!("unmanaged, customised and not in the file: {}", names.join(", "));
        let _ = writeln!(out, "  {}", colour.paint(Role::Faint, &line));
    }
}

fn write_ignored(out: &mut String, found: &Found, colour: Colour) {
    for response in &found.responses {
        if let ResponseState::Ignored(ignore) = &response.state {
            let line = format!("  {} {}", printable(&response.name), printable(&ignored(ignore)));
            let _ = writeln!(out, "  {}", colour.paint(Role::Faint, &line));
        }
    }
}

/// The report in one sentence.
pub(super) fn headline(report: &Report, look: Look) -> String {
    let Summary { apis, in_sync: _, drifted, unknown: _, stages_behind } = report.summary();
    let unread = report.apis.iter().filter(|api| api.found.is_err()).count() as u64;
    let unknown = report.stages().filter(|stage| stage.is_unknown()).count() as u64;
    let mut parts = Vec::new();
    if drifted > 0 {
        parts.push(format!("{drifted} of {} drifted", count(apis, "API")));
    }
    if stages_behind > 0 {
        parts.push(format!("{} behind", count(stages_behind, "stage")));
    }
    if unknown > 0 {
        parts.push(untold_stages(unknown));
    }
    if unread > 0 {
        parts.push(format!("{} could not be read", count(unread, "API")));
    }
    if parts.is_empty() {
        let verb = if apis == 1 { "matches" } else { "match" };
        parts.push(format!("no drift; {} {verb} the file", count(apis, "API")));
        parts.extend(match look {
            Look::AtConfigurationOnly => Some("what the stages serve was not checked".to_owned()),
            Look::AtStages => current_stages(report),
        });
    }
    parts.join(", ")
}

/// How many stages serve what is configured, and how that is known.
fn current_stages(report: &Report) -> Option<String> {
    let by = |wanted: Evidence| {
        let current = |stage: &&StageDrift| stage.state == StageState::Current(wanted);
        report.stages().filter(current).count() as u64
    };
    let text = match (by(Evidence::Export), by(Evidence::Digest)) {
        (0, 0) => return None,
        (1, 0) => "its stage serves it (verified from the stage export)".to_owned(),
        (0, 1) => "its stage serves it (verified from the deployment's digest)".to_owned(),
        (stages, 0) => format!("{stages} stages serve it (verified from the stage exports)"),
        (0, stages) => {
            format!("{stages} stages serve it (verified from the deployments' digests)")
        }
        (exports, digests) => format!(
            "{} stages serve it (verified from {} and {})",
            exports + digests,
            count(exports, "export"),
            count(digests, "digest")
        ),
    };
    Some(text)
}

fn footer(report: &Report, look: Look, colour: Colour, next: &str) -> String {
    let (head, role) = if report.differs() {
        ("Drift:", Role::Changed)
    } else if report.is_incomplete() {
        ("Unknown:", Role::Warning)
    } else {
        ("Clean:", Role::Added)
    };
    let mut out = format!("{} {}.", colour.paint(role, head), headline(report, look));
    if report.has_work_for_a_plan() && !next.is_empty() {
        let _ = write!(out, " Run `{next}` to see what would fix it.");
    }
    if let Some(owners) = owners(report) {
        let _ = write!(out, " {owners}");
    }
    out.push('\n');
    out
}

/// Whose turn it is where no plan settles that a stage is behind.
pub(super) fn owners(report: &Report) -> Option<String> {
    let waiting: Vec<String> =
        report.waiting_for_their_owners().map(|target| printable(&target.key)).collect();
    let (apis, whose) = match (waiting.as_slice(), report.apis.len()) {
        ([], _) => return None,
        ([_], 1) => ("this API".to_owned(), "ask its owner to deploy it"),
        ([one], _) => (one.clone(), "ask its owner to deploy it"),
        (several, _) => (several.join(", "), "ask their owners to deploy them"),
    };
    Some(format!("gwr does not deploy {apis} (deploy = \"never\"): {whose}."))
}
