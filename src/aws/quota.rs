//! The control plane's quota, kept on this side so that AWS never has to say 429.
//!
//! Source: "Amazon API Gateway quotas and important notes": per account and region
//! 10 requests a second with a burst of 40 for all operations, CreateDeployment one
//! in 5 seconds, GetResources 5 in 2 seconds; none of them can be raised. Everybody
//! in the account shares them, so only a share is used.
//!
//! A bucket starts half full: what the run before this one has used up is not known.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as FairMutex;
use tokio::time::Instant;

use super::call::TimeLimits;

/// Requests a second for all operations together.
const RATE: f64 = 10.0;
/// How many of them may come at once.
const BURST: f64 = 40.0;
/// Between two CreateDeployment.
const DEPLOY_INTERVAL: Duration = Duration::from_secs(5);
/// Between two GetResources. The quota's window (5 in 2 s) may be a sliding one,
/// which a burst would overrun: hence even spacing.
const RESOURCES_INTERVAL: Duration = Duration::from_millis(400);
/// Even a whole share leaves a twentieth: clocks differ, and of two requests the
/// second may arrive first.
const LARGEST_SHARE: f64 = 0.95;
/// A share below this would take a minute for a handful of calls.
const SMALLEST_SHARE: f64 = 0.01;
/// Waits shorter than this are not worth telling.
const TOLD: Duration = Duration::from_secs(1);

/// How much of the quota is used, and what is shared by the connections of a run:
/// the buckets (clones share them, so keep one policy per run), the time limits, and
/// the hook that hears of waits.
#[derive(Clone)]
pub struct QuotaPolicy {
    share: f64,
    pub(super) limits: TimeLimits,
    hook: Option<Hook>,
    books: Arc<Mutex<BTreeMap<QuotaKey, Arc<Quota>>>>,
}

type Hook = Arc<dyn Fn(&Wait) + Send + Sync>;

/// Whose quota it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QuotaKey {
    /// The account's id, or what else is known of the identity.
    pub identity: String,
    pub region: String,
    /// Another endpoint is another service.
    pub endpoint: Option<String>,
}

/// A wait of a second or more, for the progress line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    pub operation: &'static str,
    pub rest_api_id: Option<String>,
    pub duration: Duration,
    pub reason: WaitReason,
}

/// Why a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// Its turn in the quota has not come.
    Quota,
    /// AWS said 429.
    Throttled,
    /// AWS said 5xx.
    Unavailable,
    /// The connection broke, could not be made, or timed out.
    Network,
    /// The API is being changed by somebody else.
    Conflict,
    /// Whether a write was done is being found out.
    Unclear,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, rest_api_id: _, duration, reason } = self;
        let seconds = duration.as_secs_f64();
        match reason {
            WaitReason::Quota => write!(f, "waiting {seconds:.0} s for {operation}'s quota"),
            WaitReason::Throttled => {
                write!(
                    f,
                    "waiting {seconds:.0} s: AWS throttles {operation}, others use the quota too"
                )
            }
            WaitReason::Unavailable => {
                write!(f, "waiting {seconds:.0} s: AWS fails at {operation}")
            }
            WaitReason::Network => {
                write!(f, "waiting {seconds:.0} s: no answer to {operation}")
            }
            WaitReason::Conflict => {
                write!(f, "waiting {seconds:.0} s: the API is being changed")
            }
            WaitReason::Unclear => {
                write!(f, "waiting {seconds:.0} s to see whether {operation} was done")
            }
        }
    }
}

impl fmt::Debug for QuotaPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaPolicy")
            .field("share", &self.share)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl QuotaPolicy {
    /// For plan, apply and everything a person waits for: four fifths.
    #[must_use]
    pub fn interactive() -> Self {
        Self::with_share(0.8)
    }

    /// For drift, which runs from cron and must not be in anybody's way.
    #[must_use]
    pub fn background() -> Self {
        Self::with_share(0.3)
    }

    /// Another share, used where the account's table does not set `quota_share`.
    #[must_use]
    pub fn with_share(share: f64) -> Self {
        Self { share, limits: TimeLimits::default(), hook: None, books: Arc::default() }
    }

    /// The same policy with somebody who hears of waits of a second or more.
    #[must_use]
    pub fn on_wait(self, hook: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)), ..self }
    }

    /// The same policy with other time limits.
    #[must_use]
    pub fn time_limits(self, limits: TimeLimits) -> Self {
        Self { limits, ..self }
    }

    /// Tells of a wait that is worth it.
    pub(super) fn tell(&self, wait: &Wait) {
        if let Some(hook) = &self.hook
            && wait.duration >= TOLD
        {
            hook(wait);
        }
    }

    /// The buckets of an account and region; the first to ask sets their pace.
    pub(super) fn quota(
        &self,
        key: QuotaKey,
        share: Option<f64>,
        deploy_interval: Option<f64>,
    ) -> Arc<Quota> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(books.entry(key).or_insert_with(|| {
            let interval = deploy_interval
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .unwrap_or(DEPLOY_INTERVAL);
            Arc::new(Quota::new(share.unwrap_or(self.share), interval))
        }))
    }
}

