//! The command line: arguments as typed, one short file per verb, exit codes.

mod access;
mod apply;
mod args;
mod ask;
mod console;
mod deployments;
mod drift;
mod exit;
mod explain;
mod exports;
mod heard;
mod import;
mod init;
mod interrupt;
mod near;
mod plan;
mod policy;
mod record;
mod rollback;
mod sandbox;
mod saved;
mod schema;
mod session;
mod shell;
mod show;
mod typed;
mod validate;

use std::ffi::OsString;

use clap::Parser as _;

pub use args::Cli;
pub use exit::Exit;

use args::{Format, Verb};
use console::{Console, ExitStatus};
use interrupt::Interrupt;

use crate::report::reason::Reason;

/// Runs a command line and says how to exit.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return console::usage(&error, &arguments),
    };
    let console = Console::new(&cli.common);
    if let Some(only) = misplaced(&cli) {
        let text = format!("{only}; here `-o` is text, json or markdown");
        return ExitStatus::of(&Reason::failed(&text), &console).exit();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = anyhow::Error::new(error).context("the runtime could not be started");
            return ExitStatus::of_error(&error, &console).exit();
        }
    };
    let exit = runtime.block_on(dispatch(&cli, &console)).exit();
    // A reader of standard input may still be blocked: it must not hold the exit.
    runtime.shutdown_background();
    if console.has_lost_data() { after_loss(&cli.verb, exit) } else { exit }
}

/// How a run ends whose result could not be written: to whoever only reads that is all
/// there was.
fn after_loss(verb: &Verb, exit: Exit) -> Exit {
    let does_more = match verb {
        Verb::Apply(_) | Verb::Rollback(_) | Verb::Init => true,
        Verb::Deployments(args) => args.prune,
        Verb::Plan(_)
        | Verb::Drift(_)
        | Verb::Explain(_)
        | Verb::Show(_)
        | Verb::Validate(_)
        | Verb::Import(_)
        | Verb::Policy(_)
        | Verb::Sandbox(_)
        | Verb::Schema(_)
        | Verb::Completions(_)
        | Verb::Man(_) => false,
    };
    match exit {
        Exit::Interrupted | Exit::Terminated | Exit::Error => exit,
        Exit::Done if does_more => Exit::Incomplete,
        Exit::Incomplete | Exit::Refused if does_more => exit,
        Exit::Done | Exit::Differences | Exit::Incomplete | Exit::Refused => Exit::Error,
    }
}

/// Whose format was asked of a command that cannot write it.
const fn misplaced(cli: &Cli) -> Option<&'static str> {
    match (cli.common.output, &cli.verb) {
        (Format::Html, Verb::Explain(_))
        | (Format::Sarif, Verb::Validate(_))
        | (Format::Text | Format::Json | Format::Markdown, _) => None,
        (Format::Html, _) => Some("only `gwr explain` can write HTML"),
        (Format::Sarif, _) => Some("only `gwr validate` can write SARIF"),
    }
}

/// What the second signal leaves unsaid.
const ENDED_NOW: &str = "interrupted again: gwr ended at once, so a call in flight may or may not \
                         have been made";

async fn dispatch(cli: &Cli, console: &Console) -> ExitStatus {
    let interrupt = match Interrupt::listen(console.rendered_error(ENDED_NOW)) {
        Ok(interrupt) => interrupt,
        Err(error) => {
            let error = anyhow::Error::new(error).context("signals could not be handled");
            return ExitStatus::of_error(&error, console);
        }
    };
    // Boxed: each is a deep nest of futures, whose layouts the compiler would else have
    // to compute in one.
    let result = match &cli.verb {
        Verb::Plan(args) => Box::pin(plan::run(&cli.common, args, console, &interrupt)).await,
        Verb::Apply(args) => Box::pin(apply::run(&cli.common, args, console, &interrupt)).await,
        Verb::Drift(args) => Box::pin(drift::run(&cli.common, args, console, &interrupt)).await,
        Verb::Explain(args) => Box::pin(explain::run(&cli.common, args, console, &interrupt)).await,
        Verb::Deployments(args) => {
            Box::pin(deployments::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Rollback(args) => {
            Box::pin(rollback::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Import(args) => Box::pin(import::run(&cli.common, args, console, &interrupt)).await,
        Verb::Policy(args) => Box::pin(policy::run(&cli.common, args, console, &interrupt)).await,
        Verb::Show(args) => show::run(&cli.common, args, console),
        Verb::Validate(args) => validate::run(&cli.common, args, console),
        Verb::Sandbox(args) => sandbox::run(args, console, &interrupt).await,
        Verb::Schema(args) => schema::run(args, console),
        Verb::Completions(args) => shell::completions(args, console),
        Verb::Man(args) => shell::man(args, console),
        Verb::Init => init::run(&cli.common, console),
    };
    result.unwrap_or_else(|error| ExitStatus::of_error(&error, console))
}

/// Ends the process at once: the second Ctrl-C.
#[expect(clippy::exit, reason = "a second signal asks for exactly this")]
fn end_now(exit: Exit) -> ! {
    std::process::exit(i32::from(exit.code()))
}
