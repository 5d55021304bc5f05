//! `gwr deployments`: the history of stages; with `--prune` it removes old ones.
//!
//! Without `--prune` the session is one of readers, which cannot write.

use std::collections::BTreeMap;

use super::plan::interrupted;
use crate::apply::retry::has_passed;
use crate::aws::{AwsError, AwsErrorKind, Connection, Gateway};
use crate::cli::args::{Common, DeploymentsArgs, Output};
use crate::cli::session::connect::{self, Session};
use crate::cli::session::near::nothing_named;
use crate::cli::session::typed;
use crate::cli::terminal::ask::{About, Answer, Asking, Question, ask};
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::{Interrupt, NOTHING_MORE};
use crate::plan::ApiTarget;
use crate::plan::prune::{Fate, Owners, fates, removed};
use crate::policy::Verb;
use crate::read::{Chronicle, no_such_stage, read_chronicles, read_history};
use crate::report::aws_error::describe;
use crate::report::deployments::{self as report, Shown};
use crate::report::plan::api_title;
use crate::report::reason::{Reason, UNCHANGED};
use crate::report::text::count;
use crate::report::{comments, json};
use crate::state::observed::{Deployment, History};

/// What is pruned, and how much of it stays.
#[derive(Clone, Copy)]
struct Rule {
    keep: usize,
    owners: Owners,
}

/// A deployment that was to go.
struct Pruned {
    api: String,
    deployment: String,
    /// Why it is still there.
    error: Option<String>,
}

pub async fn run(
    common: &Common,
    args: &DeploymentsArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let Some(keep) = args.keep.filter(|_| args.prune) else {
        let read = async {
            let session = connect::open_to_read(Verb::Deployments, common, console).await?;
            read(&session, common.stage.as_deref(), console).await
        };
        let chronicles = tokio::select! {
            read = read => read?,
            signal = interrupt.wait() => return Ok(interrupted(console, signal)),
        };
        let status = read_status(&chronicles, console);
        show(&chronicles, None, None, console)?;
        return Ok(status);
    };
    if common.stage.is_some() {
        anyhow::bail!(
            "--prune and --stage exclude each other: a deployment belongs to the whole API"
        );
    }
    let rule = Rule { keep, owners: if args.all_owners { Owners::All } else { Owners::Gwr } };
    prune(common, args, rule, console, interrupt).await
}

async fn read<G: Connection>(
    session: &Session<G>,
    stage: Option<&str>,
    console: &Console,
) -> anyhow::Result<Vec<Chronicle<G>>> {
    let progress = |done, total| console.progress.read(done, total);
    let mut chronicles = read_chronicles(&session.entries, progress).await;
    console.progress.finish();
    if chronicles.is_empty() {
        return Err(nothing_named(session));
    }
    if let Some(stage) = stage {
        for chronicle in &mut chronicles {
            let history = std::mem::replace(&mut chronicle.history, Ok(History::default()));
            chronicle.history = history.and_then(|history| {
                let names: Vec<&str> = history.stages.keys().map(String::as_str).collect();
                if names.contains(&stage) {
                    return Ok(history.of_stage(stage));
                }
                Err(no_such_stage(&chronicle.target, stage, &names))
            });
        }
    }
    Ok(chronicles)
}

