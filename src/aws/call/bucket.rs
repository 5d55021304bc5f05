//! The control plane's quota, kept on this side so that AWS never has to say 429.
//!
//! Source: "Amazon API Gateway quotas and important notes": per account and region
//! 10 requests a second with a burst of 40 for all operations, CreateDeployment one
//! in 5 seconds, GetResources 5 in 2 seconds; none of them can be raised. Everybody
//! in the account shares them, so only a share is used.
//!
//! A bucket starts half full: what the run before this one has used up is not known.

use std::time::Duration;

use tokio::sync::{Mutex as FairMutex, MutexGuard};
use tokio::time::Instant;

/// Requests a second for all operations together.
const RATE: f64 = 10.0;
/// How many of them may come at once.
const BURST: f64 = 40.0;
/// Between two CreateDeployment.
const DEPLOY_INTERVAL: Duration = Duration::from_secs(5);
/// No interval is longer; it keeps the arithmetic of times from overflowing.
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two GetResources. The quota's window (5 in 2 s) may be a sliding one,
/// which a burst would overrun: hence even spacing.
const RESOURCES_INTERVAL: Duration = Duration::from_millis(400);
/// Even a whole share leaves a twentieth: clocks differ, and of two requests the
/// second may arrive first.
const LARGEST_SHARE: f64 = 0.95;
/// A share below this would take a minute for a handful of calls.
const SMALLEST_SHARE: f64 = 0.01;

/// Some work, counted in calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// All of them, the following included.
    pub calls: u32,
    /// CreateDeployment.
    pub deployments: u32,
    /// GetResources, a page each.
    pub resource_pages: u32,
}

/// What a call counts against, next to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuotaClass {
    /// The total only.
    Total,
    CreateDeployment,
    GetResources,
    /// Nothing: STS has quotas of its own, far above what we need.
    Outside,
}

/// How far apart calls are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    total: Duration,
    burst: f64,
    deployments: Duration,
    resources: Duration,
}

impl Pace {
    /// The share of the quota, with the account's own interval between deployments.
    pub(crate) fn new(share: f64, deploy_interval: Option<f64>) -> Self {
        let deploy_interval = deploy_interval
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .filter(|interval| *interval <= LONGEST_INTERVAL)
            .unwrap_or(DEPLOY_INTERVAL);
        let share = if share.is_finite() { share } else { 1.0 };
        let share = share.clamp(SMALLEST_SHARE, LARGEST_SHARE);
        Self {
            total: Duration::from_secs_f64(1.0 / (RATE * share)),
            burst: (BURST * share).floor().max(1.0),
            deployments: deploy_interval.div_f64(share),
            resources: RESOURCES_INTERVAL.div_f64(share),
        }
    }

    pub(crate) fn scaled(self, factor: f64) -> Self {
        let Self { total, burst, deployments, resources } = self;
        Self {
            total: total.mul_f64(factor),
            burst,
            deployments: deployments.mul_f64(factor),
            resources: resources.mul_f64(factor),
        }
    }
}

/// The buckets of one account and region.
#[derive(Debug)]
pub(crate) struct Quota {
    total: Bucket,
    deployments: Bucket,
    resources: Bucket,
}

impl Quota {
    pub(crate) fn new(pace: Pace) -> Self {
        let Pace { total, burst, deployments, resources } = pace;
        Self {
            total: Bucket::new(total, burst),
            deployments: Bucket::new(deployments, 1.0),
            resources: Bucket::new(resources, 1.0),
        }
    }

