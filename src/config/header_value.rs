//! What a header's value in the file means to AWS.
//!
//! AWS takes a literal in single quotes or a mapping expression, and refuses
//! anything else with "Invalid mapping expression specified". Most people forget
//! the quotes, so a plain string gets them here; what looks like a mapping and is
//! none is an error instead of a header that says `$context.requestId`.

use crate::model::{HeaderValue, REQUEST_PARTS, is_mapping, is_parameter_name};

use super::document::{Entry, Node, Table, Value};
use super::fields::wrong_type;
use super::findings::{Finding, Findings};
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::source::Span;
use crate::diagnostic::text::{brief, brief_toml, toml_string};

/// The keys of a header's value that is a table, of which exactly one must be there.
pub(super) const KEYS: [&str; 2] = ["from", "literal"];

/// A header's value; `header` is its name, for messages.
pub(super) fn read(header: &str, node: &Node, findings: &mut Findings) -> Option<HeaderValue> {
    let Node { value, at } = node;
    let at = *at;
    let header = brief(header);
    match value {
        Value::String(text) => {
            refuse_controls(&header, text, at, findings)?;
            plain(text, at, findings)
        }
        Value::Table(table) => explicit(&header, table, at, findings),
        other => {
            let help = match other {
                Value::Integer(Some(number)) => {
                    format!("write `{header} = \"{number}\"`, with quotes")
                }
                Value::Boolean(true) => {
                    "`false` takes the header away; a value is a string".to_owned()
                }
                _ => format!("write `{header} = \"…\"`"),
            };
            findings.error(
                wrong_type(
                    &format!("the header `{header}`"),
                    "a string, `{ from = \"…\" }`, `{ literal = \"…\" }` or `false`",
                    node,
                )
                .help(help),
            );
            None
        }
    }
}

fn plain(text: &str, at: Span, findings: &mut Findings) -> Option<HeaderValue> {
    if is_quoted(text) || is_mapping(text) {
        return Some(HeaderValue::as_written(text));
    }
    if looks_like_mapping(text) {
        let shown = brief(text);
        findings.error(
            Finding::at(at, format!("`{shown}` looks like a mapping but is not a valid one")).help(format!(
                "write `{{ from = {} }}` to send what that holds, or `{{ literal = {} }}` to send this text",
                toml_string(&nearest_mapping(text)),
                brief_toml(text),
            )),
        );
        return None;
    }
    Some(HeaderValue::literal(text))
}

fn explicit(header: &str, table: &Table, at: Span, findings: &mut Findings) -> Option<HeaderValue> {
    for (name, Entry { key, node: _ }) in table {
        if !KEYS.contains(&name.as_str()) {
            let finding = super::fields::unknown_key(name, *key, &KEYS, findings);
            let near = nearest(name, KEYS).is_some();
            findings.error(if near {
                finding
            } else {
                finding.help(
                    "a value is `{ from = \"…\" }` or `{ literal = \"…\" }`; a header's name that holds dots needs quotes",
                )
            });
        }
    }
    match (table.get("from"), table.get("literal")) {
        (Some(from), None) => {
            let text = string(header, "from", &from.node, findings)?;
            if is_mapping(text) {
                return Some(HeaderValue::as_written(text));
            }
            findings.error(
                Finding::at(from.node.at, format!("`{}` is not a valid mapping", brief(text))).help(format!(
                    "a mapping is `method.request.header.NAME`, `.path.NAME`, `.querystring.NAME`, `context.NAME` or `stageVariables.NAME`, such as {}",
                    toml_string(&nearest_mapping(text))
                )),
            );
            None
        }
        (None, Some(literal)) => {
            let text = string(header, "literal", &literal.node, findings)?;
            Some(HeaderValue::literal(text))
        }
        (Some(_), Some(literal)) => {
            findings.error(
                Finding::at(literal.key, "`from` and `literal` cannot be used together")
                    .help("`from` sends what a mapping holds, `literal` the text itself"),
            );
            None
        }
        (None, None) => {
            if table.is_empty() {
                findings.error(
                    Finding::at(at, format!("the header `{header}` has no value")).help(
                        "write a string, `{ from = \"…\" }`, `{ literal = \"…\" }` or `false`",
                    ),
                );
            }
            None
        }
    }
}

