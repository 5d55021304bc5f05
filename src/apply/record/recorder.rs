//! The record on the disk: whole after every step, or the run stops.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::document::{Record, RunStatus, Touched};
use super::note::Note;
use crate::plan::ApiTarget;
use crate::saved::disk;

/// Keeps a record while a run goes on.
#[derive(Debug)]
pub struct Recorder {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    record: Option<Record>,
    failure: Option<String>,
}

impl Recorder {
    /// Writes the record as it is before the first write to AWS.
    ///
    /// # Errors
    /// When it cannot be written: then nothing may be applied.
    pub fn begin(path: PathBuf, record: Record) -> io::Result<Self> {
        write(&path, &record)?;
        let state = State { record: Some(record), failure: None };
        Ok(Self { path: Some(path), state: Mutex::new(state) })
    }

    /// Keeps nothing: for those who drive the library themselves.
    #[must_use]
    pub fn nowhere() -> Self {
        Self { path: None, state: Mutex::default() }
    }

    /// Writes a step down. After a failure [`Recorder::failure`] says why, and nothing
    /// new is to be begun.
    pub fn note(&self, target: &ApiTarget, note: Note<'_>) {
        self.change(|record| record.note(target, note));
    }

    /// Writes down that the run is over.
    pub fn end(&self, status: RunStatus, ended_at: String) {
        self.change(|record| {
            record.status = status;
            record.ended_at = Some(ended_at);
            record.seal();
        });
    }

    /// How much the run may have changed so far.
    #[must_use]
    pub fn touched(&self) -> Touched {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.record.as_ref().map_or(Touched::Nothing, Record::touched)
    }

    /// Why the record on the disk is behind, if it is.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).failure.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Record)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { record: Some(record), failure } = &mut *state else { return };
        change(record);
        if let Some(path) = &self.path {
            // The first failure stops the run.
            if let Err(error) = write(path, record) {
                let path = path.display();
                failure.get_or_insert(format!("the record {path} could not be written: {error}"));
            }
        }
    }
}

fn write(path: &Path, record: &Record) -> io::Result<()> {
    let text = serde_json::to_string_pretty(record).map_err(io::Error::other)? + "\n";
    disk::write_whole(path, &text)
}
