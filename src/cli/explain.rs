//! `gwr explain`: what a client gets for every type, and why; or backwards.
//!
//! The session is one of [`Reader`](crate::aws::Reader)s, which lead to no writer; with
//! `--of desired` there is none, for the file alone says it.

use super::args::{Common, ExplainArgs, Format};
use super::console::Console;
use super::exit::Exit;
use super::exports;
use super::interrupt::Interrupt;
use super::near::nothing_named;
use super::plan::interrupted;
use super::session;
use super::typed;
use crate::config::nearest;
use crate::digest::{Digest, of_all_desired};
use crate::explain::{
    ApiReport, Question, Report, Truth, Wanted, document, error_types, explain, explain_file,
};
use crate::iam::Verb;
use crate::model::ResponseType;
use crate::read::{Subject, read_for_explain};
use crate::report;
use crate::report::plan::api_title;

pub async fn run(
    common: &Common,
    args: &ExplainArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Exit> {
    let question = question(args, console);
    let wanted = args.of.map_or(Wanted::All, |of| Wanted::Only(of.into()));
    let (report, desired) = if wanted == Wanted::Only(Truth::Desired) {
        of_file(common, console)?
    } else {
        tokio::select! {
            read = of_apis(common, wanted, console) => read?,
            exit = interrupt.wait() => return Ok(interrupted(console, exit)),
        }
    };
    show(&report, &question, &desired, common, console)?;
    tell_untold(&report, common, console);
    Ok(exit(&report))
}

fn question(args: &ExplainArgs, console: &Console) -> Question {
    // Other services of AWS append `:` and a URL.
    let error_type = args
        .error_type
        .as_ref()
        .map(|name| name.split(':').next().unwrap_or_default().trim().to_owned());
    if let Some(name) = &error_type {
        let known = error_types();
        if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let near = nearest(name, known.iter().copied());
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            console.warning(&format!("API Gateway has no error of the name {name:?}{near}"));
        }
    }
    Question { response_type: args.response_type, status: args.status, error_type }
}

/// What the file alone says; AWS is asked nothing.
fn of_file(common: &Common, console: &Console) -> anyhow::Result<(Report, Digest)> {
    let apis = session::selected(common, console)?;
    let digest = of_all_desired(&apis);
    let reports = apis.iter().map(|desired| {
        let (target, views) = explain_file(desired, session::today());
        ApiReport { target, views: Ok(views) }
    });
    Ok((Report::new(reports.collect()), digest))
}

async fn of_apis(
    common: &Common,
    wanted: Wanted,
    console: &Console,
) -> anyhow::Result<(Report, Digest)> {
    let session = session::open_to_read(Verb::Explain, common, console).await?;
    let progress = |done, total| console.progress.read(done, total);
    let subjects = read_for_explain(&session.entries, wanted, session.today, progress).await;
    console.progress.finish();
    if subjects.is_empty() {
        return Err(nothing_named(&session));
    }
    exports::warn(&subjects, console);
    let apis = subjects.into_iter().map(|subject| {
        let Subject { desired, target, gateway: _, observed, export_shows } = subject;
        let views = observed
            .map(|observed| explain(&desired, &observed, export_shows, wanted, session.today));
        ApiReport { target, views }
    });
    let digest = of_all_desired(session.entries.iter().map(|entry| &entry.desired));
    Ok((Report::new(apis.collect()), digest))
}

fn show(
    report: &Report,
    question: &Question,
    desired: &Digest,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    let text = match common.output {
        Format::Json => report::json::document(&document(report, question))?,
        Format::Markdown => report::comments::explain(report, question, desired),
        Format::Text | Format::Html | Format::Sarif if report.is_unread() => return Ok(()),
        Format::Html => report::explain::html(report, question),
        Format::Text | Format::Sarif => {
            let next = typed::same_command("explain", common);
            report::explain::render(report, question, console.colour(), &next)
        }
    };
    console.data(&text);
    Ok(())
}

/// What is missing from the data.
fn tell_untold(report: &Report, common: &Common, console: &Console) {
    for api in &report.apis {
        let title = api_title(&api.target);
        match &api.views {
            Err(error) => console.error_text(&format!("{title}: {error}")),
            // A list of answers has no place for one that nobody knows.
            Ok(views) if common.output == Format::Json => {
                for view in views {
                    if let Err(why) = &view.known {
                        console.warning(&format!("{title}: {}: unknown: {why}", view.title()));
                    }
                }
            }
            Ok(_) => {}
        }
    }
}

fn exit(report: &Report) -> Exit {
    if report.is_unread() {
        Exit::Error
    } else if report.is_incomplete() {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}

/// A type as it is typed: case, and the choice between `-` and `_`, count for nothing.
pub(super) fn response_type(text: &str) -> Result<ResponseType, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    name.parse().map_err(|_| {
        let names = ResponseType::ALL.map(ResponseType::as_str);
        match nearest(text, names) {
            Some(near) => format!("not a gateway response type; did you mean {near}?"),
            None => format!("not a gateway response type; they are {}", names.join(", ")),
        }
    })
}
