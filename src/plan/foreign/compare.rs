//! What is served against what is configured, before anything is written.

use std::collections::BTreeMap;

use serde_json::json;

use super::change::{Foreign, ForeignChange, ForeignSubject};
use super::sides::{of_configured, of_export, summary_of};
use super::view::{ApiView, Route, export_changes, summary_changes};
use super::why::{Scope, Why};
use crate::model::{GatewayResponse, Live, ResponseType};
use crate::plan::customized_digest;
use crate::plan::evidence::{is_silent, same_response, serves};
use crate::state::deployment_note::{Journal, Ships};
use crate::state::digest::{Digest, of_responses};
use crate::state::export_shows::ExportShows;
use crate::state::observed::{Configured, Export, Routes, Served};

/// What is compared for one stage.
pub struct Comparison<'a> {
    pub routes: &'a Routes,
    /// The gateway responses as they are configured, before any change of ours.
    pub configured: &'a Configured,
    /// The same without what an earlier run of gwr wrote and never deployed.
    pub undone: Option<&'a BTreeMap<ResponseType, Live>>,
    pub served: &'a Served,
    /// The deployment that a new one would take the place of.
    pub deployment: Option<&'a str>,
    /// What gwr wrote into that deployment's description.
    pub journal: Option<&'a Journal>,
    pub export_shows: ExportShows,
}

/// The undeployed work of others that a deployment to the stage would ship.
#[must_use]
pub fn foreign_of(comparison: &Comparison<'_>, managed: impl Fn(ResponseType) -> bool) -> Foreign {
    let mut changes = Vec::new();
    match &comparison.routes.configured {
        Ok(configured) => changes.extend(api_changes(comparison, &of_configured(configured))),
        Err(_) => {
            changes.push(not_compared(Scope::Configuration, Why::NoConfiguration));
        }
    }
    changes.extend(response_changes(comparison, managed));
    Foreign::new(changes)
}

/// The calls that failed, each with the reason in a few words, where the list says that
/// something could not be read.
#[must_use]
pub fn unread(comparison: &Comparison<'_>, foreign: &Foreign) -> Vec<String> {
    let is_why = |wanted| {
        foreign.changes().iter().any(
            |change| matches!(change, ForeignChange::NotCompared { why, .. } if *why == wanted),
        )
    };
    let configuration = comparison.routes.configured.as_ref().err();
    let summary =
        comparison.deployment.and_then(|id| comparison.routes.deployed.get(id)?.as_ref().err());
    let export = match comparison.served {
        Served::Unreadable(unread) => Some(unread),
        Served::NotRead | Served::NoSuchStage | Served::Exported(_) => None,
    };
    [(Why::NoConfiguration, configuration), (Why::NoSummary, summary), (Why::NoExport, export)]
        .into_iter()
        .filter(|(why, _)| is_why(*why))
        .filter_map(|(_, unread)| Some(unread?.call.clone()))
        .collect()
}

/// What a deployment made now is to be remembered by.
#[must_use]
pub fn ships(
    routes: &Routes,
    configured: &BTreeMap<ResponseType, Live>,
    managed: impl Fn(ResponseType) -> bool,
) -> Option<Ships> {
    let api = routes.configured.as_ref().ok()?;
    Some(Ships {
        api: Ships::short(&Digest::of(&of_configured(api))),
        responses: Ships::short(&unmanaged_digest(configured, managed)),
    })
}

fn unmanaged_digest(
    responses: &BTreeMap<ResponseType, Live>,
    managed: impl Fn(ResponseType) -> bool,
) -> Digest {
    of_responses(
        responses
            .iter()
            .filter(|(response_type, _)| !managed(**response_type))
            .filter_map(|(response_type, live)| Some((*response_type, live.customized()?))),
    )
}

const fn not_compared(scope: Scope, why: Why) -> ForeignChange {
    ForeignChange::NotCompared { scope, why }
}

fn api_changes(comparison: &Comparison<'_>, configured: &ApiView) -> Vec<ForeignChange> {
    let Some(deployment) = comparison.deployment else {
        return vec![not_compared(Scope::Configuration, Why::NoDeployment)];
    };
    let ships = comparison.journal.and_then(Journal::ships);
    let noted = ships.map(|ships| ships.api == Ships::short(&Digest::of(configured)));
    let summary = comparison.routes.summary(deployment);
    let export = match comparison.served {
        Served::Exported(export) => Some(of_export(export)),
        Served::NotRead | Served::NoSuchStage | Served::Unreadable(_) => None,
    };
    let mut changes = Vec::new();

    let integration_of =
        |route: &Route| Some(configured.routes.get(route)?.integration.as_ref()?.to_string());
    let routes_now = summary_of(configured);
    match (summary, &export) {
        (Some(summary), _) => {
            changes.extend(summary_changes(summary, &routes_now, integration_of));
        }
        (None, _) if noted == Some(true) => {}
        // Nor could the new deployment's summary be held against it before a stage is moved.
        (None, _) if matches!(comparison.routes.deployed.get(deployment), Some(Err(_))) => {
            changes.push(not_compared(Scope::Routes, Why::NoSummary));
        }
        (None, Some(export)) if comparison.export_shows != ExportShows::Mirror => {
            changes.extend(summary_changes(&summary_of(export), &routes_now, integration_of));
        }
        (None, _) => changes.push(not_compared(Scope::Routes, Why::NoSummary)),
    }

    if noted == Some(true) {
        return changes;
    }
    let integrations = |why| not_compared(Scope::Integrations, why);
    let Some(export) = export else {
        changes.push(integrations(Why::NoExport));
        return changes;
    };
    let same_routes = |view: &ApiView, other: &ApiView| view.routes.keys().eq(other.routes.keys());
    let of_deployment = summary.is_none_or(|summary| {
        summary.values().map(BTreeMap::len).sum::<usize>() == export.routes.len()
            && export.routes.keys().all(|route| {
                summary.get(&route.path).is_some_and(|held| held.contains_key(&route.method))
            })
    });
    if !of_deployment {
        changes.push(integrations(Why::OtherRoutes));
        return changes;
    }
    // The routes of its deployment, which are not those configured: no mirror.
    let proven = summary.is_some() && !same_routes(&export, configured);
    if comparison.export_shows == ExportShows::Mirror && !proven {
        changes.push(integrations(if noted.is_some() { Why::ChangedSince } else { Why::Mirror }));
        return changes;
    }
    let shows_integrations = export.routes.values().any(|route| route.integration.is_some());
    if !shows_integrations && !export.routes.is_empty() {
        changes.push(integrations(Why::NoIntegrations));
    }
    changes.extend(export_changes(&export, configured));
    if changes.is_empty() && noted == Some(false) {
        changes.push(integrations(Why::ChangedSince));
    }
    changes
}

