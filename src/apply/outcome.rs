//! How an apply ended: for each API, for its deployment and for each stage. Records and
//! reports derive their words and documents from these types.

use super::changes::{Applied, ChangeFailure};
use crate::aws::AwsError;
use crate::model::ResponseType;
use crate::plan::{self, ApiTarget, ApiWork, Evidence, Foreign, Part};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Deployment, Export, StagePointer, Unread};

/// How the work on one API ended.
#[derive(Debug)]
pub struct Outcome {
    pub target: ApiTarget,
    pub end: End,
    pub applied: Applied,
    /// The types that were planned to change, in order.
    pub planned: Vec<ResponseType>,
    /// The stages that were planned to move, in order.
    pub planned_stages: Vec<(String, Part)>,
    pub deployed: Option<Deployed>,
}

impl Outcome {
    /// Of an API that was found changed before anything was written to it.
    #[must_use]
    pub fn stale(target: &ApiTarget, work: &ApiWork, why: String) -> Self {
        Self { end: End::Stale(Cause::Outdated(why)), ..Self::not_begun(target, work) }
    }

    /// Whether anything may have been written for it.
    #[must_use]
    pub const fn has_written(&self) -> bool {
        self.applied.has_written() || self.deployed.is_some()
    }

    pub(crate) fn not_begun(target: &ApiTarget, work: &ApiWork) -> Self {
        Self {
            target: target.clone(),
            end: End::Interrupted,
            applied: Applied::default(),
            planned: work.changes.iter().map(|(response_type, _)| *response_type).collect(),
            planned_stages: work
                .stages
                .iter()
                .filter(|stage| stage.is_deployed())
                .map(|stage| (stage.name.clone(), stage.part))
                .collect(),
            deployed: None,
        }
    }
}

/// How it ended, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Done, and verified.
    Done,
    /// Another client changed the API; gwr changed only what is listed as applied.
    Stale(Cause),
    /// A change or the deployment failed.
    Failed(Cause),
    /// Everything was sent, and the result could not be verified.
    Unverified(Cause),
    Interrupted,
}

/// Why an API is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What the plan rests on has changed, in the planner's words.
    Outdated(String),
    /// The record could not be written.
    Record(String),
    /// The API could not be read before the first write.
    NotRead(AwsError),
    Change(ChangeFailure),
    /// The outcome's deployment, or one of its stages, holds the reason.
    Deployment,
    /// The configuration could not be read after the last write.
    NotReadAgain(AwsError),
    /// These types still differ from the file after everything was done.
    Left(Vec<ResponseType>),
}

/// A step of the work on an API, for the progress display.
#[derive(Clone, Debug)]
pub enum Event {
    WaitingForTurn {
        api: String,
    },
    /// Reading again, just before the first write.
    LookingAgain {
        api: String,
    },
    Changing {
        api: String,
        response_type: ResponseType,
        action: plan::Action,
        call: plan::Call,
    },
    Deploying {
        api: String,
    },
    Deployed {
        api: String,
        deployment: String,
    },
    StageMoved {
        api: String,
        stage: String,
        part: Part,
        deployment: String,
    },
    StageVerified {
        api: String,
        stage: String,
        part: Part,
    },
    Ended {
        api: String,
        end: Box<End>,
        /// The reason in words.
        error: Option<String>,
    },
}

/// What was deployed.
#[derive(Debug, Default)]
pub struct Deployed {
    /// The deployment that was created, if it still exists.
    pub deployment: Option<Deployment>,
    /// The stages that were moved, or tried.
    pub stages: Vec<MovedStage>,
    pub export_shows: ExportShows,
    /// What the new deployment holds that was not in the plan: no stage was moved.
    pub unlisted: Option<Foreign>,
    /// The stages that nothing was deployed to because exports turned out to mirror the
    /// configuration: with what could not be compared.
    pub uncompared: Vec<(String, Foreign)>,
    pub unused: Unused,
    pub error: Option<DeployFailure>,
    pub interrupted: bool,
}

/// Why no stage was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployFailure {
    NotCreated(AwsError),
    /// What the new deployment holds could not be read, so no stage was moved to it.
    Unread {
        deployment: String,
        error: AwsError,
    },
}

impl Deployed {
    /// How the API ends for it; `None` where every stage serves what is planned.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        if self.error.is_some() {
            return Some(End::Failed(Cause::Deployment));
        }
        if self.unlisted.is_some() {
            return Some(End::Stale(Cause::Deployment));
        }
        if !self.uncompared.is_empty() {
            return Some(End::Failed(Cause::Deployment));
        }
        self.stages.iter().find_map(|stage| match &stage.end {
            MoveEnd::Verified(..) => None,
            MoveEnd::Unchanged(NotMoved::Changed(_)) => Some(End::Stale(Cause::Deployment)),
            MoveEnd::Unchanged(NotMoved::Refused(_))
            | MoveEnd::Faulty(Fault::Unlisted(_), _)
            | MoveEnd::Faulty(Fault::Differs(_), Revert::Done) => {
                Some(End::Failed(Cause::Deployment))
            }
            MoveEnd::Unclear(_)
            | MoveEnd::Faulty(Fault::Unknown(_), _)
            | MoveEnd::Faulty(Fault::Differs(_), Revert::NotTried | Revert::Failed(_)) => {
                Some(End::Unverified(Cause::Deployment))
            }
        })
    }

    /// Whether a stage may point at the deployment. One that served something different and
    /// was reverted counts: its deployment stays, so that it can be examined.
    #[must_use]
    pub fn keeps_deployment(&self) -> bool {
        self.stages.iter().any(|stage| match stage.end.pointer() {
            Pointer::Moved | Pointer::Unclear => true,
            Pointer::Reverted => matches!(stage.end.proof(), Some(Proof::Differs(_))),
            Pointer::Unchanged => false,
        })
    }
}

