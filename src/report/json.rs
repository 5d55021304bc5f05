//! JSON as it is written: with a last line end, and such that a terminal that it is
//! printed on obeys nothing in it.

use serde::Serialize;

use super::text::printable_as;

/// A document in several lines, as on stdout and in saved plans.
///
/// # Errors
/// When it is nothing that JSON can say, such as a map whose keys are no strings.
pub fn document(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(tame(&serde_json::to_string_pretty(value)?) + "\n")
}

/// A document in one line, as of `--progress json`.
///
/// # Errors
/// As [`document`].
pub fn line(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(tame(&serde_json::to_string(value)?) + "\n")
}

/// JSON itself escapes the control characters below U+0020 and no others. Outside of
/// strings there are none, so an escape always stands where one may stand.
fn tame(json: &str) -> String {
    printable_as(json, |c, out| {
        if c == '\n' {
            return out.push('\n');
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_reads_back_as_it_was() {
        let text = "\u{1b}[2J \u{9b}2J \u{202e}gnihton\u{200b} \u{7f} \u{e0001} ü 𝄞 \n";
        let value = json!({ "a": text, text: [1, "b"] });
        for written in [document(&value).expect("JSON"), line(&value).expect("JSON")] {
            assert_eq!(serde_json::from_str::<Value>(&written).expect("JSON"), value);
            assert!(written.ends_with('\n') && written.contains("ü 𝄞"));
            assert!(!written.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}', '\u{7f}']));
        }
        assert_eq!(line(&value).expect("JSON").lines().count(), 1);
    }
}
