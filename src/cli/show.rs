//! `gwr show`: a saved plan or a record, in any format, offline.

use anyhow::anyhow;

use super::args::{Common, Output, ShowArgs};
use super::console::Console;
use super::exit::Exit;
use super::plan::{apply_next, tell_unread};
use super::saved::{self, Saved};
use super::typed;
use crate::report;
use crate::review::refusals;

pub fn run(common: &Common, args: &ShowArgs, console: &Console) -> anyhow::Result<Exit> {
    let (text, saved) = saved::read(&args.file).map_err(|unfit| anyhow!(unfit.message))?;
    match saved {
        Saved::Plan(both) => {
            let (document, plan) = *both;
            let refusals = refusals(&plan, document.limits.unwrap_or_default());
            let shown = match console.output {
                Output::Json => with_newline(text),
                Output::Markdown => report::comments::plan(&plan, &document.summary, &refusals),
                Output::Text => report::plan::render(
                    &plan,
                    &document.summary,
                    console.colour(),
                    &apply_next(&plan, &refusals, common, Some(&args.file)),
                ),
            };
            console.data(&shown);
            tell_unread(&plan, console);
        }
        Saved::Record(record) => {
            let back = typed::command_with("rollback", &args.file, common);
            let again = typed::again(&record, common);
            let shown = match console.output {
                Output::Json => with_newline(text),
                Output::Markdown => report::comments::record(&record, &back, &again, &[]),
                Output::Text => report::record::render(&record, console.colour(), &back, &again),
            };
            console.data(&shown);
        }
    }
    Ok(Exit::Done)
}

fn with_newline(text: String) -> String {
    if text.ends_with('\n') { text } else { text + "\n" }
}
