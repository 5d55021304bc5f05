//! The lint rules for people: the list, one rule, and `docs/lint.md`; a finding for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::style::{Colour, Role};
use super::text::printable;
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::RULES;
use crate::diagnostic::severity::Severity;
use crate::lint::fix::FixedFile;

/// A finding as JSON, the same wherever one is written.
#[must_use]
pub fn document(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": diagnostic.severity.as_str(),
        "rule": diagnostic.rule,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "fixable": diagnostic.fixable,
    })
}

/// One line for each rule.
#[must_use]
pub fn list(colour: Colour) -> String {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for Rule { id, severity, title, fix, .. } in RULES {
        let fix = if fix.is_some() { "--fix" } else { "" };
        let severity = colour.paint(role(*severity), &format!("{:<7}", severity.as_str()));
        let _ = writeln!(out, "{id:<width$}  {severity}  {fix:<5}  {title}");
    }
    out
}

const fn role(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Error,
        Severity::Warning => Role::Warning,
        Severity::Note => Role::Faint,
    }
}

/// All that there is to say of a rule.
#[must_use]
pub fn explanation(rule: &Rule, colour: Colour) -> String {
    let Rule { id, severity, title, why, example, instead, fix } = rule;
    let indented = |text: &str| {
        text.lines()
            .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
            .collect::<String>()
    };
    let mut out = format!(
        "{} ({}): {title}\n\n{}\n\nExample of a finding:\n\n{}\nWrite instead:\n\n{}\n",
        colour.paint(Role::Heading, id),
        colour.paint(role(*severity), severity.as_str()),
        wrapped(why),
        indented(example),
        indented(instead),
    );
    if let Some(fix) = fix {
        out.push_str(&wrapped(&format!("`gwr validate --fix` {fix}.")));
        out.push_str("\n\n");
    }
    let silence = format!(
        "To suppress the rule:\n\n    [[apis.NAME.allow]]\n    rule   = \"{id}\"\n    type   = \
         \"…\"   # optional: for this type only\n    reason = \"…\"\n"
    );
    out.push_str(&silence);
    out
}

/// Lines of 90 characters at most.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 90 {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

/// The whole of `docs/lint.md`.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(
        "# Lint rules\n\n\
         What `gwr validate` finds besides errors of the file, and `gwr plan` shows as hazards \
         that refuse\nnothing. This page is made from the table in `src/lint/catalogue.rs`.\n\n\
         - An **error** is what no client can ever use: `validate` exits with 1.\n\
         - A **warning** is most likely not meant: exit code 0, or 1 with `--strict`.\n\
         - A **note** is worth knowing.\n\n\
         `gwr validate --fix` repairs what is safe and keeps comments and layout; `-o sarif` is \
         for code scanning.\nSuppress a rule where it does not apply, with a reason:\n\n\
         ```toml\n[[apis.orders.allow]]\nrule   = \"shadowed-cors\"\n\
         type   = \"UNAUTHORIZED\"          # optional\nreason = \"machine clients only\"\n```\n\n\
         | rule | severity | `--fix` | finds |\n|---|---|---|---|\n",
    );
    for Rule { id, severity, title, fix, .. } in RULES {
        let fix = if fix.is_some() { "yes" } else { "" };
        let _ = writeln!(out, "| [{id}](#{id}) | {} | {fix} | {title} |", severity.as_str());
    }
    for rule in RULES {
        out.push('\n');
        out.push_str(&section(rule));
    }
    out
}

/// One rule as a section of the page.
#[must_use]
pub fn section(rule: &Rule) -> String {
    let Rule { id, severity, title, why, example, instead, fix } = rule;
    let mut out = format!(
        "## {id}\n\n{title} ({}).\n\n{}\n\n```toml\n{example}\n```\n\n\
         Instead:\n\n```toml\n{instead}\n```\n",
        severity.as_str(),
        wrapped(why),
    );
    if let Some(fix) = fix {
        let _ = write!(out, "\n{}\n", wrapped(&format!("`--fix` {fix}.")));
    }
    out
}

/// What repairs changed in a file.
#[must_use]
pub fn difference(file: &FixedFile, colour: Colour) -> String {
    let FixedFile { path, before, after } = file;
    let path = printable(&path.display().to_string());
    let mut out = format!("--- {path}\n+++ {path}\n");
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        let _ = writeln!(out, "{}", colour.paint(Role::Faint, &hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let (mark, role) = match change.tag() {
                ChangeTag::Delete => ("-", Some(Role::Removed)),
                ChangeTag::Insert => ("+", Some(Role::Added)),
                ChangeTag::Equal => (" ", None),
            };
            let line = change.value().trim_end_matches(['\r', '\n']);
            // A tab moves the cursor and does nothing else.
            let line: Vec<String> = line.split('\t').map(printable).collect();
            let line = format!("{mark}{}", line.join("\t"));
            let _ = match role {
                Some(role) => writeln!(out, "{}", colour.paint(role, &line)),
                None => writeln!(out, "{line}"),
            };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// `GWR_BLESS=1` writes the page.
    #[test]
    fn the_page_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md");
        if std::env::var_os("GWR_BLESS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(there == page(), "GWR_BLESS=1 cargo test writes docs/lint.md");
    }

    #[test]
    fn a_difference_cannot_command_the_terminal() {
        let file = FixedFile {
            path: PathBuf::from("a\u{1b}[2J"),
            before: "a\n\tb \u{202e}\r\n".to_owned(),
            after: "a\n\tc\r\n".to_owned(),
        };
        let shown = difference(&file, Colour::Off);
        assert_eq!(
            shown,
            "--- a\\u{1b}[2J\n+++ a\\u{1b}[2J\n@@ -1,2 +1,2 @@\n a\n-\tb \\u{202e}\n+\tc\n"
        );
    }

    #[test]
    fn every_rule_can_be_explained() {
        for rule in RULES {
            let text = explanation(rule, Colour::Off);
            assert!(text.starts_with(rule.id) && text.contains("Write instead"), "{text}");
        }
        assert_eq!(list(Colour::Off).lines().count(), RULES.len());
    }
}
