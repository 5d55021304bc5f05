//! Where output goes: data to stdout, everything else to stderr.

use std::io::{IsTerminal as _, Write as _};

use super::args::{ColorChoice, Common, Output};
use crate::report::progress::{Choice, Progress};
use crate::report::style::{Colour, Role};
use crate::report::text::printable_lines;

/// The two streams, and how they are used. A stream that was closed stops nothing.
pub struct Console {
    pub output: Output,
    pub progress: std::sync::Arc<Progress>,
    color: ColorChoice,
    quiet: bool,
}

impl Console {
    #[must_use]
    pub fn new(common: &Common) -> Self {
        let choice = if common.quiet { Choice::Never } else { common.progress };
        Self {
            output: common.output.common().unwrap_or(Output::Text),
            progress: std::sync::Arc::new(Progress::new(choice)),
            color: common.color,
            quiet: common.quiet,
        }
    }

    /// How text on stdout is coloured.
    #[must_use]
    pub fn colour(&self) -> Colour {
        self.choose(std::io::stdout().is_terminal())
    }

    /// How text on stderr is coloured.
    #[must_use]
    pub fn error_colour(&self) -> Colour {
        self.choose(std::io::stderr().is_terminal())
    }

    fn choose(&self, terminal: bool) -> Colour {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.color {
            ColorChoice::Always => Colour::On,
            ColorChoice::Auto if terminal && !no_color => Colour::On,
            ColorChoice::Auto | ColorChoice::Never => Colour::Off,
        }
    }

    /// Data.
    pub fn data(&self, text: &str) {
        self.progress.finish();
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes());
        let _ = stdout.flush();
    }

    /// A remark for people; nothing with `--quiet`.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Text that is rendered already, with its newline.
    pub fn stderr(&self, text: &str) {
        self.progress.finish();
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.flush();
    }

    /// A warning of one or more lines.
    pub fn warning(&self, text: &str) {
        self.labelled("warning", Role::Warning, text);
    }

    /// An error with its causes, one line each.
    pub fn error(&self, error: &anyhow::Error) {
        self.error_text(&format!("{error:#}"));
    }

    /// An error of one or more lines; a line `hint: …` stands by itself.
    pub fn error_text(&self, text: &str) {
        self.labelled("error", Role::Error, text);
    }

    fn labelled(&self, label: &str, role: Role, text: &str) {
        let label = self.error_colour().paint(role, &format!("{label}:"));
        self.stderr(&format!("{label} {}\n", printable_lines(text)));
    }
}
