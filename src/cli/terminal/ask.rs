//! Asking a person, who must type `yes`.

use std::io::{BufRead as _, IsTerminal as _};

use super::console::Console;
use super::exit::Signal;
use super::interrupt::Interrupt;
use crate::report::reason::Reason;

/// What a person said.
pub enum Answer {
    Yes,
    /// With the reason, which is yet to be printed.
    No(Reason),
    Interrupted(Signal),
}

/// Whether somebody is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// `--yes`
    Skipped,
    Needed,
}

/// A question, and what to say where it is not answered with `yes`.
pub struct Question {
    pub about: About,
    pub text: String,
    /// The command that does the same without asking.
    pub without: String,
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Apply,
    Rollback,
    /// The second half of a rollback: the stage is moved already.
    Configuration,
    Prune,
}

impl About {
    /// What did not take place.
    const fn not_done(self) -> &'static str {
        match self {
            Self::Apply => "not applied",
            Self::Rollback => "not rolled back",
            Self::Configuration => "the configuration was not rolled back",
            Self::Prune => "not pruned",
        }
    }

    /// How things are where nobody could be asked.
    const fn unasked(self) -> &'static str {
        match self {
            Self::Apply | Self::Rollback | Self::Prune => "Nothing was written.",
            Self::Configuration => self.consequence(),
        }
    }

    /// How things are now.
    const fn consequence(self) -> &'static str {
        match self {
            Self::Apply | Self::Rollback => "Nothing was changed.",
            Self::Configuration => "The stage stays where it was moved to.",
            Self::Prune => "Nothing was removed.",
        }
    }
}

/// Asks on stderr. Where nobody can be asked it refuses, and names the command that does
/// without.
pub async fn ask(
    asking: Asking,
    question: &Question,
    console: &Console,
    interrupt: &Interrupt,
) -> Answer {
    let Question { about, text, without } = question;
    if asking == Asking::Skipped {
        return Answer::Yes;
    }
    if !std::io::stdin().is_terminal() {
        let why = format!(
            "refused: standard input is not a terminal, so gwr cannot ask for confirmation. {}\n\
             hint: review the plan above, then run `{without}` to skip the confirmation prompt",
            about.unasked()
        );
        return Answer::No(Reason::refused(&why));
    }
    console.question(&format!("{text} Only `yes` is accepted:"));
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = read => line,
        signal = interrupt.wait() => return Answer::Interrupted(signal),
    };
    let instead = match line {
        Ok(Ok(line)) if line.trim() == "yes" => return Answer::Yes,
        Ok(Ok(line)) => instead(line.trim()),
        Ok(Err(error)) => format!("and the answer could not be read: {error}"),
        Err(_) => "and the answer could not be read".to_owned(),
    };
    Answer::No(Reason::refused(&format!(
        "{}: only `yes` is accepted, {instead}. {}",
        about.not_done(),
        about.consequence()
    )))
}

/// What was typed, as far as it is an answer: somebody may have pasted a page.
fn instead(answer: &str) -> String {
    const SHOWN: usize = 40;
    match answer.char_indices().nth(SHOWN) {
        _ if answer.is_empty() => "and nothing was typed".to_owned(),
        None => format!("not `{answer}`"),
        Some((end, _)) => format!("not `{}…`", &answer[..end]),
    }
}
