//! `gwr rollback`: back to where a record's run began, or to an earlier deployment.

mod deployment;
mod record;

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use serde_json::json;

use super::args::{Common, Output, RollbackArgs};
use super::console::{Console, ExitStatus, Reached};
use super::interrupt::{Interrupt, NOTHING_MORE};
use super::record::Kept;
use super::session;
use crate::deploy::{OnBadStage, Orders};
use crate::execute::Means;
use crate::plan::Request;
use crate::report;
use crate::report::plan::api_title;
use crate::report::reason::of_rollback;
use crate::report::rollback::Whole;
use crate::rollback::Ended;
use crate::verify::Patience;

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
                "say what to roll back: the record of a run (`gwr rollback RECORD`; records are in \
                 .gwr/runs), or one stage of one API (`gwr rollback --api NAME --stage NAME`)"
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
) -> Means {
    let progress = Arc::clone(&console.progress);
    let stopping = interrupt.clone();
    Means {
        orders: Orders {
            run,
            message: String::new(),
            accept_foreign: std::collections::BTreeSet::new(),
            on_bad_stage: OnBadStage::Leave,
            patience: Patience::default(),
        },
        request: Request::default(),
        today: session::today(),
        read_at,
        stop: Arc::new(move || stopping.requested().is_some()),
        on_event: Arc::new(move |event| progress.event(&event)),
        record: Arc::clone(&kept.recorder),
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

fn report(
    ends: &[Ended],
    unread: usize,
    note: Option<&str>,
    kept: &Kept,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    for Ended { back, untraced, .. } in ends {
        for why in untraced {
            console.warning(&format!("{}: {why}", api_title(&back.target)));
        }
    }
    let text = match console.output {
        Output::Json => {
            let document = json!({
                "format_version": 1,
                "apis": report::rollback::document(ends),
                "note": note,
                "record": kept.path.display().to_string(),
            });
            report::json::document(&document)?
        }
        Output::Markdown => kept.comment(&[], common)?,
        Output::Text => {
            let whole = if note.is_some() { Whole::NotTheConfiguration } else { Whole::Back };
            let done = report::rollback::render(ends, unread, whole, console.colour());
            let note = note.map(|note| report::text::printable_lines(note) + "\n");
            format!("\n{done}{}{}", note.unwrap_or_default(), kept.line(common))
        }
    };
    console.data(&text);
    Ok(())
}
