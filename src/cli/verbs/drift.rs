//! `gwr drift`: read, compare, report; for people and for cron.
//!
//! The session is one of [`Reader`]s, which lead to no writer: that
//! this verb never writes is checked by the compiler.

use std::path::Path;

use time::OffsetDateTime;

use super::plan::{interrupted, request};
use crate::aws::Reader;
use crate::cli::args::{Common, DriftArgs, Emit, Output};
use crate::cli::session::connect::{self, Session};
use crate::cli::session::exports;
use crate::cli::session::near::nothing_named;
use crate::cli::session::typed;
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::Interrupt;
use crate::drift::{self, ApiDrift, Document, Report, fragment};
use crate::plan::Request;
use crate::policy::Verb;
use crate::read::{Look, Subject, read_for_drift};
use crate::report;
use crate::report::reason::of_drift;
use crate::saved::disk;
use crate::state::digest::of_all_desired;

pub async fn run(
    common: &Common,
    args: &DriftArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    if let Some(Emit::Openapi) = args.emit {
        return emit_openapi(common, console);
    }
    let request = request(common)?;
    let look = if args.skip_served { Look::AtConfigurationOnly } else { Look::AtStages };
    let read = async {
        let session = connect::open_to_read(Verb::Drift, common, console).await?;
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
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let report = report(&session, &subjects, &request);
    show(&report, look, &session, common, console)?;
    let mut status = ExitStatus::default();
    if !report.is_unread() {
        status.reach(Reached::Read);
    }
    if report.differs() {
        status.differ();
    }
    let gaps = exports::gaps(&subjects, console);
    let gaps = exports::of_unknown(gaps, report.unknown_stages(), console);
    status.because_of(&of_drift(&report, &gaps), console);
    if let Some(file) = &args.metrics {
        tokio::select! {
            written = write_metrics(&report, look, file) => if let Err(error) = written {
                status.because_of_error(&error, console);
            },
            signal = interrupt.wait() => {
                let meaning = "the metrics may not have been written";
                status.interrupted_by(signal, meaning, console);
            }
        }
    }
    Ok(status)
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
        // For cron, which sends a mail for every output.
        Output::Text if console.is_quiet() && report.is_clean() => return Ok(()),
        Output::Text => report::drift::render(report, look, console.colour(), &next),
    };
    console.data(&text);
    Ok(())
}

/// Replaces the file in one step, so that whoever scrapes it never reads half of it. On a
/// thread of its own: a pipe that nobody reads would hold the run, and its signals.
///
/// # Errors
/// When it cannot be written.
async fn write_metrics(report: &Report, look: Look, file: &Path) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let before =
        if file.is_file() { disk::read_text(file).unwrap_or_default() } else { String::new() };
    let text = drift::metrics(report, look, now, &before);
    let path = file.to_owned();
    let written = tokio::task::spawn_blocking(move || disk::write_shared(&path, &text)).await;
    let failure = match written {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => anyhow::Error::new(error),
        Err(error) => anyhow::Error::new(error),
    };
    Err(failure.context(format!(
        "the metrics could not be written to {}, which is unchanged",
        file.display()
    )))
}

/// One document for each API of the file, one after the other; as JSON of several APIs one list,
/// in which each says whose it is. Nothing is read of AWS.
fn emit_openapi(common: &Common, console: &Console) -> anyhow::Result<ExitStatus> {
    let apis = connect::selected(common, console)?;
    let is_several = apis.len() > 1;
    if is_several && console.output == Output::Json {
        let named = apis.iter().map(|api| {
            let mut fragment = fragment(api);
            fragment["api"] = api.key.clone().into();
            fragment
        });
        console.data(&report::json::document(&named.collect::<Vec<_>>())?);
        return Ok(ExitStatus::default());
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
    Ok(ExitStatus::default())
}
