//! What applying a plan costs: how many calls, and how long at AWS's rate.

use super::{ApiWork, Plan};

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

/// What an apply will send. Calls that are made only when something goes wrong, or
/// is slow to show, are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub writes: u64,
    pub deployments: u64,
    pub stage_updates: u64,
    /// The configuration after all of an API, and before its first change; what a new deployment holds, where each stage
    /// points before it is moved, and what it serves after.
    pub reads: u64,
    /// Rounded up.
    pub seconds: u64,
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
        let mut cost = plan
            .works()
            .filter(|(_, work)| work.is_needed())
            .fold(Self::default(), |sum, (_, work)| sum.plus(Self::of_api(work)));
        cost.seconds = cost.duration(pace);
        cost
    }

    fn of_api(work: &ApiWork) -> Self {
        let moved = work.stages.iter().filter(|stage| stage.is_deployed()).count() as u64;
        let made = u64::from(work.creates_deployment());
        Self {
            writes: work.changes.len() as u64,
            deployments: made,
            stage_updates: moved,
            reads: 1 + u64::from(!work.changes.is_empty()) + made + moved * (1 + GOOD_ANSWERS),
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
