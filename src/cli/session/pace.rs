//! How long gwr waits for AWS.
//!
//! A debug build multiplies its waits by `GWR_TEST_PACE`, a number from 0 to 1: the
//! project's tests run against a server that needs none of them. A release build ignores
//! the variable, so that no environment can make gwr exceed AWS's quota or trust a stage
//! too early.

use crate::apply::verify::Patience;
use crate::aws::QuotaPolicy;

pub fn patience() -> Patience {
    factor().map_or_else(Patience::default, |factor| Patience::default().scaled(factor))
}

pub fn paced(policy: QuotaPolicy) -> QuotaPolicy {
    match factor() {
        Some(factor) => policy.scaled(factor),
        None => policy,
    }
}

fn factor() -> Option<f64> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let factor: f64 = std::env::var("GWR_TEST_PACE").ok()?.parse().ok()?;
    (0.0..=1.0).contains(&factor).then_some(factor)
}
