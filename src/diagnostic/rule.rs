//! What a rule is: data, from which documents, SARIF and messages are made.

use std::str::FromStr;

use super::rules::RULES;
use super::severity::Severity;

/// A rule of the catalogue.
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

/// No rule is named so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lint rule has the id {0:?}")]
pub struct NoRule(String);

impl FromStr for &'static Rule {
    type Err = NoRule;

    fn from_str(id: &str) -> Result<Self, NoRule> {
        RULES.into_iter().find(|rule| rule.id == id).ok_or_else(|| NoRule(id.to_owned()))
    }
}
