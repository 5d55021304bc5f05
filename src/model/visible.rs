//! Escapes characters that a terminal or a browser would interpret or hide.
//!
//! Names, bodies and files may hold any character. Text and HTML output escapes those that
//! Unicode classifies as invisible, so that a reader sees what is there.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Braille with no dots: a symbol by its category, and blank.
const BRAILLE_BLANK: char = '\u{2800}';

/// Whether the character is a control or format character, a line separator, private, not
/// assigned, or ignored when a font has no glyph for it (`Default_Ignorable_Code_Point`).
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    c == BRAILLE_BLANK
        || matches!(
            category,
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
        )
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The text with such characters escaped, except line feeds and tabs.
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
    fn escapes_controls_but_keeps_lines_and_tabs() {
        assert_eq!(visible("a\n\tb\u{1b}[2J\u{202e}é"), "a\n\tb\\u{1b}[2J\\u{202e}é");
    }

    #[test]
    fn escapes_every_invisible_character_and_no_visible_one() {
        for code in [
            0x00, 0x7f, 0x9b, 0xad, 0x34f, 0x600, 0x61c, 0x115f, 0x17b4, 0x180b, 0x180e, 0x200b,
            0x200f, 0x2028, 0x2029, 0x202e, 0x2060, 0x206f, 0x2800, 0x3164, 0xe000, 0xfe0f, 0xfeff,
            0xffa0, 0xfff9, 0xffff, 0x1_bca0, 0x1_d173, 0xe_0001, 0xe_007f, 0xe_0100, 0xf_0000,
            0x10_ffff,
        ] {
            assert!(char::from_u32(code).is_some_and(is_unsafe), "U+{code:04X}");
        }
        for c in "aÄ é\u{301}日本ภาษา한글العربية→…✓😀¥‹›\u{a0}\u{3000}".chars()
        {
            assert!(!is_unsafe(c), "{c:?}");
        }
    }
}
