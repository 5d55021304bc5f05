//! The two sides of the comparison, each as an [`ApiView`].

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::policy::normalized;
use super::view::{ApiView, Integration, Route, RouteView};
use crate::state::observed::{
    ConfiguredApi, DeploymentSummary, Export, IntegrationConfiguration, MethodConfiguration,
    MethodSummary, RestApiDetail,
};

const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
pub(super) const INTEGRATION: &str = "x-amazon-apigateway-integration";
pub(super) const VALIDATOR: &str = "x-amazon-apigateway-request-validator";
pub(super) const AUTH: &str = "x-amazon-apigateway-auth";
pub(super) const POLICY: &str = "x-amazon-apigateway-policy";
pub(super) const BINARY_MEDIA_TYPES: &str = "x-amazon-apigateway-binary-media-types";

/// The method that a member of a path item stands for.
pub(super) fn verb(key: &str) -> Option<String> {
    match key {
        ANY_METHOD => Some("ANY".to_owned()),
        "get" | "put" | "post" | "delete" | "options" | "head" | "patch" => {
            Some(key.to_ascii_uppercase())
        }
        _ => None,
    }
}

/// What GetRestApi and GetResources say. Authorizers and validators are ids here.
#[must_use]
pub fn of_configured(configured: &ConfiguredApi) -> ApiView {
    let ConfiguredApi { detail, resources } = configured;
    let RestApiDetail {
        id: _,
        name: _,
        tags: _,
        policy,
        binary_media_types,
        disable_execute_api_endpoint,
        endpoint_types: _,
    } = detail;
    let routes = resources
        .iter()
        .flat_map(|resource| {
            resource.methods.iter().map(|method| {
                let view = resource.configured.get(method).map(route_view).unwrap_or_default();
                (Route { path: resource.path.clone(), method: method.to_ascii_uppercase() }, view)
            })
        })
        .collect();
    ApiView {
        routes,
        policy: policy.as_ref().map(normalized),
        binary_media_types: binary_media_types.clone(),
        endpoint_disabled: *disable_execute_api_endpoint,
    }
}

fn route_view(method: &MethodConfiguration) -> RouteView {
    let MethodConfiguration { summary, authorizer_id, request_validator_id, integration } = method;
    let MethodSummary { authorization_type, api_key_required } = summary;
    let filled = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
    RouteView {
        authorization: authorization_type.clone(),
        api_key_required: *api_key_required,
        authorizer: filled(authorizer_id),
        validator: filled(request_validator_id),
        integration: integration.as_ref().map(|integration| {
            let IntegrationConfiguration { kind, http_method, uri, connection_id } = integration;
            Integration::new(
                kind.as_deref(),
                http_method.as_deref(),
                uri.as_deref(),
                connection_id.as_deref(),
            )
        }),
    }
}

/// What an export says. Authorizers and validators are names here.
#[must_use]
pub fn of_export(export: &Export) -> ApiView {
    let document = &export.rest;
    let mut routes = BTreeMap::new();
    for (path, item) in members(document.get("paths")) {
        for (key, operation) in members(Some(item)) {
            if let Some(method) = verb(key) {
                let view = operation_view(document, operation);
                routes.insert(Route { path: path.clone(), method }, view);
            }
        }
    }
    ApiView {
        routes,
        policy: document.get(POLICY).filter(|policy| !policy.is_null()).map(normalized),
        binary_media_types: texts(document.get(BINARY_MEDIA_TYPES)).map(str::to_owned).collect(),
        endpoint_disabled: export.endpoint_disabled,
    }
}

/// The routes of a view as a deployment's summary has them.
pub(super) fn summary_of(view: &ApiView) -> DeploymentSummary {
    let mut summary = DeploymentSummary::new();
    for (route, method) in &view.routes {
        summary.entry(route.path.clone()).or_default().insert(
            route.method.clone(),
            MethodSummary {
                authorization_type: method.authorization.clone(),
                api_key_required: method.api_key_required,
            },
        );
    }
    summary
}

fn operation_view(document: &Value, operation: &Value) -> RouteView {
    let mut view = RouteView { authorization: "NONE".to_owned(), ..RouteView::default() };
    let asked = operation.get("security").or_else(|| document.get("security"));
    let schemes = document.pointer("/components/securitySchemes");
    for (name, _) in asked.and_then(Value::as_array).into_iter().flatten().flat_map(entries) {
        match Scheme::of(name, schemes.and_then(|schemes| schemes.get(name))) {
            Scheme::ApiKey => view.api_key_required = true,
            Scheme::Iam => "AWS_IAM".clone_into(&mut view.authorization),
            Scheme::Authorizer(kind) => {
                kind.clone_into(&mut view.authorization);
                view.authorizer = Some(name.clone());
            }
            Scheme::Other => {}
        }
    }
    let auth = operation.get(AUTH).and_then(|auth| auth.get("type")).and_then(Value::as_str);
    if auth.is_some_and(|kind| kind.eq_ignore_ascii_case("AWS_IAM")) {
        "AWS_IAM".clone_into(&mut view.authorization);
    }
    view.validator = operation
        .get(VALIDATOR)
        .or_else(|| document.get(VALIDATOR))
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    view.integration = operation.get(INTEGRATION).map(|integration| {
        let text = |key: &str| integration.get(key).and_then(Value::as_str);
        Integration::new(text("type"), text("httpMethod"), text("uri"), text("connectionId"))
    });
    view
}

/// What a security scheme of an export asks for.
enum Scheme {
    ApiKey,
    Iam,
    /// `CUSTOM` or `COGNITO_USER_POOLS`.
    Authorizer(&'static str),
    Other,
}

impl Scheme {
    fn of(name: &str, scheme: Option<&Value>) -> Self {
        let Some(scheme) = scheme else {
            return match name {
                "api_key" => Self::ApiKey,
                "sigv4" => Self::Iam,
                _ => Self::Other,
            };
        };
        let text = |pointer: &str| {
            scheme.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_lowercase()
        };
        let kind = text("/x-amazon-apigateway-authtype");
        let authorizer = text("/x-amazon-apigateway-authorizer/type");
        if kind == "awssigv4" {
            Self::Iam
        } else if kind.starts_with("cognito") || authorizer.starts_with("cognito") {
            Self::Authorizer("COGNITO_USER_POOLS")
        } else if !authorizer.is_empty() || !kind.is_empty() {
            Self::Authorizer("CUSTOM")
        } else if text("/type") == "apikey" {
            Self::ApiKey
        } else {
            Self::Other
        }
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The members of an object; of anything else none.
pub(super) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
