//! One call: its turn in the quota, its attempts, its time.
//!
//! The SDK's own retries are off. It would retry what must not be repeated (a patch
//! whose outcome is unknown), and what is pointless to repeat (LimitExceeded), would
//! ignore `Retry-After`, and its attempts would not take their turn in the quota.

use std::error::Error;
use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_apigateway::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::Instant;

use super::bucket::QuotaClass;
use super::error::{AwsError, AwsErrorKind, Details, Done};
use super::failure::{CallSite, Failure, examine, is_tls};
use super::limits::TimeLimits;
use super::quota::{Wait, WaitReason};
use super::sent::{Sent, noting};
use crate::aws::link::Link;

/// As often a call is sent where the answers say "later".
const MOST_ATTEMPTS: u32 = 8;
/// As often a connection is tried that cannot be made; a wrong endpoint should be
/// reported quickly.
const MOST_CONNECTS: u32 = 3;

/// What is called, in all terms that the loop and its messages need.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub operation: &'static str,
    pub rest_api_id: Option<&'a str>,
    /// The HTTP verb, which is also IAM's action.
    pub verb: &'static str,
    /// The path, which is also IAM's resource.
    pub path: String,
    pub effect: Effect,
    pub class: QuotaClass,
}

/// What a second sending would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    /// The same as the first.
    Idempotent,
    /// Something else: it is sent again only where the first was certainly not done.
    Once,
}

/// How often a call was sent before it was given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    pub attempts: u32,
    /// Whether an attempt before the last may have been done.
    pub earlier: Done,
}

impl Tried {
    /// Or not at all: the answer to the first attempt decides.
    pub(crate) const ONCE: Self = Self { attempts: 1, earlier: Done::No };
}

/// What a call may still spend.
#[derive(Debug)]
pub(crate) struct Budget {
    began: Instant,
    limit: Duration,
    /// Waits for turns and other work, which do not count.
    excused: Duration,
    /// How often it was sent.
    attempts: u32,
}

impl Budget {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { began: Instant::now(), limit, excused: Duration::ZERO, attempts: 0 }
    }

    /// Time that passed with something else than this call.
    pub(crate) fn excuse(&mut self, time: Duration) {
        self.excused += time;
    }

    fn spent(&self) -> Duration {
        self.began.elapsed().saturating_sub(self.excused)
    }

    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.spent())
    }
}

