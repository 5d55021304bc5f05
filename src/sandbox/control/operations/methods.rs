//! Methods and their responses.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Context, resources};
use crate::sandbox::control::generic_patch;
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, Method, MethodResponse, Resource, Texts};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply};

const VERBS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"];

/// Whether a resource can have a method of that name.
pub(crate) fn is_verb(verb: &str) -> bool {
    VERBS.contains(&verb)
}

/// The method in the path, or what AWS says when there is none.
pub(crate) fn find<'a>(api: &'a Api, call: &Call) -> Result<&'a Method, Failure> {
    resources::find(api, call.parameter("resource_id"))?
        .methods
        .get(call.parameter("http_method"))
        .ok_or_else(invalid)
}

/// The same to be changed.
pub(crate) fn find_mut<'a>(api: &'a mut Api, call: &Call) -> Result<&'a mut Method, Failure> {
    resources::find_mut(api, call.parameter("resource_id"))?
        .methods
        .get_mut(call.parameter("http_method"))
        .ok_or_else(invalid)
}

/// The method that serves a verb: the resource's own one, or ANY.
pub(crate) fn serving<'a>(resource: &'a Resource, verb: &str) -> Result<&'a Method, Failure> {
    let known = is_verb(verb);
    let any = || resource.methods.get("ANY").filter(|_| known);
    resource.methods.get(verb).or_else(any).ok_or_else(invalid)
}

fn invalid() -> Failure {
    Failure::not_found("Invalid Method identifier specified")
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PutInput {
    authorization_type: String,
    authorizer_id: Option<String>,
    authorization_scopes: Vec<String>,
    api_key_required: bool,
    request_validator_id: Option<String>,
    operation_name: Option<String>,
    request_parameters: BTreeMap<String, bool>,
    request_models: Texts,
}

pub(crate) fn put(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let input: PutInput = call.input()?;
    let verb = call.parameter("http_method").to_owned();
    if !is_verb(&verb) {
        return Err(Failure::bad_request(
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
        ));
    }
    resources::find(api, call.parameter("resource_id"))?;
    let kinds = ["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"];
    if !kinds.contains(&input.authorization_type.as_str()) {
        return Err(Failure::bad_request(
            "Invalid authorization type specified. Setting the authorization type to CUSTOM or \
             COGNITO_USER_POOLS requires a valid authorizer.",
        ));
    }
    if matches!(input.authorization_type.as_str(), "CUSTOM" | "COGNITO_USER_POOLS") {
        let known = |id: &String| api.config.authorizers.contains_key(id);
        if !input.authorizer_id.as_ref().is_some_and(known) {
            return Err(Failure::bad_request(
                "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
            ));
        }
    }
    let known = |id: &String| api.config.request_validators.contains_key(id);
    if !input.request_validator_id.as_ref().is_none_or(known) {
        return Err(Failure::bad_request("Invalid Request Validator identifier specified"));
    }
    let resource = resources::find_mut(api, call.parameter("resource_id"))?;
    if resource.methods.contains_key(&verb) {
        return Err(Failure::conflict("Method already exists for this resource"));
    }
    let method = Method {
        http_method: verb.clone(),
        authorization_type: input.authorization_type,
        authorizer_id: input.authorizer_id,
        authorization_scopes: input.authorization_scopes,
        api_key_required: input.api_key_required,
        request_validator_id: input.request_validator_id,
        operation_name: input.operation_name,
        request_parameters: input.request_parameters,
        request_models: input.request_models,
        method_responses: BTreeMap::new(),
        method_integration: None,
    };
    let answer = Answer::created(&method);
    resource.methods.insert(verb, method);
    Ok(answer)
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    Ok(Answer::ok(find(api, call)?))
}

pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    let members = [
        "authorizationType",
        "authorizerId",
        "authorizationScopes[]",
        "apiKeyRequired",
        "requestValidatorId",
        "operationName",
        "requestParameters/",
        "requestModels/",
    ];
    let method = find_mut(api, call)?;
    *method = generic_patch::apply(method, &patch_operations, &members)?;
    Ok(Answer::ok(method))
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let verb = find(api, call)?.http_method.clone();
    resources::find_mut(api, call.parameter("resource_id"))?.methods.remove(&verb);
    Ok(Answer::empty(204))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResponseInput {
    response_parameters: BTreeMap<String, bool>,
    response_models: Texts,
}

pub(crate) fn put_response(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let ResponseInput { response_parameters, response_models } = call.input()?;
    let status_code = call.parameter("status_code").to_owned();
    let method = find_mut(api, call)?;
    if method.method_responses.contains_key(&status_code) {
        return Err(Failure::conflict("Response already exists for this resource"));
    }
    let response =
        MethodResponse { status_code: status_code.clone(), response_parameters, response_models };
    let answer = Answer::created(&response);
    method.method_responses.insert(status_code, response);
    Ok(answer)
}

fn invalid_response() -> Failure {
    Failure::not_found("Invalid Response status code specified")
}

pub(crate) fn get_response(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let responses = &find(api, call)?.method_responses;
    responses.get(call.parameter("status_code")).map(Answer::ok).ok_or_else(invalid_response)
}

pub(crate) fn update_response(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    let responses = &mut find_mut(api, call)?.method_responses;
    let response = responses.get_mut(call.parameter("status_code")).ok_or_else(invalid_response)?;
    *response = generic_patch::apply(
        response,
        &patch_operations,
        &["responseParameters/", "responseModels/"],
    )?;
    Ok(Answer::created(response))
}

pub(crate) fn delete_response(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let responses = &mut find_mut(api, call)?.method_responses;
    responses
        .remove(call.parameter("status_code"))
        .map(|_| Answer::empty(204))
        .ok_or_else(invalid_response)
}
