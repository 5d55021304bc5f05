//! Colour, which never means anything by itself: every mark is also a character.

use anstyle::{AnsiColor, Style};

/// Whether output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    On,
    Off,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Heading,
    Added,
    Changed,
    Removed,
    Faint,
    Warning,
    Error,
}

impl Colour {
    /// The text in the style of its role.
    #[must_use]
    pub fn paint(self, role: Role, text: &str) -> String {
        if self == Self::Off || text.is_empty() {
            return text.to_owned();
        }
        let style = match role {
            Role::Heading => Style::new().bold(),
            Role::Added => AnsiColor::Green.on_default(),
            Role::Changed | Role::Warning => AnsiColor::Yellow.on_default(),
            Role::Removed => AnsiColor::Red.on_default(),
            Role::Faint => Style::new().dimmed(),
            Role::Error => AnsiColor::Red.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}
