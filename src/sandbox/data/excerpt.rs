//! Foreign text in messages: the beginning of it, quoted, on one line.

/// As many characters of a text are shown.
const SHOWN: usize = 60;

/// The text in quotes, its control characters written out, cut off where it is long.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_long_text_is_cut_off_and_controls_are_written_out() {
        assert_eq!(excerpt("a\u{1b}[2J\n"), r#""a\u{1b}[2J\n""#);
        assert_eq!(excerpt(&"ä".repeat(60)), format!("\"{}\"", "ä".repeat(60)));
        assert_eq!(excerpt(&"ä".repeat(61)), format!("\"{}\"…", "ä".repeat(60)));
    }
}
