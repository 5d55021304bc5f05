//! `gwr apply`: plan, ask, apply, deploy, verify.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;

use super::args::{ApplyArgs, Common, Output};
use super::console::Console;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::plan::{all_unread, created_at, interrupted, read_and_plan, request, show, tell_unread};
use super::session::{self, Session};
use crate::deploy::{OnBadStage, Orders};
use crate::execute::{End, Means, Outcome, execute};
use crate::model::ResponseType;
use crate::plan::{Canaries, Document, Plan, Request};
use crate::probe::{Probes, probe_stages};
use crate::read::Look;
use crate::report;
use crate::report::plan::api_title;
use crate::review::{Approval, Refusal, Reviewed, review};
use crate::verify::Patience;

pub async fn run(
    common: &Common,
    args: &ApplyArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Exit> {
    let request = Request {
        rewrite: rewrite(&args.rewrite)?,
        canaries: if args.canary { Canaries::Deploy } else { Canaries::Refuse },
        accept_foreign: args.accept_foreign.iter().cloned().collect(),
        ..request(common)?
    };
    let read = async {
        let session = session::open(common, console).await?;
        let read_at = Instant::now();
        let (plan, subjects) = read_and_plan(&session, Look::AtStages, &request, console).await?;
        anyhow::Ok((session, plan, subjects, read_at))
    };
    let (session, plan, subjects, read_at) = tokio::select! {
        read = read => read?,
        exit = interrupt.wait() => return Ok(interrupted(console, exit)),
    };
    if console.output == Output::Text {
        show_before_apply(&plan, &session, console);
    }
    tell_unread(&plan, console);
    if all_unread(&plan) {
        return Ok(Exit::Error);
    }
    let incomplete = plan.is_incomplete();
    let document = Document::new(&plan, session.pace, created_at());
    let reviewed = review(plan, session.limits);
    for refusal in reviewed.refusals() {
        tell_refusal(refusal, console);
    }
    if !reviewed.has_approvable_work() {
        if console.output != Output::Text {
            show(reviewed.plan(), &session, common, console)?;
        }
        return Ok(match (incomplete, reviewed.refusals().is_empty()) {
            (true, _) => Exit::Incomplete,
            (false, false) => Exit::Refused,
            (false, true) => Exit::Done,
        });
    }
    let approval = if args.yes {
        Approval::Flag
    } else {
        match ask(&reviewed, console, interrupt).await {
            Answer::Yes => Approval::Typed,
            Answer::No => return Ok(Exit::Refused),
            Answer::Interrupted(exit) => return Ok(interrupted(console, exit)),
        }
    };
    let refused = reviewed.refusals().len();
    let probes =
        if args.probe { Some(probe_stages(reviewed.plan(), &subjects).await) } else { None };
    let progress = Arc::clone(&console.progress);
    let stopping = interrupt.clone();
    let means = Means {
        orders: Orders {
            run: run_id(),
            message: args.message.clone(),
            accept_foreign: request.accept_foreign.clone(),
            on_bad_stage: if args.rollback_on_failure {
                OnBadStage::MoveBack
            } else {
                OnBadStage::Leave
            },
            patience: Patience::default(),
        },
        request,
        today: session.today,
        read_at,
        stop: Arc::new(move || stopping.requested().is_some()),
        on_event: Arc::new(move |event| progress.event(&event)),
    };
    let outcomes = execute(reviewed.approve(approval), subjects, &means).await;
    console.progress.finish();
    let probed = match probes {
        Some(probes) => probes.again(&outcomes).await,
        None => Probes::default(),
    };
    report(&outcomes, &probed, refused, document, &session, console)?;
    Ok(match interrupt.requested() {
        Some(exit) => exit,
        None => exit(&outcomes, &probed, refused, incomplete),
    })
}

fn rewrite(names: &[String]) -> anyhow::Result<BTreeSet<ResponseType>> {
    names.iter().map(|name| name.parse().with_context(|| format!("--rewrite {name}"))).collect()
}

fn show_before_apply(plan: &Plan, session: &Session, console: &Console) {
    if !all_unread(plan) {
        console.data(&report::plan::render(plan, session.pace, console.colour(), ""));
    }
}

fn tell_refusal(refusal: &Refusal, console: &Console) {
    let Refusal { api, message, way_out } = refusal;
    let whom = match api {
        Some(target) => format!("{}: refused", api_title(target)),
        None => "refused, nothing is written".to_owned(),
    };
    console.error_text(&format!("{whom}: {message}\nhint: {way_out}"));
}

enum Answer {
    Yes,
    No,
    Interrupted(Exit),
}

async fn ask(reviewed: &Reviewed, console: &Console, interrupt: &Interrupt) -> Answer {
    if !std::io::stdin().is_terminal() {
        console.error_text(
            "refused, nothing is written: nobody can be asked, for standard input is no \
             terminal\nhint: look at the plan, then apply it with `--yes`",
        );
        return Answer::No;
    }
    let apis = reviewed.plan().works().filter(|(_, work)| work.is_needed()).count() as u64;
    console.stderr(&format!(
        "\nApply this to {}? Only `yes` is taken: ",
        report::text::count(apis, "API")
    ));
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = read => line,
        exit = interrupt.wait() => return Answer::Interrupted(exit),
    };
    match line {
        Ok(Ok(line)) if line.trim() == "yes" => Answer::Yes,
        _ => {
            console.stderr("Not applied: nothing was changed.\n");
            Answer::No
        }
    }
}

/// Names this run in the descriptions of its deployments.
fn run_id() -> String {
    format!("{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff)
}

fn report(
    outcomes: &[Outcome],
    probes: &Probes,
    refused: usize,
    plan: Document,
    session: &Session,
    console: &Console,
) -> anyhow::Result<()> {
    let endpoint = session.endpoint_url.as_deref();
    let text = match console.output {
        Output::Json => {
            let document = json!({
                "format_version": 1,
                "plan": plan,
                "apis": report::outcome::document(outcomes),
                "probes": probes.document(),
            });
            serde_json::to_string_pretty(&document)? + "\n"
        }
        Output::Text | Output::Markdown => {
            let probed = probes.render(console.colour());
            let done = report::outcome::render(outcomes, refused, console.colour(), endpoint);
            format!("\n{probed}{done}")
        }
    };
    console.data(&text);
    Ok(())
}

fn exit(outcomes: &[Outcome], probes: &Probes, refused: usize, incomplete: bool) -> Exit {
    let all_done = outcomes.iter().all(|outcome| outcome.end == End::Done);
    if all_done && refused == 0 && !incomplete && probes.are_good() {
        return Exit::Done;
    }
    let untouched = |outcome: &Outcome| {
        outcome.applied.done.is_empty()
            && outcome.applied.unclear.is_empty()
            && outcome.deployed.is_none()
            && matches!(outcome.end, End::Stale(_))
    };
    if !incomplete && !outcomes.is_empty() && outcomes.iter().all(untouched) {
        Exit::Refused
    } else {
        Exit::Incomplete
    }
}
