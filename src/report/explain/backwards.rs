//! From an answer that a client got to the types and causes that can have given it.

use std::fmt::Write as _;

use crate::explain::{Cause, ElsewhereStatus, Question, View, status_of};
use crate::model::ResponseType;
use crate::report::plan::wrap;
use crate::report::style::{Colour, Role};
use crate::report::text::printable;

/// A cause that fits, with the views in which it does.
struct Match {
    status: u16,
    cause: &'static Cause,
    views: Vec<String>,
}

/// How many types can give the answer that is asked about.
pub(super) fn fitting(views: &[View], question: &Question) -> u64 {
    let fits = |t: &&ResponseType| !matches(views, **t, question).is_empty();
    ResponseType::ALL.iter().filter(fits).count() as u64
}

fn matches(views: &[View], response_type: ResponseType, question: &Question) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::new();
    for view in views {
        let Some(answer) = view.answer(response_type) else { continue };
        for cause in question.causes(answer) {
            let own = status_of(response_type, &answer.effective, cause);
            let status = question.status.unwrap_or(own);
            match found.iter_mut().find(|one| one.cause == cause && one.status == status) {
                Some(one) => one.views.push(view.title()),
                None => found.push(Match { status, cause, views: vec![view.title()] }),
            }
        }
    }
    found
}

/// The types that fit, with their causes; of an API of which nothing is known, nothing.
pub(super) fn write(out: &mut String, views: &[View], question: &Question, colour: Colour) {
    let known = views.iter().filter(|view| view.known.is_ok()).count();
    if known == 0 {
        return;
    }
    let mut any = false;
    for response_type in ResponseType::ALL {
        let matches = matches(views, response_type, question);
        any |= !matches.is_empty();
        if !matches.is_empty() {
            let _ = writeln!(out, "  {}", colour.paint(Role::Heading, response_type.as_str()));
        }
        for one in matches {
            write_match(out, &one, known, colour);
        }
    }
    if !any {
        let line = "no gateway response of this API gives this answer";
        let _ = writeln!(out, "  {}", colour.paint(Role::Warning, line));
    }
}

fn write_match(out: &mut String, one: &Match, known: usize, colour: Colour) {
    let Match { status, cause, views } = one;
    let remark = cause.certainty.remark().map(|remark| format!(" ({remark})"));
    let text = format!("{}{}", cause.what, remark.unwrap_or_default());
    for (number, line) in wrap(&text, 86).iter().enumerate() {
        let lead = if number == 0 { status.to_string() } else { String::new() };
        let _ = writeln!(out, "    {lead:<3}  {line}");
    }
    let message = cause.message.unwrap_or("null");
    let line = format!("x-amzn-ErrorType: {}, message: {message}", cause.error_type);
    for line in wrap(&line, 86) {
        let _ = writeln!(out, "         {}", colour.paint(Role::Faint, &line));
    }
    if views.len() < known {
        let line = format!("only as {}", printable(&views.join(", ")));
        let _ = writeln!(out, "         {}", colour.paint(Role::Changed, &line));
    }
}

/// What may have been seen and is no gateway response at all.
pub(in crate::report) fn elsewhere(question: &Question, colour: Colour) -> String {
    let title = "Not gateway responses, and gwr cannot change them:";
    let mut out = format!("{}\n", colour.paint(Role::Heading, title));
    for one in question.elsewhere() {
        let status = match one.status {
            ElsewhereStatus::Any => "any".to_owned(),
            ElsewhereStatus::Only(status) => status.to_string(),
            ElsewhereStatus::NoAnswer => "none".to_owned(),
        };
        let lines = wrap(one.what, 88);
        for (number, line) in lines.iter().enumerate() {
            let lead = if number == 0 { status.as_str() } else { "" };
            let _ = writeln!(out, "  {lead:<4} {line}");
        }
        for line in wrap(one.tell, 86) {
            let _ = writeln!(out, "         {}", colour.paint(Role::Faint, &line));
        }
    }
    let hint = "To be certain which type answered: put $context.error.responseType into a template, \
                or into the stage's access log.";
    let _ = writeln!(out, "{}", wrap(hint, 96).join("\n"));
    out
}
