//! Taking back the run of a record.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;

use super::super::access::{self, Access, Denied};
use super::super::args::{Common, RollbackArgs};
use super::super::ask::{About, Answer, Asking, Question, ask};
use super::super::console::Console;
use super::super::exit::Exit;
use super::super::interrupt::Interrupt;
use super::super::plan::{created_at, interrupted};
use super::super::record::{begin, run_id};
use super::super::saved::{self, Saved};
use super::super::session;
use super::super::typed;
use super::{Ending, exit, means, report, report_unwritten};
use crate::aws::Gateway;
use crate::iam;
use crate::read::read_pointers;
use crate::record::{ApiRecord, Record, RunStatus, Verb};
use crate::report::plan::api_title;
use crate::report::text::{count, printable};
use crate::review::Approval;
use crate::rollback::{
    Back, Ended, as_plan, bring_configurations_back, bring_stages_back, plan_back,
};

pub async fn run(
    path: &Path,
    common: &Common,
    args: &RollbackArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Exit> {
    let file = path.display();
    let record = match saved::read(path) {
        Ok((_, Saved::Record(record))) => *record,
        Ok((_, Saved::Plan(_))) => bail!(
            "{file} is a plan, which has changed nothing: give the record that an apply names, and \
             keeps in .gwr/runs"
        ),
        Err(unfit) => {
            console.error_text(&format!("{}\nNothing was changed.", unfit.message));
            return Ok(unfit.exit());
        }
    };
    let touched: Vec<&ApiRecord> = record.apis.iter().filter(|api| api.has_begun()).collect();
    if touched.is_empty() {
        let why = record.touched().why_nothing_to_take_back().unwrap_or_default();
        let run = printable(&record.run);
        let head = format!("Nothing to take back: in run {run} {why}.");
        report_unwritten(&[], &head, &head, console)?;
        return Ok(Exit::Done);
    }
    if record.status == RunStatus::Running {
        console.warning(&format!(
            "the run {} of this record has not ended: if it still runs, stop it first",
            record.run
        ));
    }
    let read = async {
        let targets: Vec<_> = touched.iter().map(|api| api.target()).collect();
        let access = access::open(iam::Verb::Rollback, common, console, &targets).await?;
        let read_at = Instant::now();
        let found = read_all(&touched, &access, console).await;
        anyhow::Ok((access, read_at, found))
    };
    let (_access, read_at, Found { backs, unread, denied }) = tokio::select! {
        read = read => match read {
            Ok(read) => read,
            Err(error) => return Ok(session::tell_untouched(&error, console)),
        },
        exit = interrupt.wait() => return Ok(interrupted(console, exit)),
    };
    if backs.is_empty() {
        console.remark(session::UNTOUCHED);
        return Ok(if denied > 0 && unread == denied { Exit::Refused } else { Exit::Error });
    }
    let stages: usize = backs.iter().map(|(back, _)| back.moves.len()).sum();
    let changes: usize = backs.iter().map(|(back, _)| back.types().len()).sum();
    let is_needed = backs.iter().any(|(back, _)| back.is_needed());
    let (asking, approval) = if args.yes || !is_needed {
        (Asking::Skipped, Approval::Flag)
    } else {
        (Asking::Needed, Approval::Typed)
    };
    console.about_to_do(asking, |colour| {
        crate::report::rollback::plan(backs.iter().map(|(back, _)| back), colour)
    });
    let question = Question {
        about: About::Rollback,
        text: format!(
            "Move {} back and make {}?",
            count(stages as u64, "stage"),
            count(changes as u64, "change")
        ),
        without: typed::rollback(args, Asking::Skipped, common),
    };
    match ask(asking, &question, console, interrupt).await {
        Answer::Yes => {}
        Answer::No => return Ok(Exit::Refused),
        Answer::Interrupted(exit) => return Ok(interrupted(console, exit)),
    }
    let run = run_id();
    let kept = begin(args.record.as_deref(), recorded(&record, &run, &backs), console)?;
    let means = means(run, read_at, &kept, console, interrupt);
    let work = async {
        let ends = bring_stages_back(backs, &means).await;
        bring_configurations_back(ends, &means, approval).await
    };
    let ends = interrupt.told(work, console).await;
    console.progress.finish();
    let exit = exit(&ends, unread, interrupt);
    kept.end(exit, console);
    let again = unread > 0 || ends.iter().any(Ended::is_unfinished);
    let resume = again.then(|| {
        let asking = if args.yes { Asking::Skipped } else { Asking::Needed };
        typed::rollback(args, asking, common)
    });
    report(&ends, unread, &Ending { note: None, resume }, &kept, common, console)?;
    Ok(exit)
}

fn recorded(record: &Record, run: &str, backs: &[(Back, Gateway)]) -> Record {
    let apis =
        backs.iter().filter(|(back, _)| back.is_needed()).map(|(back, _)| back.record()).collect();
    let digest = as_plan(backs.iter().map(|(back, _)| back)).desired_digest;
    let mut new = Record::of(Verb::Rollback, run.to_owned(), created_at(), digest, apis);
    new.rolls_back = Some(record.run.clone());
    new.seal();
    new
}

#[derive(Default)]
struct Found {
    backs: Vec<(Back, Gateway)>,
    unread: usize,
    /// Of the unread, those that are in another account.
    denied: usize,
}

async fn read_all(touched: &[&ApiRecord], access: &Access, console: &Console) -> Found {
    let mut found = Found::default();
    for (done, api) in touched.iter().enumerate() {
        console.progress.read(done, touched.len());
        let target = api.target();
        let why = match access.gateway(&target) {
            Err(Denied::Unreachable(why)) => why,
            Err(Denied::OtherAccount(why)) => {
                found.denied += 1;
                why
            }
            Ok(gateway) => match read_pointers(&gateway, &target).await {
                Err(error) => crate::read::describe(&error),
                Ok(observed) => {
                    found.backs.push((plan_back(api, observed, session::today()), gateway));
                    continue;
                }
            },
        };
        found.unread += 1;
        console.error_text(&format!(
            "{}: {why}\nhint: it is left as it is; nothing of it is rolled back",
            api_title(&target)
        ));
    }
    console.progress.finish();
    found
}
