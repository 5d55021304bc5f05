//! The documents as comments of a pull request: the summary first, details folded.

use super::deployments::{self, Shown};
use super::markdown::{Comment, Section};
use super::plan::{api_section, api_title};
use super::style::Colour;
use super::text::{count, duration};
use super::{drift, explain, lint, record};
use crate::apply::record::Record;
use crate::diagnostic::message::Diagnostic;
use crate::drift::Report;
use crate::explain::{Question, Report as Explained};
use crate::lint::fix::FixedFile;
use crate::plan::review::Refusal;
use crate::plan::{Plan, Summary, Work};
use crate::policy::Verb;
use crate::read::Look;
use crate::state::digest::Digest;

/// Renders a plan as a comment. What could not be read and what apply would refuse is
/// not folded away.
#[must_use]
pub fn plan(plan: &Plan, summary: &Summary, refusals: &[Refusal]) -> String {
    let Summary {
        apis: _,
        changes: _,
        create,
        update,
        replace,
        reset,
        deployments,
        calls,
        seconds,
    } = *summary;
    let read = plan.works().count() as u64;
    let headline = if plan.has_work() {
        format!(
            "**gwr plan:** {create} to create, {update} to update, {replace} to replace, {reset} to \
             reset; {} on {}, {} in about {}",
            count(deployments, "deployment"),
            count(read, "API"),
            count(calls, "call"),
            duration(seconds)
        )
    } else if plan.is_incomplete() {
        "**gwr plan:** something could not be read, or is unknown".to_owned()
    } else {
        "**gwr plan:** no changes".to_owned()
    };
    let unread = plan.apis.iter().filter_map(|api| match &api.work {
        Work::Unread(error) => {
            Some(format!("{} could not be read: {error}", api_title(&api.target)))
        }
        Work::Planned(_) => None,
    });
    let refused = refusals.iter().map(|Refusal { api, message, way_out }| {
        let whose = api.as_ref().map(|api| format!(" {}", api_title(api))).unwrap_or_default();
        format!("apply blocked{whose}: {message}\n    {way_out}")
    });
    Comment {
        marker: format!("<!-- gwr:plan {} -->", plan.desired_digest),
        headline,
        alerts: unread.chain(refused).collect(),
        sections: plan
            .apis
            .iter()
            .filter_map(|api| Some(Section::of(&api_section(api, Colour::Off)?)))
            .collect(),
    }
    .render()
}

/// Renders a drift report as a comment. `desired` marks which file it is about, `next` is
/// the command that shows what would fix it.
#[must_use]
pub fn drift(report: &Report, look: Look, desired: &Digest, next: &str) -> String {
    let unread = report.apis.iter().filter_map(|api| {
        let why = api.found.as_ref().err()?;
        Some(format!("{} could not be read: {why}", api_title(&api.target)))
    });
    let settle = (report.has_work_for_a_plan() && !next.is_empty())
        .then(|| format!("see what would fix it: {next}"));
    Comment {
        marker: format!("<!-- gwr:drift {desired} -->"),
        headline: format!("**gwr drift:** {}", drift::headline(report, look)),
        alerts: unread.chain(settle).chain(drift::owners(report)).collect(),
        sections: report
            .apis
            .iter()
            .filter(|api| api.found.is_ok())
            .filter_map(|api| Some(Section::of(&drift::section(api, Colour::Off)?)))
            .collect(),
    }
    .render()
}

/// Renders what clients get as a comment. `desired` marks which file it is about.
#[must_use]
pub fn explain(report: &Explained, question: &Question, desired: &Digest) -> String {
    let alerts = report.apis.iter().flat_map(|api| {
        let title = api_title(&api.target);
        match &api.views {
            Err(why) => vec![format!("{title} could not be read: {why}")],
            Ok(views) => views
                .iter()
                .filter_map(|view| Some((view, view.known.as_ref().err()?)))
                .map(|(view, why)| format!("{title}: {}: unknown: {why}", view.title()))
                .collect(),
        }
    });
    let known = report.apis.iter().filter(|api| api.views.is_ok());
    let sections = known.map(|api| explain::section(api, question, Colour::Off));
    let elsewhere =
        question.is_backwards().then(|| explain::backwards::elsewhere(question, Colour::Off));
    Comment {
        marker: format!("<!-- gwr:explain {desired} -->"),
        headline: format!("**gwr explain:** {}", explain::headline(report, question)),
        alerts: alerts.collect(),
        sections: sections.chain(elsewhere).map(|text| Section::of(&text)).collect(),
    }
    .render()
}

