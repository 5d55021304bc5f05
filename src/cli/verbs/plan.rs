//! `gwr plan`: read, plan, show.

use std::collections::BTreeSet;
use std::path::Path;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::apply::record::Leftovers;
use crate::aws::{Connection, Gateway};
use crate::cli::args::{Common, Output, PlanArgs};
use crate::cli::session::access;
use crate::cli::session::connect::{self, Session};
use crate::cli::session::exports;
use crate::cli::session::near::nothing_named;
use crate::cli::session::record;
use crate::cli::session::typed;
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::exit::Signal;
use crate::cli::terminal::interrupt::Interrupt;
use crate::diagnostic::hazard::HazardId;
use crate::diagnostic::rule::Rule;
use crate::plan::review::{Refusal, refusals};
use crate::plan::{ApiTarget, Consent, Document, Foreign, Plan, Request, Work, warn_of_expiry};
use crate::policy::Verb;
use crate::read::{self, Look, Subject};
use crate::report;
use crate::report::reason::{Gap, of_plan};
use crate::saved::disk;
use crate::state::digest::Digest;
use crate::state::observed::Unread;

pub async fn run(
    common: &Common,
    args: &PlanArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let look = if args.skip_served { Look::AtConfigurationOnly } else { Look::AtStages };
    let request = request(common)?;
    if let Some(path) = &args.out {
        refuse_desired_state(path, common)?;
    }
    let read = async {
        let session = connect::open_to_read(Verb::Plan, common, console).await?;
        let Read { mut plan, subjects, gaps } =
            read_and_plan(&session, look, &request, console).await?;
        if args.out.is_some() && !all_unread(&plan) {
            access::bind(&mut plan, |target| {
                subjects.iter().find(|subject| subject.target == *target)?.gateway.clone()
            })
            .await?;
        }
        anyhow::Ok((session, plan, gaps))
    };
    let (session, plan, gaps) = tokio::select! {
        read = read => read?,
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let document = Document::new(&plan, session.pace, session.limits, created_at());
    let saved = args.out.as_deref().filter(|_| !all_unread(&plan));
    if let Some(path) = saved {
        save(&document, path)?;
    }
    let refusals = refusals(&plan, session.limits);
    // What has not looked at a stage deploys to none: such a plan is for reading.
    let is_for_reading =
        look == Look::AtConfigurationOnly && plan.works().any(|(_, work)| work.deploys());
    let applied = saved.filter(|_| !is_for_reading);
    let next = apply_next(&plan, &refusals, common, applied);
    show(&plan, &document, &refusals, &next, console)?;
    if let Some(path) = saved {
        let use_of_it = if is_for_reading {
            " `gwr apply` does not accept it, because it has not read the stages \
             (--skip-served)."
        } else {
            ""
        };
        console.remark(&format!("Saved to {}.{use_of_it}", path.display()));
    }
    let mut status = ExitStatus::default();
    if !all_unread(&plan) {
        status.reach(Reached::Read);
    }
    if args.detailed_exitcode && plan.has_work() {
        status.differ();
    }
    status.because_of(&of_plan(&plan, &gaps), console);
    Ok(status)
}

/// What was read, and planned of it.
pub struct Read<G = Gateway> {
    pub plan: Plan,
    pub subjects: Vec<Subject<G>>,
    /// What the plan rests on and could not be read.
    pub gaps: Vec<Gap>,
}

/// What the command line asks for beside the file.
///
/// # Errors
/// When `--accept` names no hazard.
pub fn request(common: &Common) -> anyhow::Result<Request> {
    for id in &common.accept {
        if id.parse::<HazardId>().is_err() {
            if id.parse::<&Rule>().is_ok() {
                anyhow::bail!(
                    "--accept {id:?}: this is a lint rule, which never blocks apply; \
                     `[[apis.NAME.allow]]` in the file suppresses it"
                );
            }
            let near = HazardId::ALL
                .into_iter()
                .max_by(|a, b| {
                    let likeness = |known: &HazardId| strsim::jaro_winkler(known.as_str(), id);
                    likeness(a).total_cmp(&likeness(b))
                })
                .map(|near| format!("; did you mean `{near}`?"));
            anyhow::bail!("--accept {id:?}: unknown hazard{}", near.unwrap_or_default());
        }
    }
    let Leftovers { unfinished, unmoved } = record::leftovers();
    Ok(Request {
        accept: common.accept.iter().cloned().collect(),
        unfinished,
        unmoved,
        ..Request::default()
    })
}

/// Reads everything that was selected, and plans it.
pub async fn read_and_plan<G: Connection>(
    session: &Session<G>,
    look: Look,
    request: &Request,
    console: &Console,
) -> anyhow::Result<Read<G>> {
    let progress = |done, total| console.progress.read(done, total);
    let subjects = read::read(&session.entries, look, request, session.today, progress).await;
    console.progress.finish();
    if subjects.is_empty() {
        return Err(nothing_named(session));
    }
    let mut plan = read::plan(&session.entries, &subjects, request, session.today);
    let mut gaps = uncompared(&subjects);
    gaps.extend(exports::gaps_of_plan(&subjects, &plan, console));
    let now = OffsetDateTime::now_utc().unix_timestamp();
    warn_of_expiry(&mut plan, session.pace, now, |target| expires_at(&subjects, target));
    Ok(Read { plan, subjects, gaps })
}

/// Why something that a deployment would ship could not be compared: the plan itself only
/// says that it could not.
fn uncompared<G>(subjects: &[Subject<G>]) -> Vec<Gap> {
    let unread = |Subject { target, observed, .. }: &Subject<G>| -> Vec<Gap> {
        let routes = observed.as_ref().ok().and_then(|api| api.routes.as_ref());
        let Some(routes) = routes else { return Vec::new() };
        let configured = routes.configured.as_ref().err();
        let deployed = routes.deployed.values().filter_map(|summary| summary.as_ref().err());
        configured
            .into_iter()
            .chain(deployed)
            .map(|Unread { call: _, why, hint }| Gap {
                target: target.clone(),
                stage: None,
                what: format!(
                    "what a deployment would ship cannot be compared with what is served: {why}"
                ),
                hint: hint.clone(),
            })
            .collect()
    };
    subjects.iter().flat_map(unread).collect()
}

/// When the credentials of an API's account end, in Unix seconds.
fn expires_at<G: Connection>(subjects: &[Subject<G>], target: &ApiTarget) -> Option<i64> {
    let subject = subjects.iter().find(|subject| subject.target == *target)?;
    let end = subject.gateway.as_ref()?.reader().credentials_expire_at()?;
    Some(OffsetDateTime::from(end).unix_timestamp())
}

/// A plan is not written over what it is made of, nor where it would be read as such.
fn refuse_desired_state(out: &Path, common: &Common) -> anyhow::Result<()> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    // Links and `..` count for nothing; what is not there is no file of the desired state.
    let real = |path: &Path| path.canonicalize().ok();
    for file in connect::files(common) {
        let is_read = if file.is_dir() {
            out.extension().is_some_and(|ending| ending == "toml") && real(folder) == real(&file)
        } else {
            real(&file).is_some_and(|file| real(out) == Some(file))
        };
        if is_read {
            anyhow::bail!(
                "--out {} is a desired-state file (-f): name another file for the plan",
                out.display()
            );
        }
    }
    Ok(())
}

