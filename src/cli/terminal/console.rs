//! Where output goes: data to stdout, everything else to stderr.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};

use super::ask::Asking;
use super::exit::Exit;
use crate::cli::args::{ColorChoice, Common, Output};
use crate::config::ConfigErrors;
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::severity::Severity;
use crate::report::progress::{self, Choice, Detail, Progress};
use crate::report::reason::{Place, Reason};
use crate::report::style::{Colour, Role};
use crate::report::text::printable_lines;

pub use super::exit_status::{ExitStatus, Reached};

/// What clap says of a command line that is none, or that asks for help.
pub fn usage(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let asks_for_events = arguments.windows(2).any(|pair| pair == ["--progress", "json"])
        || arguments.iter().any(|word| word == "--progress=json");
    if asks_for_events && error.use_stderr() {
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let event = progress::message(Severity::Error, text);
        let _ = std::io::stderr().write_all(event.as_bytes());
        return Exit::Error;
    }
    // clap's own code for bad usage is 2, which here means "differences".
    match error.print() {
        _ if error.use_stderr() => Exit::Error,
        Err(error) if is_loss(&error) => Exit::Error,
        Ok(()) | Err(_) => Exit::Done,
    }
}

/// The two streams, and how they are used. A stream that was closed stops nothing.
pub struct Console {
    pub output: Output,
    pub progress: std::sync::Arc<Progress>,
    color: ColorChoice,
    quiet: bool,
    /// Whether whatever is said on stderr is an event in one line.
    events: bool,
    lost: Cell<bool>,
}

/// Whether a failed write is more than a stream that was closed. One that was closed before
/// the program began is no error to Rust.
fn is_loss(error: &std::io::Error) -> bool {
    error.kind() != std::io::ErrorKind::BrokenPipe
}

impl Console {
    #[must_use]
    pub fn new(common: &Common) -> Self {
        let choice = if common.quiet { Choice::Never } else { common.progress };
        let detail = match common.verbose {
            _ if common.quiet => Detail::Steps,
            0 => Detail::Steps,
            1 => Detail::Calls,
            2.. => Detail::Everything,
        };
        Self {
            output: common.output.common().unwrap_or(Output::Text),
            progress: std::sync::Arc::new(Progress::new(choice, detail)),
            color: common.color,
            quiet: common.quiet,
            events: common.progress == Choice::Json,
            lost: Cell::new(false),
        }
    }

    /// How text on stdout is coloured.
    #[must_use]
    pub fn colour(&self) -> Colour {
        self.choose(std::io::stdout().is_terminal())
    }

    /// How text on stderr is coloured.
    fn error_colour(&self) -> Colour {
        self.choose(std::io::stderr().is_terminal())
    }

    fn choose(&self, terminal: bool) -> Colour {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.color {
            ColorChoice::Always => Colour::On,
            ColorChoice::Auto if terminal && !no_color && !progress::is_dumb() => Colour::On,
            ColorChoice::Auto | ColorChoice::Never => Colour::Off,
        }
    }

    /// Data. A reader that has gone away wants no more of it; any other failure is told,
    /// once, and counts in the exit code.
    pub fn data(&self, text: &str) {
        self.progress.finish();
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        drop(stdout);
        if let Err(error) = written
            && is_loss(&error)
            && !self.lost.replace(true)
        {
            let text = format!("the result could not be written to stdout: {error}");
            self.labelled(Severity::Error, Role::Error, &text);
        }
    }

    /// Whether data was lost on its way to somebody who waits for it.
    #[must_use]
    pub fn has_lost_data(&self) -> bool {
        self.lost.get()
    }

    /// What is about to be done. Where stdout is for a document it goes beside it, to whoever is
    /// asked about it: nobody agrees to what is not shown.
    pub fn about_to_do(&self, asking: Asking, render: impl FnOnce(Colour) -> String) {
        match (self.output, asking) {
            (Output::Text, _) => self.data(&render(self.colour())),
            (Output::Json | Output::Markdown, Asking::Needed) => {
                let text = render(self.error_colour());
                self.say(Severity::Note, text.trim(), || format!("{}\n", text.trim_end()));
            }
            (Output::Json | Output::Markdown, Asking::Skipped) => {}
        }
    }

    /// A remark for people; nothing with `--quiet`.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            self.say(Severity::Note, text, || format!("{}\n", printable_lines(text)));
        }
    }

    /// What only `-vv` asks for.
    pub fn detail(&self, text: impl FnOnce() -> String) {
        match self.progress.detail() {
            Detail::Steps | Detail::Calls => {}
            Detail::Everything => self.remark(&text()),
        }
    }

    /// A question, whose answer is typed behind it.
    pub fn question(&self, text: &str) {
        self.say(Severity::Note, text, || format!("\n{} ", printable_lines(text)));
    }

    /// A warning of one or more lines; nothing with `--quiet`, for it does not decide how the
    /// run ends.
    pub fn warning(&self, text: &str) {
        if !self.quiet {
            self.labelled(Severity::Warning, Role::Warning, text);
        }
    }

    /// Whether only results and errors are asked for.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Why the run does not end well. Where the report on the same terminal says it in full,
    /// one line is enough.
    pub(crate) fn reason(&self, reason: &Reason) {
        let text = match reason.place {
            Place::AlsoInTheReport if self.shows_the_report_beside() => reason.headline(),
            Place::AlsoInTheReport | Place::Here => reason.text(),
        };
        self.labelled(Severity::Error, Role::Error, &text);
    }

    /// Whether people read stdout and stderr on one terminal.
    fn shows_the_report_beside(&self) -> bool {
        self.output == Output::Text
            && !self.events
            && std::io::stdout().is_terminal()
            && std::io::stderr().is_terminal()
    }

    /// An error, rendered for whoever prints it without a console.
    #[must_use]
    pub fn rendered_error(&self, text: &str) -> String {
        self.rendered(Severity::Error, Role::Error, text)
    }

    /// A finding about a file, with its place.
    pub fn finding(&self, diagnostic: &Diagnostic) {
        if self.events {
            self.stderr(&progress::finding(diagnostic));
        } else {
            let color = self.error_colour() == Colour::On;
            self.stderr(&format!("{}\n\n", diagnostic.render(color).trim_end()));
        }
    }

    /// The same of a finding that stops nothing; nothing with `--quiet`.
    pub fn remark_on(&self, diagnostic: &Diagnostic) {
        if !self.quiet {
            self.finding(diagnostic);
        }
    }

    /// Everything that is wrong with the files.
    pub fn config_errors(&self, errors: &ConfigErrors) {
        if self.events {
            errors.diagnostics().iter().for_each(|one| self.finding(one));
        } else {
            let color = self.error_colour() == Colour::On;
            self.stderr(&format!("{}\n\n", errors.render(color)));
        }
    }

    fn labelled(&self, severity: Severity, role: Role, text: &str) {
        self.stderr(&self.rendered(severity, role, text));
    }

    fn rendered(&self, severity: Severity, role: Role, text: &str) -> String {
        if self.events {
            return progress::message(severity, text);
        }
        let label = self.error_colour().paint(role, &format!("{}:", severity.as_str()));
        format!("{label} {}\n", printable_lines(text))
    }

    fn say(&self, severity: Severity, text: &str, rendered: impl FnOnce() -> String) {
        if self.events {
            self.stderr(&progress::message(severity, text));
        } else {
            self.stderr(&rendered());
        }
    }

    fn stderr(&self, text: &str) {
        self.progress.finish();
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.flush();
    }
}