/// What became of a deployment that no stage was moved to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unused {
    /// There is none.
    #[default]
    None,
    Deleted(String),
    /// It could not be deleted; with the reason.
    Left(String, AwsError),
}

/// One stage that was moved, or tried.
#[derive(Debug)]
pub struct MovedStage {
    pub name: String,
    pub part: Part,
    /// Where it pointed before.
    pub from: Option<String>,
    pub to: String,
    pub end: MoveEnd,
}

/// How moving a stage ended. What a stage serves is known only of one that was moved, and
/// only one that serves something else is reverted.
#[derive(Debug)]
pub enum MoveEnd {
    Verified(Evidence, Option<Box<Export>>),
    Faulty(Fault, Revert),
    Unchanged(NotMoved),
    Unclear(MoveDoubt),
}

/// What is wrong with a stage that was moved.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It serves these types differently from the plan.
    Differs(Vec<ResponseType>),
    /// It served changes of others that the plan did not list.
    Unlisted(Foreign),
    /// What it serves could not be read.
    Unknown(CheckFailure),
}

/// Why it is unknown what a stage serves.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckFailure {
    Call(AwsError),
    /// There was an export before the move, and GetExport fails after it.
    ExportFailed(Unread),
    StageGone,
}

/// What became of reverting a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revert {
    NotTried,
    Done,
    /// It still points at the new deployment.
    Failed(RevertFailure),
}

/// Why a stage could not be reverted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevertFailure {
    NoDeploymentBefore,
    NotMoved(NotMoved),
    Unclear(MoveDoubt),
}

/// Why a stage points where it pointed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotMoved {
    Changed(StageChange),
    /// It could not be read, or the move was refused.
    Refused(AwsError),
}

/// What another client did to a stage since it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageChange {
    Moved {
        from: Option<String>,
        to: Option<String>,
    },
    Canary,
    /// It is not where a rollback, or a revert, expects it.
    Elsewhere(StagePointer),
}

/// Why it is unknown whether a stage was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveDoubt {
    NoAnswer(AwsError),
    /// The answer to the move shows the stage elsewhere.
    Elsewhere(StagePointer),
}

/// How pointing a stage at a deployment ended, before anything is known of what it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointed {
    Done,
    NotMoved(NotMoved),
    Unclear(MoveDoubt),
}

/// The words of reasons, which records keep. They are the caller's: apply has none.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Why an API is not done.
    pub outcome: fn(&Outcome) -> Option<String>,
    /// Why a stage was not moved; `None` where it was.
    pub stage: fn(&str, &Pointed) -> Option<String>,
}

/// Where a stage points now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    Moved,
    Reverted,
    Unchanged,
    Unclear,
}

/// What a moved stage serves, or served before it was reverted.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    Verified(Evidence),
    Differs(&'a [ResponseType]),
    Unlisted(&'a Foreign),
    Unknown(&'a CheckFailure),
}

impl MoveEnd {
    #[must_use]
    pub const fn pointer(&self) -> Pointer {
        match self {
            Self::Verified(..) | Self::Faulty(_, Revert::NotTried | Revert::Failed(_)) => {
                Pointer::Moved
            }
            Self::Faulty(_, Revert::Done) => Pointer::Reverted,
            Self::Unchanged(_) => Pointer::Unchanged,
            Self::Unclear(_) => Pointer::Unclear,
        }
    }

    /// `None` of a stage that was not moved.
    #[must_use]
    pub fn proof(&self) -> Option<Proof<'_>> {
        match self {
            Self::Verified(evidence, _) => Some(Proof::Verified(*evidence)),
            Self::Faulty(Fault::Differs(types), _) => Some(Proof::Differs(types)),
            Self::Faulty(Fault::Unlisted(foreign), _) => Some(Proof::Unlisted(foreign)),
            Self::Faulty(Fault::Unknown(why), _) => Some(Proof::Unknown(why)),
            Self::Unchanged(_) | Self::Unclear(_) => None,
        }
    }

    /// Whether the stage serves what is planned.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Verified(..))
    }

    /// What of another client's work the stage served without being in the plan.
    #[must_use]
    pub const fn unlisted(&self) -> Option<&Foreign> {
        match self {
            Self::Faulty(Fault::Unlisted(foreign), _) => Some(foreign),
            Self::Faulty(Fault::Differs(_) | Fault::Unknown(_), _)
            | Self::Verified(..)
            | Self::Unchanged(_)
            | Self::Unclear(_) => None,
        }
    }
}
