//! `gwr apply`: plan, ask, apply, deploy, verify.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;

use super::apply_result::{Done, ended_by, left_out, report, show_unbegun};
use super::plan::{self, Read, all_unread, created_at, interrupted, read_and_plan, request};
use crate::apply::context::{ApplyContext, DeployOptions, OnBadStage};
use crate::apply::outcome::Outcome;
use crate::apply::probe::{Probes, probe_stages};
use crate::apply::record::{Record, Verb};
use crate::apply::run::execute;
use crate::cli::args::{ApplyArgs, Common, Output};
use crate::cli::session::access::Access;
use crate::cli::session::connect::{self, Session};
use crate::cli::session::exports;
use crate::cli::session::pace;
use crate::cli::session::record;
use crate::cli::session::saved::{self, Saved};
use crate::cli::session::typed;
use crate::cli::terminal::ask::{About, Answer, Asking, Question, ask};
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::exit::Exit;
use crate::cli::terminal::interrupt::Interrupt;
use crate::model::ResponseType;
use crate::plan::review::{Approval, Reviewed, review};
use crate::plan::{ApiWork, Canaries, Consent, Document, Foreign, Plan, Request, Work};
use crate::policy;
use crate::read::{Entry, Look, Subject};
use crate::report;
use crate::report::apply_ending::WORDS;
use crate::report::outcome::Whole;
use crate::report::reason::{
    Gap, Reason, UNCHANGED, of_outcome, of_outcomes, of_plan_to_apply, of_probes, of_refusals,
};
use crate::state::desired::{DesiredResponse, Limits};

/// A plan that is ready to be looked at, with all it takes to apply it.
struct Ready {
    /// As it is shown.
    shown: Plan,
    /// Without what was found stale.
    plan: Plan,
    document: Document,
    subjects: Vec<Subject>,
    /// The APIs that are not as a saved plan was made against.
    stale: Vec<Outcome>,
    /// Exports that could not be read, of stages of which nothing else shows what they serve.
    gaps: Vec<Gap>,
    request: Request,
    limits: Limits,
    read_at: Instant,
    endpoint_url: Option<String>,
    _held: Kept,
}

