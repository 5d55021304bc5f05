//! One type: when it occurs, what a client sees, why, and how to change it.

use std::fmt::Write as _;

use super::{Group, foremost, grouped, scene, statuses};
use crate::explain::{Answer, ApiReport, Sample, View, causes, samples, snippet};
use crate::model::{Family, ResponseType};
use crate::report::plan::wrap;
use crate::report::style::{Colour, Role};
use crate::report::text::{printable, printable_lines};
use crate::state::effective::{Source, is_customisable};

pub(super) fn write(
    out: &mut String,
    api: &ApiReport,
    views: &[View],
    response_type: ResponseType,
    colour: Colour,
) {
    let family = match response_type.family() {
        Family::Client => "4XX",
        Family::Server => "5XX",
    };
    let groups = grouped(views, response_type);
    write_heading(out, &format!("{response_type} ({family})"), colour);
    write_heading(out, "when", colour);
    for cause in causes(response_type) {
        let remark = cause.certainty.remark().map(|remark| format!(" ({remark})"));
        let text = format!("{}{}", cause.what, remark.unwrap_or_default());
        write_wrapped(out, &format!("{}  ", cause.status), &text);
    }
    write_heading(out, "what a client sees", colour);
    for group in &groups {
        write_answers(out, api, group, colour);
    }
    write_heading(out, "why", colour);
    write_reasons(out, &groups);
    write_heading(out, "how to change it", colour);
    write_change(out, api, views, response_type);
}

fn write_heading(out: &mut String, text: &str, colour: Colour) {
    let _ = writeln!(out, "  {}", colour.paint(Role::Heading, text));
}

fn write_wrapped(out: &mut String, mark: &str, text: &str) {
    for (number, line) in wrap(&printable(text), 90).iter().enumerate() {
        let lead = if number == 0 { mark.to_owned() } else { " ".repeat(mark.len()) };
        let _ = writeln!(out, "    {lead}{line}");
    }
}

/// The answer as it goes over the wire, once for each media type.
fn write_answers(out: &mut String, api: &ApiReport, group: &Group<'_>, colour: Colour) {
    let Group { views, answer } = group;
    let Answer { response_type, effective, assumed: _, notes: _ } = answer;
    let Some(view) = views.first() else { return };
    let _ = writeln!(out, "    {}", colour.paint(Role::Faint, &printable(&group.title())));
    for (number, sample) in samples(effective, scene(api, view, *response_type)).iter().enumerate()
    {
        let Sample { status: _, headers, body } = sample;
        if number > 0 {
            let _ = writeln!(out, "    {}", colour.paint(Role::Faint, "or"));
        }
        let _ = writeln!(out, "      HTTP/1.1 {}", statuses(*response_type, effective));
        for (name, value) in headers {
            let _ = writeln!(out, "      {}: {}", printable(name), printable(value));
        }
        let _ = writeln!(out);
        for line in printable_lines(body.trim_end()).lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
}

fn write_reasons(out: &mut String, groups: &[Group<'_>]) {
    let mut shown: Vec<&str> = Vec::new();
    for group in groups {
        write_wrapped(out, "- ", &format!("{}: {}", group.title(), reason(group.answer)));
        for note in group.views.iter().filter_map(|view| view.answer(group.answer.response_type)) {
            for note in &note.notes {
                if !shown.contains(&note.as_str()) {
                    shown.push(note);
                    write_wrapped(out, "- ", note);
                }
            }
        }
    }
    if groups.len() > 1 {
        let text = "what is configured reaches clients only once it is deployed to their stage; the \
                    console's Test button (TestInvokeMethod) answers from what is configured, \
                    deployed or not";
        write_wrapped(out, "- ", text);
    }
}

fn reason(answer: &Answer) -> String {
    let Answer { response_type, effective, assumed: _, notes: _ } = answer;
    let family = response_type.family().default_type();
    match effective.source {
        Source::Own => {
            "customised: only its own settings apply, and what they leave out is built-in"
                .to_owned()
        }
        Source::FamilyDefault(family) => {
            format!(
                "not customised, and {family} is: its headers, its body, and its status if it has one"
            )
        }
        Source::Builtin if family == *response_type || !is_customisable(*response_type) => {
            "the built-in answer".to_owned()
        }
        Source::Builtin => {
            format!("not customised, and neither is {family}: the built-in answer")
        }
    }
}

fn write_change(out: &mut String, api: &ApiReport, views: &[View], response_type: ResponseType) {
    let base = foremost(views).and_then(|view| view.answer(response_type));
    match base.map(|answer| snippet(&api.target.key, answer)) {
        Some(Ok(text)) => {
            for line in text.lines() {
                let _ = writeln!(out, "      {}", printable(line));
            }
            let text = "This is what clients get now, written as an entry of the file: change it, then \
                        `gwr plan` and `gwr apply`.";
            write_wrapped(out, "", text);
        }
        Some(Err(why)) => write_wrapped(out, "", &why),
        None => {}
    }
}
