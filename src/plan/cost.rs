//! What applying a plan costs: how many calls, and how long at AWS's rate.

use std::collections::{BTreeMap, BTreeSet};

use super::stages::{Consent, Part, StagePlan};
use super::{ApiWork, Plan};
use crate::state::export_shows::ExportShows;

/// The pace at which calls can be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Calls a second.
    pub rate: f64,
    /// Calls that may go at once.
    pub burst: f64,
    /// Seconds between two CreateDeployment calls.
    pub deploy_interval: f64,
}

impl Default for Pace {
    /// 80 percent of AWS's quota: 10 calls a second with a burst of 40, and one
    /// CreateDeployment in 5 seconds ("Amazon API Gateway quotas"; none can be raised).
    fn default() -> Self {
        Self { rate: 8.0, burst: 32.0, deploy_interval: 6.25 }
    }
}

/// What an apply sends beyond the reads of its plan, where nobody has to be asked. Calls
/// that are made only when something goes wrong, or is slow to show, are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub writes: u64,
    pub deployments: u64,
    pub stage_updates: u64,
    /// The configuration before the first change of an API, before its deployment and after all
    /// of it; what its first stage shows in between; what a new deployment holds; where each stage points
    /// before it is moved, and what it serves after.
    pub reads: u64,
    /// Rounded up.
    pub seconds: u64,
}

/// In seconds, as `execute` has it: what was read longer ago is read again as a whole.
const FRESH: f64 = 5.0;

/// When an API was read, as its turn comes.
#[derive(Clone, Copy)]
enum Seen {
    JustNow,
    /// Its deployment had to wait for those before it.
    AWhileAgo,
}

/// Good answers in a row until a stage is believed.
pub const GOOD_ANSWERS: u64 = 3;

impl Cost {
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.writes + self.deployments + self.stage_updates + self.reads
    }

    /// The cost of a whole plan at a pace.
    #[must_use]
    pub fn of(plan: &Plan, pace: Pace) -> Self {
        let mut turns: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        let mut cost = Self::default();
        for (target, work) in plan.works().filter(|(_, work)| work.is_needed()) {
            let seen = if work.creates_deployment() {
                let turn = turns.entry((&target.account, &target.region)).or_default();
                let age = f64::from(*turn) * pace.deploy_interval;
                *turn += 1;
                if age < FRESH { Seen::JustNow } else { Seen::AWhileAgo }
            } else {
                Seen::JustNow
            };
            cost = cost.plus(Self::of_api(work, seen));
        }
        cost.seconds = cost.duration(pace);
        cost
    }

    fn of_api(work: &ApiWork, seen: Seen) -> Self {
        let moved: Vec<&StagePlan> =
            work.stages.iter().filter(|stage| stage.is_deployed()).collect();
        let before = match seen {
            Seen::JustNow => u64::from(!work.changes.is_empty()),
            Seen::AWhileAgo => ground(work),
        };
        let between = u64::from(work.deploys() && work.export_will_prove());
        let made = u64::from(work.creates_deployment());
        // Before a stage is moved to it, the new deployment is compared with the one that it
        // replaces, and the configuration with the planned one.
        let held = u64::from(work.creates_deployment() && moved.iter().any(|s| is_watched(s)));
        let unshared = made;
        let looks: u64 = moved.iter().map(|stage| 1 + answers(work, stage)).sum();
        Self {
            writes: work.changes.len() as u64,
            deployments: made,
            stage_updates: moved.len() as u64,
            reads: before + between + unshared + held + looks + 1,
            seconds: 0,
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            writes: self.writes + other.writes,
            deployments: self.deployments + other.deployments,
            stage_updates: self.stage_updates + other.stage_updates,
            reads: self.reads + other.reads,
            seconds: self.seconds + other.seconds,
        }
    }

    /// The slower of the two queues: all calls, and the deployments.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of calls, far below 2^52, and never negative"
    )]
    fn duration(&self, pace: Pace) -> u64 {
        let all = (self.calls() as f64 - pace.burst).max(0.0) / pace.rate;
        let deployments = self.deployments.saturating_sub(1) as f64 * pace.deploy_interval;
        let at_least = if self.calls() == 0 { 0.0 } else { 1.0 };
        all.max(deployments).max(at_least).ceil() as u64
    }
}

/// The reads of all that a plan rests on: the configuration, where the stages point, the
/// deployments; and, where it was compared what comes along, the API with its resources,
/// the deployments that are replaced, and the exports.
fn ground(work: &ApiWork) -> u64 {
    let compared: Vec<&StagePlan> =
        work.stages.iter().filter(|stage| stage.is_deployed() && stage.foreign.is_some()).collect();
    let replaced: BTreeSet<&str> = compared.iter().filter_map(|stage| stage.replaced()).collect();
    match (work.deploys(), compared.len()) {
        (false, _) => 2,
        (true, 0) => 3,
        (true, stages) => 5 + (replaced.len() + stages) as u64,
    }
}

/// Whether it is compared what comes along to the stage.
fn is_watched(stage: &StagePlan) -> bool {
    let StagePlan { foreign, consent, .. } = stage;
    foreign.is_some() && *consent != Consent::Allowed && stage.replaced().is_some()
}

/// How often a moved stage is asked what it serves: once, where its answer proves nothing.
fn answers(work: &ApiWork, stage: &StagePlan) -> u64 {
    match (stage.part, work.export_shows) {
        (Part::Canary, _) | (Part::Stage, ExportShows::Mirror) => 1,
        (Part::Stage, ExportShows::Snapshot | ExportShows::Unproven) => GOOD_ANSWERS,
    }
}
