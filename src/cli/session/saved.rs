//! Saved documents: read, checked, and a plan made ready to be applied.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;

use super::access::{self, Access, Denied};
use crate::apply::outcome::Outcome;
use crate::apply::record::{ChangeRecord, Record};
use crate::cli::args::{ApplyArgs, Common};
use crate::cli::terminal::console::Console;
use crate::plan::{self, Document, Plan, Request, Work};
use crate::policy::Verb;
use crate::read::{Subject, read_ground};
use crate::report::reason::{Reason, ReasonKind, UNCHANGED};
use crate::saved::disk;
use crate::saved::sealed::{self, Broken, Kind};

/// A document that was found whole.
pub enum Saved {
    Plan(Box<(Document, Plan)>),
    Record(Box<Record>),
}

/// Why a document was not taken.
pub struct Unfit {
    pub message: String,
    /// Whether it is refused; else it could not be read at all.
    refused: bool,
}

impl Unfit {
    /// Why a verb ends that would have written.
    pub fn reason(&self) -> Reason {
        let kind = if self.refused { ReasonKind::Refused } else { ReasonKind::Failed };
        Reason::verbatim(kind, &self.message).leaving(UNCHANGED)
    }
}

/// Reads a saved plan or a record, with its text.
///
/// # Errors
/// When the file cannot be read, is none, or is not as it was written.
pub fn read(path: &Path) -> Result<(String, Saved), Unfit> {
    let shown = path.display();
    let text = disk::read_text(path).map_err(|error| Unfit {
        message: format!("{shown} could not be read: {error}"),
        refused: false,
    })?;
    let saved = take(&text).map_err(|broken| {
        let refused = broken.is_refused();
        let what = if refused { "is refused" } else { "is not a gwr document" };
        let hint = hint(&broken, sealed::kind(&text));
        Unfit { message: format!("{shown} {what}: {broken}\nhint: {hint}"), refused }
    })?;
    Ok((text, saved))
}

/// Why a plan of gwr 0.1 that lists undeployed work of others cannot be applied.
pub fn outdated(document: &Document, path: &Path) -> Option<Unfit> {
    let (api, stage) = document.stage_with_sentence_digest()?;
    Some(Unfit {
        message: format!(
            "{} is refused: {api}, stage `{stage}`: gwr {} computed the digest of the undeployed \
             work of others differently\nhint: make a new plan with `gwr plan --out FILE`",
            path.display(),
            document.tool.version,
        ),
        refused: true,
    })
}

fn hint(broken: &Broken, kind: Option<Kind>) -> &'static str {
    match (broken, kind) {
        (Broken::NoJson(_) | Broken::NotOurs, _) => {
            "give a file that `gwr plan --out FILE` or `gwr apply` wrote"
        }
        (Broken::Version(_), Some(Kind::Record)) => "use the gwr that wrote it",
        (Broken::Version(_), Some(Kind::Plan) | None) => {
            "use the gwr that wrote it, or make a new plan with this one"
        }
        (Broken::Edited { .. } | Broken::Malformed(_), Some(Kind::Record)) => {
            "what it holds cannot be trusted; roll back with `gwr rollback --api NAME --stage \
             NAME`"
        }
        (Broken::Edited { .. } | Broken::Malformed(_), Some(Kind::Plan) | None) => {
            "what it holds cannot be trusted; make a new plan with `gwr plan --out FILE`"
        }
    }
}

fn take(text: &str) -> Result<Saved, Broken> {
    let sealed = sealed::open(text)?;
    match sealed.kind {
        Kind::Plan => {
            let document: Document = sealed.read()?;
            let plan =
                plan::restore(&document).map_err(|error| Broken::Malformed(error.to_string()))?;
            Ok(Saved::Plan(Box::new((document, plan))))
        }
        Kind::Record => {
            let record: Record = sealed.read()?;
            for api in &record.apis {
                for ChangeRecord { status: _, change } in &api.changes {
                    plan::restore_change(change).map_err(|what| {
                        Broken::Malformed(format!(
                            "`{}`: {}: {what}",
                            api.name, change.response_type
                        ))
                    })?;
                }
            }
            Ok(Saved::Record(Box::new(record)))
        }
    }
}