async fn prune(
    common: &Common,
    args: &DeploymentsArgs,
    rule: Rule,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let read = async {
        let session = connect::open(Verb::Prune, common, console).await?;
        let chronicles = read(&session, None, console).await?;
        anyhow::Ok((session, chronicles))
    };
    // The session is kept to the end: with --sandbox it is the server.
    let (_session, chronicles) = tokio::select! {
        read = read => read?,
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let mut status = read_status(&chronicles, console);
    let asking = if args.yes { Asking::Skipped } else { Asking::Needed };
    if chronicles.iter().any(|one| one.history.is_ok()) {
        console
            .about_to_do(asking, |colour| report::render(&shown(&chronicles, Some(rule)), colour));
    }
    let number: usize = chronicles.iter().map(|chronicle| going(chronicle, rule).len()).sum();
    let (mut pruned, mut reasons) = (Vec::new(), Vec::new());
    if number > 0 {
        let question = Question {
            about: About::Prune,
            text: format!("Remove {} permanently?", count(number as u64, "deployment")),
            without: typed::prune(args, common),
        };
        match ask(asking, &question, console, interrupt).await {
            Answer::Yes => {}
            Answer::No(reason) => {
                status.because(&reason, console);
                if console.output != Output::Text {
                    show(&chronicles, Some(rule), None, console)?;
                }
                return Ok(status);
            }
            Answer::Interrupted(signal) => {
                status.interrupted_by(signal, UNCHANGED, console);
                return Ok(status);
            }
        }
        let work = async {
            for chronicle in &chronicles {
                let of_api = prune_api(chronicle, rule, console, interrupt).await;
                reasons.extend(not_removed(&chronicle.target, &of_api));
                pruned.extend(of_api);
            }
        };
        interrupt.finish(work, console).await;
        if pruned.iter().any(|one| one.error.is_none()) {
            status.reach(Reached::Written);
        }
        status.because_of(&reasons, console);
    }
    if let Some(signal) = interrupt.requested() {
        status.interrupted_by(signal, NOTHING_MORE, console);
    }
    let gone = pruned.iter().filter(|one| one.error.is_none()).count() as u64;
    match console.output {
        Output::Text if number > 0 => {
            console.data(&format!("{} removed.\n", count(gone, "deployment")));
        }
        Output::Text => {}
        Output::Json | Output::Markdown => {
            show(&chronicles, Some(rule), Some(&pruned), console)?;
        }
    }
    Ok(status)
}

fn going(chronicle: &Chronicle<Gateway>, rule: Rule) -> Vec<&Deployment> {
    let Ok(history) = &chronicle.history else { return Vec::new() };
    removed(history, rule.keep, rule.owners)
}

/// Removes a deployment. After a conflict, which tells that somebody is at work on the API, it is
/// looked whether it still may go.
async fn delete(gateway: &Gateway, rule: Rule, api: &str, id: &str) -> Result<(), AwsError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let Err(error) = gateway.writer().delete_deployment(api, id).await else { return Ok(()) };
        if !has_passed(&error, attempt).await {
            return Err(error);
        }
        let now = read_history(gateway.reader(), api).await?;
        if !removed(&now, rule.keep, rule.owners).iter().any(|one| one.id == id) {
            return Err(error);
        }
    }
}

/// Removes what was shown and may still go: the stages are read again just before, for
/// what a canary serves is not guarded by AWS for certain.
async fn prune_api(
    chronicle: &Chronicle<Gateway>,
    rule: Rule,
    console: &Console,
    interrupt: &Interrupt,
) -> Vec<Pruned> {
    let shown = going(chronicle, rule);
    let Some(gateway) = chronicle.gateway.as_ref().filter(|_| !shown.is_empty()) else {
        return Vec::new();
    };
    let api = &chronicle.target.rest_api_id;
    let title = api_title(&chronicle.target);
    let now = read_history(gateway.reader(), api).await;
    let still: Vec<&str> = match &now {
        Ok(now) => removed(now, rule.keep, rule.owners).iter().map(|d| d.id.as_str()).collect(),
        Err(_) => Vec::new(),
    };
    let mut pruned = Vec::new();
    for deployment in shown {
        let id = &deployment.id;
        let error = if interrupt.requested().is_some() {
            Some("interrupted".to_owned())
        } else if let Err(error) = &now {
            Some(format!("it is unknown whether it is still unused: {}", describe(error)))
        } else if !still.contains(&id.as_str()) {
            Some("it came into use, or was removed, after it was listed".to_owned())
        } else {
            match delete(gateway, rule, api, id).await {
                Ok(()) => None,
                // "Active stages pointing to this deployment must be moved or deleted"
                // (recorded): somebody was faster.
                Err(error) if matches!(error.kind, AwsErrorKind::BadRequest { .. }) => {
                    Some(format!("it is in use: {error}"))
                }
                Err(error) => Some(describe(&error)),
            }
        };
        if error.is_none() {
            console.remark(&format!("{title}: deployment {id} removed"));
        }
        pruned.push(Pruned { api: api.clone(), deployment: id.clone(), error });
    }
    pruned
}

