//! Credentials that end before the work may be done.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ApiTarget, Cost, Pace, Plan, Work};
use crate::diagnostic::hazard::HazardId;

/// Beside twice the time at AWS's rate: for a person who reads the plan first, and for
/// stages that are slow to show.
const MARGIN: i64 = 5 * 60;

/// Adds what there is to say of credentials that may not last. `expires_at` knows when
/// those of an API's account end, as `now` in Unix seconds.
pub fn warn_of_expiry(
    plan: &mut Plan,
    pace: Pace,
    now: i64,
    expires_at: impl Fn(&ApiTarget) -> Option<i64>,
) {
    let seconds = Cost::of(plan, pace).seconds;
    let needed = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(2);
    let needed = needed.saturating_add(MARGIN);
    for api in &mut plan.apis {
        let Work::Planned(work) = &mut api.work else { continue };
        let Some(end) = expires_at(&api.target).filter(|_| work.is_needed()) else { continue };
        if end.saturating_sub(now) > needed {
            continue;
        }
        let when = OffsetDateTime::from_unix_timestamp(end)
            .ok()
            .and_then(|end| end.format(&Rfc3339).ok())
            .unwrap_or_else(|| "soon".to_owned());
        work.hazards.push(HazardId::ExpiringCredentials.remark(format!(
            "the credentials of account `{}` expire at {when} unless they renew themselves, and the \
             whole plan takes about {seconds} s: log in again first, or what is not done by then \
             fails",
            api.target.account
        )));
    }
}