/// What a call counts against, beside the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The total only.
    Total,
    CreateDeployment,
    GetResources,
    /// Nothing: STS has quotas of its own, far above what we need.
    Outside,
}

/// The buckets of one account and region.
#[derive(Debug)]
pub(super) struct Quota {
    total: Bucket,
    deployments: Bucket,
    resources: Bucket,
}

impl Quota {
    fn new(share: f64, deploy_interval: Duration) -> Self {
        let share = if share.is_finite() { share } else { 1.0 };
        let share = share.clamp(SMALLEST_SHARE, LARGEST_SHARE);
        Self {
            total: Bucket::new(
                Duration::from_secs_f64(1.0 / (RATE * share)),
                (BURST * share).floor().max(1.0),
            ),
            deployments: Bucket::new(deploy_interval.div_f64(share), 1.0),
            resources: Bucket::new(RESOURCES_INTERVAL.div_f64(share), 1.0),
        }
    }

    /// Waits for the turn of one attempt, first come first served, and says for how
    /// long; `told` hears beforehand how long it will be at least.
    pub(super) async fn turn(&self, lane: Lane, told: impl Fn(Duration)) -> Duration {
        let began = Instant::now();
        let special = match lane {
            Lane::Outside => return Duration::ZERO,
            Lane::Total => None,
            Lane::CreateDeployment => Some(&self.deployments),
            Lane::GetResources => Some(&self.resources),
        };
        // The special bucket stays locked until the total's turn has come too: it is
        // charged with the moment of sending, or two sendings could come too close.
        let special = match special {
            None => None,
            Some(bucket) => Some((bucket, bucket.ready(&told).await)),
        };
        let mut total = self.total.ready(&told).await;
        let now = Instant::now();
        self.total.charge(&mut total, now);
        if let Some((bucket, mut state)) = special {
            bucket.charge(&mut state, now);
        }
        now - began
    }

    /// Waits until a deployment could be made at once, without taking its turn.
    pub(super) async fn deployment_ready(&self, told: impl Fn(Duration)) {
        drop(self.deployments.ready(&told).await);
    }

    /// AWS has throttled: whatever the buckets think, there is nothing left.
    pub(super) fn drain(&self) {
        self.total.drain();
    }
}

/// A leaky bucket (GCRA): the state is the time at which it would be full again.
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    /// How far ahead of the full time a call may go: the burst less one, in time.
    tolerance: Duration,
    full_at: FairMutex<Option<Instant>>,
}

impl Bucket {
    fn new(interval: Duration, burst: f64) -> Self {
        Self { interval, tolerance: interval.mul_f64(burst - 1.0), full_at: FairMutex::new(None) }
    }

