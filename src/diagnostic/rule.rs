//! What a rule is: data, from which documents, SARIF and messages are made.

use super::severity::Severity;

#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What `allow`, hazards and SARIF call it, for ever.
    pub id: &'static str,
    pub severity: Severity,
    /// What it finds, as a heading.
    pub title: &'static str,
    /// Why it matters, in a few sentences of Markdown.
    pub why: &'static str,
    /// What it finds, as it stands in the file.
    pub example: &'static str,
    /// The same as it should be.
    pub instead: &'static str,
    /// What `--fix` does about it; `None`: nothing.
    pub fix: Option<&'static str>,
}
