//! A diagnostic: severity, location, message and help.

use std::path::PathBuf;
use std::sync::Arc;

use super::place::Place;
use super::severity::Severity;
use super::source::{Counter, Source, Span};
use super::text::plain;

/// One thing to say about one place.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The lint rule that has it to say, by its id.
    pub rule: Option<&'static str>,
    /// Whether `--fix` has a repair for it; where the repair would change anything else,
    /// it is left all the same.
    pub fixable: bool,
    /// As it was named on the command line, or found in a folder that was.
    pub file: PathBuf,
    /// From 1. A finding about a whole file stands at 1:1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Where the offending text ends: the place after its last character.
    pub end_line: usize,
    pub end_column: usize,
    /// One line, with nothing in it that a terminal would obey.
    pub message: String,
    /// What to do, as an imperative sentence or a question.
    pub help: Option<String>,
    /// The offending text; without one the finding is about the whole file.
    pub(crate) excerpt: Option<Excerpt>,
    /// Another place that belongs to it, and what it is.
    pub(crate) related: Option<(Excerpt, String)>,
}

/// A stretch of a file's text that is to be shown.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    pub source: Arc<Source>,
    pub start: usize,
    pub end: usize,
}

impl Diagnostic {
    /// A finding of others, such as a lint rule's, drawn in the same way.
    #[must_use]
    pub fn about(place: &Place, severity: Severity, message: &str, help: Option<&str>) -> Self {
        let Place { source, span, keys: _ } = place;
        let Span { file: _, start, end } = *span;
        let mut counter = Counter::new(source);
        let [from, to] = [start, end].map(|offset| counter.position(offset));
        Self {
            severity,
            rule: None,
            fixable: false,
            file: source.path.clone(),
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
            message: plain(message),
            help: help.map(plain),
            excerpt: Some(Excerpt { source: Arc::clone(source), start, end }),
            related: None,
        }
    }

    /// The finding in one line: where, and what.
    #[must_use]
    pub fn in_short(&self) -> String {
        let Self { file, line, column, message, .. } = self;
        format!("{}:{line}:{column}: {message}", plain(&file.display().to_string()))
    }

    /// The same finding as an error, or as a warning.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// The same finding as that of a rule, which may have a repair for it.
    #[must_use]
    pub fn of_rule(self, rule: &'static str, fixable: bool) -> Self {
        Self { rule: Some(rule), fixable, ..self }
    }
}
