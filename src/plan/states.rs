//! What is customised, as each of the three truths has it, with all that is known of
//! whether a status was set.

use std::collections::BTreeMap;

use time::Date;

use super::evidence::{StatusEvidence, integration_failure_status, journal_of};
use super::responses::{Management, management};
use super::{Call, Change};
use crate::model::{GatewayResponse, Live, ResponseType};
use crate::state::desired::{DesiredApi, DesiredResponse};
use crate::state::diff::Difference;
use crate::state::effective::State;
use crate::state::observed::{Deployment, Export, ObservedApi, ObservedStage};

/// What is configured.
#[must_use]
pub fn configured_state(observed: &ObservedApi) -> State {
    State::new(&observed.configured.responses, |response_type, response| {
        configured_evidence(observed, response_type, response)
    })
}

/// GetGatewayResponses shows a status whether it was set or not. For
/// `INTEGRATION_FAILURE` the stages may tell, which is looked into, for there it is 504
/// against 500, 502 and 504.
fn configured_evidence(
    observed: &ObservedApi,
    response_type: ResponseType,
    response: &GatewayResponse,
) -> StatusEvidence {
    if response_type == ResponseType::IntegrationFailure {
        integration_failure_status(observed, response)
    } else {
        StatusEvidence::Unknown
    }
}

/// What the file makes of an API that is configured so; what it does not manage stays.
#[must_use]
pub fn desired_state(desired: &DesiredApi, configured: &State, today: Date) -> State {
    let mut state = State::default();
    for response_type in ResponseType::ALL {
        let wanted = desired.responses.get(&response_type);
        match (management(desired, response_type, today), wanted) {
            (Management::Managed, Some(DesiredResponse::Customized(written))) => {
                state.insert_written(response_type, written);
            }
            (Management::Managed, Some(DesiredResponse::Default) | None) => {}
            (Management::Unmanaged | Management::Ignored, _) => {
                if let Some(own) = configured.own(response_type) {
                    let evidence = configured.status_evidence(response_type);
                    let evidence = evidence.unwrap_or(StatusEvidence::Unknown);
                    state.insert(response_type, own.clone(), evidence);
                }
            }
        }
    }
    state
}

/// What an export states of its stage.
///
/// A `statusCode` that is absent proves an unset one. One that is there and is the
/// built-in one may be filled in, as far as anybody knows; for `INTEGRATION_FAILURE` it
/// is taken for set (seen in exports of what the console saved), unless the deployment's
/// description says otherwise.
#[must_use]
pub fn exported_state(
    export: &Export,
    stage: &ObservedStage,
    deployments: Option<&[Deployment]>,
) -> State {
    let says_unset = journal_of(stage, deployments)
        .is_some_and(|journal| journal.leaves_integration_failure_unset());
    let mut state = State::default();
    for (response_type, entry) in &export.responses {
        let evidence = match (entry.status, *response_type) {
            (None, _) => StatusEvidence::Unset,
            (Some(_), ResponseType::IntegrationFailure) if says_unset => StatusEvidence::Unset,
            (Some(_), ResponseType::IntegrationFailure) => StatusEvidence::Explicit,
            (Some(_), _) => StatusEvidence::Unknown,
        };
        let response = export.settled(*response_type).unwrap_or_default();
        state.insert(*response_type, response, evidence);
    }
    state
}

/// What will be configured once the changes are made. `listed` is every type as
/// GetGatewayResponses will show it.
pub(super) fn planned_state(
    observed: &ObservedApi,
    changes: &[(ResponseType, Change)],
    listed: &BTreeMap<ResponseType, Live>,
    integration_failure_unset: bool,
) -> State {
    State::new(listed, |response_type, response| {
        if response_type == ResponseType::IntegrationFailure && integration_failure_unset {
            return StatusEvidence::Unset;
        }
        let change = changes.iter().find(|(changed, _)| *changed == response_type);
        change
            .and_then(|(_, change)| sent_status(change))
            .unwrap_or_else(|| configured_evidence(observed, response_type, response))
    })
}

/// What a change makes certain of the status; `None` where it leaves it as it was, or
/// where nobody has recorded what it makes of it (a patch that customises a type).
fn sent_status(change: &Change) -> Option<StatusEvidence> {
    let differs = change.differences().iter().any(|one| matches!(one, Difference::Status { .. }));
    let written = change.to()?.written.status;
    match (written, differs || change.call() == Call::Put) {
        (Some(_), true) => Some(StatusEvidence::Explicit),
        (None, true) => Some(StatusEvidence::Unset),
        (_, false) => None,
    }
}
