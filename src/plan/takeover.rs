//! The first changes of gwr to an API: what others configured there is not removed quietly.
//!
//! Desired is total per type, so an entry that names one header removes everything else from
//! its type. Before gwr has deployed an API for the first time, such an entry was most likely
//! written without a look at what is configured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::evidence::{StatusEvidence, integration_failure_status};
use super::{Change, Target};
use crate::diagnostic::hazard::{Hazard, HazardId};
use crate::model::{
    GatewayResponse, HeaderName, ResponseType, StatusCode, Templates, builtin_templates,
};
use crate::state::desired::{DeployPolicy, DesiredApi, Removal};
use crate::state::observed::{Deployment, ObservedApi};

/// A configured member that a change removes without putting another value in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dropped {
    Status(StatusCode),
    Header(HeaderName),
    Template(String),
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Template(media_type) => write!(f, "template {media_type}"),
        }
    }
}

/// The hazard, where gwr has not deployed this API before and a change drops something
/// that the file does not remove explicitly.
pub(super) fn takeover(
    desired: &DesiredApi,
    observed: &ObservedApi,
    changes: &[(ResponseType, Change)],
    accepted: &BTreeSet<String>,
) -> Option<Hazard> {
    let deployments = observed.deployments.as_deref();
    // Unknown is never clean: deployments that were not read do not prove an earlier run.
    if deployments.is_some_and(|listed| listed.iter().any(Deployment::is_of_gwr)) {
        return None;
    }
    let dropped = dropped(desired, observed, changes);
    if dropped.is_empty() {
        return None;
    }
    let message = format!(
        "the file leaves out what is configured, so apply would remove it: {}; to keep it, copy it \
         into the file (`gwr import --api-id {}` prints it). {}. To remove it on purpose, write \
         `status = \"default\"` or `NAME = false`",
        list(&dropped),
        observed.rest_api_id,
        why_first(deployments, desired.deploy),
    );
    Some(match desired.deploy {
        DeployPolicy::Auto => HazardId::Takeover.hazard(message, accepted),
        // gwr never makes a deployment here, so a refusal would return with every change.
        DeployPolicy::Never => HazardId::Takeover.remark(message),
    })
}

/// Whether only GetDeployments shows if apply refuses these changes as a takeover.
#[must_use]
pub fn takeover_needs_deployments(
    desired: &DesiredApi,
    observed: &ObservedApi,
    changes: &[(ResponseType, Change)],
) -> bool {
    desired.deploy == DeployPolicy::Auto
        && observed.deployments.is_none()
        && !dropped(desired, observed, changes).is_empty()
}

/// What the changes drop, by type; a type that is reset is not listed, because only
/// `reset = true` and `unlisted = "reset"` reset one.
fn dropped(
    desired: &DesiredApi,
    observed: &ObservedApi,
    changes: &[(ResponseType, Change)],
) -> BTreeMap<ResponseType, Vec<Dropped>> {
    let mut found = BTreeMap::new();
    for (response_type, change) in changes {
        let (Some(from), Some(Target { written, settled: _ })) = (change.from(), change.to())
        else {
            continue;
        };
        let mut members = Vec::new();
        if written.status.is_none() && !desired.removes(*response_type, &Removal::Status) {
            members.extend(set_status(observed, *response_type, from).map(Dropped::Status));
        }
        for name in from.headers.keys() {
            let is_kept = written.headers.keys().any(|kept| kept.same_as(name));
            if !is_kept && !desired.removes(*response_type, &Removal::header(name)) {
                members.push(Dropped::Header(name.clone()));
            }
        }
        for media_type in set_templates(from).into_iter().flat_map(Templates::keys) {
            let is_kept = written.templates.contains_key(media_type);
            let removal = Removal::Template(media_type.clone());
            if !is_kept && !desired.removes(*response_type, &removal) {
                members.push(Dropped::Template(media_type.clone()));
            }
        }
        if !members.is_empty() {
            found.insert(*response_type, members);
        }
    }
    found
}

/// The status, where it is known to be set: GetGatewayResponses shows the built-in status also
/// while none is set.
fn set_status(
    observed: &ObservedApi,
    response_type: ResponseType,
    live: &GatewayResponse,
) -> Option<StatusCode> {
    let is_set = live.status != GatewayResponse::builtin(response_type).status
        || (response_type == ResponseType::IntegrationFailure
            && integration_failure_status(observed, live) == StatusEvidence::Explicit);
    live.status.filter(|_| is_set)
}

/// The templates, where they are known to be set: the built-in one alone is also what
/// GetGatewayResponses shows while none is set.
fn set_templates(live: &GatewayResponse) -> Option<&Templates> {
    Some(&live.templates).filter(|templates| **templates != builtin_templates())
}

/// `THROTTLED, QUOTA_EXCEEDED (header Retry-After), DEFAULT_4XX (status 403)`: types that
/// drop the same members are grouped, because a header is often set on many types.
fn list(dropped: &BTreeMap<ResponseType, Vec<Dropped>>) -> String {
    let mut groups: Vec<(&[Dropped], Vec<ResponseType>)> = Vec::new();
    for (response_type, members) in dropped {
        match groups.iter_mut().find(|(same, _)| same == members) {
            Some((_, types)) => types.push(*response_type),
            None => groups.push((members, vec![*response_type])),
        }
    }
    let group = |(members, types): &(&[Dropped], Vec<ResponseType>)| {
        format!("{} ({})", joined(types), joined(members))
    };
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}

fn joined(parts: &[impl fmt::Display]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Why these count as the first changes of gwr to the API. The text names no number of
/// deployments: a plan that is made again later must say the same of the same work.
fn why_first(deployments: Option<&[Deployment]>, deploy: DeployPolicy) -> &'static str {
    match (deploy, deployments) {
        (DeployPolicy::Auto, Some(_)) => "None of the API's deployments was made by gwr",
        (DeployPolicy::Auto, None) => {
            "Whether gwr changed this API before is unknown, because its deployments were not read"
        }
        (DeployPolicy::Never, _) => {
            "gwr does not deploy this API (`deploy = \"never\"`), so no deployment shows that it \
             changed it before"
        }
    }
}
