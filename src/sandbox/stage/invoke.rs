//! Requests to a stage, answered from its deployment's snapshot.
//!
//! The order of the checks is API Gateway's: is there a stage, is the endpoint
//! open, is there a method, may the caller, is the API key there, is the request
//! valid, does the integration answer.

use super::gateway_error::{Cause, answer, error_of};
use super::mock::{self, NoAnswer};
use super::routing::{Routed, route};
use super::scene::{GatewayError, Scene, Via};
use crate::model::ResponseType;
use crate::sandbox::data::state::{Api, Configuration, Method, Stage};
use crate::sandbox::quirks::Quirks;
use crate::sandbox::wire::host::HostName;
use crate::sandbox::wire::http::{Answer, Body, Request, segments};

/// Where a request to a stage goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) api: String,
    pub(crate) stage: String,
    /// Below the stage, as it was sent.
    pub(crate) path: String,
}

/// The target of a request by its path, or by its host.
pub(crate) fn target(path: &str, host: Option<&HostName>) -> Option<Target> {
    let split = |api: &str, rest: &str| {
        let rest = rest.trim_start_matches('/');
        let (stage, path) = rest.split_once('/').unwrap_or((rest, ""));
        Target { api: api.to_owned(), stage: stage.to_owned(), path: format!("/{path}") }
    };
    if let Some(rest) = path.strip_prefix("/_aws/execute-api/") {
        let (api, rest) = rest.split_once('/').unwrap_or((rest, ""));
        return Some(split(api, rest));
    }
    host?.execute_api().map(|api| split(api, path))
}

/// What the server knows beside the request.
pub(crate) struct Surroundings<'a> {
    pub(crate) quirks: &'a Quirks,
    pub(crate) region: &'a str,
    pub(crate) now: i64,
    /// The deployment that the stage served before it was moved, where this
    /// answer is to come from that one.
    pub(crate) previous: Option<&'a str>,
    pub(crate) request_id: String,
    pub(crate) extended_request_id: String,
}

/// No stage of that name: an answer that no gateway response touches.
fn forbidden() -> Answer {
    Answer::json(403, &serde_json::json!({ "message": "Forbidden" }))
        .header("x-amzn-ErrorType", "ForbiddenException")
}

pub(crate) fn invoke(
    api: Option<&Api>,
    target: &Target,
    request: &Request,
    around: Surroundings<'_>,
) -> Answer {
    let Some(api) = api else {
        let message =
            format!("There is no API {} here; on AWS its host name would not exist", target.api);
        return Answer::json(404, &serde_json::json!({ "message": message }));
    };
    let Some(stage) = api.stages.get(&target.stage) else {
        return forbidden();
    };
    let (via, id) = share(stage, around.previous);
    let deployment =
        api.deployments.get(id).or_else(|| api.deployments.get(stage.deployment_id.as_str()));
    let Some(deployment) = deployment else {
        return forbidden();
    };
    let config = deployment.snapshot.as_ref();
    if config.disable_execute_api_endpoint {
        return forbidden();
    }

    let mut stage_variables = stage.variables.clone();
    if let (Via::Canary, Some(canary)) = (via, &stage.canary_settings) {
        stage_variables.extend(canary.stage_variable_overrides.clone());
    }
    let quirks = around.quirks;
    let decoded = segments(&target.path);
    let routed = decoded.as_ref().and_then(|path| route(config, &request.method, path));
    let scene = Scene {
        request,
        query: request.query_pairs(),
        api_id: &api.id,
        region: around.region,
        stage: &stage.stage_name,
        deployment: Some(&deployment.id),
        via,
        stage_variables,
        path: target.path.clone(),
        resource_path: routed.as_ref().map(|routed| routed.resource.path.clone()),
        resource_id: routed.as_ref().map(|routed| routed.resource.id.clone()),
        path_parameters: routed
            .as_ref()
            .map(|routed| routed.path_parameters.clone())
            .unwrap_or_default(),
        request_id: around.request_id,
        extended_request_id: around.extended_request_id,
        now: around.now,
    };
    let outcome = match forced(&scene, quirks) {
        Some(Ok(error)) => Err(error),
        Some(Err(told)) => return told,
        None if decoded.is_none() => {
            Err(error_of(ResponseType::Default4xx, Cause::default(), quirks))
        }
        None => serve(&scene, config, routed.as_ref(), quirks),
    };
    outcome.unwrap_or_else(|error| answer(&error, &scene, &config.gateway_responses, quirks))
}

