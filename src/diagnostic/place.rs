//! A key or a value in one of the files.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::source::{Source, Span};

/// A key or a value in one of the files.
#[derive(Clone, Debug)]
pub struct Place {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Span,
    pub(crate) keys: Vec<String>,
}

impl Place {
    /// The file, as it was named or found.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.source.path
    }

    /// All that stands in the file.
    #[must_use]
    pub fn whole_file(&self) -> &str {
        &self.source.text
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

    /// The keys that lead there from the file's top, as it spells them.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }
}