fn string<'a>(header: &str, key: &str, node: &'a Node, findings: &mut Findings) -> Option<&'a str> {
    let Value::String(text) = &node.value else {
        findings.error(wrong_type(&format!("`{key}`"), "a string", node));
        return None;
    };
    refuse_controls(header, text, node.at, findings)?;
    Some(text)
}

/// A line end would end the header and start another one.
fn refuse_controls(header: &str, text: &str, at: Span, findings: &mut Findings) -> Option<()> {
    let control = text.chars().find(|c| c.is_control());
    let Some(control) = control else {
        return Some(());
    };
    findings.error(
        Finding::at(
            at,
            format!(
                "the value of the header `{header}` holds the control character {}",
                control.escape_unicode()
            ),
        )
        .help("a header's value is one line of visible text"),
    );
    None
}

/// In AWS's own writing: `'*'`.
pub(super) fn is_quoted(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'')
}

pub(super) fn looks_like_mapping(text: &str) -> bool {
    ["$", "context.", "method.", "integration.", "stageVariables."]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

/// The mapping that was probably meant: never one that would be refused again.
fn nearest_mapping(text: &str) -> String {
    let bare = text.trim().trim_start_matches('$');
    let bare = bare.strip_prefix('{').and_then(|bare| bare.strip_suffix('}')).unwrap_or(bare);
    if bare.len() <= 128 {
        if is_mapping(bare) {
            return bare.to_owned();
        }
        let name = bare.rsplit('.').next().filter(|name| is_parameter_name(name)).unwrap_or("NAME");
        if let Some(rest) =
            bare.strip_prefix("method.").or_else(|| bare.strip_prefix("integration."))
        {
            let part = rest
                .split('.')
                .nth(1)
                .and_then(|part| match part {
                    "query" | "params" => Some("querystring"),
                    part => nearest(part, REQUEST_PARTS),
                })
                .unwrap_or("header");
            return format!("method.request.{part}.{name}");
        }
        if bare.starts_with("stageVariables") {
            return format!("stageVariables.{name}");
        }
        let is_variable = bare.starts_with(char::is_alphabetic) && !bare.starts_with("context");
        if is_variable && is_mapping(&format!("context.{bare}")) {
            return format!("context.{bare}");
        }
    }
    "context.requestId".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_forms_are_mappings() {
        for mapping in [
            "method.request.header.Origin",
            "method.request.path.id",
            "method.request.querystring.a_b",
            "context.requestId",
            "context.authorizer.claims.sub",
            "stageVariables.origin",
            "context.a$b-c",
        ] {
            assert!(is_mapping(mapping), "{mapping}");
        }
        for text in [
            "context.",
            "context",
            "context.a b",
            "$context.requestId",
            "method.request.body.x",
            "method.request.header.",
            "method.request.header",
            "method.response.header.X",
            "Context.requestId",
            "stagevariables.x",
        ] {
            assert!(!is_mapping(text), "{text}");
        }
    }

    #[test]
    fn a_suggested_mapping_is_one() {
        for (text, expected) in [
            ("$context.requestId", "context.requestId"),
            ("${stageVariables.origin}", "stageVariables.origin"),
            ("method.response.header.X-A", "method.request.header.X-A"),
            ("integration.response.header.X-A", "method.request.header.X-A"),
            ("method.request.query.q", "method.request.querystring.q"),
            ("method.request.headers.Origin", "method.request.header.Origin"),
            ("$requestId", "context.requestId"),
            ("$", "context.requestId"),
            ("$5 off", "context.requestId"),
            ("context.", "context.requestId"),
            ("stageVariables.", "stageVariables.NAME"),
        ] {
            let suggested = nearest_mapping(text);
            assert_eq!(suggested, expected, "{text}");
            assert!(is_mapping(&suggested));
        }
    }
}
