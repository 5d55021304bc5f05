//! `gwr explain`: what a client gets for every type, and why; or backwards.
//!
//! The session is one of [`Reader`](crate::aws::Reader)s, which lead to no writer; with
//! `--of desired` there is none, for the file alone says it.

use super::plan::interrupted;
use crate::cli::args::{Common, ExplainArgs, Format};
use crate::cli::session::connect;
use crate::cli::session::exports;
use crate::cli::session::near::nothing_named;
use crate::cli::session::typed;
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::Interrupt;
use crate::diagnostic::nearest::nearest;
use crate::explain::{
    ApiReport, Question, Report, Truth, Wanted, document, error_types, explain, explain_file,
};
use crate::model::ResponseType;
use crate::policy::Verb;
use crate::read::{Subject, read_for_explain};
use crate::report;
use crate::report::reason::{Gap, of_explain};
use crate::state::digest::{Digest, of_all_desired};

pub async fn run(
    common: &Common,
    args: &ExplainArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let question = question(args, console);
    let wanted = args.of.map_or(Wanted::All, |of| Wanted::Only(of.into()));
    let (report, desired, gaps) = if wanted == Wanted::Only(Truth::Desired) {
        let (report, desired) = of_file(common, console)?;
        (report, desired, Vec::new())
    } else {
        tokio::select! {
            read = of_apis(common, wanted, console) => read?,
            signal = interrupt.wait() => return Ok(interrupted(console, signal)),
        }
    };
    show(&report, &question, &desired, common, console)?;
    let mut status = ExitStatus::default();
    if !report.is_unread() {
        status.reach(Reached::Read);
    }
    let gaps = exports::of_unknown(gaps, report.unknown_stages(), console);
    status.because_of(&of_explain(&report, &gaps), console);
    Ok(status)
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
    let apis = connect::selected(common, console)?;
    let digest = of_all_desired(&apis);
    let reports = apis.iter().map(|desired| {
        let (target, views) = explain_file(desired, connect::today());
        ApiReport { target, views: Ok(views) }
    });
    Ok((Report::new(reports.collect()), digest))
}

async fn of_apis(
    common: &Common,
    wanted: Wanted,
    console: &Console,
) -> anyhow::Result<(Report, Digest, Vec<Gap>)> {
    let session = connect::open_to_read(Verb::Explain, common, console).await?;
    let progress = |done, total| console.progress.read(done, total);
    let subjects = read_for_explain(&session.entries, wanted, session.today, progress).await;
    console.progress.finish();
    if subjects.is_empty() {
        return Err(nothing_named(&session));
    }
    let gaps = exports::gaps(&subjects, console);
    let apis = subjects.into_iter().map(|subject| {
        let Subject { desired, target, gateway: _, observed, export_shows } = subject;
        let views = observed
            .map(|observed| explain(&desired, &observed, export_shows, wanted, session.today));
        ApiReport { target, views }
    });
    let digest = of_all_desired(session.entries.iter().map(|entry| &entry.desired));
    Ok((Report::new(apis.collect()), digest, gaps))
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

/// A type as it is typed: case, and the choice between `-` and `_`, count for nothing.
pub(crate) fn response_type(text: &str) -> Result<ResponseType, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    name.parse().map_err(|_| {
        let names = ResponseType::ALL.map(ResponseType::as_str);
        match nearest(text, names) {
            Some(near) => format!("not a gateway response type; did you mean {near}?"),
            None => format!("not a gateway response type; they are {}", names.join(", ")),
        }
    })
}
