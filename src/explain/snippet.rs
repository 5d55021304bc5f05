//! How a type would be changed, as a piece of the file to start from.

use std::fmt::Write as _;

use super::Answer;
use crate::effective::{is_customisable, own_status};
use crate::model::{HeaderValue, ResponseType};

/// What to write under an API to customise a type to what a client gets of it now;
/// `None` where nothing can change it.
///
/// All of it stands there, for an entry of its own inherits nothing of the family
/// default.
#[must_use]
pub fn snippet(api: &str, answer: &Answer) -> Option<String> {
    let Answer { response_type, effective, assumed: _, notes: _ } = answer;
    if !is_customisable(*response_type) {
        return None;
    }
    let mut out = format!("[apis.{}.responses.{response_type}]\n", key(api));
    match (effective.status, own_status(*response_type)) {
        (Some(status), Some(_)) => {
            let _ = writeln!(out, "status = {status}");
        }
        (Some(status), None) => {
            let _ = writeln!(out, "status = {status}{}", remark(*response_type));
        }
        (None, _) => {
            let _ = writeln!(out, "# status = …{}", remark(*response_type));
        }
    }
    if !effective.headers.is_empty() {
        let headers: Vec<String> = effective
            .headers
            .iter()
            .map(|(name, value)| format!("{} = {}", key(name.as_str()), header(value)))
            .collect();
        let _ = writeln!(out, "headers = {{ {} }}", headers.join(", "));
    }
    for (media_type, template) in &effective.templates {
        let _ = writeln!(out, "templates.{} = {}", string(media_type), string(template));
    }
    Some(out)
}

const fn remark(response_type: ResponseType) -> &'static str {
    match response_type {
        ResponseType::IntegrationFailure => {
            "  # replaces 500, 502 and 504 alike; left out, they stay apart"
        }
        _ => "  # for every type without an entry; left out, each error keeps its own",
    }
}

/// A bare key, or a quoted one.
fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { string(text) }
}

fn string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A literal and a mapping are told apart by the file as AWS tells them apart.
fn header(value: &HeaderValue) -> String {
    match value.as_literal() {
        Some(literal) if is_plain(literal) => string(literal),
        Some(literal) => format!("{{ literal = {} }}", string(literal)),
        None => format!("{{ from = {} }}", string(value.as_str())),
    }
}

/// Whether the file takes a plain string for this literal and for nothing else.
fn is_plain(literal: &str) -> bool {
    const OTHER: [&str; 6] = ["'", "$", "context.", "method.", "integration.", "stageVariables."];
    !literal.is_empty() && !OTHER.iter().any(|start| literal.starts_with(start))
}
