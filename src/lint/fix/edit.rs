//! One change to the text of a TOML file, which leaves every other byte as it is.
//!
//! A key or a value is replaced where it stands; a new header is put by `toml_edit` into
//! the table that is there. Nothing here is trusted: who calls reads the file again.

use toml_edit::{DocumentMut, InlineTable, Item, TableLike, Value};

use crate::config::spell;
use crate::diagnostic::place::Place;
use crate::lint::finding::{Replacement, replaced};
use crate::model::{HeaderName, HeaderValue};

/// The file with another key at the place.
pub(super) fn key(place: &Place, name: &str) -> String {
    spliced(place, &spell::key(name))
}

/// The file with another value at the place.
pub(super) fn value(place: &Place, value: &HeaderValue) -> Option<String> {
    Some(spliced(place, &spell::header_value(value)?))
}

fn spliced(place: &Place, with: &str) -> String {
    replaced(place.whole_file(), &[Replacement { at: place.bytes(), with: with.to_owned() }])
}

/// The file with stretches of a string's text replaced, in the string's own manner of
/// writing. `None` where no string stands at the place.
pub(super) fn string(place: &Place, replacements: &[Replacement]) -> Option<String> {
    let raw = place.text();
    let Ok(Value::String(text)) = raw.parse::<Value>() else {
        return None;
    };
    let right = replaced(text.value(), replacements);
    let like_before = offsets(raw)
        .and_then(|offsets| {
            let replacements = replacements.iter().map(|Replacement { at, with }| {
                let at = *offsets.get(at.start)?..*offsets.get(at.end)?;
                Some(Replacement { at, with: escaped(raw, with) })
            });
            Some(replaced(raw, &replacements.collect::<Option<Vec<_>>>()?))
        })
        .filter(|like_before| {
            let read = like_before.parse::<Value>();
            read.is_ok_and(|value| value.as_str() == Some(right.as_str()))
        });
    let with = like_before.unwrap_or_else(|| Value::from(right).to_string());
    Some(spliced(place, &with))
}

/// For each byte of a string's text, and for its end, where it stands in the raw string.
fn offsets(raw: &str) -> Option<Vec<usize>> {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let triple: String = [quote; 3].iter().collect();
    let long = raw.len() >= 6 && raw.starts_with(&triple);
    let mut at = if long { 3 } else { 1 };
    let end = raw.len() - at;
    if long {
        // The line end behind the opening quotes is no part of the text.
        let rest = &raw[at..];
        at += ["\r\n", "\n"].iter().find(|end| rest.starts_with(**end)).map_or(0, |end| end.len());
    }
    let mut offsets = Vec::with_capacity(raw.len());
    while at < end {
        let rest = &raw[at..end];
        let character = rest.chars().next()?;
        if character != '\\' || quote == '\'' {
            offsets.extend(at..at + character.len_utf8());
            at += character.len_utf8();
            continue;
        }
        let (length, bytes) = escape(rest)?;
        offsets.extend(std::iter::repeat_n(at, bytes));
        at += length;
    }
    offsets.push(end);
    Some(offsets)
}

/// How long the escape is that a text begins with, and how many bytes it stands for.
fn escape(text: &str) -> Option<(usize, usize)> {
    let kind = text.chars().nth(1)?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        kind if kind.is_ascii_whitespace() => {
            let rest = text[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            return Some((text.len() - rest.len(), 0));
        }
        _ => return Some((2, 1)),
    };
    let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
    Some((2 + digits, char::from_u32(code)?.len_utf8()))
}

/// A text as it stands in a string that is written like `raw`.
fn escaped(raw: &str, text: &str) -> String {
    if raw.starts_with('"') && !raw.starts_with("\"\"\"") {
        text.replace('\\', "\\\\").replace('"', "\\\"")
    } else {
        text.to_owned()
    }
}

/// The file with more headers in the type whose key the place is. `None` where the layout
/// could not be kept.
pub(super) fn headers(place: &Place, headers: &[(HeaderName, HeaderValue)]) -> Option<String> {
    let text = place.whole_file();
    // `toml_edit` ends its lines in one way.
    let crlf = text.contains("\r\n");
    let lines = text.replace("\r\n", "\n");
    if crlf && lines.replace('\n', "\r\n") != text {
        return None;
    }
    let mut document: DocumentMut = lines.parse().ok()?;
    if document.to_string() != lines {
        return None;
    }
    let mut item: &mut Item = document.as_item_mut();
    for key in place.keys() {
        item = item.get_mut(key)?;
    }
    let of_type = item.as_table_like_mut()?;
    match of_type.get_mut("headers").map(Item::as_table_like_mut) {
        Some(None) => return None,
        Some(Some(there)) => {
            for (name, value) in headers {
                insert(there, name.as_str(), toml(value)?);
            }
        }
        None => {
            let mut table = InlineTable::new();
            for (name, value) in headers {
                table.insert(name.as_str(), toml(value)?);
            }
            insert(of_type, "headers", table.into());
        }
    }
    let text = document.to_string();
    Some(if crlf { text.replace('\n', "\r\n") } else { text })
}

fn toml(value: &HeaderValue) -> Option<Value> {
    spell::header_value(value)?.parse().ok()
}

/// Puts a value last in a table. In one that is written in braces, the blank before the
/// closing brace stays there.
fn insert(table: &mut dyn TableLike, key: &str, mut value: Value) {
    let last = table.iter().last().map(|(key, _)| key.to_owned());
    let last = last.and_then(|last| table.get_mut(&last)).and_then(Item::as_value_mut);
    if let Some(last) = last {
        let suffix = last.decor().suffix().and_then(|raw| raw.as_str()).unwrap_or_default();
        if !suffix.is_empty() && suffix.chars().all(|c| c == ' ') {
            let suffix = suffix.to_owned();
            last.decor_mut().set_suffix("");
            value.decor_mut().set_prefix(" ");
            value.decor_mut().set_suffix(suffix);
        }
    }
    table.insert(key, Item::Value(value));
}