fn shown<G>(chronicles: &[Chronicle<G>], rule: Option<Rule>) -> Vec<Shown<'_>> {
    chronicles
        .iter()
        .map(|chronicle| Shown {
            target: &chronicle.target,
            history: chronicle.history.as_ref().map_err(String::as_str),
            deployments: match &chronicle.history {
                Ok(history) => listed(history, rule),
                Err(_) => Vec::new(),
            },
        })
        .collect()
}

fn show<G>(
    chronicles: &[Chronicle<G>],
    rule: Option<Rule>,
    pruned: Option<&[Pruned]>,
    console: &Console,
) -> anyhow::Result<()> {
    let shown = shown(chronicles, rule);
    let text = match console.output {
        Output::Json => {
            let pruned: Option<Vec<_>> = pruned.map(|pruned| {
                pruned
                    .iter()
                    .map(|Pruned { api, deployment, error }| {
                        (api.clone(), deployment.clone(), error.clone())
                    })
                    .collect()
            });
            json::document(&report::document(&shown, pruned.as_deref()))?
        }
        Output::Markdown => {
            let became: Vec<String> = pruned.unwrap_or_default().iter().map(prune_line).collect();
            comments::deployments(&shown, &became)
        }
        Output::Text if chronicles.iter().all(|one| one.history.is_err()) => return Ok(()),
        Output::Text => report::render(&shown, console.colour()),
    };
    console.data(&text);
    Ok(())
}

/// What became of a deployment that was to go.
fn prune_line(Pruned { api, deployment, error }: &Pruned) -> String {
    match error {
        None => format!("API {api}: deployment {deployment} removed"),
        Some(why) => format!("API {api}: deployment {deployment} was not removed: {why}"),
    }
}

/// The deployments that are shown.
fn listed(history: &History, rule: Option<Rule>) -> Vec<(&Deployment, Option<Fate>)> {
    match rule {
        Some(Rule { keep, owners }) => fates(history, keep, owners)
            .into_iter()
            .map(|(deployment, fate)| (deployment, Some(fate)))
            .collect(),
        None => history.deployments.iter().map(|deployment| (deployment, None)).collect(),
    }
}

fn read_status<G>(chronicles: &[Chronicle<G>], console: &Console) -> ExitStatus {
    let mut status = ExitStatus::default();
    for Chronicle { target, history, .. } in chronicles {
        match history {
            Ok(_) => status.reach(Reached::Read),
            Err(error) => status.because(&Reason::failed(error).of(target), console),
        }
    }
    status
}

/// Why deployments of an API are still there that were to go.
fn not_removed(target: &ApiTarget, pruned: &[Pruned]) -> Option<Reason> {
    // The same reason is given once, for all that it kept.
    let mut kept: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Pruned { api: _, deployment, error } in pruned {
        if let Some(why) = error {
            kept.entry(why).or_default().push(deployment);
        }
    }
    let words = |(why, ids): (&&str, &Vec<&str>)| match ids.as_slice() {
        [one] => format!("deployment {one} was not removed: {why}"),
        several => format!("deployments {} were not removed: {why}", several.join(", ")),
    };
    let reasons = kept.iter().map(|one| Reason::failed(&words(one)).of(target));
    let gone = pruned.iter().filter(|one| one.error.is_none()).count() as u64;
    let left = match gone {
        0 => "nothing was removed".to_owned(),
        1 => "1 other deployment was removed".to_owned(),
        several => format!("{several} other deployments were removed"),
    };
    Reason::merged(reasons).pop().map(|reason| reason.leaving(&left))
}
