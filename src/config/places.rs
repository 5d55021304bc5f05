//! Where the files say what they say.
//!
//! The desired state knows nothing of lines and columns. Who finds something about
//! it afterwards, as lint rules do, asks here for the place, and draws the finding
//! with [`Diagnostic::about`](super::Diagnostic::about).

use std::path::Path;
use std::sync::Arc;

use crate::model::ResponseType;

use super::document::{Entry, Table, Value};
use crate::diagnostic::place::Place;
use crate::diagnostic::source::{Source, Span};

/// The merged files, to be asked for places.
#[derive(Clone, Debug, Default)]
pub struct Places {
    root: Table,
    sources: Vec<Arc<Source>>,
}

/// A key with its value, and the keys that lead there.
struct Traced<'a> {
    keys: Vec<String>,
    entry: &'a Entry,
}

impl Places {
    pub(super) fn new(root: Table, sources: Vec<Arc<Source>>) -> Self {
        Self { root, sources }
    }

    /// The files, in the order in which they were merged.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().map(|source| source.path.as_path())
    }

    /// Where the key stands that the path leads to: `["apis", "orders", "stages"]`.
    #[must_use]
    pub fn key(&self, path: &[&str]) -> Option<Place> {
        self.trace(path).map(|traced| self.key_of(traced))
    }

    /// Where that key's value stands.
    #[must_use]
    pub fn value(&self, path: &[&str]) -> Option<Place> {
        self.trace(path).map(|traced| self.value_of(traced))
    }

    /// Where a key of a response type stands that counts for the API: in the API's
    /// own entries, else in the last of its presets that has it. `path` goes on
    /// from the type: `[]`, `["status"]`, `["headers", "Retry-After"]`.
    #[must_use]
    pub fn response_key(&self, api: &str, of: ResponseType, path: &[&str]) -> Option<Place> {
        self.response(api, of, path).map(|traced| self.key_of(traced))
    }

    /// Where that key's value stands.
    #[must_use]
    pub fn response_value(&self, api: &str, of: ResponseType, path: &[&str]) -> Option<Place> {
        self.response(api, of, path).map(|traced| self.value_of(traced))
    }

    /// Where the rule of an API's `allow` entry stands, by the entry's number from 0.
    #[must_use]
    pub fn allowed_rule(&self, api: &str, number: usize) -> Option<Place> {
        let Traced { keys, entry } = self.trace(&["apis", api, "allow"])?;
        let Value::Array(entries) = &entry.node.value else {
            return None;
        };
        let Value::Table(allow) = &entries.get(number)?.value else {
            return None;
        };
        Some(self.value_of(Traced { keys, entry: allow.get("rule")? }))
    }

    fn response(&self, api: &str, of: ResponseType, path: &[&str]) -> Option<Traced<'_>> {
        let own = ["apis", api, "responses", of.as_str()];
        self.trace(&[&own, path].concat()).or_else(|| {
            let used = &self.trace(&["apis", api, "use"])?.entry.node.value;
            let Value::Array(used) = used else {
                return None;
            };
            used.iter().rev().find_map(|preset| {
                let Value::String(preset) = &preset.value else {
                    return None;
                };
                let shared = ["presets", preset, of.as_str()];
                self.trace(&[&shared, path].concat())
            })
        })
    }

    fn trace(&self, path: &[&str]) -> Option<Traced<'_>> {
        let (first, rest) = path.split_first()?;
        let (key, mut entry) = self.root.get_key_value(*first)?;
        let mut keys = vec![key.clone()];
        for key in rest {
            let Value::Table(table) = &entry.node.value else {
                return None;
            };
            let (spelling, next) = match keys.last().map(String::as_str) {
                Some("headers") => header(table, key)?,
                _ => table.get_key_value(*key)?,
            };
            entry = next;
            keys.push(spelling.clone());
        }
        Some(Traced { keys, entry })
    }

    fn key_of(&self, Traced { keys, entry }: Traced<'_>) -> Place {
        self.place(keys, entry.key)
    }

    fn value_of(&self, Traced { keys, entry }: Traced<'_>) -> Place {
        self.place(keys, entry.node.at)
    }

    fn place(&self, keys: Vec<String>, span: Span) -> Place {
        Place { source: Arc::clone(&self.sources[span.file.0]), span, keys }
    }
}

/// The reader keeps a header's last spelling, whichever of them is asked for.
fn header<'a>(headers: &'a Table, name: &str) -> Option<(&'a String, &'a Entry)> {
    headers
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .max_by_key(|(_, entry)| entry.node.at.file)
}