/// Gateway responses that the file leaves alone.
fn response_changes(
    comparison: &Comparison<'_>,
    managed: impl Fn(ResponseType) -> bool,
) -> Vec<ForeignChange> {
    let Configured { responses, unknown_types: _, unknown_parameters: _ } = comparison.configured;
    let export = match (comparison.served, comparison.export_shows) {
        (Served::Exported(export), ExportShows::Snapshot | ExportShows::Unproven) => Ok(export)
            .and_then(|export| {
                if is_silent(export, comparison.journal) { Err(Why::Silent) } else { Ok(export) }
            }),
        (Served::Exported(_), ExportShows::Mirror) if comparison.journal.is_some() => {
            Err(Why::ChangedSince)
        }
        (Served::Exported(_), ExportShows::Mirror) => Err(Why::Mirror),
        (Served::NotRead | Served::NoSuchStage | Served::Unreadable(_), _) => Err(Why::NoExport),
    };
    match export {
        Ok(export) => foreign_responses(export, comparison.configured, managed),
        Err(why) => {
            let is_described = |responses: &BTreeMap<ResponseType, Live>| {
                comparison.journal.is_some_and(|journal| {
                    let unmanaged = || Ships::short(&unmanaged_digest(responses, &managed));
                    journal.digest == customized_digest(responses)
                        || journal.ships().is_some_and(|ships| ships.responses == unmanaged())
                })
            };
            // Where every type is managed, nothing is left to compare.
            let none_left = ResponseType::ALL.into_iter().all(&managed);
            if none_left || is_described(responses) || comparison.undone.is_some_and(is_described) {
                Vec::new()
            } else {
                vec![not_compared(Scope::Responses, why)]
            }
        }
    }
}

/// The gateway responses, managed or not, that are not configured as planned although every
/// change was made: another client wrote them meanwhile.
#[must_use]
pub fn written_meanwhile(planned: &BTreeMap<ResponseType, Live>, now: &Configured) -> Foreign {
    let changes = ResponseType::ALL.into_iter().filter_map(|response_type| {
        let planned = planned.get(&response_type).unwrap_or(&Live::Default);
        let now = now.get(response_type);
        if same_response(planned, now) {
            return None;
        }
        between(response_type, planned.customized(), now.customized())
    });
    Foreign::new(changes.collect())
}

/// The gateway responses that a stage serves after its move and that are neither what it
/// served before nor what was planned: another client's work, in the snapshot.
#[must_use]
pub fn unlisted_responses(
    before: &Export,
    after: &Export,
    planned: &BTreeMap<ResponseType, Live>,
) -> Foreign {
    let changes = ResponseType::ALL.into_iter().filter_map(|response_type| {
        let settled = |export: &Export| export.settled(response_type);
        let live = |export: &Export| settled(export).map_or(Live::Default, Live::Customized);
        let (was, now) = (live(before), live(after));
        if serves(after, planned, response_type) || same_response(&was, &now) {
            return None;
        }
        between(response_type, was.customized(), now.customized())
    });
    Foreign::new(changes.collect())
}

/// The gateway responses that the file leaves alone and that a stage serves otherwise
/// than they are configured, as far as its export is believed.
#[must_use]
pub fn foreign_responses(
    export: &Export,
    configured: &Configured,
    managed: impl Fn(ResponseType) -> bool,
) -> Vec<ForeignChange> {
    ResponseType::ALL
        .into_iter()
        .filter(|response_type| !managed(*response_type))
        .filter(|response_type| !serves(export, &configured.responses, *response_type))
        .filter_map(|response_type| response_change(response_type, export, configured))
        .collect()
}

fn response_change(
    response_type: ResponseType,
    export: &Export,
    configured: &Configured,
) -> Option<ForeignChange> {
    let served = export.settled(response_type);
    between(response_type, served.as_ref(), configured.get(response_type).customized())
}

fn between(
    response_type: ResponseType,
    before: Option<&GatewayResponse>,
    after: Option<&GatewayResponse>,
) -> Option<ForeignChange> {
    let json = |response: Option<&GatewayResponse>| response.map(|response| json!(response));
    let subject = ForeignSubject::GatewayResponse;
    ForeignChange::between(subject, Some(response_type.as_str()), json(before), json(after))
}
