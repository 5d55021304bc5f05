//! Rollback: the stages first, for that is what clients see; then the configuration.
//!
//! A stage that points at its old deployment serves what it served; no new deployment is
//! needed. The configuration is brought back by a plan like any other, made by the
//! planner from what the record says was there, or from what the old deployment turns
//! out to serve. What another client has changed since stays unchanged and is
//! reported.

mod destination;
mod from_record;
mod routes;
mod run;
mod served;
mod stages;

use super::record::ApiRecord;
use crate::model::ResponseType;
use crate::plan::{ApiPlan, ApiTarget, ApiWork, Part, Plan, Work};
use crate::state::desired::DesiredApi;
use crate::state::observed::ObservedApi;

pub use destination::{Destination, RolledBack, Unknown, already_at, destination};
pub use from_record::{entry, plan_back};
pub use routes::{LostRoutes, RoutesUnknown, read_routes};
pub use run::{Ended, are_refused, bring_configurations_back, bring_stages_back};
pub use served::{
    Before, NoEvidence, Standing, UnreadServed, Unrestored, compare_with_served, plan_as_served,
    read_served,
};
pub use stages::{Moved, move_stages};

/// What rolls one API back.
#[derive(Clone, Debug)]
pub struct Back {
    pub target: ApiTarget,
    pub moves: Vec<Move>,
    /// Stages that an earlier run moved. If it was ended before it noted the move in the
    /// descriptions of the deployments, this run does.
    pub moved_before: Vec<Move>,
    /// What stays unchanged because another client has changed it since; in words.
    pub left: Vec<String>,
    pub configuration: Configuration,
}

/// How the configuration is restored.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// What the planner is given in the place of a file's entry.
    pub desired: DesiredApi,
    pub observed: ObservedApi,
    pub work: ApiWork,
}

/// A stage to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub stage: String,
    /// Its own pointer, or that of its canary.
    pub part: Part,
    /// Where it points now.
    pub from: Option<String>,
    pub to: String,
}

impl Back {
    /// Whether anything would be written.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        !self.moves.is_empty() || self.configuration.work.is_needed()
    }

    /// The types that change back.
    #[must_use]
    pub fn types(&self) -> Vec<ResponseType> {
        self.configuration.work.changes.iter().map(|(response_type, _)| *response_type).collect()
    }

    /// Its entry in the record before it begins.
    #[must_use]
    pub fn record(&self) -> ApiRecord {
        let mut record = ApiRecord::new(&self.target, &self.configuration.work);
        record.stages = self.moves.iter().map(Move::record).collect();
        record
    }
}

impl Move {
    /// Its entry in the record before it begins.
    #[must_use]
    pub fn record(&self) -> super::record::StageRecord {
        super::record::StageRecord {
            name: self.stage.clone(),
            part: self.part,
            status: super::record::StageStatus::Planned,
            from: self.from.clone(),
            to: Some(self.to.clone()),
        }
    }
}

/// The configurations as one plan, to be reviewed and executed as any other.
pub fn as_plan<'a>(backs: impl IntoIterator<Item = &'a Back>) -> Plan {
    let backs: Vec<&Back> = backs.into_iter().collect();
    let apis = backs
        .iter()
        .map(|back| ApiPlan {
            target: back.target.clone(),
            desired_digest: crate::plan::desired_digest(&back.configuration.desired),
            work: Work::Planned(Box::new(back.configuration.work.clone())),
        })
        .collect();
    Plan::new(backs.iter().map(|back| &back.configuration.desired), apis)
}
