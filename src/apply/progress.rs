//! How far a change has come, by what is live: pure. Apply asks after a call of which
//! it is unknown whether it was done, rollback before it undoes a change.

use crate::model::{GatewayResponse, Live};
use crate::plan::{Call, Change, Target};
use crate::state::diff::diff;

/// How far a change has come, by what is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    NotBegun,
    /// Some of its differences are there, and nothing else is.
    HalfMade,
    Made,
    /// Neither what was read nor what was planned.
    Elsewhere,
}

/// Holds what is live against what was there and what was planned.
#[must_use]
pub fn progress(live: &Live, change: &Change) -> Progress {
    let is = |wanted: Option<&GatewayResponse>| match (live, wanted) {
        (Live::Default, None) => true,
        (Live::Customized(now), Some(wanted)) => diff(now, wanted).is_empty(),
        (Live::Default, Some(_)) | (Live::Customized(_), None) => false,
    };
    // A rewrite, and a status that GetGatewayResponses cannot tell from an unset one,
    // look made before they are: there only the write itself is proof.
    let looks_made_before = change.from().is_some() && is_same(change);
    if is(change.to().map(|target| &target.settled)) && !looks_made_before {
        Progress::Made
    } else if is(change.from()) {
        Progress::NotBegun
    } else if is_half_made(live, change) {
        Progress::HalfMade
    } else {
        Progress::Elsewhere
    }
}

/// Whether what is live lies between what was there and what was planned.
fn is_half_made(live: &Live, change: &Change) -> bool {
    let (Live::Customized(now), Some(target)) = (live, change.to()) else { return false };
    let left = diff(now, &target.settled);
    change.call() == Call::Patch
        && left.len() < change.differences().len()
        && left.iter().all(|difference| change.differences().contains(difference))
}

fn is_same(change: &Change) -> bool {
    match (change.from(), change.to()) {
        (Some(from), Some(Target { written: _, settled })) => diff(from, settled).is_empty(),
        (None, _) | (_, None) => false,
    }
}
