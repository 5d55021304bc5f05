//! What would command a terminal, or reorder what stands beside it, is written out: a page
//! is not only opened in browsers, and a browser obeys some of it, too.
//!
//! The page knows no other room, so these are the characters of `report::text` once more;
//! a test there holds the two together.

use std::fmt::Write as _;

/// The page with such characters written out; its lines and tabs stay.
#[must_use]
pub fn visible(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for c in html.chars() {
        if matches!(c, '\n' | '\t') || !(c.is_control() || is_invisible(c)) {
            out.push(c);
        } else {
            // To a `String` nothing fails.
            let _ = write!(out, "{}", c.escape_unicode());
        }
    }
    out
}

/// Marks that change the direction of text, and characters of no width.
const fn is_invisible(c: char) -> bool {
    matches!(
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
