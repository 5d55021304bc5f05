//! An API as far as both sides can state it: an export and a deployment's summary on
//! one side, GetRestApi and GetResources on the other.
//!
//! Everything here is normalised, so that an API that was deployed and not changed since is
//! equal on both sides, however it was made. Ids, which an export does not have, are
//! kept only for [`renamed`], which compares how they are used.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::change::{ForeignChange, ForeignSubject, THE_API};
use crate::state::observed::{DeploymentSummary, MethodSummary};

/// A path with a method; sorted by path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Route {
    pub path: String,
    /// `GET`, …, `ANY`.
    pub method: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// What is known of an API but for its gateway responses.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ApiView {
    #[serde(serialize_with = "routes")]
    pub routes: BTreeMap<Route, RouteView>,
    pub policy: Option<Value>,
    pub binary_media_types: BTreeSet<String>,
    pub endpoint_disabled: bool,
}

/// JSON has only texts for keys.
fn routes<S: serde::Serializer>(
    routes: &BTreeMap<Route, RouteView>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(routes.iter().map(|(route, view)| (route.to_string(), view)))
}

/// A method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RouteView {
    /// `NONE`, `AWS_IAM`, `CUSTOM`, `COGNITO_USER_POOLS`.
    pub authorization: String,
    pub api_key_required: bool,
    /// A name in an export, an id in a configuration.
    pub authorizer: Option<String>,
    /// A name in an export, an id in a configuration.
    pub validator: Option<String>,
    /// `None` where nothing states one.
    pub integration: Option<Integration>,
}

/// Where a method leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Integration {
    /// `AWS`, `AWS_PROXY`, `HTTP`, `HTTP_PROXY`, `MOCK`.
    pub kind: String,
    pub http_method: Option<String>,
    pub uri: Option<String>,
    /// The VPC link.
    pub connection: Option<String>,
}

impl Integration {
    /// A MOCK leads nowhere, whatever address it was made with.
    pub(super) fn new(
        kind: Option<&str>,
        http_method: Option<&str>,
        uri: Option<&str>,
        connection: Option<&str>,
    ) -> Self {
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = kind.unwrap_or_default().to_ascii_uppercase();
        if kind == "MOCK" {
            return Self { kind, ..Self::default() };
        }
        Self {
            kind,
            http_method: text(http_method).map(|method| method.to_ascii_uppercase()),
            uri: text(uri),
            connection: text(connection),
        }
    }
}

impl fmt::Display for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, http_method, uri, connection } = self;
        f.write_str(kind)?;
        for part in [http_method, uri].into_iter().flatten() {
            write!(f, " {part}")?;
        }
        match connection {
            Some(connection) => write!(f, " by VPC link {connection}"),
            None => Ok(()),
        }
    }
}

/// The routes that deployments differ in, with their authorization type and API key:
/// what GetDeployment's summary shows.
pub(super) fn summary_changes(
    served: &DeploymentSummary,
    configured: &DeploymentSummary,
    integration_of: impl Fn(&Route) -> Option<String>,
) -> Vec<ForeignChange> {
    let (served, configured) = (by_route(served), by_route(configured));
    let mut changes = Vec::new();
    for (route, now) in &configured {
        let place = route.to_string();
        let Some(was) = served.get(route) else {
            changes.push(ForeignChange::added(
                ForeignSubject::Route,
                Some(&place),
                route_document(now, integration_of(route)),
            ));
            continue;
        };
        let (before, after) = (&was.authorization_type, &now.authorization_type);
        if before != after {
            changes.push(ForeignChange::changed(
                ForeignSubject::Authorization,
                Some(&place),
                json!(before),
                json!(after),
            ));
        }
        let words = |required: bool| json!(if required { "required" } else { "not required" });
        if was.api_key_required != now.api_key_required {
            changes.push(ForeignChange::changed(
                ForeignSubject::ApiKey,
                Some(&place),
                words(was.api_key_required),
                words(now.api_key_required),
            ));
        }
    }
    for (route, was) in served {
        if !configured.contains_key(&route) {
            let (place, was) = (route.to_string(), route_document(was, None));
            changes.push(ForeignChange::removed(ForeignSubject::Route, Some(&place), was));
        }
    }
    changes
}

fn by_route(summary: &DeploymentSummary) -> BTreeMap<Route, &MethodSummary> {
    summary
        .iter()
        .flat_map(|(path, methods)| {
            methods.iter().map(|(method, summary)| {
                (Route { path: path.clone(), method: method.to_ascii_uppercase() }, summary)
            })
        })
        .collect()
}

