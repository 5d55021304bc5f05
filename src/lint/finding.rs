//! A finding: which rule, about which spot, in which words.

use std::ops::Range;

use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::UNUSED_ALLOW;
use crate::diagnostic::severity::Severity;
use crate::model::{HeaderName, HeaderValue, ResponseType};
use crate::state::desired::Allow;

/// What a rule found in an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    /// The rule's, or a milder one.
    pub severity: Severity,
    /// `None`: it is about the API.
    pub response_type: Option<ResponseType>,
    pub spot: Spot,
    /// One line that names the type, for it also stands alone in a plan.
    pub message: String,
    /// What to do, as an imperative sentence.
    pub help: Option<String>,
    /// The repair, where it is safe.
    pub fix: Option<Fix>,
}

/// What of a response, or of the API, a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    Type,
    Status,
    /// The name of a header.
    HeaderName(HeaderName),
    HeaderValue(HeaderName),
    /// A template, by its media type.
    Template(String),
    /// The name of a template: its media type.
    MediaType(String),
    /// An `allow` entry, by its number from 0.
    Allow(usize),
}

/// How a spot is repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The header gets this name, and keeps its value.
    Name(HeaderName),
    /// The header gets this value.
    Value(HeaderValue),
    /// These stretches of the template's text are replaced.
    Template(Vec<Replacement>),
    /// The type gets these headers, too.
    Headers(Vec<(HeaderName, HeaderValue)>),
}

/// A stretch of a text, in bytes, and what is to stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    pub at: Range<usize>,
    pub with: String,
}

impl Finding {
    pub(super) fn new(
        rule: &'static Rule,
        response_type: ResponseType,
        spot: Spot,
        message: String,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity,
            response_type: Some(response_type),
            spot,
            message,
            help: None,
            fix: None,
        }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }
}

/// The text with the stretches replaced; they stand in order and apart.
pub(super) fn replaced(text: &str, replacements: &[Replacement]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Replacement { at, with } in replacements {
        out.push_str(text.get(from..at.start).unwrap_or_default());
        out.push_str(with);
        from = at.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// An `allow` entry that nothing needs: it would hide what comes later.
pub(super) fn unused_allow(number: usize, allow: &Allow) -> Finding {
    let Allow { rule, response_type, reason: _ } = allow;
    let about = match response_type {
        Some(response_type) => format!("about {response_type}"),
        None => "here".to_owned(),
    };
    Finding {
        rule: &UNUSED_ALLOW,
        severity: UNUSED_ALLOW.severity,
        response_type: *response_type,
        spot: Spot::Allow(number),
        message: format!("`{rule}` reports nothing {about}: this entry has no effect"),
        help: Some("take the entry out, so that it cannot hide what comes later".to_owned()),
        fix: None,
    }
}
