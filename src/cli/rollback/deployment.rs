//! Going to an earlier deployment of one stage.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{anyhow, bail};

use super::super::args::{Common, RollbackArgs};
use super::super::ask::{About, Answer, Asking, Question, ask};
use super::super::console::{Console, ExitStatus};
use super::super::interrupt::Interrupt;
use super::super::near::nothing_named;
use super::super::plan::{created_at, interrupted};
use super::super::record::{Kept, begin, run_id};
use super::super::session::{self, Session};
use super::super::typed;
use super::{end, means, report};
use crate::aws::Gateway;
use crate::desired::Ignore;
use crate::drift::date;
use crate::execute::Means;
use crate::iam;
use crate::journal::Journal;
use crate::observed::{Deployment, History, ObservedApi, ObservedStage, Served, StagePointer};
use crate::plan::{ApiTarget, Part, Request, export_shows, plan_api};
use crate::read::{self, Look, describe, read_history};
use crate::record::{Note, Record, Verb};
use crate::report::deployments::description_words;
use crate::report::plan::api_title;
use crate::report::reason::{Reason, UNWRITTEN};
use crate::report::text::{open, printable, split_hints};
use crate::review::Approval;
use crate::rollback::{
    Back, Before, Configuration, Ended, Move, as_plan, bring_configurations_back,
    bring_stages_back, plan_as_served, pointed_at, read_served,
};

/// The stage, and all that was read of it.
struct Place {
    target: ApiTarget,
    gateway: Gateway,
    ignores: Vec<Ignore>,
    stage: String,
    pointer: StagePointer,
    /// What of the stage is moved back: its canary, while that serves something else.
    part: Part,
    deployments: Vec<Deployment>,
    observed: ObservedApi,
    read_at: Instant,
    _session: Session,
}