/// A saved plan with what is live now.
pub struct Ready {
    pub document: Document,
    /// Without what turned out to be stale.
    pub plan: Plan,
    pub subjects: Vec<Subject>,
    /// The APIs that are not as the plan was made against.
    pub stale: Vec<Outcome>,
    pub read_at: Instant,
    pub access: Access,
}

/// Refuses what a saved plan has decided already.
///
/// # Errors
/// When the command line selects or asks for more.
pub fn refuse_selection(common: &Common, args: &ApplyArgs, path: &Path) -> anyhow::Result<()> {
    let given = [
        ("--api", !common.apis.is_empty()),
        ("--stage", common.stage.is_some()),
        ("--rewrite", !args.rewrite.is_empty()),
        ("--canary", args.canary),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => bail!(
            "{flag} cannot be used with a saved plan: {} is applied exactly as it was shown; \
             make a plan of what you want with `gwr plan {flag} … --out FILE`",
            path.display()
        ),
    }
}

/// Reads every API of a saved plan again, and holds the plan against it.
///
/// # Errors
/// When the accounts cannot be told.
pub async fn ready(
    document: Document,
    plan: Plan,
    request: &Request,
    common: &Common,
    console: &Console,
) -> anyhow::Result<Ready> {
    let needed = plan.works().filter(|(_, work)| work.is_needed()).map(|(target, _)| target);
    let access = access::open(Verb::Apply, common, console, needed).await?;
    let read_at = Instant::now();
    let mut ready =
        Ready { document, plan, subjects: Vec::new(), stale: Vec::new(), read_at, access };
    let total = ready.plan.works().filter(|(_, work)| work.is_needed()).count();
    let mut done = 0;
    let mut kept = Vec::new();
    for mut api in std::mem::take(&mut ready.plan.apis) {
        let work = match &api.work {
            Work::Planned(work) if work.is_needed() => work.as_ref().clone(),
            Work::Planned(_) | Work::Unread(_) => {
                kept.push(api);
                continue;
            }
        };
        console.progress.read(done, total);
        done += 1;
        let gateway = match ready.access.gateway(&api.target) {
            Ok(gateway) => gateway,
            Err(Denied::Unreachable(why)) => {
                api.work = Work::Unread(why);
                kept.push(api);
                continue;
            }
            Err(Denied::OtherAccount(why)) => {
                ready.stale.push(Outcome::stale(&api.target, &work, why));
                continue;
            }
        };
        let not_compared =
            work.stages.iter().find(|stage| stage.is_deployed() && stage.foreign.is_none());
        if let Some(stage) = not_compared {
            let why = format!(
                "the plan deploys to stage `{}` without having read it (--skip-served): which \
                 undeployed changes of others it would ship is unknown",
                stage.name
            );
            ready.stale.push(Outcome::stale(&api.target, &work, why));
            continue;
        }
        match read_ground(&gateway, &api.target, &work).await {
            Err(error) => {
                api.work = Work::Unread(crate::report::aws_error::describe(&error));
                kept.push(api);
            }
            Ok(observed) => match plan::rebase(work.clone(), &observed, request) {
                Err(why) => ready.stale.push(Outcome::stale(&api.target, &work, why)),
                Ok(work) => {
                    ready.subjects.push(Subject {
                        desired: plan::wanted(&api.target, &work),
                        target: api.target.clone(),
                        gateway: Some(gateway),
                        observed: Ok(observed),
                        export_shows: work.export_shows,
                    });
                    api.work = Work::Planned(Box::new(work));
                    kept.push(api);
                }
            },
        }
    }
    console.progress.finish();
    ready.plan.apis = kept;
    Ok(ready)
}
