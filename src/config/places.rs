//! Where the files say what they say.
//!
//! The desired state knows nothing of lines and columns. Who finds something about
//! it afterwards, as lint rules do, asks here for the place, and draws the finding
//! with [`Diagnostic::about`](super::Diagnostic::about).

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::model::ResponseType;

use super::document::{Entry, Table, Value};
use super::source::{Source, Span};

/// The merged files, to be asked for places.
#[derive(Clone, Debug, Default)]
pub struct Places {
    root: Table,
    sources: Vec<Arc<Source>>,
}

/// A key or a value in one of the files.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) source: Arc<Source>,
    pub(super) span: Span,
}

impl Place {
    /// The file, as it was named or found.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.source.path
    }

    /// The bytes of the file, for whoever repairs it.
    #[must_use]
    pub fn bytes(&self) -> Range<usize> {
        let Span { file: _, start, end } = self.span;
        start..end
    }

    /// What stands there.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text.get(self.bytes()).unwrap_or_default()
    }
}

impl Places {
    pub(super) fn new(root: Table, sources: Vec<Arc<Source>>) -> Self {
        Self { root, sources }
    }

    /// Where the key stands that the path leads to: `["apis", "orders", "stages"]`.
    #[must_use]
    pub fn key(&self, path: &[&str]) -> Option<Place> {
        self.entry(path).map(|entry| self.place(entry.key))
    }

    /// Where that key's value stands.
    #[must_use]
    pub fn value(&self, path: &[&str]) -> Option<Place> {
        self.entry(path).map(|entry| self.place(entry.node.at))
    }

    /// Where a key of a response type stands that counts for the API: in the API's
    /// own entries, else in the last of its presets that has it. `path` goes on
    /// from the type: `[]`, `["status"]`, `["headers", "Retry-After"]`.
    #[must_use]
    pub fn response_key(&self, api: &str, of: ResponseType, path: &[&str]) -> Option<Place> {
        self.response(api, of, path).map(|entry| self.place(entry.key))
    }

    /// Where that key's value stands.
    #[must_use]
    pub fn response_value(&self, api: &str, of: ResponseType, path: &[&str]) -> Option<Place> {
        self.response(api, of, path).map(|entry| self.place(entry.node.at))
    }

    fn response(&self, api: &str, of: ResponseType, path: &[&str]) -> Option<&Entry> {
        let own = ["apis", api, "responses", of.as_str()];
        self.entry(&[&own, path].concat()).or_else(|| {
            let used = &self.entry(&["apis", api, "use"])?.node.value;
            let Value::Array(used) = used else {
                return None;
            };
            used.iter().rev().find_map(|preset| {
                let Value::String(preset) = &preset.value else {
                    return None;
                };
                let shared = ["presets", preset, of.as_str()];
                self.entry(&[&shared, path].concat())
            })
        })
    }

    fn entry(&self, path: &[&str]) -> Option<&Entry> {
        let (first, rest) = path.split_first()?;
        let mut entry = self.root.get(*first)?;
        let mut parent = *first;
        for key in rest {
            let Value::Table(table) = &entry.node.value else {
                return None;
            };
            entry = match parent {
                "headers" => header(table, key)?,
                _ => table.get(*key)?,
            };
            parent = key;
        }
        Some(entry)
    }

    fn place(&self, span: Span) -> Place {
        Place { source: Arc::clone(&self.sources[span.file.0]), span }
    }
}

/// The reader keeps a header's last spelling, whichever of them is asked for.
fn header<'a>(headers: &'a Table, name: &str) -> Option<&'a Entry> {
    headers
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .max_by_key(|(_, entry)| entry.node.at.file)
        .map(|(_, entry)| entry)
}
