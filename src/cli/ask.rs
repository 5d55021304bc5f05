//! Asking a person, who must type `yes`.

use std::io::{BufRead as _, IsTerminal as _};

use super::console::Console;
use super::exit::Exit;
use super::interrupt::Interrupt;

/// What a person said.
pub enum Answer {
    Yes,
    No,
    Interrupted(Exit),
}

/// Whether somebody is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// `--yes`
    Skipped,
    Needed,
}

/// Asks on stderr. Where nobody can be asked it refuses, and names the command that does
/// without.
pub async fn ask(
    asking: Asking,
    question: &str,
    without: &str,
    console: &Console,
    interrupt: &Interrupt,
) -> Answer {
    if asking == Asking::Skipped {
        return Answer::Yes;
    }
    if !std::io::stdin().is_terminal() {
        console.error_text(&format!(
            "refused, nothing is written: nobody can be asked, for standard input is no \
             terminal\nhint: look at what would be done, then do it with `{without}`"
        ));
        return Answer::No;
    }
    console.question(&format!("{question} Only `yes` is taken:"));
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = read => line,
        exit = interrupt.wait() => return Answer::Interrupted(exit),
    };
    match line {
        Ok(Ok(line)) if line.trim() == "yes" => Answer::Yes,
        _ => {
            console.error_text("refused: the answer was not `yes`. Nothing was changed.");
            Answer::No
        }
    }
}
