//! The record of an apply or a rollback: what was there, what was planned, how far it
//! came. It is enough to recognise a run that was killed, and to undo it.
//!
//! Pure: [`Record`] is plain data, and a [`Note`] of what happened leads from one state
//! to the next. Writing it to the disk is [`Recorder`]'s.

mod document;
mod note;
mod recorder;
mod unfinished;

pub use document::{
    ApiRecord, ApiStatus, ChangeRecord, DeploymentRecord, DeploymentStatus, Record, RunStatus,
    StageRecord, StageStatus, StepStatus, Verb,
};
pub use note::Note;
pub use recorder::Recorder;
pub use unfinished::Leftovers;