    /// Waits for the turn of one attempt, first come first served, and says for how
    /// long; `told` is called first, with how long it will be at least.
    pub(crate) async fn acquire(&self, class: QuotaClass, told: impl Fn(Duration)) -> Duration {
        let began = Instant::now();
        let special = match class {
            QuotaClass::Outside => return Duration::ZERO,
            QuotaClass::Total => None,
            QuotaClass::CreateDeployment => Some(&self.deployments),
            QuotaClass::GetResources => Some(&self.resources),
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

    /// How long this much work takes at least, from the beginning of a run.
    pub(crate) fn time_for(&self, work: &Work) -> Duration {
        let Work { calls, deployments, resource_pages } = work;
        let paced = |bucket: &Bucket, calls: u32| {
            let at_once = bucket.tolerance / 2;
            (bucket.interval * calls.saturating_sub(1)).saturating_sub(at_once)
        };
        paced(&self.total, *calls)
            .max(paced(&self.deployments, *deployments))
            .max(paced(&self.resources, *resource_pages))
    }

    /// Waits until a deployment could be made at once, without taking its turn.
    pub(crate) async fn deployment_ready(&self, told: impl Fn(Duration)) {
        drop(self.deployments.ready(&told).await);
    }

    /// AWS has throttled: whatever the buckets think, there is nothing left.
    pub(crate) fn drain(&self) {
        self.total.drain();
    }
}

/// A leaky bucket (GCRA): the state is the time at which it would be full again.
#[derive(Debug)]
struct Bucket {
    interval: Duration,
    /// How far ahead of the full time a call may go: the burst less one, in time.
    tolerance: Duration,
    full_at: FairMutex<FullAt>,
}

/// `None` until the first call: the clock starts then.
type FullAt = Option<Instant>;

impl Bucket {
    fn new(interval: Duration, burst: f64) -> Self {
        Self { interval, tolerance: interval.mul_f64(burst - 1.0), full_at: FairMutex::new(None) }
    }

    /// Waits until a call may go, and keeps everybody else out until the answer is
    /// dropped. The lock is fair, so turns are taken in the order of asking.
    async fn ready(&self, told: &impl Fn(Duration)) -> MutexGuard<'_, FullAt> {
        let mut state = self.full_at.lock().await;
        let now = Instant::now();
        let wait = self.wait(&mut state, now);
        if !wait.is_zero() {
            told(wait);
            tokio::time::sleep_until(now + wait).await;
        }
        state
    }

    /// How long from `now` until a call may go. An unused bucket is half full.
    fn wait(&self, full_at: &mut FullAt, now: Instant) -> Duration {
        let full_at = full_at.get_or_insert(now + self.tolerance / 2);
        full_at.saturating_duration_since(now).saturating_sub(self.tolerance)
    }

    /// A call goes now.
    fn charge(&self, full_at: &mut FullAt, now: Instant) {
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
    use std::sync::{Arc, Mutex};

    use super::*;

    /// How many of these calls a service would refuse whose bucket holds `burst` and
    /// refills at `rate` a second.
    fn refused(at: &[Duration], rate: f64, burst: f64) -> usize {
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

    /// When calls would go that all ask at once; no time passes.
    fn times(bucket: &Bucket, calls: usize) -> Vec<Duration> {
        let began = Instant::now();
        let (mut state, mut now) = (None, began);
        (0..calls)
            .map(|_| {
                now += bucket.wait(&mut state, now);
                bucket.charge(&mut state, now);
                now - began
            })
            .collect()
    }

    fn total(share: f64) -> Bucket {
        Quota::new(Pace::new(share, None)).total
    }

    #[test]
    fn the_total_quota_is_kept_and_a_handful_goes_at_once() {
        for (share, at_once, seconds) in [(1.0, 19, 19), (0.8, 16, 22), (0.3, 6, 64)] {
            let at = times(&total(share), 200);
            assert_eq!(refused(&at, RATE, BURST), 0, "share {share}");
            assert_eq!(refused(&at, RATE * share, BURST * share), 0);
            let burst = at.iter().filter(|t| t.is_zero()).count();
            assert_eq!(burst, at_once, "at once with share {share}");
            let all = at.last().expect("200 of them").as_secs();
            assert_eq!(all, seconds, "in all with share {share}");
        }
    }

    #[test]
    fn two_runs_in_a_row_are_not_refused() {
        let mut at = times(&total(0.8), 60);
        let pause = *at.last().expect("60 of them");
        at.extend(times(&total(0.8), 60).iter().map(|t| *t + pause));
        assert_eq!(refused(&at, RATE, BURST), 0);
    }

    #[test]
    fn a_rested_bucket_gives_its_burst_and_no_more() {
        let bucket = total(0.8);
        let began = Instant::now();
        let mut state = None;
        bucket.wait(&mut state, began);
        let now = began + Duration::from_secs(3_600);
        let mut at_once = 0;
        while bucket.wait(&mut state, now).is_zero() {
            bucket.charge(&mut state, now);
            at_once += 1;
        }
        assert_eq!(at_once, 32);
    }

    #[test]
    fn the_first_deployment_goes_at_once_and_intervals_scale() {
        let quota = Quota::new(Pace::new(0.5, Some(1.0)));
        let at = times(&quota.deployments, 3);
        assert_eq!(at.iter().map(Duration::as_secs).collect::<Vec<_>>(), [0, 2, 4]);
        let whole = times(&Quota::new(Pace::new(1.0, None)).deployments, 2);
        assert!(whole[1] > DEPLOY_INTERVAL, "{whole:?}");
    }

    #[test]
    fn resources_keep_a_sliding_window() {
        let quota = Quota::new(Pace::new(1.0, None));
        let at = times(&quota.resources, 12);
        for window in at.windows(6) {
            assert!(window[5] - window[0] > Duration::from_secs(2), "{at:?}");
        }
    }

    #[test]
    fn odd_shares_and_intervals_do_not_panic() {
        for share in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300] {
            times(&total(share), 3);
        }
        for interval in [-1.0, 0.0, f64::NAN, f64::MAX] {
            let quota = Quota::new(Pace::new(0.3, Some(interval)));
            times(&quota.deployments, 3);
        }
    }

    #[test]
    fn the_time_of_some_work_is_foretold() {
        let quota = Quota::new(Pace::new(0.8, None));
        assert_eq!(quota.time_for(&work(16, 1, 0)), Duration::ZERO);
        assert_eq!(quota.time_for(&work(100, 0, 0)).as_secs(), 10);
        assert_eq!(quota.time_for(&work(30, 3, 0)).as_millis(), 12_500);
        assert_eq!(quota.time_for(&work(30, 0, 41)).as_secs(), 20);
        let at = times(&quota.total, 100);
        assert!(*at.last().expect("100") <= quota.time_for(&work(100, 0, 0)));
    }

    fn work(calls: u32, deployments: u32, resource_pages: u32) -> Work {
        Work { calls, deployments, resource_pages }
    }

    #[tokio::test]
    async fn deployments_are_spaced_also_while_the_total_is_busy() {
        const APART: Duration = Duration::from_millis(60);
        let quota = Arc::new(Quota::new(Pace {
            total: Duration::from_millis(2),
            burst: 4.0,
            deployments: APART,
            resources: Duration::ZERO,
        }));
        let turns = |class: QuotaClass, calls: usize| {
            (0..calls)
                .map(|_| {
                    let quota = Arc::clone(&quota);
                    tokio::spawn(async move {
                        quota.acquire(class, |_| {}).await;
                        Instant::now()
                    })
                })
                .collect::<Vec<_>>()
        };
        let crowd = turns(QuotaClass::Total, 60);
        let mut at = Vec::new();
        for deployment in turns(QuotaClass::CreateDeployment, 3) {
            at.push(deployment.await.expect("no panic"));
        }
        for turn in crowd {
            turn.await.expect("no panic");
        }
        // The moment is taken just after the turn, so a little may be missing.
        for pair in at.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart >= APART - Duration::from_millis(5), "{apart:?}");
        }
    }

    #[tokio::test]
    async fn after_a_429_nothing_goes_at_once() {
        let quota = Quota::new(Pace::new(0.8, None));
        quota.acquire(QuotaClass::Total, |_| {}).await;
        quota.drain();
        let waited = quota.acquire(QuotaClass::Total, |_| {}).await;
        assert!(waited >= Duration::from_millis(100), "{waited:?}");
    }

    #[tokio::test]
    async fn a_wait_is_told_before_it_is_over() {
        let quota = Quota::new(Pace::new(0.8, None));
        quota.acquire(QuotaClass::CreateDeployment, |_| unreachable!("the first is free")).await;
        let (tell, told) = tokio::sync::oneshot::channel();
        let tell = Mutex::new(Some(tell));
        let second = quota.acquire(QuotaClass::CreateDeployment, |wait| {
            let tell = tell.lock().expect("one thread").take();
            tell.expect("told once").send(wait).expect("somebody hears");
        });
        tokio::select! {
            waited = second => panic!("it went after {waited:?}"),
            wait = told => assert_eq!(wait.expect("told").as_secs(), 6),
        }
    }
}
