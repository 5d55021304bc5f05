//! The question before anything is written.

use std::io::{BufRead as _, IsTerminal as _};

use super::console::Console;
use super::exit::Exit;
use super::interrupt::Interrupt;

/// What came of it.
pub enum Answer {
    Yes,
    No,
    Interrupted(Exit),
}

/// Asks; only `yes` is one. Without a terminal nobody can be asked, and that is a no.
pub async fn ask(question: &str, console: &Console, interrupt: &Interrupt) -> Answer {
    if !std::io::stdin().is_terminal() {
        console.error_text(
            "refused, nothing is written: nobody can be asked, for standard input is no \
             terminal\nhint: look at what is planned, then say `--yes`",
        );
        return Answer::No;
    }
    console.stderr(&format!("\n{question} Only `yes` is taken: "));
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
        _ => Answer::No,
    }
}
