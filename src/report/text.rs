//! Text that is safe to print, and small helpers of wording.

use std::fmt::Write as _;

use crate::model::visible::is_unsafe;

/// The text with control characters written out, so that it cannot command the
/// terminal: also those that reorder or hide what stands beside them.
#[must_use]
pub fn printable(text: &str) -> String {
    printable_as(text, |c, out| {
        let _ = write!(out, "{}", c.escape_unicode());
    })
}

/// The text with the characters that [`printable`] would write out written by `escape`.
pub(super) fn printable_as(text: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            escape(c, &mut safe);
        } else {
            safe.push(c);
        }
    }
    safe
}

/// As [`printable`], but with its lines kept.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// The text of an error as one line, and its lines `hint: …` without that word: a hint is
/// a next step, and never a part of a sentence.
#[must_use]
pub fn split_hints(text: &str) -> (String, Vec<String>) {
    let (hints, lines): (Vec<&str>, Vec<&str>) =
        text.lines().map(str::trim).partition(|line| line.starts_with(HINT));
    let hints = hints.into_iter().map(|line| line[HINT.len()..].to_owned()).collect();
    (clauses(lines), hints)
}

/// How a line begins that says what to do next.
pub const HINT: &str = "hint: ";

/// Several statements as one sentence, without the full stops between them. A question stays
/// one, and what follows begins anew.
#[must_use]
pub fn clauses<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if text.ends_with('?') {
            let mut rest = part.chars();
            text.push(' ');
            text.extend(rest.next().into_iter().flat_map(char::to_uppercase));
            text.push_str(rest.as_str());
            continue;
        }
        text.truncate(open(&text).len());
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(part);
    }
    text
}

/// The text without the full stop at its end, so that it can go on.
#[must_use]
pub fn open(text: &str) -> &str {
    let text = text.trim_end();
    text.strip_suffix('.').filter(|text| !text.ends_with('.')).unwrap_or(text)
}

/// `1 change`, `2 changes`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `what 2 stages serve is unknown`
#[must_use]
pub fn untold_stages(number: u64) -> String {
    let verb = if number == 1 { "serves" } else { "serve" };
    format!("what {} {verb} is unknown", count(number, "stage"))
}

/// `12 s`, `5 min 30 s`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// A word of the shell, quoted where it must be.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}"), "a\\u{1b}[31mb\\u{202e}");
        assert_eq!(printable_lines("a\nb\r"), "a\nb\\u{d}");
    }

    #[test]
    fn a_hint_stands_by_itself_and_a_sentence_has_one_full_stop() {
        let text = "it failed.\nhint: Run it again.\nits deployment was deleted";
        let (what, hints) = split_hints(text);
        assert_eq!(what, "it failed; its deployment was deleted");
        assert_eq!(hints, ["Run it again."]);
        assert_eq!(clauses(["One.", "", "two.", "three."]), "One; two; three.");
        assert_eq!(clauses(["no API. Is it?", "nothing", "two"]), "no API. Is it? Nothing; two");
        assert_eq!([open("A."), open("A"), open("A...")], ["A", "A", "A..."]);
    }

    #[test]
    fn a_word_with_a_quote_stays_one_word() {
        assert_eq!(shell_word("gwr.toml"), "gwr.toml");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
