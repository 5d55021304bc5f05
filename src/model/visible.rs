//! Which characters a terminal would obey or hide instead of showing them.
//!
//! Files, names and bodies may hold anything. What is printed, and the page of HTML (it is
//! not only opened in browsers, and a browser obeys some of it, too), write these out.

/// Whether the character is a control (C0, C1), turns the direction of text, or has no width.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with such characters written out; its lines and tabs stay.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) && !matches!(c, '\n' | '\t') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_tabs_stay_and_what_commands_is_written_out() {
        assert_eq!(visible("a\n\tb\u{1b}[2J\u{202e}é"), "a\n\tb\\u{1b}[2J\\u{202e}é");
    }
}
