//! What an apply needs next to the plan: options, the clock, and where to report to.

use std::sync::Arc;
use std::time::Instant;

use time::Date;

use super::outcome::{Cause, End, Event, Words};
use super::record::Recorder;
use super::verify::Patience;
use crate::aws::{Gateway, Writer};
use crate::plan::{ApiWork, Part, Request};
use crate::state::observed::ObservedApi;

/// How to deploy.
#[derive(Clone, Debug)]
pub struct DeployOptions {
    /// This run's id; it finds an unclear deployment again.
    pub run: String,
    /// For the description.
    pub message: String,
    pub on_bad_stage: OnBadStage,
    pub patience: Patience,
}

/// What to do with a stage that does not serve what is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBadStage {
    /// It stays, and the command that reverts it is shown.
    Leave,
    /// `--rollback-on-failure`
    MoveBack,
}

/// The API to deploy, and what was read of it.
#[derive(Clone, Copy)]
pub struct DeployTarget<'a> {
    pub gateway: &'a Gateway,
    pub writer: &'a Writer,
    pub api: &'a str,
    pub work: &'a ApiWork,
    pub observed: &'a ObservedApi,
    pub request: &'a Request,
    pub options: &'a DeployOptions,
}

/// A step of a deployment.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    Deploying,
    Deployed(&'a str),
    Moved { stage: &'a str, part: Part, deployment: &'a str },
    Verified { stage: &'a str, part: Part },
}

/// What every API of a run shares.
#[derive(Clone)]
pub struct ApplyContext {
    pub options: DeployOptions,
    pub request: Request,
    pub today: Date,
    /// When the plan was read.
    pub read_at: Instant,
    pub stop: Arc<dyn Fn() -> bool + Send + Sync>,
    pub on_event: Arc<dyn Fn(Event) + Send + Sync>,
    /// Where every step is recorded; a step that cannot be recorded is not taken.
    pub record: Arc<Recorder>,
    pub words: Words,
}

impl ApplyContext {
    /// Whether nothing new may begin.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        (self.stop)() || self.record.failure().is_some()
    }

    /// How an API ends that stopped for it.
    #[must_use]
    pub fn stopped(&self) -> End {
        match self.record.failure() {
            Some(failure) => End::Failed(Cause::Record(failure)),
            None => End::Interrupted,
        }
    }
}
