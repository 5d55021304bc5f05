//! `gwr plan`: read, plan, show.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::args::{Common, Output, PlanArgs};
use super::console::Console;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::session::{self, Session};
use crate::aws::{Connection, QuotaPolicy};
use crate::digest::Digest;
use crate::hazard::HazardId;
use crate::plan::{ApiTarget, Consent, Document, Foreign, Plan, Request, Work, warn_of_expiry};
use crate::read::{self, Look, Subject};
use crate::report;
use crate::report::plan::api_title;

pub async fn run(
    common: &Common,
    args: &PlanArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Exit> {
    let look = if args.skip_served { Look::AtConfigurationOnly } else { Look::AtStages };
    let request = request(common)?;
    let read = async {
        let session = session::open_to_read(common, console, QuotaPolicy::interactive()).await?;
        let (plan, _) = read_and_plan(&session, look, &request, console).await?;
        anyhow::Ok((session, plan))
    };
    let (session, plan) = tokio::select! {
        read = read => read?,
        exit = interrupt.wait() => return Ok(interrupted(console, exit)),
    };
    show(&plan, &session, common, console)?;
    tell_unread(&plan, console);
    Ok(exit(&plan, args))
}

/// What the command line asks for beside the file.
///
/// # Errors
/// When `--accept` names no hazard.
pub fn request(common: &Common) -> anyhow::Result<Request> {
    for id in &common.accept {
        if id.parse::<HazardId>().is_err() {
            let near = HazardId::ALL
                .into_iter()
                .max_by(|a, b| {
                    let likeness = |known: &HazardId| strsim::jaro_winkler(known.as_str(), id);
                    likeness(a).total_cmp(&likeness(b))
                })
                .map(|near| format!("; did you mean `{near}`?"));
            anyhow::bail!("--accept {id:?}: no hazard is named so{}", near.unwrap_or_default());
        }
    }
    Ok(Request { accept: common.accept.iter().cloned().collect(), ..Request::default() })
}

/// Reads everything that was selected, and plans it.
pub async fn read_and_plan<G: Connection>(
    session: &Session<G>,
    look: Look,
    request: &Request,
    console: &Console,
) -> anyhow::Result<(Plan, Vec<Subject<G>>)> {
    let progress = |done, total| console.progress.read(done, total);
    let subjects = read::read(&session.entries, look, request, session.today, progress).await;
    console.progress.finish();
    if subjects.is_empty() {
        anyhow::bail!("--api selects no API: none that the file matches has such a name");
    }
    let mut plan = read::plan(&session.entries, &subjects, request, session.today);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    warn_of_expiry(&mut plan, session.pace, now, |target| expires_at(&subjects, target));
    Ok((plan, subjects))
}

/// When the credentials of an API's account end, in Unix seconds.
fn expires_at<G: Connection>(subjects: &[Subject<G>], target: &ApiTarget) -> Option<i64> {
    let subject = subjects.iter().find(|subject| subject.target == *target)?;
    let end = subject.gateway.as_ref()?.reader().credentials_expire_at()?;
    Some(OffsetDateTime::from(end).unix_timestamp())
}

/// Writes the plan to stdout in the form that was asked for.
pub fn show<G>(
    plan: &Plan,
    session: &Session<G>,
    common: &Common,
    console: &Console,
) -> anyhow::Result<()> {
    let text = match console.output {
        Output::Json => {
            let document = Document::new(plan, session.pace, created_at());
            serde_json::to_string_pretty(&document)? + "\n"
        }
        Output::Markdown => report::markdown::render(plan, session.pace),
        Output::Text if all_unread(plan) => return Ok(()),
        Output::Text => {
            let mut command = session::same_command("apply", common);
            let digests = refused_foreign(plan);
            for digest in &digests {
                command.push_str(" --accept-foreign ");
                command.push_str(digest.as_str());
            }
            let next = if digests.is_empty() {
                format!("Apply it with `{command}`.")
            } else {
                format!("Apply it, with the work of others that it would ship, by `{command}`.")
            };
            report::plan::render(plan, session.pace, console.colour(), &next)
        }
    };
    console.data(&text);
    Ok(())
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

/// Every API that could not be read, with the reason, on stderr.
pub fn tell_unread(plan: &Plan, console: &Console) {
    for api in &plan.apis {
        if let Work::Unread(error) = &api.work {
            console.error_text(&format!("{}: {error}", api_title(&api.target)));
        }
    }
}

pub fn all_unread(plan: &Plan) -> bool {
    plan.apis.iter().all(|api| matches!(api.work, Work::Unread(_)))
}

pub fn interrupted(console: &Console, exit: Exit) -> Exit {
    console.remark("interrupted: nothing was changed");
    exit
}

fn exit(plan: &Plan, args: &PlanArgs) -> Exit {
    if all_unread(plan) {
        Exit::Error
    } else if plan.is_incomplete() {
        Exit::Incomplete
    } else if args.detailed_exitcode && plan.has_work() {
        Exit::Differences
    } else {
        Exit::Done
    }
}