/// "Traffic is split at random" by the canary's percentage.
fn share<'a>(stage: &'a Stage, previous: Option<&'a str>) -> (Via, &'a str) {
    match &stage.canary_settings {
        Some(canary) if fastrand::f64() * 100.0 < canary.percent_traffic => {
            (Via::Canary, &canary.deployment_id)
        }
        Some(_) | None => (Via::Stage, previous.unwrap_or(&stage.deployment_id)),
    }
}

/// `?gwr-error=TYPE`: the sandbox's way to look at every one of the 21.
pub(crate) fn forced(scene: &Scene<'_>, quirks: &Quirks) -> Option<Result<GatewayError, Answer>> {
    let told = |message: String| Answer::json(400, &serde_json::json!({ "message": message }));
    let asked = scene.query("gwr-error")?;
    let Ok(kind) = asked.parse::<ResponseType>() else {
        let known = ResponseType::ALL.map(ResponseType::as_str).join(", ");
        return Some(Err(told(format!(
            "gwr-error: there is no type {asked:?}; it is one of {known}"
        ))));
    };
    let cause = match scene.query("gwr-cause") {
        None => Cause::default(),
        Some(text) => match Cause::parse(&text) {
            Some(cause) => cause,
            None => {
                return Some(Err(told(format!(
                    "gwr-cause: there is no cause {text:?}; it is one of 500, 502, 504, malformed"
                ))));
            }
        },
    };
    Some(Ok(error_of(kind, cause, quirks)))
}

fn serve(
    scene: &Scene<'_>,
    config: &Configuration,
    routed: Option<&Routed<'_>>,
    quirks: &Quirks,
) -> Result<Answer, GatewayError> {
    let error = |kind| error_of(kind, Cause::default(), quirks);
    if matches!(scene.request.body, Body::TooLarge) {
        return Err(error(ResponseType::RequestTooLarge));
    }
    let Some(Routed { resource: _, method, path_parameters: _ }) = routed else {
        return Err(nothing_there(scene, quirks));
    };
    authorize(scene, config, method, quirks)?;
    // There are no API keys here, so that any key is an unknown one.
    if method.api_key_required {
        return Err(error(ResponseType::InvalidApiKey));
    }
    run_method(scene, config, method, quirks)
}

/// What a method answers to those who may call it: validation, then the integration.
pub(crate) fn run_method(
    scene: &Scene<'_>,
    config: &Configuration,
    method: &Method,
    quirks: &Quirks,
) -> Result<Answer, GatewayError> {
    let error = |kind| error_of(kind, Cause::default(), quirks);
    validate(scene, config, method, quirks)?;
    let Some(integration) = &method.method_integration else {
        return Err(error(ResponseType::ApiConfigurationError));
    };
    let no_answer = |why| match why {
        NoAnswer::UnsupportedMediaType => error(ResponseType::UnsupportedMediaType),
        NoAnswer::NotConfigured => error(ResponseType::ApiConfigurationError),
    };
    match integration.kind.as_str() {
        "MOCK" => mock::answer(integration, scene, quirks).map_err(no_answer),
        kind => {
            if !kind.ends_with("_PROXY") {
                let content_type = scene.request.header("content-type");
                mock::request_template(integration, content_type).map_err(no_answer)?;
            }
            let cause = if kind.starts_with("HTTP") { Cause::Unreachable } else { Cause::Refused };
            Err(error_of(ResponseType::IntegrationFailure, cause, quirks))
        }
    }
}

/// An unknown path or verb: recorded as MISSING_AUTHENTICATION_TOKEN; with an
/// Authorization header that is none of AWS's, field logs show DEFAULT_4XX.
fn nothing_there(scene: &Scene<'_>, quirks: &Quirks) -> GatewayError {
    let missing = error_of(ResponseType::MissingAuthenticationToken, Cause::default(), quirks);
    match scene.request.header("authorization") {
        Some(header) if !header.starts_with("AWS4-HMAC-SHA256") => GatewayError {
            kind: ResponseType::Default4xx,
            status: 403,
            name: "IncompleteSignatureException",
            message: Some(
                "Invalid key=value pair (missing equal-sign) in Authorization header".to_owned(),
            ),
            validation: None,
        },
        _ => missing,
    }
}

