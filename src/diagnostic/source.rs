//! The text of the files, and places in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file as it was read.
#[derive(Debug)]
pub(crate) struct Source {
    /// As the person named it, or as found in the folder that they named.
    pub path: PathBuf,
    /// Where bytes were no UTF-8, the replacement character stands.
    pub text: String,
    pub encoding: Encoding,
}

/// Whether the text is what the file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// Reported when it was read; the text only shows where.
    Other,
}

/// All files, in the order in which they are merged.
pub(crate) type Sources = [Arc<Source>];

/// A file by its number in [`Sources`]; a later file wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(pub usize);

/// A stretch of bytes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub file: FileId,
    pub start: usize,
    pub end: usize,
}

/// A place as people count: lines and characters from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub line: usize,
    pub column: usize,
}

impl Source {
    /// The folder that template files must be in.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            Some(_) | None => Path::new("."),
        }
    }

    /// The line that holds the byte, as a range of bytes without its end.
    pub fn line_around(&self, offset: usize) -> std::ops::Range<usize> {
        let offset = self.boundary(offset);
        let start = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[offset..].find('\n').map_or(self.text.len(), |at| offset + at);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end.max(start)
    }

    /// The nearest place before `offset` where a character begins.
    pub fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }
}

/// Turns ascending offsets of one file into positions in one pass over its text,
/// so that a hundred thousand errors on one long line cost no more than one.
#[derive(Clone)]
pub(crate) struct Counter<'a> {
    text: &'a str,
    offset: usize,
    position: Position,
}

impl<'a> Counter<'a> {
    pub fn new(source: &'a Source) -> Self {
        Self { text: &source.text, offset: 0, position: Position { line: 1, column: 1 } }
    }

    /// The position of an offset that is not before the one asked for last.
    pub fn position(&mut self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset).max(self.offset);
        for character in self.text[self.offset..offset].chars() {
            if character == '\n' {
                self.position.line += 1;
                self.position.column = 1;
            } else {
                self.position.column += 1;
            }
        }
        self.offset = offset;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: PathBuf::from("gwr.toml"), text: text.to_owned(), encoding: Encoding::Utf8 }
    }

    #[test]
    fn columns_count_characters() {
        let source = source("a = 1\nä = \"é\"\n");
        let mut counter = Counter::new(&source);
        let at = source.text.find('"').unwrap();
        assert_eq!(counter.position(at), Position { line: 2, column: 5 });
        assert_eq!(counter.position(source.text.len() + 9), Position { line: 3, column: 1 });
    }

    #[test]
    fn excludes_the_line_ending_from_a_line() {
        let source = source("a\r\nbc\n");
        assert_eq!(source.line_around(0), 0..1);
        assert_eq!(source.line_around(4), 3..5);
        assert_eq!(source.line_around(99), 6..6);
    }
}
