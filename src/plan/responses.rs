//! Which response types change, and how: the heart of the plan.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use super::change::{Call, Change, Creation, Target};
use super::evidence::{StatusEvidence, integration_failure_status};
use crate::model::{Customization, GatewayResponse, Live, ResponseType};
use crate::state::desired::{DesiredApi, DesiredResponse, Unlisted};
use crate::state::diff::{Difference, diff};
use crate::state::observed::ObservedApi;

/// How a type stands to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Management {
    Managed,
    Unmanaged,
    Ignored,
}

/// How the file stands to a type, on the day.
#[must_use]
pub fn management(api: &DesiredApi, response_type: ResponseType, today: Date) -> Management {
    if api.ignores_type(response_type, today).is_some() {
        Management::Ignored
    } else if api.responses.contains_key(&response_type) || api.unlisted == Unlisted::Reset {
        Management::Managed
    } else {
        Management::Unmanaged
    }
}

/// The changes of an API in the order in which they are made, and what could not
/// be decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseChanges {
    pub changes: Vec<(ResponseType, Change)>,
    /// `INTEGRATION_FAILURE` reads 504, and whether that is explicit is unknown.
    pub status_unknowable: bool,
}

/// Compares what the file wants with what is configured.
///
/// The order is fixed: by name, the family defaults last, so that every type is
/// created while its family default still is what was read.
#[must_use]
pub fn response_changes(
    desired: &DesiredApi,
    observed: &ObservedApi,
    rewrite: &BTreeSet<ResponseType>,
    today: Date,
) -> ResponseChanges {
    let mut found = ResponseChanges::default();
    let (members, defaults): (Vec<_>, Vec<_>) =
        ResponseType::ALL.into_iter().partition(|response_type| !response_type.is_family_default());
    for response_type in members.into_iter().chain(defaults) {
        if management(desired, response_type, today) != Management::Managed {
            continue;
        }
        let wanted = match desired.responses.get(&response_type) {
            Some(DesiredResponse::Customized(written)) => Some(written),
            Some(DesiredResponse::Default) | None => None,
        };
        let change = match (observed.configured.get(response_type), wanted) {
            (Live::Default, None) => None,
            (Live::Customized(from), None) => Some(Change::Reset { from: from.clone() }),
            (Live::Default, Some(written)) => {
                Some(creation(desired, observed, response_type, written))
            }
            (Live::Customized(from), Some(written)) => {
                let status = status_difference(observed, response_type, from, written);
                let must_rewrite = rewrite.contains(&response_type);
                found.status_unknowable |= status == StatusVerdict::Unknowable && !must_rewrite;
                adjustment(response_type, from, written, status, must_rewrite)
            }
        };
        found.changes.extend(change.map(|change| (response_type, change)));
    }
    found
}

/// Customises a type that is at its default.
///
/// A patch starts from the built-in values (recorded on AWS). Not verified
/// on AWS: what it starts from while the family default is customised, and whether it makes
/// the shown 504 of `INTEGRATION_FAILURE` explicit. In both cases a Put is certain.
fn creation(
    desired: &DesiredApi,
    observed: &ObservedApi,
    response_type: ResponseType,
    written: &Customization,
) -> Change {
    let to = Target::new(response_type, written.clone());
    let builtin = GatewayResponse::builtin(response_type);
    let mut differences = diff(&builtin, &to.settled);
    let family = response_type.family().default_type();
    let family_is_customized =
        family != response_type && observed.configured.get(family).customized().is_some();
    let status_must_be_explicit =
        response_type == ResponseType::IntegrationFailure || family_sets_status(desired, family);
    if let (Some(status), true) = (written.status, status_must_be_explicit)
        && builtin.status == Some(status)
    {
        differences.insert(0, Difference::Status { from: builtin.status, to: Some(status) });
    }
    let unset_504 = response_type == ResponseType::IntegrationFailure && written.status.is_none();
    let call = if differences.is_empty() || family_is_customized || unset_504 {
        Creation::Put(differences)
    } else {
        Creation::Patch(differences)
    };
    Change::Create { to, call }
}

