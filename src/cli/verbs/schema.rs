//! `gwr schema`: JSON Schemas, of the desired-state file and of what gwr writes.

use anyhow::anyhow;
use clap::ValueEnum as _;

use crate::cli::args::{Described, SchemaArgs};
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::report;

pub fn run(args: &SchemaArgs, console: &Console) -> anyhow::Result<ExitStatus> {
    let text = match args.of {
        Described::File => crate::config::schema(),
        output => {
            let name = output.to_possible_value().ok_or_else(|| anyhow!("it has no name"))?;
            let schema = report::schema::of(name.get_name())
                .ok_or_else(|| anyhow!("unknown schema {}", name.get_name()))?;
            report::json::document(&schema)?
        }
    };
    console.data(&text);
    Ok(ExitStatus::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_asked_for_is_there() {
        for one in Described::value_variants().iter().filter(|one| **one != Described::File) {
            let name = one.to_possible_value().expect("a name");
            assert!(report::schema::of(name.get_name()).is_some(), "{one:?}");
        }
    }
}