/// The sandbox has no identities: it tells apart who brings something and who
/// brings nothing.
fn authorize(
    scene: &Scene<'_>,
    config: &Configuration,
    method: &Method,
    quirks: &Quirks,
) -> Result<(), GatewayError> {
    let error = |kind| Err(error_of(kind, Cause::default(), quirks));
    match method.authorization_type.as_str() {
        "AWS_IAM" => {
            let header = scene.request.header("authorization").unwrap_or_default();
            let signed =
                header.starts_with("AWS4-HMAC-SHA256") || scene.query("X-Amz-Signature").is_some();
            if signed { Ok(()) } else { error(ResponseType::MissingAuthenticationToken) }
        }
        kind @ ("CUSTOM" | "COGNITO_USER_POOLS") => {
            let authorizer =
                method.authorizer_id.as_ref().and_then(|id| config.authorizers.get(id));
            let source = authorizer.and_then(|authorizer| authorizer.identity_source.as_deref());
            let sources = source.unwrap_or("method.request.header.Authorization");
            let missing = sources.split(',').map(str::trim).any(|source| {
                match super::mapping::mapping(source) {
                    Some(mapping) => scene.map(mapping, None).is_none_or(|value| value.is_empty()),
                    None => false,
                }
            });
            match (missing, kind) {
                // The function is not called without its identity source; no
                // token of any user pool is valid here.
                (true, _) | (false, "COGNITO_USER_POOLS") => error(ResponseType::Unauthorized),
                // The function cannot be reached.
                (false, _) => error(ResponseType::AuthorizerConfigurationError),
            }
        }
        _ => Ok(()),
    }
}

fn validate(
    scene: &Scene<'_>,
    config: &Configuration,
    method: &Method,
    quirks: &Quirks,
) -> Result<(), GatewayError> {
    let validator =
        method.request_validator_id.as_ref().and_then(|id| config.request_validators.get(id));
    let Some(validator) = validator else {
        return Ok(());
    };
    if validator.validate_request_parameters {
        let missing: Vec<&str> = method
            .request_parameters
            .iter()
            .filter(|(_, required)| **required)
            .filter_map(|(key, _)| {
                let absent = super::mapping::mapping(key).is_some_and(|mapping| {
                    scene.map(mapping, None).is_none_or(|value| value.is_empty())
                });
                absent.then(|| key.rsplit('.').next().unwrap_or(key))
            })
            .collect();
        if !missing.is_empty() {
            let message = format!("Missing required request parameters: [{}]", missing.join(", "));
            let error = error_of(ResponseType::BadRequestParameters, Cause::default(), quirks);
            return Err(GatewayError {
                message: Some(message.clone()),
                validation: Some(message),
                ..error
            });
        }
    }
    // Of a model only this much is checked: that the body is JSON.
    let modelled = validator.validate_request_body && !method.request_models.is_empty();
    if modelled && serde_json::from_slice::<serde_json::Value>(scene.request.bytes()).is_err() {
        return Err(error_of(ResponseType::BadRequestBody, Cause::default(), quirks));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_path_and_by_host() {
        let found = |path: &str, host: &str| {
            target(path, host.parse().ok().as_ref()).map(|t| (t.api, t.stage, t.path))
        };
        let all = |api: &str, stage: &str, path: &str| {
            Some((api.to_owned(), stage.to_owned(), path.to_owned()))
        };
        assert_eq!(found("/_aws/execute-api/a/prod/x/y", "localhost"), all("a", "prod", "/x/y"));
        assert_eq!(found("/_aws/execute-api/a/prod", ""), all("a", "prod", "/"));
        assert_eq!(found("/_aws/execute-api/a", ""), all("a", "", "/"));
        let host = "a.execute-api.eu-west-1.amazonaws.com";
        assert_eq!(found("/prod/x", host), all("a", "prod", "/x"));
        assert_eq!(found("/_sandbox/reset", host), all("a", "_sandbox", "/reset"));
        assert_eq!(found("/restapis", "apigateway.eu-west-1.amazonaws.com"), None);
    }
}
