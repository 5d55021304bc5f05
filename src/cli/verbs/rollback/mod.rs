//! `gwr rollback`: back to where a record's run began, or to an earlier deployment.

mod deployment;
mod place;
mod record;

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use serde_json::json;

use crate::apply::context::{ApplyContext, DeployOptions, OnBadStage};
use crate::apply::rollback::Ended;
use crate::cli::args::{Common, Output, RollbackArgs};
use crate::cli::session::connect;
use crate::cli::session::pace;
use crate::cli::session::record::Kept;
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::{Interrupt, NOTHING_MORE};
use crate::plan::Request;
use crate::report;
use crate::report::apply_ending::WORDS;
use crate::report::plan::api_title;
use crate::report::reason::of_rollback;
use crate::report::rollback::Whole;

pub async fn run(
    common: &Common,
    args: &RollbackArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let Some(path) = &args.back_from else {
        return match (common.apis.as_slice(), &common.stage) {
            ([_], Some(stage)) => deployment::run(stage, common, args, console, interrupt).await,
            _ => bail!(
                "name what to roll back: the record of a run (`gwr rollback RECORD`; records \
                 are in .gwr/runs), or one stage of one API (`gwr rollback --api NAME --stage \
                 NAME`)"
            ),
        };
    };
    let selects = [("--api", !common.apis.is_empty()), ("--stage", common.stage.is_some())];
    if let Some((flag, _)) = selects.iter().find(|(_, given)| *given) {
        bail!(
            "{flag} does not go with a record, which is rolled back as a whole; leave one of the \
             two out"
        );
    }
    record::run(path, common, args, console, interrupt).await
}

/// What the work needs beside the way.
fn means(
    run: String,
    read_at: Instant,
    kept: &Kept,
    console: &Console,
    interrupt: &Interrupt,
) -> ApplyContext {
    let progress = Arc::clone(&console.progress);
    let stopping = interrupt.clone();
    ApplyContext {
        options: DeployOptions {
            run,
            message: String::new(),
            on_bad_stage: OnBadStage::Leave,
            patience: pace::patience(),
        },
        request: Request::default(),
        today: connect::today(),
        read_at,
        stop: Arc::new(move || stopping.requested().is_some()),
        on_event: Arc::new(move |event| progress.event(&event)),
        record: Arc::clone(&kept.recorder),
        words: WORDS,
    }
}

/// Counts how the APIs ended, and prints why those are not rolled back that are not.
fn end(ends: &[Ended], status: &mut ExitStatus, console: &Console, interrupt: &Interrupt) {
    status.reach(Reached::Read);
    if ends.iter().any(Ended::has_begun) {
        status.reach(Reached::Written);
    }
    status.because_of(&of_rollback(ends), console);
    if let Some(signal) = interrupt.requested() {
        status.interrupted_by(signal, NOTHING_MORE, console);
    }
}

/// What a report says after what was done.
#[derive(Debug, Default)]
struct Ending {
    /// What was not done, and why.
    note: Option<String>,
    /// The command that completes it.
    resume: Option<String>,
}

impl Ending {
    /// Both as one text, a line each.
    fn text(&self) -> Option<String> {
        let resume = self.resume.as_ref().map(|command| format!("To finish: `{command}`"));
        let lines: Vec<String> = self.note.clone().into_iter().chain(resume).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

fn report(
    ends: &[Ended],
    unread: usize,
    ending: &Ending,
    kept: &Kept,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    for Ended { back, untraced, .. } in ends {
        for why in untraced {
            let why = report::rollback::untraced(why);
            console.warning(&format!("{}: {why}", api_title(&back.target)));
        }
    }
    let text = match console.output {
        Output::Json => {
            document(ends, ending.text().as_deref(), Some(&kept.path.display().to_string()))?
        }
        Output::Markdown => {
            let alerts: Vec<String> = ending.text().into_iter().collect();
            kept.comment(&alerts, common)?
        }
        Output::Text => {
            let whole =
                if ending.note.is_some() { Whole::NotTheConfiguration } else { Whole::Back };
            let done = report::rollback::render(ends, unread, whole, console.colour());
            let ending = ending.text().map(|text| report::text::printable_lines(&text) + "\n");
            format!("\n{done}{}{}", ending.unwrap_or_default(), kept.line(common))
        }
    };
    console.data(&text);
    Ok(())
}

/// The report of a run that wrote nothing, and so has no record.
fn report_unwritten(
    ends: &[Ended],
    text: &str,
    note: &str,
    console: &Console,
) -> anyhow::Result<()> {
    let text = match console.output {
        Output::Json => document(ends, Some(note), None)?,
        Output::Markdown => report::comments::nothing_rolled_back(text),
        Output::Text => report::text::printable_lines(text) + "\n",
    };
    console.data(&text);
    Ok(())
}

/// `gwr rollback -o json`.
fn document(ends: &[Ended], note: Option<&str>, record: Option<&str>) -> anyhow::Result<String> {
    let document = json!({
        "format_version": 1,
        "apis": report::rollback::document(ends),
        "note": note,
        "record": record,
    });
    Ok(report::json::document(&document)?)
}
