//! Text from elsewhere, made fit for a message.
//!
//! What a server says is untrusted: it may hold escape sequences, line breaks and
//! characters that reorder a line. Data (names, templates) is kept as it is and
//! made safe where it is rendered; only messages are cleaned here.

use std::error::Error;

/// The longest text that a message takes over; AWS's own are far shorter.
const LONGEST: usize = 1_000;

/// The longest piece of a foreign answer that is shown.
const LONGEST_LINE: usize = 80;

/// One line without control characters and without those that reorder text.
pub(crate) fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !reorders(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    shorten(line, LONGEST)
}

/// The first line of an answer, quoted and escaped, for "it begins with …".
pub(crate) fn first_line(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST_LINE)]);
    let line = head.trim_start().lines().next().unwrap_or_default();
    let line: String = line.chars().filter(|c| !reorders(*c)).collect();
    format!("{:?}", shorten(line.trim_end().to_owned(), LONGEST_LINE))
}

/// Layers of the SDK and of hyper that say nothing of their own.
const EMPTY_WORDS: [&str; 9] = [
    "an error occurred while loading credentials",
    "an error occurred while loading an access token",
    "client error (Connect)",
    "client error (SendRequest)",
    "dispatch failure",
    "io error",
    "no connection",
    "service error",
    "unhandled error",
];

/// An error with its causes, in one line: no cause said twice, no empty words.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let sentence = plain(&error.to_string());
        next = error.source();
        let empty = EMPTY_WORDS.contains(&sentence.as_str()) && next.is_some();
        if !empty && !said.iter().any(|earlier| earlier.contains(&sentence)) {
            said.push(sentence);
        }
    }
    shorten(said.join(": "), LONGEST)
}

/// The first error of this type in a chain.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Bidirectional controls and invisible marks (Unicode, "Cf").
fn reorders(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

fn shorten(mut text: String, longest: usize) -> String {
    if let Some((cut, _)) = text.char_indices().nth(longest) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_cannot_command_a_terminal() {
        assert_eq!(plain("a\u{1b}[31m red\r\n\tb\u{202e}c\u{9b}2J"), "a [31m red bc 2J");
        assert_eq!(plain(&"x".repeat(3_000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn the_first_line_is_quoted() {
        assert_eq!(first_line(b"\n<!DOCTYPE html>\n<html>"), "\"<!DOCTYPE html>\"");
        assert_eq!(first_line(b"\x1b]0;x\x07"), "\"\\u{1b}]0;x\\u{7}\"");
        assert_eq!(first_line(&[0xff, 0xfe]), "\"\u{fffd}\u{fffd}\"");
    }
}