pub async fn run(
    stage: &str,
    common: &Common,
    args: &RollbackArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let place = tokio::select! {
        place = look(stage, common, console) => match place {
            Ok(place) => place,
            Err(error) => return Ok(session::tell_untouched(&error, console)),
        },
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let to = destination(&place, args.to.as_deref(), common)?;
    if place.part == Part::Stage && place.pointer.canary.is_some() {
        let why = format!(
            "refused: stage `{stage}` has a canary, which serves what the stage serves, and what \
             a move does to it is not verified on AWS\nhint: remove the canary first"
        );
        let reason = Reason::refused(&why).of(&place.target).leaving(UNWRITTEN);
        return Ok(ExitStatus::of(&reason, console));
    }
    let back = way(&place, &to);
    let (asking, approval) = if args.yes {
        (Asking::Skipped, Approval::Flag)
    } else {
        (Asking::Needed, Approval::Typed)
    };
    console.about_to_do(asking, |_| shown(&place, &back, &to));
    let without = typed::rollback(args, common);
    let text = format!("Move stage {} to deployment {}?", printable(stage), printable(&to));
    let question = Question { about: About::Rollback, text, without: without.clone() };
    match ask(asking, &question, console, interrupt).await {
        Answer::Yes => {}
        Answer::No(reason) => return Ok(ExitStatus::of(&reason, console)),
        Answer::Interrupted(signal) => return Ok(interrupted(console, signal)),
    }
    let before = before(&place, &to).await;
    let run = run_id();
    let digest = as_plan([&back]).desired_digest;
    let record = Record::of(Verb::Rollback, run.clone(), created_at(), digest, vec![back.record()]);
    let kept = begin(args.record.as_deref(), record, console)?;
    let means = means(run, place.read_at, &kept, console, interrupt);
    let text = "Make these changes?".to_owned();
    let question = Question { about: About::Configuration, text, without };
    let chosen = Chosen { question, approval };
    let work = async {
        let ends = bring_stages_back(vec![(back, place.gateway.clone())], &means).await;
        go_on(&place, ends, &before, &means, &chosen, &kept, common, console, interrupt).await
    };
    interrupt.told(work, console).await
}

/// How the second half is asked about.
struct Chosen {
    question: Question,
    approval: Approval,
}

/// The stage is moved: now it can be asked what it serves.
#[expect(clippy::too_many_arguments, reason = "the second half of `run`")]
async fn go_on(
    place: &Place,
    mut ends: Vec<(Ended, Gateway)>,
    before: &Before,
    means: &Means,
    chosen: &Chosen,
    kept: &Kept,
    common: &Common,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let Chosen { question, approval } = chosen;
    let approval = *approval;
    let mut status = ExitStatus::default();
    let mut note = None;
    let mut declined = false;
    for (ended, gateway) in &mut ends {
        let all_moved = ended.moved.len() == ended.back.moves.len();
        if ended.stopped.is_some() || ended.interrupted || !all_moved || !ended.is_good() {
            continue;
        }
        let Place { target, stage, ignores, .. } = place;
        let patience = means.orders.patience;
        match read_served(gateway, target, stage, before, patience).await {
            Err(why) => {
                let text = format!("the configuration was not touched: {}", why.0);
                let reason = Reason::failed(&text)
                    .of(target)
                    .leaving(&format!("stage {stage} is at its earlier deployment"))
                    .hint("run `gwr plan`: it shows what the next deployment would ship")
                    .in_the_report();
                status.because(&reason, console);
                note = Some(untouched(&why.0, stage));
            }
            Ok(export) => {
                let today = session::today();
                let ignores = ignores.clone();
                let found = plan_as_served(target, stage, &export, before, ignores, today);
                if !found.work.is_needed() {
                    continue;
                }
                let asking = match approval {
                    Approval::Flag => Asking::Skipped,
                    Approval::Typed => Asking::Needed,
                };
                console.about_to_do(asking, |colour| {
                    let text = crate::report::rollback::configuration(target, &found.work, colour);
                    format!("\n{text}")
                });
                match ask(asking, question, console, interrupt).await {
                    Answer::Yes => {
                        means.record.note(target, Note::Planned(&found.work));
                        ended.back.configuration = found;
                    }
                    Answer::No(reason) => {
                        status.because(&reason, console);
                        declined = true;
                    }
                    Answer::Interrupted(_) => ended.interrupted = true,
                }
            }
        }
    }
    let ends = bring_configurations_back(ends, means, approval).await;
    console.progress.finish();
    if declined {
        note = Some(untouched("the answer was not `yes`", &place.stage));
    }
    end(&ends, &mut status, console, interrupt);
    kept.end(&mut status, console);
    if let Err(error) = report(&ends, 0, note.as_deref(), kept, common, console) {
        status.because_of_error(&error, console);
    }
    Ok(status)
}

fn untouched(why: &str, stage: &str) -> String {
    let (why, hints) = split_hints(why);
    let mut note = format!(
        "The configuration was not touched: {}. Stage {stage} serves its deployment, but the \
         next deployment of this API ships what is configured. `gwr plan` shows what that is.",
        open(&why)
    );
    for hint in hints {
        let _ = write!(note, "\nhint: {hint}");
    }
    note
}

/// Finds the API and reads the stage.
async fn look(stage: &str, common: &Common, console: &Console) -> anyhow::Result<Place> {
    // Any stage of the API may be moved back, whether the file names it or not.
    let all = Common { stage: None, ..common.clone() };
    let is_there = !common.files.is_empty() || Path::exists(Path::new("gwr.toml"));
    let session = if is_there {
        session::open(iam::Verb::Rollback, &all, console).await?
    } else {
        session::open_without_file(iam::Verb::Rollback, &all, console).await?
    };
    let entries: Vec<read::Entry> = session
        .entries
        .iter()
        .map(|entry| read::Entry { stages: Vec::new(), ..entry.clone() })
        .collect();
    let read_at = Instant::now();
    let look = Look::AtConfigurationOnly;
    let subjects = read::read(&entries, look, &Request::default(), session.today, |_, _| {}).await;
    let subject = match subjects.len() {
        0 => return Err(nothing_named(&session)),
        1 => subjects.into_iter().next().ok_or_else(|| anyhow!("no API"))?,
        several => bail!(
            "--api {} selects {several} APIs ({}); a stage is moved back one at a time",
            common.apis.join(" "),
            subjects.iter().map(|s| api_title(&s.target)).collect::<Vec<_>>().join(", ")
        ),
    };
    let title = api_title(&subject.target);
    let mut observed = subject.observed.map_err(|why| anyhow!("{title}: {why}"))?;
    let gateway = subject.gateway.ok_or_else(|| anyhow!("{title}: its account is not known"))?;
    let api = &subject.target.rest_api_id;
    let History { mut stages, deployments } = read_history(&gateway, api)
        .await
        .map_err(|error| anyhow!("{title}: {}", describe(&error)))?;
    let Some(pointer) = stages.remove(stage) else {
        let there: Vec<&str> = stages.keys().map(String::as_str).collect();
        bail!("{title} has no stage `{stage}`; it has {}", there.join(", "));
    };
    let seen = ObservedStage { served: Served::NotRead, pointer: Some(pointer.clone()) };
    observed.stages.insert(stage.to_owned(), seen);
    observed.deployments = Some(deployments.clone());
    Ok(Place {
        target: subject.target,
        gateway,
        ignores: subject.desired.ignores,
        stage: stage.to_owned(),
        part: match &pointer.canary {
            Some(canary) if canary.deployment_id != pointer.deployment_id => Part::Canary,
            Some(_) | None => Part::Stage,
        },
        pointer,
        deployments,
        observed,
        read_at,
        _session: session,
    })
}

fn journal(place: &Place, deployment: &str) -> Option<Journal> {
    let found = place.deployments.iter().find(|one| one.id == deployment)?;
    Journal::parse(found.description.as_deref()?)
}

/// The deployment to go to: the one asked for, or the one before.
fn destination(place: &Place, asked: Option<&str>, common: &Common) -> anyhow::Result<String> {
    let is_there = |id: &str| place.deployments.iter().any(|one| one.id == id);
    let title = api_title(&place.target);
    if let Some(to) = asked {
        if is_there(to) {
            return Ok(to.to_owned());
        }
        bail!(
            "{title} has no deployment {to}; nothing was changed\nhint: {}\n{}",
            choose(place, common),
            listed(place)
        );
    }
    let why = match place.part.of(&place.pointer) {
        None => "it has no deployment".to_owned(),
        Some(now) => match journal(place, now) {
            None => format!("deployment {now}, which it serves, was not made by gwr"),
            Some(journal) => {
                let previous = match place.part {
                    Part::Stage => journal.previous_of(&place.stage),
                    Part::Canary => journal.previous_of_canary(&place.stage),
                };
                match previous {
                    Some(previous) if is_there(previous) => return Ok(previous.to_owned()),
                    Some(previous) => {
                        format!("it served {previous} before, and that deployment is gone")
                    }
                    None => format!("deployment {now} was not made for this stage"),
                }
            }
        },
    };
    let (whose, own) = whose(place);
    bail!(
        "{title}: what {whose} served before is not known: {why}{own}; nothing was changed\n\
         hint: {}\n{}",
        choose(place, common),
        listed(place)
    )
}

/// What is moved back, and, where that is the canary, what the stage itself serves.
fn whose(place: &Place) -> (String, String) {
    let stage = &place.stage;
    match (place.part, &place.pointer) {
        (Part::Canary, StagePointer { deployment_id, canary: Some(canary) }) => (
            format!(
                "the canary of stage `{stage}` ({} percent of its traffic)",
                canary.percent_traffic
            ),
            format!("; the stage itself is {}", pointed_at(deployment_id.as_deref())),
        ),
        (Part::Stage | Part::Canary, _) => (format!("stage `{stage}`"), String::new()),
    }
}

/// How to say where it goes.
fn choose(place: &Place, common: &Common) -> String {
    let command = typed::same_command("rollback", common);
    match (place.part, &place.pointer.deployment_id) {
        (Part::Canary, Some(own)) => format!(
            "choose where the canary goes, `{command} --to DEPLOYMENT`; to what the stage itself \
             serves: `{command} --to {own}`. The stage itself can be moved back once the canary's \
             owner has promoted or removed it"
        ),
        (Part::Stage | Part::Canary, _) => format!("choose one: `{command} --to DEPLOYMENT`"),
    }
}

/// The deployments, newest first.
fn listed(place: &Place) -> String {
    let StagePointer { deployment_id, canary } = &place.pointer;
    let of_the_canary = canary.as_ref().and_then(|canary| canary.deployment_id.as_ref());
    let mut out = String::from("its deployments, newest first (* is served now):");
    for Deployment { id, created_at, description } in &place.deployments {
        let now = if Some(id.as_str()) == place.part.of(&place.pointer) { "*" } else { " " };
        let at = created_at.and_then(date).unwrap_or_else(|| "no date".to_owned());
        let what = description_words(description.as_deref());
        let _ = write!(out, "\n{now} {id}  {at}  {what}");
        match (Some(id) == deployment_id.as_ref(), Some(id) == of_the_canary) {
            (true, false) if canary.is_some() => out.push_str("  (the stage itself)"),
            (false, true) => out.push_str("  (its canary)"),
            (_, _) => {}
        }
    }
    out
}

fn way(place: &Place, to: &str) -> Back {
    let from = place.part.of(&place.pointer).map(ToOwned::to_owned);
    let desired = crate::rollback::entry(&place.target);
    let shows = export_shows([&place.observed]);
    let today = session::today();
    let work = plan_api(&desired, &place.observed, shows, &Request::default(), today);
    let moves = if from.as_deref() == Some(to) {
        Vec::new()
    } else {
        vec![Move { stage: place.stage.clone(), part: place.part, from, to: to.to_owned() }]
    };
    Back {
        target: place.target.clone(),
        moves,
        left: Vec::new(),
        configuration: Configuration { desired, observed: place.observed.clone(), work },
    }
}

async fn before(place: &Place, to: &str) -> Before {
    let served = place.gateway.export(&place.target.rest_api_id, &place.stage).await;
    let export = match served {
        Ok(Served::Exported(export)) => Some(export),
        Ok(Served::NotRead | Served::NoSuchStage | Served::Unreadable(_)) | Err(_) => None,
    };
    Before {
        shows: export_shows([&place.observed]),
        part: place.part,
        export,
        journal: journal(place, to),
        observed: place.observed.clone(),
    }
}

fn shown(place: &Place, back: &Back, to: &str) -> String {
    let mut out = format!("{}  {}\n", api_title(&place.target), printable(&place.target.region));
    let stage = match place.part {
        Part::Stage => printable(&place.stage),
        Part::Canary => format!("{} (its canary)", printable(&place.stage)),
    };
    let now = pointed_at(place.part.of(&place.pointer));
    if back.moves.is_empty() {
        let _ = writeln!(out, "  stage {stage} is {} already", printable(&now));
    } else {
        let _ =
            writeln!(out, "  ~ stage {stage}: move, now {} → {}", printable(&now), printable(to));
    }
    if let Some(there) = place.deployments.iter().find(|one| one.id == to) {
        let made = there.created_at.and_then(date).unwrap_or_else(|| "no date".to_owned());
        let what = description_words(there.description.as_deref());
        let _ = writeln!(out, "    {}  {made}  {what}", printable(to));
    }
    out.push_str(
        "  Then the configuration is set back to what that deployment serves, which is read once \
         the stage is there.\n",
    );
    out
}
