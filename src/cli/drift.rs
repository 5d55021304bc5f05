//! `gwr drift`: read, compare, report; for people and for cron.
//!
//! The session is one of [`Reader`](crate::aws::Reader)s, which lead to no writer: that
//! this verb never writes is checked by the compiler.

use std::path::Path;

use time::OffsetDateTime;

use super::args::{Common, DriftArgs, Emit, Output};
use super::console::Console;
use super::exit::Exit;
use super::exports;
use super::interrupt::Interrupt;
use super::near::nothing_named;
use super::plan::{interrupted, request};
use super::session::{self, Session};
use super::typed;
use crate::aws::Reader;
use crate::digest::of_all_desired;
use crate::disk;
use crate::drift::{self, ApiDrift, Document, Report, fragment};
use crate::iam::Verb;
use crate::plan::Request;
use crate::read::{Look, Subject, read_for_drift};
use crate::report;
use crate::report::plan::api_title;

pub async fn run(
    common: &Common,
    args: &DriftArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Exit> {
    if let Some(Emit::Openapi) = args.emit {
        return emit_openapi(common, console);
    }
    let request = request(common)?;
    let look = if args.skip_served { Look::AtConfigurationOnly } else { Look::AtStages };
    let read = async {
        let session = session::open_to_read(Verb::Drift, common, console).await?;
        let progress = |done, total| console.progress.read(done, total);
        let subjects =
            read_for_drift(&session.entries, look, &request, session.today, progress).await;
        console.progress.finish();
        if subjects.is_empty() {
            return Err(nothing_named(&session));
        }
        anyhow::Ok((session, subjects))
    };
    let (session, subjects) = tokio::select! {
        read = read => read?,
        exit = interrupt.wait() => return Ok(interrupted(console, exit)),
    };
    let report = report(&session, &subjects, &request);
    show(&report, look, &session, common, console)?;
    tell_unread(&report, console);
    exports::warn(&subjects, console);
    let written = match &args.metrics {
        Some(file) => tokio::select! {
            written = write_metrics(&report, look, file, console) => written,
            exit = interrupt.wait() => return Ok(exit),
        },
        None => Written::AsAsked,
    };
    Ok(exit(&report, written))
}

fn report(session: &Session<Reader>, subjects: &[Subject<Reader>], request: &Request) -> Report {
    let apis = subjects.iter().map(|subject| ApiDrift {
        target: subject.target.clone(),
        found: match &subject.observed {
            Err(error) => Err(error.clone()),
            Ok(observed) => {
                let Subject { desired, export_shows, .. } = subject;
                Ok(drift::compare(desired, observed, *export_shows, request, session.today))
            }
        },
    });
    Report::new(apis.collect())
}

fn show(
    report: &Report,
    look: Look,
    session: &Session<Reader>,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    let next = typed::same_command("plan", common);
    let text = match console.output {
        Output::Json => report::json::document(&Document::new(report))?,
        Output::Markdown => {
            let desired = of_all_desired(session.entries.iter().map(|entry| &entry.desired));
            report::comments::drift(report, look, &desired, &next)
        }
        Output::Text if report.is_unread() => return Ok(()),
        Output::Text => report::drift::render(report, look, console.colour(), &next),
    };
    console.data(&text);
    Ok(())
}

fn tell_unread(report: &Report, console: &Console) {
    for api in &report.apis {
        if let Err(error) = &api.found {
            console.error_text(&format!("{}: {error}", api_title(&api.target)));
        }
    }
}

/// Whether the metrics are where they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    AsAsked,
    Failed,
}

/// Replaces the file in one step, so that whoever scrapes it never reads half of it. On a
/// thread of its own: a pipe that nobody reads would hold the run, and its signals.
async fn write_metrics(report: &Report, look: Look, file: &Path, console: &Console) -> Written {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let before =
        if file.is_file() { disk::read_text(file).unwrap_or_default() } else { String::new() };
    let text = drift::metrics(report, look, now, &before);
    let path = file.to_owned();
    let written = tokio::task::spawn_blocking(move || disk::write_shared(&path, &text)).await;
    let failure = match written {
        Ok(Ok(())) => return Written::AsAsked,
        Ok(Err(error)) => anyhow::Error::new(error),
        Err(error) => anyhow::Error::new(error),
    };
    console.error(&failure.context(format!(
        "the metrics could not be written to {}, which is as it was",
        file.display()
    )));
    Written::Failed
}

fn exit(report: &Report, written: Written) -> Exit {
    if report.is_unread() {
        Exit::Error
    } else if report.is_incomplete() || written == Written::Failed {
        Exit::Incomplete
    } else if report.differs() {
        Exit::Differences
    } else {
        Exit::Done
    }
}

/// One document for each API of the file, one after the other; as JSON of several APIs one list,
/// in which each says whose it is. Nothing is read of AWS.
fn emit_openapi(common: &Common, console: &Console) -> anyhow::Result<Exit> {
    let apis = session::selected(common, console)?;
    let is_several = apis.len() > 1;
    if is_several && console.output == Output::Json {
        let named = apis.iter().map(|api| {
            let mut fragment = fragment(api);
            fragment["api"] = api.key.clone().into();
            fragment
        });
        console.data(&report::json::document(&named.collect::<Vec<_>>())?);
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for api in &apis {
        text.push_str(&report::json::document(&fragment(api))?);
    }
    if is_several {
        let keys: Vec<&str> = apis.iter().map(|api| api.key.as_str()).collect();
        console.remark(&report::text::printable(&format!(
            "{} documents, in this order: {}; select one with --api",
            keys.len(),
            keys.join(", ")
        )));
    }
    console.data(&text);
    Ok(Exit::Done)
}
