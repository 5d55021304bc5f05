//! Conflicts: "Unable to complete operation due to concurrent modification". Another client
//! is writing to the same API, which passes; the API is read again before the next attempt.

use std::time::Duration;

use crate::aws::{AwsError, AwsErrorKind};

/// How often a write is tried while another client is writing to the API.
const TRIES: u32 = 5;

/// Waits after a conflict, at least as long as AWS asks for, and returns whether to read and
/// try again. `attempt` counts from 1.
pub async fn has_passed(error: &AwsError, attempt: u32) -> bool {
    let passes = matches!(error.kind, AwsErrorKind::Conflict { .. }) && attempt < TRIES;
    if passes {
        tokio::time::sleep(pause(error, attempt)).await;
    }
    passes
}

/// The time before another attempt: more with each, and what AWS asks for at the least.
#[must_use]
pub fn pause(error: &AwsError, attempt: u32) -> Duration {
    Duration::from_millis(200 << attempt.min(8)).max(error.retry_after())
}
