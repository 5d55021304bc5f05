//! Where the record of a run goes, and what is said of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::macros::format_description;

use super::saved::{self, Saved};
use super::typed;
use crate::apply::record::{ApiRecord, Leftovers, Record, Recorder, RunStatus, Verb};
use crate::cli::args::Common;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::cli::terminal::exit::Exit;
use crate::cli::verbs::plan::created_at;
use crate::report::comments;
use crate::report::reason::Reason;
use crate::saved::disk;

/// Where records go that nobody names a file for.
const FOLDER: &str = ".gwr/runs";

/// So many records are looked at, the newest: what is older is long since settled.
const LOOKED_AT: usize = 100;

/// A record that is being kept.
pub struct Kept {
    pub path: PathBuf,
    pub recorder: Arc<Recorder>,
}

/// Names a run in its record and in the descriptions of its deployments.
pub fn run_id() -> String {
    format!("{:012x}", fastrand::u64(..) & 0xffff_ffff_ffff)
}

/// Writes the record before anything else is written.
///
/// # Errors
/// When it cannot be: then nothing may be applied.
pub fn begin(named: Option<&Path>, record: Record, console: &Console) -> anyhow::Result<Kept> {
    let path = match named {
        Some(path) => {
            disk::make_folder_of(path).map_err(|error| no_record(path, &error))?;
            path.to_owned()
        }
        None => default_path(&record.run).map_err(|error| no_record(Path::new(FOLDER), &error))?,
    };
    let aside = disk::put_aside(&path).map_err(|error| no_record(&path, &error))?;
    if let Some(aside) = aside {
        console.remark(&format!("The previous record was kept as {}.", aside.display()));
    }
    let recorder =
        Recorder::begin(path.clone(), record).map_err(|error| no_record(&path, &error))?;
    Ok(Kept { path, recorder: Arc::new(recorder) })
}

/// What the records here say that earlier runs did not finish. One that cannot be read
/// says nothing.
pub fn leftovers() -> Leftovers {
    let records: Vec<Record> = records().into_iter().map(|(_, record)| record).collect();
    Leftovers::of(&records)
}

/// The deployments between which the newest record of this folder that names a stage
/// moved it. GetDeployments can be some seconds behind and lack them.
pub fn deployments_of(rest_api_id: &str, stage: &str) -> BTreeSet<String> {
    let of = |record: &Record| -> BTreeSet<String> {
        record.deployments_of(rest_api_id, stage).map(ToOwned::to_owned).collect()
    };
    let found = records().iter().rev().map(|(_, record)| of(record)).find(|ids| !ids.is_empty());
    found.unwrap_or_default()
}

/// The record in this folder of the apply that made a deployment.
pub fn record_of(rest_api_id: &str, deployment: &str) -> Option<PathBuf> {
    let made = |api: &ApiRecord| {
        let id = api.deployment.as_ref().and_then(|one| one.deployment_id.as_deref());
        api.rest_api_id == rest_api_id && id == Some(deployment)
    };
    let (path, _) = records()
        .into_iter()
        .find(|(_, record)| record.verb == Verb::Apply && record.apis.iter().any(made))?;
    Some(path)
}

/// The newest records of this folder, in the order in which they were written.
fn records() -> Vec<(PathBuf, Record)> {
    let Ok(folder) = std::fs::read_dir(FOLDER) else { return Vec::new() };
    // By when they were last written: their names tell the second in which a run began.
    let mut paths: Vec<(Option<SystemTime>, PathBuf)> = folder
        .flatten()
        .map(|entry| (entry.metadata().and_then(|data| data.modified()).ok(), entry.path()))
        .collect();
    paths.retain(|(_, path)| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let newest = paths.split_off(paths.len().saturating_sub(LOOKED_AT));
    newest
        .into_iter()
        .filter_map(|(_, path)| match saved::read(&path) {
            Ok((_, Saved::Record(record))) => Some((path, *record)),
            Ok((_, Saved::Plan(_))) | Err(_) => None,
        })
        .collect()
}

fn no_record(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!(
        "the record {} cannot be written: {error}; without a record nothing is applied\n\
         hint: name another file with `--record FILE`",
        path.display()
    )
}

fn default_path(run: &str) -> std::io::Result<PathBuf> {
    disk::make_private_folder(Path::new(FOLDER))?;
    let now = OffsetDateTime::now_utc()
        .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
        .unwrap_or_default();
    Ok(Path::new(FOLDER).join(format!("{now}-{run}.json")))
}

impl Kept {
    /// Writes down how the run ended. A record that could not be written makes the run
    /// incomplete: a rollback would lack steps.
    pub fn end(&self, status: &mut ExitStatus, console: &Console) {
        let ended = match status.exit() {
            Exit::Done => RunStatus::Done,
            Exit::Interrupted | Exit::Terminated => RunStatus::Interrupted,
            Exit::Error | Exit::Differences | Exit::Incomplete | Exit::Refused => {
                RunStatus::Incomplete
            }
        };
        self.recorder.end(ended, created_at());
        if let Some(failure) = self.recorder.failure() {
            let reason = Reason::failed(&failure).leaving("it may lack steps that were done");
            status.because(&reason, console);
        }
    }

    /// The record as a comment of a pull request.
    ///
    /// # Errors
    /// When it cannot be read again.
    pub fn comment(&self, alerts: &[String], common: &Common) -> anyhow::Result<String> {
        let back = typed::command_with("rollback", &self.path, common);
        match saved::read(&self.path) {
            Ok((_, Saved::Record(record))) => {
                let again = typed::again(&record, common);
                Ok(comments::record(&record, &back, &again, alerts))
            }
            Ok((_, Saved::Plan(_))) => {
                anyhow::bail!("{} is not a valid record", self.path.display())
            }
            Err(unfit) => anyhow::bail!("the record cannot be shown: {}", unfit.message),
        }
    }

    /// The line that ends a report: where the record is, and how to undo the run, if it
    /// changed anything.
    pub fn line(&self, common: &Common) -> String {
        let back = match self.recorder.touched().why_nothing_to_take_back() {
            Some(why) => format!("{why}, so there is nothing to undo"),
            None => {
                let back = typed::command_with("rollback", &self.path, common);
                format!("to undo: `{back}`")
            }
        };
        let path = crate::report::text::printable(&self.path.display().to_string());
        format!("Record: {path}; {back}\n")
    }
}
