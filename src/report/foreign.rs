//! Undeployed work of others, as lines for people.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::style::{Colour, Role};
use super::text::printable;
use crate::plan::{Foreign, ForeignChange, ForeignChangeDocument, ForeignEdit};

/// As many changes are shown one by one; the document has all.
const SHOWN: usize = 40;

/// The longest value that stands on one line with what it is.
const SHORT: usize = 160;

/// The list, each line indented by some blanks.
#[must_use]
pub fn lines(foreign: &Foreign, blanks: usize, colour: Colour) -> Vec<String> {
    let pad = " ".repeat(blanks);
    let mut lines = Vec::new();
    for change in foreign.changes().iter().take(SHOWN) {
        for line in change_lines(change, colour) {
            lines.push(format!("{pad}{line}"));
        }
    }
    let more = foreign.changes().len().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!("{pad}… and {more} more; `-o json` has them all"));
    }
    lines
}

fn change_lines(change: &ForeignChange, colour: Colour) -> Vec<String> {
    let edit = change.edit();
    let (sign, role) = match edit {
        Some(ForeignEdit::Added) => ("+", Role::Added),
        Some(ForeignEdit::Changed) => ("~", Role::Changed),
        Some(ForeignEdit::Removed) => ("-", Role::Removed),
        None => ("?", Role::Warning),
    };
    let document = ForeignChangeDocument::from(change.clone());
    let name = printable(document.name());
    let head = if document.is_of_whole_api() {
        format!("{sign} {name}")
    } else {
        format!("{sign} {name} {}", printable(&document.place))
    };
    let ForeignChangeDocument { before, after, .. } = document;
    let head = colour.paint(role, &head);
    let (was, now) = (before.as_ref().map(text), after.as_ref().map(text));
    let long = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| text.len() > SHORT || text.contains('\n'))
    };
    if !long(&was) && !long(&now) {
        let short = |text: &Option<String>| text.as_deref().map(printable);
        return match (short(&was), short(&now)) {
            (None, None) => vec![head],
            (None, Some(now)) if edit == Some(ForeignEdit::Changed) => {
                vec![format!("{head}  (none) → {now}")]
            }
            (Some(was), None) if edit == Some(ForeignEdit::Changed) => {
                vec![format!("{head}  {was} → (none)")]
            }
            (None, Some(text)) | (Some(text), None) => vec![format!("{head}  {text}")],
            (Some(was), Some(now)) => vec![format!("{head}  {was} → {now}")],
        };
    }
    let (was, now) = (before.as_ref().map(pretty), after.as_ref().map(pretty));
    let mut lines = vec![head];
    let (was, now) = (was.unwrap_or_default(), now.unwrap_or_default());
    let diff = TextDiff::from_lines(&was, &now);
    for group in diff.grouped_ops(1) {
        for line in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, role) = match line.tag() {
                ChangeTag::Equal => (" ", Role::Faint),
                ChangeTag::Insert => ("+", Role::Added),
                ChangeTag::Delete => ("-", Role::Removed),
            };
            let text = printable(line.value().trim_end_matches('\n'));
            lines.push(format!("    {}", colour.paint(role, &format!("{sign} {text}"))));
        }
    }
    lines
}

/// A value in one line: a text without quotes, a route and a response in words.
fn text(value: &Value) -> String {
    let Value::Object(members) = value else {
        return value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    };
    if let Some(authorization) = members.get("authorization") {
        let integration = members.get("integration").map(|one| text(one) + "; ");
        let key = match members.get("api_key_required") {
            Some(Value::Bool(true)) => ", API key required",
            Some(_) | None => "",
        };
        let integration = integration.unwrap_or_default();
        return format!("{integration}authorization {}{key}", text(authorization));
    }
    let Some(Value::Object(headers)) = members.get("headers") else { return value.to_string() };
    let status = members.get("status").map(|status| format!("status {status}"));
    let headers = headers.iter().map(|(name, value)| format!("{name}: {}", text(value)));
    let templates = members.get("templates").and_then(Value::as_object).into_iter().flatten();
    let templates = templates.map(|(name, value)| format!("{name}: {}", text(value)));
    status.into_iter().chain(headers).chain(templates).collect::<Vec<_>>().join(", ")
}

fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        other => serde_json::to_string_pretty(other).unwrap_or_default() + "\n",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(change: Value) -> Vec<String> {
        let change = serde_json::from_value(change).expect("a change");
        lines(&Foreign::new(vec![change]), 2, Colour::Off)
    }

    #[test]
    fn a_reader_knows_what_was_done_where() {
        for (change, line) in [
            (
                json!({"what": "route added", "where": "GET /new", "after": {
                    "authorization": "NONE", "api_key_required": false,
                    "integration": "HTTP_PROXY GET http://a",
                }}),
                "  + route GET /new  HTTP_PROXY GET http://a; authorization NONE",
            ),
            (
                json!({"what": "integration uri changed", "where": "POST /o",
                    "before": "http://a", "after": "http://b"}),
                "  ~ integration uri POST /o  http://a → http://b",
            ),
            (
                json!({"what": "integration uri changed", "where": "POST /o", "after": "http://b"}),
                "  ~ integration uri POST /o  (none) → http://b",
            ),
            (
                json!({"what": "route removed", "where": "GET /\u{1b}[2J", "before": "x"}),
                "  - route GET /\\u{1b}[2J  x",
            ),
            (
                json!({"what": "not compared", "where": "integrations", "before": "unknown: why"}),
                "  ? not compared integrations  unknown: why",
            ),
        ] {
            assert_eq!(shown(change), [line]);
        }
    }

    #[test]
    fn what_is_long_is_shown_as_a_difference() {
        let policy =
            |effect: &str| json!({"Statement": [{"Effect": effect, "Who": "x".repeat(200)}]});
        let lines = shown(json!({"what": "resource policy changed", "where": "the API",
            "before": policy("Allow"), "after": policy("Deny")}));
        assert_eq!(lines[0], "  ~ resource policy");
        assert!(lines.contains(&"      -       \"Effect\": \"Allow\",".to_owned()), "{lines:#?}");
        assert!(lines.contains(&"      +       \"Effect\": \"Deny\",".to_owned()), "{lines:#?}");
    }
}
