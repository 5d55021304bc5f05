//! `gwr completions` and `gwr man`: for shells and packagers, made of the arguments
//! themselves.

mod complete;
mod page;

use anyhow::bail;
use clap::CommandFactory as _;

use serde_json::json;

use crate::cli::args::{Cli, CompletionsArgs, ManArgs, Output};
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::plan::FORMAT_VERSION;
use crate::report;

/// The script that completes `gwr` in a shell.
pub fn completions(args: &CompletionsArgs, console: &Console) -> anyhow::Result<ExitStatus> {
    let script = complete::script(args.shell)?;
    console.data(&match console.output {
        Output::Json => report::json::document(&json!({
            "format_version": FORMAT_VERSION, "shell": args.shell.to_string(), "script": script,
        }))?,
        Output::Text | Output::Markdown => script,
    });
    Ok(ExitStatus::default())
}

/// A page of the manual, in roff.
pub fn man(args: &ManArgs, console: &Console) -> anyhow::Result<ExitStatus> {
    // `gwr help` says what these pages say.
    let mut command = Cli::command().disable_help_subcommand(true);
    // Global options are handed down, and each command gets its full name.
    command.build();
    let (name, command) = match &args.command {
        None => ("gwr".to_owned(), command),
        Some(name) => {
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let Some(found) = command.find_subcommand(name) else {
                bail!("there is no page for {name:?}; there are {}", names.join(", "));
            };
            let title = format!("gwr-{}", found.get_name());
            (title.clone(), found.clone().name(title))
        }
    };
    let roff = page::render(command)?;
    console.data(&match console.output {
        Output::Json => report::json::document(&json!({
            "format_version": FORMAT_VERSION, "page": name, "roff": roff,
        }))?,
        Output::Text | Output::Markdown => roff,
    });
    Ok(ExitStatus::default())
}
