//! Findings as SARIF 2.1.0, so that code scanning shows them beside the lines.
//!
//! Source: the OASIS standard, and GitHub's list of the members that it reads.

use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::RULES;
use crate::diagnostic::severity::Severity;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The rules beside the catalogue's: what every verb says of a file.
const OF_THE_FILE: [(&str, Severity, &str); 2] = [
    ("invalid-file", Severity::Error, "The file is not valid"),
    ("doubtful-file", Severity::Warning, "The file is valid, with warnings"),
];

/// The findings as one run of a SARIF log.
#[must_use]
pub fn log(diagnostics: &[Diagnostic]) -> Value {
    let rules: Vec<Value> =
        RULES.into_iter().map(rule).chain(OF_THE_FILE.map(of_the_file)).collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let id = rule_id(diagnostic);
            let index = rules.iter().position(|rule| rule["id"] == id);
            json!({
                "ruleId": id,
                "ruleIndex": index,
                "level": diagnostic.severity.as_str(),
                "message": { "text": text(diagnostic) },
                "locations": [{ "physicalLocation": location(diagnostic) }],
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gwr",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule_id(diagnostic: &Diagnostic) -> &'static str {
    let [(invalid, ..), (doubtful, ..)] = OF_THE_FILE;
    match (diagnostic.rule, diagnostic.severity) {
        (Some(rule), _) => rule,
        (None, Severity::Error) => invalid,
        (None, Severity::Warning | Severity::Note) => doubtful,
    }
}

fn rule(rule: &Rule) -> Value {
    let Rule { id, severity, title, why, example, instead, fix: _ } = rule;
    let markdown =
        format!("{why}\n\n```toml\n{example}\n```\n\nInstead:\n\n```toml\n{instead}\n```");
    json!({
        "id": id,
        "shortDescription": { "text": title },
        "fullDescription": { "text": why },
        "help": { "text": format!("{why}\n\nInstead of\n\n{example}\n\nwrite\n\n{instead}"), "markdown": markdown },
        "defaultConfiguration": { "level": severity.as_str() },
    })
}

fn of_the_file((id, severity, title): (&str, Severity, &str)) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": title },
        "defaultConfiguration": { "level": severity.as_str() },
    })
}

fn text(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

fn location(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { file, line, column, end_line, end_column, .. } = diagnostic;
    json!({
        "artifactLocation": { "uri": uri(file) },
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    })
}

/// A path as a reference of RFC 3986: relative ones to where gwr was run, which is the
/// repository's top in a job.
fn uri(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri(Path::new("./a b/ü.toml")), "a%20b/%C3%BC.toml");
        assert_eq!(uri(Path::new("/etc/a:b")), "file:///etc/a%3Ab");
    }
}
