//! The command line: arguments as typed, one short file per verb, exit codes.

pub mod terminal;
pub mod verbs;

mod args;
mod session;

use std::ffi::OsString;

use clap::Parser as _;

pub use args::Cli;
pub use terminal::exit::Exit;

use args::{Format, Verb};
use terminal::console::{Console, ExitStatus};
use terminal::interrupt::Interrupt;

use crate::report::reason::Reason;

/// Runs a command line and says how to exit.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return terminal::console::usage(&error, &arguments),
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
const ENDED_NOW: &str = "interrupted again: gwr stopped at once; it is unknown whether the call \
    in flight took effect";

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
        Verb::Plan(args) => {
            Box::pin(verbs::plan::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Apply(args) => {
            Box::pin(verbs::apply::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Drift(args) => {
            Box::pin(verbs::drift::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Explain(args) => {
            Box::pin(verbs::explain::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Deployments(args) => {
            Box::pin(verbs::deployments::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Rollback(args) => {
            Box::pin(verbs::rollback::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Import(args) => {
            Box::pin(verbs::import::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Policy(args) => {
            Box::pin(verbs::policy::run(&cli.common, args, console, &interrupt)).await
        }
        Verb::Show(args) => verbs::show::run(&cli.common, args, console),
        Verb::Validate(args) => verbs::validate::run(&cli.common, args, console),
        Verb::Sandbox(args) => verbs::sandbox::run(args, console, &interrupt).await,
        Verb::Schema(args) => verbs::schema::run(args, console),
        Verb::Completions(args) => verbs::shell::completions(args, console),
        Verb::Man(args) => verbs::shell::man(args, console),
        Verb::Init => verbs::init::run(&cli.common, console),
    };
    result.unwrap_or_else(|error| ExitStatus::of_error(&error, console))
}

/// Ends the process at once: the second Ctrl-C.
#[expect(clippy::exit, reason = "a second signal asks for exactly this")]
fn end_now(exit: Exit) -> ! {
    std::process::exit(i32::from(exit.code()))
}
