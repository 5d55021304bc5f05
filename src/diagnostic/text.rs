//! Text from a file, made fit for a message.
//!
//! A file may hold anything, and a terminal obeys control characters: none of the
//! file's reaches it. C0 and C1 controls, and the invisible characters that turn
//! or hide text, are written as escapes.

use crate::model::visible::is_unsafe;

/// A message quotes at most this many characters of a text.
const LONGEST: usize = 60;

/// The text on one line, without anything that a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// [`plain`], cut where it is too long for a message.
pub(crate) fn brief(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", plain(&text[..end])),
        None => plain(text),
    }
}

/// [`toml_string`], cut where it is too long for a message.
pub(crate) fn brief_toml(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => toml_string(&format!("{}…", &text[..end])),
        None => toml_string(text),
    }
}

/// The text as a TOML string, ready to paste.
pub(crate) fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_unsafe(c) => {
                let code = u32::from(c);
                let escape =
                    if code > 0xffff { format!("\\U{code:08X}") } else { format!("\\u{code:04X}") };
                out.push_str(&escape);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_control_characters() {
        assert_eq!(plain("a\u{1b}[2J\u{9b}b"), "a\\u{1b}[2J\\u{9b}b");
        assert_eq!(plain("a\nb\u{202e}"), "a\\nb\\u{202e}");
    }

    #[test]
    fn cuts_long_text() {
        let cut = brief(&"ä".repeat(5_000_000));
        assert_eq!(cut.chars().count(), LONGEST + 1);
    }

    #[test]
    fn writes_toml_strings_that_parse_back() {
        let text = "a\"b\\c\u{1b}\u{e0001}\t'";
        let table: toml::Table = toml::from_str(&format!("x = {}", toml_string(text))).unwrap();
        assert_eq!(table["x"].as_str(), Some(text));
    }
}
