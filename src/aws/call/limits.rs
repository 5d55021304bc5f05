//! Time limits of calls.

use std::time::Duration;

/// How long things may take. The wait for the quota never counts: it depends on
/// how much there is to do, and is no sign of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// Until there is a connection.
    pub connect: Duration,
    /// From there until an answer begins.
    pub answer: Duration,
    /// For an answer that has begun and stands still.
    pub stall: Duration,
    /// One attempt as a whole.
    pub attempt: Duration,
    /// A call with all its attempts and the pauses between them.
    pub call: Duration,
    /// The same for CreateDeployment, whose retries wait for a slow quota.
    pub create_deployment: Duration,
    /// After this no attempt is begun because of the network: with the limit for an
    /// answer that makes two attempts, and half a minute, on a server that hangs.
    pub patience: Duration,
    /// The first pause between attempts is up to this long, each next up to double.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// As much of a `Retry-After` is honoured.
    pub longest_retry_after: Duration,
    /// Between looks for a deployment whose creation is unclear.
    pub search_pause: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(15),
            stall: Duration::from_secs(10),
            attempt: Duration::from_secs(30),
            call: Duration::from_secs(60),
            create_deployment: Duration::from_secs(120),
            patience: Duration::from_secs(16),
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(30),
            search_pause: Duration::from_secs(1),
        }
    }
}
