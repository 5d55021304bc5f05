//! What a client gets, for people: a table; one type in depth; or backwards, from an answer
//! to what may have given it.

pub(super) mod backwards;
mod depth;
mod html;
mod table;

pub use html::html;

use std::fmt::Write as _;

use super::plan::{api_title, wrap};
use super::style::{Colour, Role};
use super::text::{count, printable, untold_stages};
use crate::explain::{Answer, ApiReport, Known, Question, Report, Scene, View, causes};
use crate::model::ResponseType;
use crate::state::effective::Effective;

/// Renders a report. `next` is the command without its question, for what to ask next.
#[must_use]
pub fn render(report: &Report, question: &Question, colour: Colour, next: &str) -> String {
    let mut out = String::new();
    for api in &report.apis {
        out.push_str(&section(api, question, colour));
        out.push('\n');
    }
    if question.is_backwards() {
        out.push_str(&backwards::elsewhere(question, colour));
    } else if question.response_type.is_none() && !next.is_empty() {
        let _ = writeln!(out, "One type in depth:           {next} INTEGRATION_FAILURE");
        let _ = writeln!(out, "From an answer to its cause: {next} --status 500");
    }
    out
}

/// One API: its title, then what was asked.
pub(super) fn section(api: &ApiReport, question: &Question, colour: Colour) -> String {
    let title = colour.paint(Role::Heading, &api_title(&api.target));
    let region = colour.paint(Role::Faint, &printable(&api.target.region));
    let mut out = format!("{}\n", format!("{title}  {region}").trim_end());
    let views = match &api.views {
        Ok(views) => views,
        Err(error) => {
            // The whole error is on stderr, with the others.
            let first = printable(error.lines().next().unwrap_or_default());
            let line = format!("? could not be read: {first}");
            let _ = writeln!(out, "  {}", colour.paint(Role::Warning, &line));
            return out;
        }
    };
    write_evidence(&mut out, views, colour);
    match question.response_type {
        _ if question.is_backwards() => backwards::write(&mut out, views, question, colour),
        Some(asked) => depth::write(&mut out, api, views, asked, colour),
        None => table::write(&mut out, api, views, colour),
    }
    out
}

/// The report in one sentence.
pub(super) fn headline(report: &Report, question: &Question) -> String {
    let apis = count(report.apis.len() as u64, "API");
    let views = || report.apis.iter().filter_map(|api| api.views.as_ref().ok());
    let mut text = if question.is_backwards() {
        let fitting: u64 = views().map(|views| backwards::fitting(views, question)).sum();
        format!("{} of {apis} can give that answer", count(fitting, "type"))
    } else {
        let asked = |found: &ResponseType| question.response_type.is_none_or(|one| one == *found);
        let differing: usize =
            views().map(|views| differing(views).into_iter().filter(asked).count()).sum();
        match differing {
            0 => format!("what clients of {apis} get"),
            _ => format!(
                "what clients of {apis} get; desired, configured and served differ in {}",
                count(differing as u64, "type")
            ),
        }
    };
    let untold = views().flatten().filter(|view| view.known.is_err()).count() as u64;
    if untold > 0 {
        let _ = write!(text, "; {}", untold_stages(untold));
    }
    let unread = report.apis.iter().filter(|api| api.views.is_err()).count() as u64;
    if unread > 0 {
        let _ = write!(text, "; {} could not be read", count(unread, "API"));
    }
    text
}

/// What the views rest on, and those that nobody can tell.
fn write_evidence(out: &mut String, views: &[View], colour: Colour) {
    for view in views {
        let title = view.title();
        match &view.known {
            Err(why) => {
                let line = format!("? {title}: unknown: {why}");
                write_paragraph(out, Role::Warning, &line, colour);
            }
            Ok(Known { answers: _, remarks }) => {
                for remark in remarks {
                    write_paragraph(out, Role::Faint, &format!("{title}: {remark}"), colour);
                }
            }
        }
    }
}

fn write_paragraph(out: &mut String, role: Role, text: &str, colour: Colour) {
    for (number, line) in wrap(&printable(text), 94).iter().enumerate() {
        let pad = if number == 0 { "" } else { "    " };
        let _ = writeln!(out, "  {pad}{}", colour.paint(role, line));
    }
}

/// The view that a table is of: what a stage serves, where that is known, for it is what
/// clients get; else what is configured; else what is desired.
fn foremost(views: &[View]) -> Option<&View> {
    views.iter().filter(|view| view.known.is_ok()).min_by_key(|view| std::cmp::Reverse(view.of))
}

/// The types that the views do not agree on. What only may be served otherwise, for the
/// control plane cannot tell, is a note and no difference.
fn differing(views: &[View]) -> Vec<ResponseType> {
    let agree = |response_type: &ResponseType| {
        let mut answers = views.iter().filter_map(|view| {
            let effective = view.answer(*response_type)?.effective.clone();
            Some(Effective { family_status: None, ..effective })
        });
        let first = answers.next();
        answers.all(|answer| Some(&answer) == first.as_ref())
    };
    ResponseType::ALL.into_iter().filter(|response_type| !agree(response_type)).collect()
}

/// Views that give the same answer for a type.
struct Group<'a> {
    views: Vec<&'a View>,
    answer: &'a Answer,
}

impl Group<'_> {
    fn title(&self) -> String {
        self.views.iter().map(|view| view.title()).collect::<Vec<_>>().join(", ")
    }
}

/// The answers of a type, each once, with the views that give it.
fn grouped(views: &[View], response_type: ResponseType) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for view in views {
        let Some(answer) = view.answer(response_type) else { continue };
        match groups.iter_mut().find(|group| group.answer.effective == answer.effective) {
            Some(group) => group.views.push(view),
            None => groups.push(Group { views: vec![view], answer }),
        }
    }
    groups
}

/// `429`, `500|502|504`.
fn statuses(response_type: ResponseType, effective: &Effective) -> String {
    let all = effective.runtime_statuses(response_type);
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
}

/// What the samples of a type stand for.
fn scene<'a>(api: &'a ApiReport, view: &'a View, response_type: ResponseType) -> Scene<'a> {
    let api_id = api.target.rest_api_id.as_str();
    Scene {
        response_type,
        cause: &causes(response_type)[0],
        api_id: if api_id.is_empty() { "‹context.apiId›" } else { api_id },
        stage: view.stage.as_deref().unwrap_or("‹context.stage›"),
    }
}
