//! Which quota is used, how much of it, and the hooks for waits.
//!
//! The buckets themselves are in `bucket`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::bucket::{Pace, Quota};
use super::limits::TimeLimits;
use super::sent::Sent;

/// Waits shorter than this are not worth telling.
const TOLD: Duration = Duration::from_secs(1);

/// How much of the quota is used, and what is shared by the connections of a run:
/// the buckets (clones share them, so keep one policy per run), the time limits, the
/// hooks for waits and calls, and the command that prints what the run must be
/// allowed.
#[derive(Clone)]
pub struct QuotaPolicy {
    share: f64,
    /// On the intervals between calls.
    factor: f64,
    pub(crate) limits: TimeLimits,
    /// Shorter waits are not reported.
    told: Duration,
    on_wait: Option<Hook<Wait>>,
    on_call: Option<Hook<Sent>>,
    pub(crate) policy_command: Option<String>,
    books: Arc<Mutex<BTreeMap<QuotaKey, Arc<Quota>>>>,
}

type Hook<T> = Arc<dyn Fn(&T) + Send + Sync>;

/// Whose quota it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QuotaKey {
    /// The account's id, or what else is known of the identity.
    pub identity: String,
    pub region: String,
    /// Another endpoint is another service.
    pub endpoint: Option<String>,
}

/// A wait, for the progress line: of a second or more, unless every one is asked for.
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
    /// Another client is changing the API.
    Conflict,
    /// Whether a write was done is being found out.
    Unclear,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, rest_api_id: _, duration, reason } = self;
        let time = if *duration < Duration::from_secs(1) {
            format!("{} ms", duration.as_millis())
        } else {
            format!("{:.0} s", duration.as_secs_f64())
        };
        match reason {
            WaitReason::Quota => write!(f, "waiting {time} for {operation}'s quota"),
            WaitReason::Throttled => {
                write!(f, "waiting {time}: AWS throttles {operation}, others use the quota too")
            }
            WaitReason::Unavailable => {
                write!(f, "waiting {time}: the service failed at {operation}")
            }
            WaitReason::Network => {
                write!(f, "waiting {time}: no answer to {operation}")
            }
            WaitReason::Conflict => {
                write!(f, "waiting {time}: the API is being changed")
            }
            WaitReason::Unclear => {
                write!(f, "waiting {time} to see whether {operation} was done")
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
        Self {
            share,
            factor: 1.0,
            limits: TimeLimits::default(),
            told: TOLD,
            on_wait: None,
            on_call: None,
            policy_command: None,
            books: Arc::default(),
        }
    }

    /// The same policy with a hook for waits of a second or more.
    #[must_use]
    pub fn on_wait(self, hook: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        Self { on_wait: Some(Arc::new(hook)), ..self }
    }

    /// The same policy, which reports shorter waits, too.
    #[must_use]
    pub fn every_wait(self) -> Self {
        Self { told: Duration::ZERO, ..self }
    }

    /// The same policy with a hook for each request when it is over.
    #[must_use]
    pub fn on_call(self, hook: impl Fn(&Sent) + Send + Sync + 'static) -> Self {
        Self { on_call: Some(Arc::new(hook)), ..self }
    }

    /// The same policy with the command that prints all permissions of the run, for the hint
    /// of a denied call.
    #[must_use]
    pub fn policy_command(self, command: String) -> Self {
        Self { policy_command: Some(command), ..self }
    }

    /// The same policy with other time limits.
    #[must_use]
    pub fn time_limits(self, limits: TimeLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same policy with shorter intervals between calls and pauses between attempts,
    /// for a server without AWS's quota.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let mut limits = self.limits;
        for pause in [&mut limits.first_pause, &mut limits.longest_pause, &mut limits.search_pause]
        {
            *pause = pause.mul_f64(factor);
        }
        Self { limits, factor: self.factor * factor, ..self }
    }

    /// Reports a wait that is long enough.
    pub(crate) fn tell(&self, wait: &Wait) {
        if let Some(hook) = &self.on_wait
            && wait.duration >= self.told
        {
            hook(wait);
        }
    }

    /// Reports a request, if there is a hook.
    pub(crate) fn tell_call(&self, sent: impl FnOnce() -> Sent) {
        if let Some(hook) = &self.on_call {
            hook(&sent());
        }
    }

    /// The buckets of an account and region; the first to ask sets their pace.
    pub(crate) fn quota(
        &self,
        key: QuotaKey,
        share: Option<f64>,
        deploy_interval: Option<f64>,
    ) -> Arc<Quota> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let share = share.unwrap_or(self.share);
        let quota = || Arc::new(Quota::new(Pace::new(share, deploy_interval).scaled(self.factor)));
        Arc::clone(books.entry(key).or_insert_with(quota))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(identity: &str, region: &str) -> QuotaKey {
        QuotaKey { identity: identity.to_owned(), region: region.to_owned(), endpoint: None }
    }

    #[test]
    fn one_account_and_region_has_one_quota() {
        let policy = QuotaPolicy::background();
        let quota = |identity, region| policy.clone().quota(key(identity, region), None, None);
        assert!(Arc::ptr_eq(&quota("1", "a"), &quota("1", "a")));
        assert!(!Arc::ptr_eq(&quota("1", "a"), &quota("1", "b")));
        assert!(!Arc::ptr_eq(&quota("1", "a"), &quota("2", "a")));
    }

    #[test]
    fn waits_are_sentences() {
        let wait = |reason| Wait {
            operation: "CreateDeployment",
            rest_api_id: None,
            duration: Duration::from_millis(4_800),
            reason,
        };
        assert_eq!(wait(WaitReason::Quota).to_string(), "waiting 5 s for CreateDeployment's quota");
        assert_eq!(
            wait(WaitReason::Throttled).to_string(),
            "waiting 5 s: AWS throttles CreateDeployment, others use the quota too"
        );
        let short = Wait { duration: Duration::from_micros(120_500), ..wait(WaitReason::Quota) };
        assert_eq!(short.to_string(), "waiting 120 ms for CreateDeployment's quota");
    }
}