fn route_document(method: &MethodSummary, integration: Option<String>) -> Value {
    let MethodSummary { authorization_type, api_key_required } = method;
    let mut document = json!({
        "authorization": authorization_type,
        "api_key_required": api_key_required,
    });
    if let Some(integration) = integration {
        document["integration"] = Value::String(integration);
    }
    document
}

/// What only an export shows: integrations and validators of the routes that both
/// have, and what the API is set to as a whole.
pub(super) fn export_changes(served: &ApiView, configured: &ApiView) -> Vec<ForeignChange> {
    let ApiView { routes, policy, binary_media_types, endpoint_disabled } = configured;
    let mut changes = Vec::new();
    let both: Vec<(&Route, &RouteView, &RouteView)> = routes
        .iter()
        .filter_map(|(route, now)| Some((route, served.routes.get(route)?, now)))
        .collect();
    for (route, was, now) in &both {
        let place = route.to_string();
        if let (Some(was), Some(now)) = (&was.integration, &now.integration) {
            changes.extend(integration_changes(&place, was, now));
        }
        let named = |name: &Option<String>| name.as_ref().map(|name| json!(name));
        if was.validator.is_some() != now.validator.is_some() {
            changes.extend(ForeignChange::between(
                ForeignSubject::RequestValidator,
                Some(&place),
                named(&was.validator),
                named(&now.validator),
            ));
        }
    }
    changes.extend(renamed(&ForeignSubject::RequestValidator, &both, |view| {
        view.validator.as_deref()
    }));
    let same_kind: Vec<_> = both
        .iter()
        .filter(|(_, was, now)| was.authorization == now.authorization)
        .copied()
        .collect();
    changes.extend(renamed(&ForeignSubject::Authorizer, &same_kind, |view| {
        view.authorizer.as_deref()
    }));

    changes.extend(ForeignChange::between(
        ForeignSubject::ResourcePolicy,
        THE_API,
        served.policy.clone(),
        policy.clone(),
    ));
    let media_type = ForeignSubject::BinaryMediaType;
    for added in binary_media_types.difference(&served.binary_media_types) {
        changes.push(ForeignChange::added(media_type.clone(), THE_API, json!(added)));
    }
    for removed in served.binary_media_types.difference(binary_media_types) {
        changes.push(ForeignChange::removed(media_type.clone(), THE_API, json!(removed)));
    }
    if served.endpoint_disabled != *endpoint_disabled {
        let words = |disabled: bool| json!(if disabled { "disabled" } else { "enabled" });
        changes.push(ForeignChange::changed(
            ForeignSubject::DefaultEndpoint,
            THE_API,
            words(served.endpoint_disabled),
            words(*endpoint_disabled),
        ));
    }
    changes
}

fn integration_changes(
    place: &str,
    was: &Integration,
    now: &Integration,
) -> impl Iterator<Item = ForeignChange> {
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let member = |subject, was: Option<Value>, now: Option<Value>| {
        (was != now).then(|| ForeignChange::changed(subject, Some(place), was, now))
    };
    [
        member(ForeignSubject::IntegrationType, Some(json!(was.kind)), Some(json!(now.kind))),
        member(ForeignSubject::IntegrationMethod, text(&was.http_method), text(&now.http_method)),
        member(ForeignSubject::IntegrationUri, text(&was.uri), text(&now.uri)),
        member(ForeignSubject::IntegrationVpcLink, text(&was.connection), text(&now.connection)),
    ]
    .into_iter()
    .flatten()
}

/// Routes that use another authorizer or validator than before.
///
/// An export has names and a configuration ids, so neither can be compared by itself;
/// but one name must stand for one id on every route. The pair that most routes have is
/// taken for the right one; where none has the most, all of them are listed.
fn renamed(
    subject: &ForeignSubject,
    routes: &[(&Route, &RouteView, &RouteView)],
    of: impl Fn(&RouteView) -> Option<&str>,
) -> Vec<ForeignChange> {
    let pairs: Vec<(&Route, &str, &str)> =
        routes.iter().filter_map(|(route, was, now)| Some((*route, of(was)?, of(now)?))).collect();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (_, name, id) in &pairs {
        *counts.entry((name, id)).or_default() += 1;
    }
    let is_right = |name: &str, id: &str| {
        let count = counts.get(&(name, id));
        counts.iter().all(|((other_name, other_id), other)| {
            let competes = (*other_name == name) != (*other_id == id);
            !competes || count > Some(other)
        })
    };
    pairs
        .into_iter()
        .filter(|(_, name, id)| !is_right(name, id))
        .map(|(route, name, id)| {
            let (place, now) = (route.to_string(), json!(format!("id {id}")));
            ForeignChange::changed(subject.clone(), Some(&place), json!(name), now)
        })
        .collect()
}
