//! An AWS error in words, with the hint that says what to do about it.

use crate::aws::AwsError;

/// The error, and its hint on a line of its own.
#[must_use]
pub fn describe(error: &AwsError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    }
}
