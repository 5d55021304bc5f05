//! What happened, and what the record is after it.
//!
//! One note is one write to the disk. It also marks what comes next as in flight: a run
//! that is killed between two notes has at most that step half done.

use super::document::{
    ApiRecord, ApiStatus, DeploymentStatus, Record, StageStatus, StepStatus, Verb, planned,
};
use crate::apply::outcome::{End, Fault, MoveEnd, NotMoved, Outcome, Revert, Unused};
use crate::model::ResponseType;
use crate::plan::{ApiTarget, ApiWork};

/// A step of one API.
#[derive(Clone, Copy, Debug)]
pub enum Note<'a> {
    /// The first write is next.
    Begun,
    Changed(ResponseType),
    /// The deployment is there that stages will be moved to.
    Deployed(&'a str),
    StageMoved(&'a str),
    StageVerified(&'a str),
    StageEnded(&'a str, StageStatus),
    /// What a rollback will write, once that is known.
    Planned(&'a ApiWork),
    /// The work on the configuration is over; with what is known at last.
    /// The text says why it is not done.
    Ended(&'a Outcome, Option<&'a str>),
    /// How the whole API ended, where that is more than the configuration.
    Closed(ApiStatus, Option<&'a str>),
}

impl Record {
    /// Takes a note of an API; an API that is not in the record is ignored.
    pub fn note(&mut self, target: &ApiTarget, note: Note<'_>) {
        let verb = self.verb;
        let Some(api) = self.apis.iter_mut().find(|api| api.target() == *target) else { return };
        match note {
            Note::Begun => api.status = ApiStatus::Running,
            Note::Changed(response_type) => api.mark_change(response_type, StepStatus::Done),
            Note::Deployed(id) => {
                if let Some(deployment) = &mut api.deployment {
                    deployment.status = match &deployment.deployment_id {
                        Some(known) if known == id => DeploymentStatus::Reused,
                        Some(_) | None => DeploymentStatus::Made,
                    };
                    deployment.deployment_id = Some(id.to_owned());
                }
                for stage in &mut api.stages {
                    stage.to = Some(id.to_owned());
                }
            }
            Note::StageMoved(name) => api.mark_stage(name, StageStatus::Moved),
            Note::StageVerified(name) => api.mark_stage(name, StageStatus::Verified),
            Note::StageEnded(name, status) => api.mark_stage(name, status),
            Note::Planned(work) => {
                api.base_digest = work.base_digest.clone();
                api.after_digest = work.after_digest.clone();
                api.integration_failure_was = work.integration_failure_was;
                api.changes = planned(work);
            }
            Note::Closed(status, error) => {
                api.status = status;
                api.error = error.map(ToOwned::to_owned);
                api.settle();
            }
            Note::Ended(outcome, error) => api.end(outcome, error),
        }
        if api.status == ApiStatus::Running {
            api.mark_next(verb);
        }
        self.seal();
    }
}

impl ApiRecord {
    fn mark_change(&mut self, response_type: ResponseType, status: StepStatus) {
        for change in &mut self.changes {
            if change.change.response_type == response_type {
                change.status = status;
            }
        }
    }

    fn mark_stage(&mut self, name: &str, status: StageStatus) {
        for stage in self.stages.iter_mut().filter(|stage| stage.name == name) {
            stage.status = status;
        }
    }

    /// Marks what comes next: an apply writes before it deploys, a rollback moves the
    /// stages first.
    fn mark_next(&mut self, verb: Verb) {
        match verb {
            Verb::Apply => {
                let _ = self.mark_next_change() || self.mark_deployment() || self.mark_next_stage();
            }
            Verb::Rollback => {
                let _ = self.mark_next_stage() || self.mark_next_change();
            }
        }
    }

    fn mark_next_change(&mut self) -> bool {
        let next = self.changes.iter_mut().find(|change| change.status != StepStatus::Done);
        if let Some(change) = next {
            change.status = StepStatus::InFlight;
            return true;
        }
        false
    }

    fn mark_deployment(&mut self) -> bool {
        match &mut self.deployment {
            Some(deployment) if deployment.status == DeploymentStatus::Planned => {
                deployment.status = DeploymentStatus::InFlight;
                true
            }
            Some(deployment) => deployment.status == DeploymentStatus::InFlight,
            None => false,
        }
    }

    fn mark_next_stage(&mut self) -> bool {
        let open = |status| matches!(status, StageStatus::Planned | StageStatus::InFlight);
        let before = self.stages.iter().take_while(|stage| !open(stage.status));
        // A stage that was moved is looked at before the next is.
        if before.last().is_some_and(|stage| stage.status == StageStatus::Moved) {
            return true;
        }
        if let Some(stage) = self.stages.iter_mut().find(|stage| open(stage.status)) {
            stage.status = StageStatus::InFlight;
            return true;
        }
        false
    }

    /// What was marked as next and not begun is planned again.
    fn settle(&mut self) {
        for change in self.changes.iter_mut().filter(|c| c.status == StepStatus::InFlight) {
            change.status = StepStatus::Planned;
        }
        for stage in self.stages.iter_mut().filter(|s| s.status == StageStatus::InFlight) {
            stage.status = StageStatus::Planned;
        }
    }

    /// What was still in flight is settled by what the outcome says of it.
    fn end(&mut self, outcome: &Outcome, error: Option<&str>) {
        let Outcome { target: _, end, applied, planned: _, planned_stages: _, deployed } = outcome;
        self.status = match end {
            End::Done => ApiStatus::Done,
            End::Stale(_) => ApiStatus::Stale,
            End::Failed(_) => ApiStatus::Failed,
            End::Unverified(_) => ApiStatus::Unverified,
            End::Interrupted => ApiStatus::Interrupted,
        };
        self.error = error.map(ToOwned::to_owned);
        for change in &mut self.changes {
            let response_type = change.change.response_type;
            change.status = if applied.done.contains(&response_type) {
                StepStatus::Done
            } else if applied.unclear.contains(&response_type) {
                StepStatus::Unclear
            } else if applied.not_made.contains(&response_type) {
                StepStatus::NotMade
            } else if change.status == StepStatus::InFlight {
                StepStatus::Planned
            } else {
                change.status
            };
        }
        if let Some(deployment) = &mut self.deployment
            && deployment.status == DeploymentStatus::InFlight
        {
            deployment.status = match deployed {
                Some(_) => DeploymentStatus::Failed,
                None => DeploymentStatus::Planned,
            };
        }
        if let (Some(deployment), Some(deployed)) = (&mut self.deployment, deployed)
            && matches!(deployed.unused, Unused::Deleted(_))
        {
            deployment.status = DeploymentStatus::Removed;
        }
        for stage in &mut self.stages {
            let moved = deployed.iter().flat_map(|deployed| &deployed.stages);
            let known = moved.into_iter().find(|moved| moved.name == stage.name);
            stage.status = match known {
                Some(moved) => stage_status(&moved.end),
                None if stage.status == StageStatus::InFlight => StageStatus::Planned,
                None => stage.status,
            };
        }
    }
}

const fn stage_status(end: &MoveEnd) -> StageStatus {
    match end {
        MoveEnd::Verified(..) => StageStatus::Verified,
        MoveEnd::Faulty(_, Revert::Done) => StageStatus::MovedBack,
        MoveEnd::Faulty(Fault::Differs(_) | Fault::Unlisted(_), _) => StageStatus::Differs,
        MoveEnd::Faulty(Fault::Unknown(_), _) => StageStatus::Moved,
        MoveEnd::Unclear(_) => StageStatus::Unclear,
        MoveEnd::Unchanged(NotMoved::Refused(_)) => StageStatus::NotMoved,
        MoveEnd::Unchanged(NotMoved::Changed(_)) => StageStatus::Stale,
    }
}
