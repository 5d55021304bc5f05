//! Reading typed values out of a table, with one way to say what was expected.

use super::document::{Entry, Node, Table, Value};
use super::findings::{Finding, Findings};
use crate::diagnostic::nearest::{did_you_mean, nearest};
use crate::diagnostic::source::Span;
use crate::diagnostic::text::brief;

/// Every key that is none of `known` is an error, with the near name if there is one.
pub(super) fn known_keys(table: &Table, known: &[&'static str], findings: &mut Findings) {
    for (name, entry) in table {
        if !known.contains(&name.as_str()) {
            let finding = unknown_key(name, entry.key, known, findings);
            findings.error(finding);
        }
    }
}

pub(super) fn unknown_key(
    name: &str,
    at: Span,
    known: &[&'static str],
    findings: &Findings,
) -> Finding {
    let near = findings.wants_suggestions().then(|| nearest(name, known.iter().copied())).flatten();
    let help = match near {
        Some(near) => did_you_mean(near),
        None => format!("known here: {}", listed(known)),
    };
    Finding::at(at, format!("unknown key `{}`", brief(name))).help(help)
}

/// `a`, `b`, `c`
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// "`stages` must be an array of strings, found a string"
pub(super) fn wrong_type(what: &str, expected: &str, node: &Node) -> Finding {
    Finding::at(node.at, format!("{what} must be {expected}, found {}", node.value.kind()))
}

/// The table under a key, which must be one if it is there.
pub(super) fn table<'a>(
    parent: &'a Table,
    key: &str,
    findings: &mut Findings,
) -> Option<(&'a Table, &'a Entry)> {
    let entry = parent.get(key)?;
    let table = as_table(&entry.node, &format!("`{key}`"), findings)?;
    Some((table, entry))
}

pub(super) fn as_table<'a>(
    node: &'a Node,
    what: &str,
    findings: &mut Findings,
) -> Option<&'a Table> {
    if let Value::Table(table) = &node.value {
        return Some(table);
    }
    findings.error(wrong_type(what, "a table", node));
    None
}

/// The text under a key, which must be a string that is not empty.
pub(super) fn text<'a>(
    table: &'a Table,
    key: &str,
    findings: &mut Findings,
) -> Option<(&'a str, Span)> {
    let Entry { key: _, node } = table.get(key)?;
    let text = as_text(node, &format!("`{key}`"), findings)?;
    Some((text, node.at))
}

pub(super) fn as_text<'a>(node: &'a Node, what: &str, findings: &mut Findings) -> Option<&'a str> {
    match &node.value {
        Value::String(text) if text.trim().is_empty() => {
            findings.error(Finding::at(node.at, format!("{what} must not be empty")));
            None
        }
        Value::String(text) => {
            if let Some(control) = text.chars().find(|c| c.is_control()) {
                findings.error(Finding::at(
                    node.at,
                    format!(
                        "{what} must not hold the control character {}",
                        control.escape_unicode()
                    ),
                ));
                return None;
            }
            Some(text)
        }
        other => {
            let help = match other {
                Value::Integer(Some(number)) => Some(format!("write `\"{number}\"`, with quotes")),
                _ => None,
            };
            findings.error(wrong_type(what, "a string", node).help_if(help));
            None
        }
    }
}

/// The array under a key, each of whose items must be a string that is not empty.
pub(super) fn texts<'a>(
    table: &'a Table,
    key: &str,
    findings: &mut Findings,
) -> Option<Vec<(&'a str, Span)>> {
    let Entry { key: _, node } = table.get(key)?;
    let Value::Array(items) = &node.value else {
        let help = match &node.value {
            Value::String(text) => {
                Some(format!("write `{key} = [{}]`", crate::diagnostic::text::brief_toml(text)))
            }
            _ => None,
        };
        findings.error(wrong_type(&format!("`{key}`"), "an array of strings", node).help_if(help));
        return None;
    };
    let what = format!("each of `{key}`");
    Some(items.iter().filter_map(|item| Some((as_text(item, &what, findings)?, item.at))).collect())
}

pub(super) fn choice<T: Copy>(
    table: &Table,
    key: &str,
    choices: &[(&'static str, T)],
    findings: &mut Findings,
) -> Option<T> {
    let (written, at) = text(table, key, findings)?;
    if let Some((_, chosen)) = choices.iter().find(|(word, _)| *word == written) {
        return Some(*chosen);
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    findings.error(
        Finding::at(
            at,
            format!("`{key}` must be {}, not \"{}\"", quoted.join(" or "), brief(written)),
        )
        .help_if(nearest(written, words).map(|near| format!("did you mean \"{near}\"?"))),
    );
    None
}

/// The number under a key, whether it is written as an integer or as a float.
pub(super) fn number(table: &Table, key: &str, findings: &mut Findings) -> Option<(f64, Span)> {
    let Entry { key: _, node } = table.get(key)?;
    match &node.value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds and shares are small; a huge integer is out of range either way"
        )]
        Value::Integer(Some(number)) => Some((*number as f64, node.at)),
        Value::Float(number) => Some((*number, node.at)),
        _ => {
            findings.error(wrong_type(&format!("`{key}`"), "a number", node));
            None
        }
    }
}
