//! `gwr completions` and `gwr man`: for shells and packagers, made of the arguments
//! themselves.

use anyhow::{Context as _, bail};
use clap::CommandFactory as _;
use clap_mangen::Man;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::console::Console;
use super::exit::Exit;

/// The script that completes `gwr` in a shell.
pub fn completions(args: &CompletionsArgs, console: &Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gwr", &mut script);
    console.data(&String::from_utf8_lossy(&script));
    Exit::Done
}

/// A page of the manual, in roff.
pub fn man(args: &ManArgs, console: &Console) -> anyhow::Result<Exit> {
    let mut command = Cli::command();
    // Global options are handed down, and each command gets its full name.
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => {
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let Some(found) = command.find_subcommand(name) else {
                bail!("there is no page for {name:?}; there are {}", names.join(", "));
            };
            let title = format!("gwr-{}", found.get_name());
            found.clone().name(title)
        }
    };
    let mut roff = Vec::new();
    Man::new(page).manual("gwr manual").render(&mut roff).context("the page could not be made")?;
    console.data(&String::from_utf8_lossy(&roff));
    Ok(Exit::Done)
}
