//! What is really set: told apart from what is inherited, built in, or not to be known.

use std::collections::BTreeMap;

use crate::model::{Customization, GatewayResponse, ResponseType, builtin_templates};
use crate::plan::{
    ApiWork, Decision, DeployReason, KeepReason, StatusEvidence, integration_failure_status,
};
use crate::state::observed::{ObservedApi, Served};

use super::inventory::{Cause, Imported, LeftOut};
use crate::config::spell::response;
use crate::diagnostic::severity::Severity;
use crate::lint::{Finding, lint};
use crate::state::desired::{Allow, DesiredApi, DesiredResponse};

/// What is customised: what a file can say of it, and why it cannot say the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customized {
    pub sayable: BTreeMap<ResponseType, Customization>,
    pub unsayable: BTreeMap<ResponseType, String>,
}

impl Customized {
    /// Tells apart what a file can say.
    #[must_use]
    pub fn sort(written: impl IntoIterator<Item = (ResponseType, Customization)>) -> Self {
        let mut sorted = Self::default();
        for (response_type, written) in written {
            match response(&written) {
                Ok(_) => drop(sorted.sayable.insert(response_type, written)),
                Err(why) => drop(sorted.unsayable.insert(response_type, why)),
            }
        }
        sorted
    }

    /// One line for each type that no file can say.
    pub fn left_alone(&self) -> impl Iterator<Item = String> {
        self.unsayable
            .iter()
            .map(|(response_type, why)| format!("{response_type} is customised, but {why}"))
    }
}

/// Everything that is customised, each with no more than what a file must say.
///
/// A value that equals the built-in one is left out: GetGatewayResponses shows it
/// whether it was set or not. The one status that this may change for clients is that of
/// `INTEGRATION_FAILURE`: there the evidence decides.
#[must_use]
pub fn really_set(observed: &ObservedApi) -> Customized {
    let customized = || {
        let all = observed.configured.responses.iter();
        all.filter_map(|(response_type, live)| Some((*response_type, live.customized()?)))
    };
    let (bare, whole): (Vec<_>, Vec<_>) =
        customized().partition(|(_, live)| live.templates.is_empty());
    let whole = whole.into_iter().map(|(t, live)| (t, written(observed, t, live)));
    let mut sorted = Customized::sort(whole);
    let no_template = |(t, _)| (t, "it has no template, not even the built-in one".to_owned());
    sorted.unsayable.extend(bare.into_iter().map(no_template));
    sorted
}

fn written(
    observed: &ObservedApi,
    response_type: ResponseType,
    live: &GatewayResponse,
) -> Customization {
    let GatewayResponse { status, headers, templates } = live;
    let is_shown_anyway = *status == GatewayResponse::builtin(response_type).status;
    let is_set = !is_shown_anyway
        || (response_type == ResponseType::IntegrationFailure
            && integration_failure_status(observed, live) == StatusEvidence::Explicit);
    let is_builtin = *templates == builtin_templates();
    Customization {
        status: status.filter(|_| is_set),
        headers: headers.clone(),
        templates: if is_builtin { BTreeMap::new() } else { templates.clone() },
    }
}

/// What a lint rule finds wrong for good, although it is there: allowed in the file, with
/// the finding for a reason, so that the file is right and whoever reads it knows.
#[must_use]
pub fn known_faults(api: &Imported) -> Vec<Allow> {
    let customized = |(t, written): (&ResponseType, &Customization)| {
        (*t, DesiredResponse::Customized(written.clone()))
    };
    let desired = DesiredApi {
        responses: api.responses.iter().map(customized).collect(),
        ..DesiredApi::unmanaged(api.key.clone(), api.matching.clone())
    };
    let mut faults: Vec<Allow> = Vec::new();
    for finding in lint(&desired).into_iter().filter(|one| one.severity == Severity::Error) {
        let Finding { rule, response_type, message, .. } = finding;
        let is_known =
            |known: &Allow| known.rule == rule.id && known.response_type == response_type;
        if !faults.iter().any(is_known) {
            let reason = format!("It is like this where it was imported: {message}");
            faults.push(Allow { rule: rule.id.to_owned(), response_type, reason });
        }
    }
    faults
}

/// Whether `INTEGRATION_FAILURE` reads 504, and nothing tells whether that was set.
#[must_use]
pub fn is_unknowable(observed: &ObservedApi) -> bool {
    const TYPE: ResponseType = ResponseType::IntegrationFailure;
    observed.configured.get(TYPE).customized().is_some_and(|live| {
        live.status == GatewayResponse::builtin(TYPE).status
            && integration_failure_status(observed, live) == StatusEvidence::Unknown
    })
}

/// The stages that a plan would deploy to, or of which it could tell nothing: listed,
/// they would be the first thing that an apply does.
#[must_use]
pub fn unsettled_stages(work: &ApiWork, observed: &ObservedApi) -> Vec<LeftOut> {
    let unsettled = work.stages.iter().filter_map(|stage| {
        let why = match &stage.decision {
            Decision::Deploy(DeployReason::Behind(types)) if !types.is_empty() => {
                let types: Vec<&str> = types.iter().map(|t| t.as_str()).collect();
                format!(
                    "a plan would deploy to it: it still serves a different {} than configured",
                    types.join(", ")
                )
            }
            Decision::Deploy(
                DeployReason::Behind(_) | DeployReason::Changes | DeployReason::Unfinished,
            ) => "a plan would deploy to it: the deployed snapshot differs from the configuration"
                .to_owned(),
            Decision::Deploy(DeployReason::Contradiction(why)) => {
                format!("what it serves is unknown: {why}")
            }
            Decision::Keep(KeepReason::Unknown(why)) => {
                format!("what it serves is unknown: {why}")
            }
            Decision::Keep(_) => return None,
        };
        let (cause, hint) = match observed.stages.get(&stage.name).map(|seen| &seen.served) {
            Some(Served::Unreadable(unread)) => (Cause::Unread, unread.hint.clone()),
            Some(Served::NotRead | Served::NoSuchStage | Served::Exported(_)) | None => {
                (Cause::Unsettled, None)
            }
        };
        Some(LeftOut { stage: stage.name.clone(), why, cause, hint })
    });
    unsettled.collect()
}
