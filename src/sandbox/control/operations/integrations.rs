//! Integrations and their responses.
//!
//! Every kind can be made and stored; a stage of the sandbox can only answer by a
//! MOCK integration, all others are backends that it cannot reach.

use serde::Deserialize;
use serde_json::Value;

use super::{Context, methods, resources};
use crate::sandbox::control::generic_patch;
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, Integration, IntegrationResponse, Texts};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PutInput {
    #[serde(rename = "type")]
    kind: String,
    http_method: Option<String>,
    uri: Option<String>,
    connection_type: Option<String>,
    connection_id: Option<String>,
    credentials: Option<String>,
    request_parameters: Texts,
    request_templates: Texts,
    passthrough_behavior: Option<String>,
    content_handling: Option<String>,
    timeout_in_millis: Option<i64>,
    cache_namespace: Option<String>,
    cache_key_parameters: Vec<String>,
    tls_config: Option<Value>,
    response_transfer_mode: Option<String>,
    integration_target: Option<String>,
}

pub(crate) fn put(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let input: PutInput = call.input()?;
    let resource_id = resources::find(api, call.parameter("resource_id"))?.id.clone();
    let method = methods::find_mut(api, call)?;
    let remote = input.kind != "MOCK";
    if remote && input.http_method.is_none() {
        return Err(Failure::bad_request("Enumeration value for HttpMethod must be non-empty"));
    }
    if remote && input.uri.as_ref().is_none_or(String::is_empty) {
        return Err(Failure::bad_request("Invalid HTTP endpoint specified for URI"));
    }
    if input.kind.starts_with("AWS")
        && !input.uri.as_deref().unwrap_or_default().starts_with("arn:")
    {
        return Err(Failure::bad_request("Invalid ARN specified in the request"));
    }
    // What was mapped for the integration before stays.
    let integration_responses =
        method.method_integration.take().map(|old| old.integration_responses).unwrap_or_default();
    let integration = Integration {
        kind: input.kind,
        http_method: input.http_method,
        uri: input.uri,
        connection_type: input.connection_type.or_else(|| remote.then(|| "INTERNET".to_owned())),
        connection_id: input.connection_id,
        credentials: input.credentials,
        request_parameters: input.request_parameters,
        request_templates: input.request_templates,
        passthrough_behavior: Some(
            input.passthrough_behavior.unwrap_or_else(|| "WHEN_NO_MATCH".to_owned()),
        ),
        content_handling: input.content_handling,
        timeout_in_millis: Some(input.timeout_in_millis.unwrap_or(29_000)),
        cache_namespace: Some(input.cache_namespace.unwrap_or(resource_id)),
        cache_key_parameters: input.cache_key_parameters,
        integration_responses,
        tls_config: input.tls_config,
        response_transfer_mode: input.response_transfer_mode,
        integration_target: input.integration_target,
    };
    let answer = Answer::created(&integration);
    method.method_integration = Some(integration);
    Ok(answer)
}

fn find_mut<'a>(api: &'a mut Api, call: &Call) -> Result<&'a mut Integration, Failure> {
    methods::find_mut(api, call)?.method_integration.as_mut().ok_or_else(invalid)
}

fn find<'a>(api: &'a Api, call: &Call) -> Result<&'a Integration, Failure> {
    methods::find(api, call)?.method_integration.as_ref().ok_or_else(invalid)
}

fn invalid() -> Failure {
    Failure::not_found("Invalid Integration identifier specified")
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    Ok(Answer::ok(find(api, call)?))
}

pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    let members = [
        "type",
        "httpMethod",
        "uri",
        "connectionType",
        "connectionId",
        "credentials",
        "requestParameters/",
        "requestTemplates/",
        "passthroughBehavior",
        "contentHandling",
        "timeoutInMillis",
        "cacheNamespace",
        "cacheKeyParameters[]",
        "responseTransferMode",
        "integrationTarget",
    ];
    let integration = find_mut(api, call)?;
    *integration = generic_patch::apply(integration, &patch_operations, &members)?;
    Ok(Answer::ok(integration))
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    find(api, call)?;
    methods::find_mut(api, call)?.method_integration = None;
    Ok(Answer::empty(204))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResponseInput {
    selection_pattern: Option<String>,
    response_parameters: Texts,
    response_templates: Texts,
    content_handling: Option<String>,
}

pub(crate) fn put_response(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let input: ResponseInput = call.input()?;
    let status_code = call.parameter("status_code").to_owned();
    let method = methods::find_mut(api, call)?;
    if !method.method_responses.contains_key(&status_code) {
        return Err(Failure::not_found("Invalid Response status code specified"));
    }
    let integration = method.method_integration.as_mut().ok_or_else(invalid)?;
    let response = IntegrationResponse {
        status_code: status_code.clone(),
        selection_pattern: input.selection_pattern,
        response_parameters: input.response_parameters,
        response_templates: input.response_templates,
        content_handling: input.content_handling,
    };
    let answer = Answer::created(&response);
    integration.integration_responses.insert(status_code, response);
    Ok(answer)
}

fn invalid_response() -> Failure {
    Failure::not_found("Invalid Response status code specified")
}

pub(crate) fn get_response(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let responses = &find(api, call)?.integration_responses;
    responses.get(call.parameter("status_code")).map(Answer::ok).ok_or_else(invalid_response)
}

pub(crate) fn update_response(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    let members =
        ["selectionPattern", "contentHandling", "responseParameters/", "responseTemplates/"];
    let responses = &mut find_mut(api, call)?.integration_responses;
    let response = responses.get_mut(call.parameter("status_code")).ok_or_else(invalid_response)?;
    *response = generic_patch::apply(response, &patch_operations, &members)?;
    Ok(Answer::ok(response))
}

pub(crate) fn delete_response(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let responses = &mut find_mut(api, call)?.integration_responses;
    responses
        .remove(call.parameter("status_code"))
        .map(|_| Answer::empty(204))
        .ok_or_else(invalid_response)
}
