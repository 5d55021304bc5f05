//! Taking back the run of a record.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;

use super::{Ending, end, means, report, report_unwritten};
use crate::apply::record::{ApiRecord, Record, RunStatus, Verb};
use crate::apply::rollback::{
    Back, Ended, as_plan, bring_configurations_back, bring_stages_back, plan_back,
};
use crate::aws::Gateway;
use crate::cli::args::{Common, RollbackArgs};
use crate::cli::session::access::{self, Access, Denied};
use crate::cli::session::connect;
use crate::cli::session::record::{begin, run_id};
use crate::cli::session::saved::{self, Saved};
use crate::cli::session::typed;
use crate::cli::terminal::ask::{About, Answer, Asking, Question, ask};
use crate::cli::terminal::console::{Console, ExitStatus, Reached};
use crate::cli::terminal::interrupt::Interrupt;
use crate::cli::verbs::plan::{created_at, interrupted};
use crate::plan::review::Approval;
use crate::policy;
use crate::read::read_pointers;
use crate::report::reason::{Reason, UNCHANGED};
use crate::report::text::{count, printable};

pub async fn run(
    path: &Path,
    common: &Common,
    args: &RollbackArgs,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<ExitStatus> {
    let file = path.display();
    let record = match saved::read(path) {
        Ok((_, Saved::Record(record))) => *record,
        Ok((_, Saved::Plan(_))) => bail!(
            "{file} is a plan, which has changed nothing: give the record that an apply names, and \
             keeps in .gwr/runs"
        ),
        Err(unfit) => return Ok(ExitStatus::of(&unfit.reason(), console)),
    };
    let touched: Vec<&ApiRecord> = record.apis.iter().filter(|api| api.has_begun()).collect();
    if touched.is_empty() {
        let why = record.touched().why_nothing_to_take_back().unwrap_or_default();
        let run = printable(&record.run);
        let head = format!("Nothing to undo: in run {run} {why}.");
        report_unwritten(&[], &head, &head, console)?;
        return Ok(ExitStatus::default());
    }
    if record.status == RunStatus::Running {
        console.warning(&format!(
            "the run {} of this record has not ended: if it still runs, stop it first",
            record.run
        ));
    }
    let read = async {
        let targets: Vec<_> = touched.iter().map(|api| api.target()).collect();
        let access = access::open(policy::Verb::Rollback, common, console, &targets).await?;
        let read_at = Instant::now();
        let found = read_all(&touched, &access, console).await;
        anyhow::Ok((access, read_at, found))
    };
    let (_access, read_at, Found { rollbacks, unread }) = tokio::select! {
        read = read => match read {
            Ok(read) => read,
            Err(error) => return Ok(connect::report_untouched(&error, console)),
        },
        signal = interrupt.wait() => return Ok(interrupted(console, signal)),
    };
    let mut status = ExitStatus::default();
    status.because_of(&unread, console);
    if rollbacks.is_empty() {
        return Ok(status);
    }
    status.reach(Reached::Read);
    let stages: usize = rollbacks.iter().map(|(back, _)| back.moves.len()).sum();
    let changes: usize = rollbacks.iter().map(|(back, _)| back.types().len()).sum();
    let is_needed = rollbacks.iter().any(|(back, _)| back.is_needed());
    let (asking, approval) = if args.yes || !is_needed {
        (Asking::Skipped, Approval::Flag)
    } else {
        (Asking::Needed, Approval::Typed)
    };
    console.about_to_do(asking, |colour| {
        crate::report::rollback::plan(rollbacks.iter().map(|(back, _)| back), colour)
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
        Answer::No(reason) => {
            status.because(&reason, console);
            return Ok(status);
        }
        Answer::Interrupted(signal) => {
            status.interrupted_by(signal, UNCHANGED, console);
            return Ok(status);
        }
    }
    let run = run_id();
    let kept = begin(args.record.as_deref(), recorded(&record, &run, &rollbacks), console)?;
    let means = means(run, read_at, &kept, console, interrupt);
    let work = async {
        let ends = bring_stages_back(rollbacks, &means).await;
        bring_configurations_back(ends, &means, approval).await
    };
    let ends = interrupt.finish(work, console).await;
    console.progress.finish();
    let again = !unread.is_empty() || ends.iter().any(Ended::is_unfinished);
    let resume = again.then(|| {
        let asking = if args.yes { Asking::Skipped } else { Asking::Needed };
        typed::rollback(args, asking, common)
    });
    end(&ends, &mut status, console, interrupt);
    kept.end(&mut status, console);
    let ending = Ending { note: None, resume };
    if let Err(error) = report(&ends, unread.len(), &ending, &kept, common, console) {
        status.because_of_error(&error, console);
    }
    Ok(status)
}

fn recorded(record: &Record, run: &str, rollbacks: &[(Back, Gateway)]) -> Record {
    let apis = rollbacks
        .iter()
        .filter(|(back, _)| back.is_needed())
        .map(|(back, _)| back.record())
        .collect();
    let digest = as_plan(rollbacks.iter().map(|(back, _)| back)).desired_digest;
    let mut new = Record::of(Verb::Rollback, run.to_owned(), created_at(), digest, apis);
    new.rolls_back = Some(record.run.clone());
    new.seal();
    new
}

#[derive(Default)]
struct Found {
    rollbacks: Vec<(Back, Gateway)>,
    /// Why the others cannot be rolled back.
    unread: Vec<Reason>,
}

async fn read_all(touched: &[&ApiRecord], access: &Access, console: &Console) -> Found {
    let mut found = Found::default();
    for (done, api) in touched.iter().enumerate() {
        console.progress.read(done, touched.len());
        let target = api.target();
        let reason = match access.gateway(&target) {
            Err(Denied::Unreachable(why)) => Reason::failed(&why),
            Err(Denied::OtherAccount(why)) => Reason::refused(&format!("refused: {why}")),
            Ok(gateway) => match read_pointers(&gateway, &target).await {
                Err(error) => Reason::failed(&crate::report::aws_error::describe(&error)),
                Ok(observed) => {
                    found.rollbacks.push((plan_back(api, observed, connect::today()), gateway));
                    continue;
                }
            },
        };
        found.unread.push(reason.of(&target).leaving("nothing of it is rolled back"));
    }
    console.progress.finish();
    found
}
