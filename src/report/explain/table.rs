//! All 21 types, a line each; then those on which the truths differ, side by side.

use std::fmt::Write as _;

use super::{Group, differing, foremost, grouped, scene, statuses, write_paragraph};
use crate::explain::{Answer, ApiReport, View, samples};
use crate::model::ResponseType;
use crate::report::plan::{effective_status, source_words, wrap};
use crate::report::style::{Colour, Role};
use crate::report::text::printable;
use crate::state::effective::Source;

/// The width of the longest type's name.
const NAME: usize = 30;

/// So many characters of a body fit into a line of 100.
const BODY: usize = 32;

pub(super) fn write(out: &mut String, api: &ApiReport, views: &[View], colour: Colour) {
    let Some(view) = foremost(views) else { return };
    let differing = differing(views);
    let several = views.iter().filter(|view| view.known.is_ok()).count() > 1;
    let same = if several && differing.is_empty() { "; all states agree" } else { "" };
    let title = format!("what a client gets: {}{same}", printable(&view.title()));
    let _ = writeln!(out, "  {}", colour.paint(Role::Heading, &title));
    let head = columns("type", "status", "from", "headers", "body");
    let _ = writeln!(out, "    {}", colour.paint(Role::Faint, &head));
    let mut any_assumed = false;
    for response_type in ResponseType::ALL {
        let Some(answer) = view.answer(response_type) else { continue };
        any_assumed |= answer.assumed;
        let (mark, role) = if differing.contains(&response_type) {
            ("≠", Some(Role::Changed))
        } else if answer.assumed {
            ("?", Some(Role::Faint))
        } else {
            (" ", None)
        };
        let line = format!("{mark} {}", row(api, view, answer));
        let line = line.trim_end();
        let line = role.map_or_else(|| line.to_owned(), |role| colour.paint(role, line));
        let _ = writeln!(out, "  {}", line.trim_end());
    }
    if any_assumed {
        let text = "? unmanaged: the file does not name it and the API was not read; shown as \
            if the API does not customise it";
        write_paragraph(out, Role::Faint, text, colour);
    }
    if !differing.is_empty() {
        write_side_by_side(out, api, views, &differing, colour);
    }
}

fn columns(name: &str, status: &str, from: &str, headers: &str, body: &str) -> String {
    format!("{name:<NAME$}  {status:<11}  {from:<11}  {headers:>7}  {body}")
}

fn row(api: &ApiReport, view: &View, answer: &Answer) -> String {
    let Answer { response_type, effective, assumed: _, notes: _ } = answer;
    let from = match effective.source {
        Source::Own => "own",
        Source::FamilyDefault(family) => family.as_str(),
        Source::Builtin => "built-in",
    };
    let headers = match effective.headers.len() {
        0 => String::new(),
        number => format!("+{number}"),
    };
    let body = body(api, view, answer).unwrap_or_default();
    columns(response_type.as_str(), &statuses(*response_type, effective), from, &headers, &body)
}

/// The beginning of the first body.
fn body(api: &ApiReport, view: &View, answer: &Answer) -> Option<String> {
    let samples = samples(&answer.effective, scene(api, view, answer.response_type));
    samples.first().map(|sample| shortened(&sample.body))
}

/// The first line, as far as it fits.
fn shortened(body: &str) -> String {
    let body = body.trim();
    let first = printable(body.lines().next().unwrap_or_default());
    if body.lines().count() > 1 || first.chars().count() > BODY {
        let cut: String = first.chars().take(BODY - 1).collect();
        format!("{cut}…")
    } else {
        first
    }
}

/// What is to be said of types on which the views differ in the same way.
struct Lines {
    types: Vec<ResponseType>,
    lines: Vec<String>,
}

/// What a family default does to many types at once is said once.
fn write_side_by_side(
    out: &mut String,
    api: &ApiReport,
    views: &[View],
    differing: &[ResponseType],
    colour: Colour,
) {
    let _ = writeln!(out, "  {}", colour.paint(Role::Heading, "≠ where they differ"));
    let mut found: Vec<Lines> = Vec::new();
    for response_type in differing {
        let lines = lines(api, *response_type, &grouped(views, *response_type));
        match found.iter_mut().find(|one| one.lines == lines) {
            Some(one) => one.types.push(*response_type),
            None => found.push(Lines { types: vec![*response_type], lines }),
        }
    }
    found.sort_by_key(|one| one.types.len() > 1);
    for Lines { types, lines } in found {
        let names: Vec<&str> = types.iter().map(|one| one.as_str()).collect();
        for line in wrap(&names.join(", "), 92) {
            let _ = writeln!(out, "    {}", colour.paint(Role::Changed, &line));
        }
        for line in lines {
            for (number, line) in wrap(&printable(&line), 90).iter().enumerate() {
                let pad = if number == 0 { "" } else { "    " };
                let _ = writeln!(out, "      {pad}{line}");
            }
        }
    }
}

/// One line for each answer: in what it differs, and where it comes from.
fn lines(api: &ApiReport, response_type: ResponseType, groups: &[Group<'_>]) -> Vec<String> {
    let cells: Vec<[String; 3]> = groups
        .iter()
        .map(|group| {
            let effective = &group.answer.effective;
            let headers: Vec<String> = effective
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.as_str()))
                .collect();
            let headers =
                if headers.is_empty() { "no headers".to_owned() } else { headers.join(", ") };
            let body = group.views.first().and_then(|view| body(api, view, group.answer));
            let body = body.unwrap_or_else(|| "no body".to_owned());
            [effective_status(response_type, effective), headers, body]
        })
        .collect();
    let differs = |part: usize| cells.iter().any(|one| one[part] != cells[0][part]);
    groups
        .iter()
        .zip(&cells)
        .map(|(group, parts)| {
            let from = source_words(group.answer.effective.source);
            let parts = parts.iter().enumerate().filter(|(part, _)| differs(*part));
            let parts: Vec<String> = parts.map(|(_, text)| text.clone()).chain([from]).collect();
            format!("{}: {}", group.title(), parts.join(", "))
        })
        .collect()
}
