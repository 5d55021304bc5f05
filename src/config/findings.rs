//! Everything that is wrong with the files, reported at once.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::message::{Diagnostic, Excerpt};
use crate::diagnostic::severity::Severity;
use crate::diagnostic::source::{Counter, FileId, Position, Sources, Span};
use crate::diagnostic::text::plain;

/// At most this many findings are rendered.
const MOST_RENDERED: usize = 50;

/// Every error of all files; never empty.
#[derive(Clone, Debug)]
pub struct ConfigErrors {
    diagnostics: Vec<Diagnostic>,
}

impl ConfigErrors {
    /// In the order of the files and of their lines.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The first fifty as people read them, and how many more there are, without
    /// a last line end.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let mut blocks: Vec<String> = self
            .diagnostics
            .iter()
            .take(MOST_RENDERED)
            .map(|diagnostic| diagnostic.render(color))
            .collect();
        let more = self.diagnostics.len().saturating_sub(MOST_RENDERED);
        if more > 0 {
            blocks.push(format!("… and {more} more"));
        }
        blocks.join("\n\n")
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigErrors {}

/// A finding while the files are read: a place in bytes, resolved at the end.
#[derive(Debug)]
pub(crate) struct Finding {
    at: At,
    message: String,
    help: Option<String>,
    related: Option<(Span, String)>,
    rests_on: RestsOn,
}

/// What must have been read for a finding to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RestsOn {
    ItsFile,
    /// Another file could say what is missing here, or take away what is too much.
    AllFiles,
}

#[derive(Debug)]
enum At {
    Span(Span),
    /// A whole file that was read.
    File(FileId),
    /// A path that could not be read.
    Path(PathBuf),
}

impl Finding {
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self::new(At::Span(span), message)
    }

    pub fn in_file(file: FileId, message: impl Into<String>) -> Self {
        Self::new(At::File(file), message)
    }

    pub fn about(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self::new(At::Path(path.into()), message)
    }

    fn new(at: At, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { at, message, help: None, related: None, rests_on: RestsOn::ItsFile }
    }

    /// The same finding as one that another file could have settled.
    pub fn of_all_files(self) -> Self {
        Self { rests_on: RestsOn::AllFiles, ..self }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
    expired: Vec<Finding>,
}

/// With this many errors the reader no longer looks for suggestions.
const ENOUGH: usize = 100;

impl Findings {
    pub fn error(&mut self, finding: Finding) {
        self.errors.push(finding);
    }

    pub fn warning(&mut self, finding: Finding) {
        self.warnings.push(finding);
    }

    pub fn expired(&mut self, finding: Finding) {
        self.expired.push(finding);
    }

    /// Takes over what was found elsewhere.
    pub fn append(&mut self, other: Self) {
        let Self { errors, warnings, expired } = other;
        self.errors.extend(errors);
        self.warnings.extend(warnings);
        self.expired.extend(expired);
    }

    /// Takes over the errors that stand whatever the files say that could not be read.
    pub fn append_certain(&mut self, other: Self) {
        let certain = |finding: &Finding| finding.rests_on == RestsOn::ItsFile;
        self.errors.extend(other.errors.into_iter().filter(certain));
    }

    pub fn number_of_errors(&self) -> usize {
        self.errors.len()
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether it still serves the reader to search for near names.
    pub fn wants_suggestions(&self) -> bool {
        self.errors.len() < ENOUGH
    }

    /// Warnings and expired entries; or the errors, where there are any.
    pub fn resolve(
        self,
        sources: &Sources,
    ) -> Result<(Vec<Diagnostic>, Vec<Diagnostic>), ConfigErrors> {
        let Self { errors, warnings, expired } = self;
        if errors.is_empty() {
            return Ok((
                resolve(warnings, Severity::Warning, sources),
                resolve(expired, Severity::Warning, sources),
            ));
        }
        Err(ConfigErrors { diagnostics: resolve(errors, Severity::Error, sources) })
    }
}

fn resolve(mut findings: Vec<Finding>, severity: Severity, sources: &Sources) -> Vec<Diagnostic> {
    findings.sort_by_key(|finding| match &finding.at {
        At::Path(_) => (0, 0, 0),
        At::File(file) => (1, file.0, 0),
        At::Span(span) => (1, span.file.0, span.start),
    });
    let mut counters: Vec<Counter<'_>> =
        sources.iter().map(|source| Counter::new(source)).collect();
    findings
        .into_iter()
        .map(|finding| {
            let Finding { at, message, help, related, rests_on: _ } = finding;
            let whole = [Position { line: 1, column: 1 }; 2];
            let (file, [from, to], excerpt) = match at {
                At::Path(path) => (path, whole, None),
                At::File(file) => (sources[file.0].path.clone(), whole, None),
                At::Span(span) => {
                    let counter = &mut counters[span.file.0];
                    let from = counter.position(span.start);
                    let to = counter.clone().position(span.end);
                    (sources[span.file.0].path.clone(), [from, to], Some(excerpt_of(span, sources)))
                }
            };
            Diagnostic {
                severity,
                rule: None,
                fixable: false,
                file,
                line: from.line,
                column: from.column,
                end_line: to.line,
                end_column: to.column,
                message: plain(&message),
                help: help.map(|help| plain(&help)),
                excerpt,
                related: related.map(|(span, label)| (excerpt_of(span, sources), label)),
            }
        })
        .collect()
}

fn excerpt_of(span: Span, sources: &Sources) -> Excerpt {
    let Span { file, start, end } = span;
    Excerpt { source: Arc::clone(&sources[file.0]), start, end }
}