/// What must live as long as the run.
enum Kept {
    Session(#[expect(dead_code, reason = "held for the sandbox in it")] Session),
    Access(#[expect(dead_code, reason = "held for the sandbox in it")] Access),
}

pub async fn run(
    common: &Common,
    args: &ApplyArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let read = async {
        match &args.plan_file {
            Some(path) => from_file(path, common, args, console).await,
            None => fresh(common, args, console).await.map(Ok),
        }
    };
    let ready = tokio::select! {
        read = read => match read {
            Ok(Ok(ready)) => ready,
            Ok(Err(unfit)) => return Ok(ExitStatus::of(&unfit, console)),
            Err(error) => return Ok(connect::report_untouched(&error, console)),
        },
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    apply(ready, common, args, console, interrupt).await
}

/// Reads and plans.
async fn fresh(common: &Common, args: &ApplyArgs, console: &Console) -> anyhow::Result<Ready> {
    let request = Request {
        rewrite: args.rewrite.iter().copied().collect(),
        canaries: if args.canary { Canaries::Deploy } else { Canaries::Refuse },
        accept_foreign: args.accept_foreign.iter().cloned().collect(),
        ..request(common)?
    };
    let session = connect::open(policy::Verb::Apply, common, console).await?;
    refuse_idle_rewrites(&args.rewrite, &session)?;
    let read_at = Instant::now();
    let Read { plan, subjects, gaps } =
        read_and_plan(&session, Look::AtStages, &request, console).await?;
    let gaps = exports::of_unknown(gaps, plan.unknown_stages(), console);
    Ok(Ready {
        shown: plan.clone(),
        document: Document::new(&plan, session.pace, session.limits, created_at()),
        plan,
        subjects,
        stale: Vec::new(),
        gaps,
        request,
        limits: session.limits,
        read_at,
        endpoint_url: session.endpoint_url.clone(),
        _held: Kept::Session(session),
    })
}

/// Takes a saved plan, and holds it against what is live.
async fn from_file(
    path: &Path,
    common: &Common,
    args: &ApplyArgs,
    console: &Console,
) -> anyhow::Result<Result<Ready, Reason>> {
    saved::refuse_selection(common, args, path)?;
    let (document, shown) = match saved::read(path) {
        Ok((_, Saved::Plan(both))) => *both,
        Ok((_, Saved::Record(_))) => bail!(
            "{file} is the record of a run, not a plan: `gwr show {file}` prints it, `gwr \
             rollback {file}` undoes it",
            file = path.display()
        ),
        Err(unfit) => return Ok(Err(unfit.reason())),
    };
    if let Some(outdated) = saved::outdated(&document, path) {
        return Ok(Err(outdated.reason()));
    }
    let request = Request {
        accept_foreign: args.accept_foreign.iter().cloned().collect(),
        ..request(common)?
    };
    let saved::Ready { document, plan, subjects, stale, read_at, access } =
        saved::ready(document, shown.clone(), &request, common, console).await?;
    let mut plan = plan;
    for api in &mut plan.apis {
        if let Work::Planned(work) = &mut api.work {
            accept(work, &request);
        }
    }
    Ok(Ok(Ready {
        shown,
        limits: document.limits.unwrap_or_default(),
        document,
        plan,
        subjects,
        stale,
        gaps: Vec::new(),
        request,
        read_at,
        endpoint_url: access.endpoint_url.clone(),
        _held: Kept::Access(access),
    }))
}

/// Accepts what a saved plan would refuse, as far as the command line says so.
fn accept(work: &mut ApiWork, request: &Request) {
    for hazard in &mut work.hazards {
        hazard.refuses &= !request.accept.contains(&hazard.id);
    }
    for stage in work.stages.iter_mut().filter(|stage| stage.consent == Consent::Refused) {
        let digest = stage.foreign.as_ref().map(Foreign::digest);
        if digest.is_some_and(|digest| request.accept_foreign.contains(digest)) {
            stage.consent = Consent::Accepted;
        }
    }
}

async fn apply(
    ready: Ready,
    common: &Common,
    args: &ApplyArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let Ready {
        shown,
        plan,
        document,
        subjects,
        stale,
        gaps,
        request,
        limits,
        read_at,
        endpoint_url,
        _held,
    } = ready;
    let (asking, approval) = if args.yes {
        (Asking::Skipped, Approval::Flag)
    } else {
        (Asking::Needed, Approval::Typed)
    };
    if !all_unread(&shown) {
        let render = |colour| report::plan::render(&shown, &document.summary, colour, "");
        console.about_to_do(asking, render);
    }
    let mut status = ExitStatus::default();
    let mut before = of_plan_to_apply(&plan, &gaps);
    before.extend(of_stale(&stale, args, common));
    status.because_of(&before, console);
    if all_unread(&plan) && stale.is_empty() {
        if console.output != Output::Text {
            plan::show(&shown, &document, &[], "", console)?;
        }
        return Ok(status);
    }
    status.reach(Reached::Read);
    let incomplete = plan.is_incomplete();
    let reviewed = review(plan, limits);
    let refused = of_refusals(reviewed.refusals());
    status.because_of(&refused, console);
    before.extend(refused);
    if !reviewed.has_approvable_work() {
        show_unbegun(&shown, &document, reviewed.refusals(), &stale, console)?;
        let refused = !reviewed.refusals().is_empty() || !stale.is_empty();
        if let (Some(path), false, false) = (&args.record, incomplete, refused) {
            // Nothing to do is worth a record only to whoever has named one.
            let empty = Record::new(Verb::Apply, record::run_id(), created_at(), &shown);
            record::begin(Some(path), empty, console)?.end(&mut status, console);
        }
        return Ok(status);
    }
    let question = Question {
        about: About::Apply,
        text: question(&reviewed),
        without: typed::apply(args, Asking::Skipped, common),
    };
    match ask(asking, &question, console, interrupt).await {
        Answer::Yes => {}
        Answer::No(reason) => {
            status.because(&reason, console);
            show_unbegun(&shown, &document, reviewed.refusals(), &stale, console)?;
            return Ok(status);
        }
        Answer::Interrupted(signal) => {
            status.interrupted_by(signal, UNCHANGED, console);
            return Ok(status);
        }
    }
    let left_out = left_out(&shown, &reviewed);
    let probes =
        if args.probe { Some(probe_stages(reviewed.plan(), &subjects).await) } else { None };
    let approved = reviewed.approve(approval);
    let run = record::run_id();
    let mut record = Record::new(Verb::Apply, run.clone(), created_at(), approved.plan());
    record.message.clone_from(&args.message);
    for api in &mut record.apis {
        api.accepted_foreign = request.accept_foreign.iter().cloned().collect();
    }
    record.seal();
    let kept = record::begin(args.record.as_deref(), record, console)?;
    let progress = Arc::clone(&console.progress);
    let stopping = interrupt.clone();
    let means = ApplyContext {
        options: DeployOptions {
            run,
            message: args.message.clone(),
            on_bad_stage: if args.rollback_on_failure {
                OnBadStage::MoveBack
            } else {
                OnBadStage::Leave
            },
            patience: pace::patience(),
        },
        request,
        today: connect::today(),
        read_at,
        stop: Arc::new(move || stopping.requested().is_some()),
        on_event: Arc::new(move |event| progress.event(&event)),
        record: Arc::clone(&kept.recorder),
        words: WORDS,
    };
    let work = async {
        let outcomes = execute(approved, subjects, &means).await;
        console.progress.finish();
        let probed = match probes {
            Some(probes) => probes.again(&outcomes).await,
            None => Probes::default(),
        };
        (outcomes, probed)
    };
    let (mut outcomes, probed) = interrupt.finish(work, console).await;
    if outcomes.iter().any(Outcome::has_written) {
        status.reach(Reached::Written);
    }
    let endpoint = endpoint_url.as_deref();
    let resume = resume(args, common);
    let mut reasons = of_outcomes(&outcomes, endpoint, &resume);
    reasons.extend(of_probes(&probed));
    let reasons = Reason::merged(reasons);
    let alerts = before.iter().chain(&reasons).map(Reason::text).collect();
    status.because_of(&reasons, console);
    let whole = match (status.exit(), interrupt.requested()) {
        (Exit::Done, _) => Whole::Complete,
        (_, Some(_)) => Whole::Interrupted,
        (Exit::Refused, None) => Whole::Refused,
        (_, None) => Whole::Incomplete,
    };
    if let Some(signal) = interrupt.requested() {
        status.interrupted_by(signal, ended_by(whole), console);
    }
    kept.end(&mut status, console);
    outcomes.extend(stale);
    outcomes.sort_by(|one, other| one.target.cmp(&other.target));
    let (probes, record) = (probed, &kept);
    let done = Done { outcomes, probes, left_out, whole, plan: document, record, resume, alerts };
    if let Err(error) = report(&done, endpoint, common, console) {
        status.because_of_error(&error, console);
    }
    Ok(status)
}

/// Only what the file customises can be put again.
fn refuse_idle_rewrites(types: &[ResponseType], session: &Session) -> anyhow::Result<()> {
    let is_written = |response_type: ResponseType| {
        session.entries.iter().any(|Entry { desired, .. }| {
            matches!(desired.responses.get(&response_type), Some(DesiredResponse::Customized(_)))
                && desired.ignores_type(response_type, session.today).is_none()
        })
    };
    match types.iter().find(|response_type| !is_written(**response_type)) {
        Some(idle) => bail!(
            "--rewrite {idle}: nothing to rewrite: the file does not customise it for any \
             selected API"
        ),
        None => Ok(()),
    }
}

/// The command that makes a plan anew where the old one was saved.
fn plan_again(args: &ApplyArgs, common: &Common) -> String {
    let command = typed::same_command("plan", common);
    match &args.plan_file {
        Some(path) => {
            format!("{command} --out {}", report::text::shell_word(&path.display().to_string()))
        }
        None => command,
    }
}

/// The sentence that says how an incomplete apply is resumed. A saved plan is used up: it
/// rests on what was there before.
fn resume(args: &ApplyArgs, common: &Common) -> String {
    match &args.plan_file {
        Some(_) => {
            format!(
                "make a new plan, which has only what is missing: `{}`",
                plan_again(args, common)
            )
        }
        None => {
            let asking = if args.yes { Asking::Skipped } else { Asking::Needed };
            format!(
                "run `{}` again, which does only what is missing",
                typed::apply(args, asking, common)
            )
        }
    }
}

/// Why APIs are left out that are not as a saved plan was made against.
fn of_stale(stale: &[Outcome], args: &ApplyArgs, common: &Common) -> Vec<Reason> {
    let next = format!("save a new plan: `{}`", plan_again(args, common));
    let reason = |outcome| Some(of_outcome(outcome, None)?.only_here().hint(&next));
    stale.iter().filter_map(reason).collect()
}

/// How many APIs are to be changed, as a question.
fn question(reviewed: &Reviewed) -> String {
    let apis = reviewed.plan().works().filter(|(_, work)| work.is_needed()).count() as u64;
    format!("Apply this to {}?", report::text::count(apis, "API"))
}