/// Whether the file gives the family default a status: then a member's own status
/// is sent also where it equals the built-in one, for it is not proven which of the
/// two a stage serves while the member's is unset.
fn family_sets_status(desired: &DesiredApi, family: ResponseType) -> bool {
    matches!(
        desired.responses.get(&family),
        Some(DesiredResponse::Customized(Customization { status: Some(_), .. }))
    )
}

/// How the live status compares with the written one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusVerdict {
    Same,
    Differs,
    /// GetGatewayResponses shows 504 whether it is explicit or not.
    Unknowable,
}

fn status_difference(
    observed: &ObservedApi,
    response_type: ResponseType,
    from: &GatewayResponse,
    written: &Customization,
) -> StatusVerdict {
    let shown = GatewayResponse::builtin(response_type).status;
    let ambiguous = response_type == ResponseType::IntegrationFailure
        && from.status == shown
        && (written.status.is_none() || written.status == shown);
    if !ambiguous {
        let settled = written.status.or(shown);
        return if from.status == settled { StatusVerdict::Same } else { StatusVerdict::Differs };
    }
    let explicit_is_wanted = written.status.is_some();
    match (integration_failure_status(observed, from), explicit_is_wanted) {
        (StatusEvidence::Unknown, _) => StatusVerdict::Unknowable,
        (StatusEvidence::Explicit, true) | (StatusEvidence::Unset, false) => StatusVerdict::Same,
        (StatusEvidence::Explicit, false) | (StatusEvidence::Unset, true) => StatusVerdict::Differs,
    }
}

/// Changes one customisation into another.
fn adjustment(
    response_type: ResponseType,
    from: &GatewayResponse,
    written: &Customization,
    status: StatusVerdict,
    must_rewrite: bool,
) -> Option<Change> {
    let to = Target::new(response_type, written.clone());
    let mut differences: Vec<Difference> = diff(from, &to.settled)
        .into_iter()
        .filter(|difference| !matches!(difference, Difference::Status { .. }))
        .collect();
    // With something else to change, an unknowable status is made certain at no cost.
    let settle_status = match status {
        StatusVerdict::Same => false,
        StatusVerdict::Differs => true,
        StatusVerdict::Unknowable => must_rewrite || !differences.is_empty(),
    };
    if settle_status {
        let change = Difference::Status { from: from.status, to: written.status };
        differences.insert(0, change);
    }
    if differences.is_empty() && !must_rewrite {
        return None;
    }
    let from = from.clone();
    if must_rewrite || !differences.iter().all(Difference::patchable) {
        Some(Change::Replace { from, to, differences })
    } else {
        Some(Change::Update { from, to, differences })
    }
}

/// Whether `INTEGRATION_FAILURE` is known to be without a status once the changes are
/// made: because one of them says so, or because it is and stays so.
pub(super) fn leaves_status_unset(
    observed: &ObservedApi,
    changes: &[(ResponseType, Change)],
    after: &BTreeMap<ResponseType, Live>,
) -> bool {
    const TYPE: ResponseType = ResponseType::IntegrationFailure;
    let Some(live) = after.get(&TYPE).and_then(Live::customized) else { return false };
    match changes.iter().find(|(response_type, _)| *response_type == TYPE) {
        Some((_, change)) if change.call() == Call::Put => {
            change.to().is_some_and(|target| target.written.status.is_none())
        }
        Some((_, change)) if change.from().is_none() => false,
        Some((_, change)) => {
            let sets_status = change
                .differences()
                .iter()
                .any(|difference| matches!(difference, Difference::Status { .. }));
            let was_unset = change.from().is_some_and(|from| {
                integration_failure_status(observed, from) == StatusEvidence::Unset
            });
            !sets_status && was_unset
        }
        None => integration_failure_status(observed, live) == StatusEvidence::Unset,
    }
}

/// Every type as GetGatewayResponses will show it once the changes are made.
#[must_use]
pub fn configured_after(
    observed: &ObservedApi,
    changes: &[(ResponseType, Change)],
) -> BTreeMap<ResponseType, Live> {
    let mut state = observed.configured.responses.clone();
    for (response_type, change) in changes {
        let after = match change.to() {
            Some(target) => Live::Customized(target.settled.clone()),
            None => Live::Default,
        };
        state.insert(*response_type, after);
    }
    state
}
