//! Conflicts: "Unable to complete operation due to concurrent modification". Somebody else is
//! writing to the same API, which passes; whoever waits it out looks again before writing.

use std::time::Duration;

use crate::aws::{AwsError, AwsErrorKind};

/// How often a write is tried while somebody else is writing to the API.
const TRIES: u32 = 5;

/// Waits where somebody else is writing, as long as AWS asks for, and says whether to look and
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
