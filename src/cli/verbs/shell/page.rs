//! A page of the manual: clap_mangen's, but for what stands below the options.
//!
//! clap_mangen fills all of that up like prose, examples in columns among it.

use std::io;

use anyhow::Context as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::verbs::plan::created_at;

/// The page in roff, dated when it was made (`SOURCE_DATE_EPOCH` honoured): without a date
/// clap_mangen puts the version in its place.
pub fn render(command: clap::Command) -> anyhow::Result<String> {
    let below = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_commands = command.has_subcommands();
    let date: String = created_at().chars().take_while(|char| *char != 'T').collect();
    let source = concat!("gwr ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command).manual("gwr manual").source(source).date(date);
    let mut page = Vec::new();
    pieces(&man, has_commands, &below, &mut page).context("the page could not be made")?;
    let page = String::from_utf8(page).context("the page is not valid UTF-8")?;
    Ok(tidy(&page))
}

fn pieces(man: &Man, has_commands: bool, below: &str, page: &mut Vec<u8>) -> io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if has_commands {
        man.render_subcommands_section(page)?;
    }
    after_help(below).to_writer(page)?;
    man.render_version_section(page)
}

/// What `--help` says at its end: examples stay as they are typed.
fn after_help(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut section = "";
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
            roff.control("SH", ["EXAMPLES"]).control("nf", []);
            for line in examples.lines() {
                roff.text([roman(line.trim_start())]);
            }
            roff.control("fi", []);
            section = "EXAMPLES";
            continue;
        }
        let (title, rest) = match paragraph.split_once("Exit codes: ") {
            Some(("", codes)) => ("EXIT STATUS", codes),
            _ => ("NOTES", paragraph),
        };
        if section == title {
            roff.control("PP", []);
        } else {
            roff.control("SH", [title]);
        }
        section = title;
        for line in rest.lines() {
            roff.text([roman(line)]);
        }
    }
    roff
}

/// Each piece begins with the same definitions, which are needed once; and a line break
/// beside an empty line is one too many.
fn tidy(page: &str) -> String {
    let definitions = Roff::new().render();
    let once = page.replace(&definitions, "").replace(".br\n\n.br\n", ".sp\n");
    let lines = once.lines().map(|line| format!("{}\n", line.trim_end()));
    definitions + &lines.collect::<String>()
}
