//! A document as JSON, with what its text knows beside: where things stand.

use std::collections::BTreeMap;

use serde_json::Value;

/// Where a value stands: the keys that lead to it.
pub type Path = Vec<String>;

/// What is told of a document has at most this many keys above it; deeper ones are not
/// remembered, for a document may have very many.
const DEEPEST: usize = 8;

/// A document that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    pub value: Value,
    pub lines: Lines,
    /// What was chosen among, or left unread; in words.
    pub warnings: Vec<String>,
}

/// In which line each key stands, where the reader of the format knows that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<Path, usize>);

impl Lines {
    /// Remembers a key; of equal ones the last, whose value counts.
    pub fn note(&mut self, path: Path, line: usize) {
        if path.len() <= DEEPEST {
            self.0.insert(path, line);
        }
    }

    /// The line of a key, or that of the nearest one above it.
    #[must_use]
    pub fn of(&self, path: &[String]) -> Option<usize> {
        (1..=path.len()).rev().find_map(|length| self.0.get(&path[..length]).copied())
    }
}

/// The place of a member.
#[must_use]
pub fn below(path: &[String], keys: &[&str]) -> Path {
    path.iter().cloned().chain(keys.iter().map(|key| (*key).to_owned())).collect()
}