impl Link {
    /// Sends until there is an answer, or none can be expected.
    ///
    /// # Errors
    /// The last attempt's failure. A write whose outcome is unknown and that must not
    /// be repeated is [`AwsErrorKind::Unclear`].
    pub(crate) async fn call<T, E, F>(
        &self,
        call: &Call<'_>,
        mut send: impl FnMut() -> F,
    ) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: Error + 'static,
    {
        let mut budget = Budget::new(self.limits().call);
        let mut attempts = 0;
        let mut earlier = Done::No;
        loop {
            attempts += 1;
            let failure = match self.once(call, &mut budget, send()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some((pause, reason)) = self.again(call, &failure, attempts, &budget) else {
                return Err(self.give_up(call, failure, Tried { attempts, earlier }));
            };
            earlier = failure.done.or(earlier);
            self.rest(call, pause, reason).await;
        }
    }

    /// One attempt, when its turn has come.
    pub(crate) async fn once<T, E>(
        &self,
        call: &Call<'_>,
        budget: &mut Budget,
        sending: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: Error + 'static,
    {
        let waited = self
            .quota
            .acquire(call.class, |duration| {
                self.tell(call, duration, WaitReason::Quota);
            })
            .await;
        budget.excuse(waited);
        self.attempts.fetch_add(1, Ordering::Relaxed);
        budget.attempts += 1;
        let began = Instant::now();
        let (outcome, answered) = noting(tokio::time::timeout(budget.left(), sending)).await;
        self.policy.tell_call(|| Sent {
            operation: call.operation,
            rest_api_id: call.rest_api_id.map(str::to_owned),
            region: self.region.clone(),
            attempt: budget.attempts,
            status: answered.as_ref().map(|answered| answered.status),
            request_id: answered.and_then(|answered| answered.request_id),
            duration: began.elapsed(),
        });
        let failure = match outcome {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => examine(&error, self.asked(call)),
            Err(_) => Failure::new(
                AwsErrorKind::TimedOut {
                    message: format!("no answer within {:?} in all", budget.limit),
                },
                Done::Unknown,
            ),
        };
        if matches!(failure.kind, AwsErrorKind::Throttled { .. })
            && call.class != QuotaClass::Outside
        {
            self.quota.drain();
        }
        Err(failure)
    }

    /// Whether another attempt makes sense, and after which pause.
    pub(crate) fn again(
        &self,
        call: &Call<'_>,
        failure: &Failure,
        attempts: u32,
        budget: &Budget,
    ) -> Option<(Duration, WaitReason)> {
        let limits = self.limits();
        let (most, reason) = match &failure.kind {
            AwsErrorKind::Throttled { .. } => (MOST_ATTEMPTS, WaitReason::Throttled),
            AwsErrorKind::Unavailable { .. } => (MOST_ATTEMPTS, WaitReason::Unavailable),
            AwsErrorKind::Conflict { .. } => match call.effect {
                Effect::Read => (MOST_ATTEMPTS, WaitReason::Conflict),
                Effect::Idempotent | Effect::Once => return None,
            },
            AwsErrorKind::Unreachable { message, .. } if is_tls(message) => return None,
            AwsErrorKind::Unreachable { .. } => (MOST_CONNECTS, WaitReason::Network),
            AwsErrorKind::ConnectionLost { .. } | AwsErrorKind::TimedOut { .. } => {
                (MOST_ATTEMPTS, WaitReason::Network)
            }
            AwsErrorKind::NoCredentials { .. }
            | AwsErrorKind::ExpiredCredentials { .. }
            | AwsErrorKind::RefusedCredentials { .. }
            | AwsErrorKind::NoRegion
            | AwsErrorKind::WrongAccount { .. }
            | AwsErrorKind::AccessDenied(_)
            | AwsErrorKind::NotFound { .. }
            | AwsErrorKind::BadRequest { .. }
            | AwsErrorKind::LimitExceeded { .. }
            | AwsErrorKind::Unreadable { .. }
            | AwsErrorKind::Unclear { .. }
            | AwsErrorKind::Unsendable { .. } => return None,
        };
        if call.effect == Effect::Once && failure.done == Done::Unknown {
            return None;
        }
        if attempts >= most {
            return None;
        }
        if reason == WaitReason::Network && budget.spent() >= limits.patience {
            return None;
        }
        let asked = failure.retry_after.unwrap_or_default().min(limits.longest_retry_after);
        let pause = asked + jitter(limits, attempts);
        (pause < budget.left()).then_some((pause, reason))
    }

    /// Sleeps, and says so.
    pub(crate) async fn rest(&self, call: &Call<'_>, pause: Duration, reason: WaitReason) {
        self.tell(call, pause, reason);
        tokio::time::sleep(pause).await;
    }

    /// The error of a call that is not sent again.
    pub(crate) fn give_up(&self, call: &Call<'_>, failure: Failure, tried: Tried) -> AwsError {
        let Tried { attempts, earlier } = tried;
        let Failure { kind, done, retry_after, request_id, hint } = failure;
        let retry_after = retry_after.unwrap_or_default().min(self.limits().longest_retry_after);
        let unclear = call.effect == Effect::Once && done == Done::Unknown;
        let kind = if unclear { unclear_of(kind) } else { kind };
        AwsError {
            operation: Some(call.operation),
            rest_api_id: call.rest_api_id.map(str::to_owned),
            region: self.region.clone(),
            kind,
            details: Box::new(Details {
                done: done.or(earlier),
                request_id,
                attempts,
                hint,
                retry_after,
            }),
        }
    }

    /// An answer that is well-formed and yet cannot be API Gateway's.
    pub(crate) fn unreadable(&self, call: &Call<'_>, message: impl Into<String>) -> AwsError {
        let message = message.into();
        let kind = match call.effect {
            Effect::Read => AwsErrorKind::Unreadable { message },
            Effect::Idempotent | Effect::Once => AwsErrorKind::Unclear { message },
        };
        self.give_up(call, Failure::new(kind, Done::Unknown), Tried::ONCE)
    }

    fn tell(&self, call: &Call<'_>, duration: Duration, reason: WaitReason) {
        self.policy.tell(&Wait {
            operation: call.operation,
            rest_api_id: call.rest_api_id.map(str::to_owned),
            duration,
            reason,
        });
    }

    fn asked<'a>(&'a self, call: &'a Call<'_>) -> CallSite<'a> {
        CallSite {
            region: &self.region,
            endpoint: &self.address,
            profile: self.profile.as_deref(),
            verb: call.verb,
            path: &call.path,
            policy_command: self.policy.policy_command.as_deref(),
        }
    }
}

/// The same failure, as "it is unknown whether this was done".
fn unclear_of(kind: AwsErrorKind) -> AwsErrorKind {
    let message = match kind {
        AwsErrorKind::ConnectionLost { message }
        | AwsErrorKind::TimedOut { message }
        | AwsErrorKind::Unreadable { message } => message,
        AwsErrorKind::Unavailable { status, message } => format!("{status}: {message}"),
        other => return other,
    };
    AwsErrorKind::Unclear { message }
}

/// Exponential backoff with full jitter: anything up to the double of the last one's
/// bound ("Exponential Backoff And Jitter", AWS Architecture Blog).
fn jitter(limits: &TimeLimits, attempts: u32) -> Duration {
    let doubled =
        limits.first_pause.saturating_mul(1_u32.checked_shl(attempts - 1).unwrap_or(u32::MAX));
    doubled.min(limits.longest_pause).mul_f64(fastrand::f64())
}
