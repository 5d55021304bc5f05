//! A TOML file as a tree that knows where everything stands.
//!
//! `toml` parses; this keeps the spans, owns the text and forgets how it was
//! written. Nothing here knows what the keys mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::findings::{Finding, Findings};
use crate::diagnostic::source::{Encoding, FileId, Source, Span};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub value: Value,
    pub at: Span,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    String(String),
    /// `None`: it does not fit into 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Boolean(bool),
    Datetime(Datetime),
    Array(Vec<Node>),
    Table(Table),
}

/// By key; two files' tables merge by it.
pub(super) type Table = BTreeMap<String, Entry>;

/// What stands under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the key stands.
    pub key: Span,
    pub node: Node,
}

impl Value {
    /// The TOML type with its article, for "found …".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date or time",
            Self::Array(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

/// The file's deepest legal value stands seven tables deep.
const DEEPEST: usize = 16;

/// `toml` bounds how deep brackets and dotted keys nest, but their product is some
/// thousand tables, and it frees them by recursion: more than a thread's usual
/// stack holds.
const STACK: usize = 64 << 20;

/// Parses one file; every syntax error that can be recovered from is a finding.
pub(super) fn parse(file: FileId, source: &Arc<Source>, findings: &mut Findings) -> Table {
    if source.encoding == Encoding::Other {
        return Table::new();
    }
    std::thread::scope(|scope| {
        let parser = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            let mut inner = Findings::default();
            let table = parse_here(file, &source.text, &mut inner);
            (table, inner)
        });
        match parser.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok((table, inner))) => {
                findings.append(inner);
                table
            }
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => {
                findings.error(Finding::in_file(
                    file,
                    format!("cannot start a thread to parse the file: {error}"),
                ));
                Table::new()
            }
        }
    })
}

fn parse_here(file: FileId, text: &str, findings: &mut Findings) -> Table {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        findings.error(syntax_error(file, text, &error));
    }
    table(file, root.get_ref(), 0, findings)
}

fn syntax_error(file: FileId, text: &str, error: &toml::de::Error) -> Finding {
    let message = match error.message() {
        "recursion limit" => "this is nested too deeply".to_owned(),
        message => message.to_owned(),
    };
    let help = message
        .starts_with("invalid unquoted key")
        .then(|| "put quotes around a key that holds anything else".to_owned());
    let range = error.span().unwrap_or(text.len()..text.len());
    Finding::at(span(file, range), message).help_if(help)
}

fn span(file: FileId, range: std::ops::Range<usize>) -> Span {
    Span { file, start: range.start, end: range.end }
}

fn table(file: FileId, entries: &DeTable<'_>, depth: usize, findings: &mut Findings) -> Table {
    entries
        .iter()
        .map(|(key, value)| {
            let entry =
                Entry { key: span(file, key.span()), node: node(file, value, depth + 1, findings) };
            (key.get_ref().clone().into_owned(), entry)
        })
        .collect()
}

fn node(file: FileId, value: &Spanned<DeValue<'_>>, depth: usize, findings: &mut Findings) -> Node {
    let at = span(file, value.span());
    let value = match value.get_ref() {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => {
            Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(_) | DeValue::Table(_) if depth > DEEPEST => {
            findings.error(Finding::at(at, "this is nested too deeply"));
            Value::Boolean(false)
        }
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| node(file, item, depth + 1, findings)).collect())
        }
        DeValue::Table(entries) => Value::Table(table(file, entries, depth, findings)),
    };
    Node { value, at }
}
