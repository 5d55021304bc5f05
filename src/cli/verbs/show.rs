//! `gwr show`: a saved plan or a record, in any format, offline.

use anyhow::anyhow;

use super::plan::apply_next;
use crate::cli::args::{Common, Output, ShowArgs};
use crate::cli::session::saved::{self, Saved};
use crate::cli::session::typed;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::plan::review::refusals;
use crate::report;
use crate::report::reason::{Place, of_plan};

pub fn run(common: &Common, args: &ShowArgs, console: &Console) -> anyhow::Result<ExitStatus> {
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
            // A warning: this run has read all there is.
            for reason in of_plan(&plan, &[]).iter().filter(|one| one.place == Place::Here) {
                console.warning(&format!("when the plan was made: {}", reason.text()));
            }
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
    Ok(ExitStatus::default())
}

fn with_newline(text: String) -> String {
    if text.ends_with('\n') { text } else { text + "\n" }
}