/// Renders a record as a comment. `back` is the command that takes it back, `again` the one
/// that completes it, `alerts` what the record does not tell or must not be folded away.
#[must_use]
pub fn record(record: &Record, back: &str, again: &str, alerts: &[String]) -> String {
    // Whatever stands there, it cannot end the comment that it is in.
    let run: String = record.run.chars().filter(char::is_ascii_alphanumeric).collect();
    let (words, _) = record::run_words(record);
    let apis = record.apis.len() as u64;
    Comment {
        marker: format!("<!-- gwr:record {run} -->"),
        headline: format!("**gwr {}:** {words}; {}", record.verb.as_str(), count(apis, "API")),
        alerts: alerts.to_vec(),
        sections: vec![Section {
            title: "The record".to_owned(),
            body: record::render(record, Colour::Off, back, again),
        }],
    }
    .render()
}

/// Renders a rollback that wrote nothing, and so has no record, as a comment.
#[must_use]
pub fn nothing_rolled_back(text: &str) -> String {
    Comment {
        marker: "<!-- gwr:rollback -->".to_owned(),
        headline: "**gwr rollback:** nothing was changed".to_owned(),
        alerts: vec![text.to_owned()],
        sections: Vec::new(),
    }
    .render()
}

/// Renders what there is to say of the files as a comment, and what `--fix` did to them.
#[must_use]
pub fn validate(
    valid: bool,
    diagnostics: &[Diagnostic],
    repaired: Option<String>,
    files: &[FixedFile],
) -> String {
    let found = count(diagnostics.len() as u64, "finding");
    let verdict = if valid { "valid" } else { "**not valid**" };
    let differences = files.iter().map(|file| Section {
        title: format!("repaired: {}", file.path.display()),
        body: lint::difference(file, Colour::Off),
    });
    let sections = diagnostics.iter().map(|diagnostic| Section {
        title: format!("{}: {}", diagnostic.severity.as_str(), diagnostic.message),
        body: diagnostic.render(false).trim_end().to_owned() + "\n",
    });
    Comment {
        marker: "<!-- gwr:validate -->".to_owned(),
        headline: format!("**gwr validate:** {verdict}, {found}"),
        alerts: repaired.into_iter().collect(),
        sections: differences.chain(sections).collect(),
    }
    .render()
}

/// Renders an IAM policy as a comment, for whoever is to grant it: what it cannot narrow is
/// not folded away.
#[must_use]
pub fn policy(verb: Verb, document: &str, notes: &[String]) -> String {
    Comment {
        marker: format!("<!-- gwr:policy {} -->", verb.as_str()),
        headline: format!("**gwr policy {}:** a least-privilege policy", verb.as_str()),
        alerts: notes.to_vec(),
        sections: vec![Section { title: "The policy".to_owned(), body: document.to_owned() }],
    }
    .render()
}

/// Renders the histories of stages as a comment; `pruned` is what became of each deployment that
/// was to go.
#[must_use]
pub fn deployments(apis: &[Shown<'_>], pruned: &[String]) -> String {
    let unread = apis.iter().filter_map(|Shown { target, history, .. }| {
        let why = history.as_ref().err()?;
        Some(format!("{} could not be read: {why}", api_title(target)))
    });
    Comment {
        marker: "<!-- gwr:deployments -->".to_owned(),
        headline: format!("**gwr deployments:** {}", deployments::summary(apis)),
        alerts: unread.chain(pruned.iter().cloned()).collect(),
        sections: vec![Section {
            title: "The history".to_owned(),
            body: deployments::render(apis, Colour::Off),
        }],
    }
    .render()
}