fn save(document: &Document, path: &Path) -> anyhow::Result<()> {
    let text = report::json::document(document)?;
    disk::write_whole(path, &text).map_err(|error| {
        anyhow::anyhow!(
            "the plan was not saved to {}: {error}; nothing was changed",
            path.display()
        )
    })
}

/// The sentence that says how a plan is applied (the saved one, or what is read then), or
/// why it would be refused.
pub fn apply_next(
    plan: &Plan,
    refusals: &[Refusal],
    common: &Common,
    saved: Option<&Path>,
) -> String {
    if let Some(Refusal { message, way_out, .. }) = refusals.iter().find(|one| one.api.is_none()) {
        return format!("Apply is blocked: {message}; {way_out}.");
    }
    let mut command = match saved {
        // What was accepted for a saved plan stands in it.
        Some(path) => typed::command_with("apply", path, common),
        None => {
            let mut command = typed::same_command("apply", common);
            typed::accept(&mut command, common);
            command
        }
    };
    if refusals.is_empty() {
        return format!("Apply it with `{command}`.");
    }
    let plain = command.len();
    for id in refusing_hazards(plan) {
        command.push_str(" --accept ");
        command.push_str(id);
    }
    for digest in refused_foreign(plan) {
        command.push_str(" --accept-foreign ");
        command.push_str(digest.as_str());
    }
    if command.len() == plain {
        "Apply is blocked by what is marked `!` above.".to_owned()
    } else {
        format!("Apply is blocked. Check what is marked `!` above, then run `{command}`.")
    }
}

/// Writes the plan to stdout in the form that was asked for.
pub fn show(
    plan: &Plan,
    document: &Document,
    refusals: &[Refusal],
    next: &str,
    console: &Console,
) -> anyhow::Result<()> {
    let text = match console.output {
        Output::Json => report::json::document(document)?,
        Output::Markdown => report::comments::plan(plan, &document.summary, refusals),
        Output::Text if all_unread(plan) => return Ok(()),
        Output::Text => report::plan::render(plan, &document.summary, console.colour(), next),
    };
    console.data(&text);
    Ok(())
}

/// The hazards that apply would refuse over unless they are accepted.
fn refusing_hazards(plan: &Plan) -> BTreeSet<&str> {
    plan.works()
        .flat_map(|(_, work)| &work.hazards)
        .filter(|hazard| hazard.refuses)
        .map(|hazard| hazard.id.as_str())
        .collect()
}

/// What apply would refuse to ship unless it is accepted.
fn refused_foreign(plan: &Plan) -> BTreeSet<&Digest> {
    plan.works()
        .flat_map(|(_, work)| &work.stages)
        .filter(|stage| stage.consent == Consent::Refused)
        .filter_map(|stage| stage.foreign.as_ref())
        .filter(|foreign| !foreign.is_empty())
        .map(Foreign::digest)
        .collect()
}

/// The time of the plan, or `SOURCE_DATE_EPOCH`, so that a build can be repeated.
pub fn created_at() -> String {
    let epoch = std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let now = epoch.unwrap_or_else(OffsetDateTime::now_utc);
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}

pub fn all_unread(plan: &Plan) -> bool {
    plan.apis.iter().all(|api| matches!(api.work, Work::Unread(_)))
}

pub fn interrupted(console: &Console, signal: Signal) -> ExitStatus {
    ExitStatus::interrupted(signal, console)
}