    /// Waits until a call may go, and keeps everybody else out until the answer is
    /// dropped. The lock is fair, so turns are taken in the order of asking.
    async fn ready(
        &self,
        told: &impl Fn(Duration),
    ) -> tokio::sync::MutexGuard<'_, Option<Instant>> {
        let mut state = self.full_at.lock().await;
        let now = Instant::now();
        let full_at = *state.get_or_insert(now + self.tolerance / 2);
        if let Some(at) = full_at.checked_sub(self.tolerance)
            && at > now
        {
            told(at - now);
            tokio::time::sleep_until(at).await;
        }
        state
    }

    fn charge(&self, full_at: &mut Option<Instant>, now: Instant) {
        let from = full_at.map_or(now, |at| at.max(now));
        *full_at = Some(from + self.interval);
    }

    fn drain(&self) {
        // Whoever holds the lock is waiting for a turn: the bucket is empty anyway.
        if let Ok(mut full_at) = self.full_at.try_lock() {
            let empty = Instant::now() + self.tolerance + self.interval;
            *full_at = Some(full_at.map_or(empty, |at| at.max(empty)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the service would say: a bucket of `burst` that refills at `rate`.
    fn throttled(at: &[Duration], rate: f64, burst: f64) -> usize {
        let (mut level, mut last, mut refused) = (burst, Duration::ZERO, 0);
        for now in at {
            level = (level + (*now - last).as_secs_f64() * rate).min(burst);
            last = *now;
            if level >= 1.0 {
                level -= 1.0;
            } else {
                refused += 1;
            }
        }
        refused
    }

    async fn times(quota: Arc<Quota>, lane: Lane, calls: usize) -> Vec<Duration> {
        let began = Instant::now();
        let tasks: Vec<_> = (0..calls)
            .map(|_| {
                let quota = Arc::clone(&quota);
                tokio::spawn(async move {
                    quota.turn(lane, |_| {}).await;
                    Instant::now()
                })
            })
            .collect();
        let mut at = Vec::new();
        for task in tasks {
            at.push(task.await.expect("no panic") - began);
        }
        at.sort();
        at
    }

    #[tokio::test(start_paused = true)]
    async fn the_total_quota_is_kept_and_a_handful_goes_at_once() {
        for (share, at_once, seconds) in [(1.0, 15, 20), (0.8, 15, 23), (0.3, 6, 66)] {
            let quota = Arc::new(Quota::new(share, DEPLOY_INTERVAL));
            let at = times(quota, Lane::Total, 200).await;
            assert_eq!(throttled(&at, RATE, BURST), 0, "share {share}");
            assert_eq!(throttled(&at, RATE * share, BURST * share), 0);
            let burst = at.iter().filter(|t| t.is_zero()).count();
            assert!(burst >= at_once, "{burst} at once with share {share}");
            let all = at.last().expect("200 of them").as_secs();
            assert!((seconds - 3..=seconds).contains(&all), "{all} s with share {share}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_runs_in_a_row_are_not_throttled() {
        let first = Arc::new(Quota::new(0.8, DEPLOY_INTERVAL));
        let mut at = times(first, Lane::Total, 60).await;
        let pause = *at.last().expect("60 of them");
        let second = Arc::new(Quota::new(0.8, DEPLOY_INTERVAL));
        at.extend(times(second, Lane::Total, 60).await.iter().map(|t| *t + pause));
        assert_eq!(throttled(&at, RATE, BURST), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn deployments_are_spaced_also_while_the_total_is_busy() {
        let quota = Arc::new(Quota::new(1.0, DEPLOY_INTERVAL));
        let crowd = tokio::spawn(times(Arc::clone(&quota), Lane::Total, 150));
        let at = times(quota, Lane::CreateDeployment, 4).await;
        crowd.await.expect("no panic");
        for pair in at.windows(2) {
            assert!(pair[1] - pair[0] >= DEPLOY_INTERVAL, "{at:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_deployment_goes_at_once_and_intervals_scale() {
        let quota = Arc::new(Quota::new(0.5, Duration::from_secs(1)));
        let at = times(quota, Lane::CreateDeployment, 3).await;
        assert_eq!(at[0], Duration::ZERO);
        assert!(at[1] >= Duration::from_secs(2) && at[1] < Duration::from_millis(2_010));
    }

    #[tokio::test(start_paused = true)]
    async fn resources_keep_a_sliding_window() {
        let quota = Arc::new(Quota::new(1.0, DEPLOY_INTERVAL));
        let at = times(quota, Lane::GetResources, 12).await;
        for window in at.windows(6) {
            assert!(window[5] - window[0] > Duration::from_secs(2), "{at:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_429_nothing_goes_at_once() {
        let quota = Arc::new(Quota::new(0.8, DEPLOY_INTERVAL));
        quota.turn(Lane::Total, |_| {}).await;
        quota.drain();
        let began = Instant::now();
        quota.turn(Lane::Total, |_| {}).await;
        assert!(began.elapsed() >= Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_told_before_it_is_over() {
        let quota = Quota::new(0.8, DEPLOY_INTERVAL);
        let told = Mutex::new(Vec::new());
        quota.turn(Lane::CreateDeployment, |_| unreachable!("the first is free")).await;
        quota
            .turn(Lane::CreateDeployment, |wait| {
                told.lock().expect("one thread").push(wait);
            })
            .await;
        let told = told.into_inner().expect("one thread");
        assert_eq!(told.first().map(Duration::as_secs), Some(6));
    }
}
