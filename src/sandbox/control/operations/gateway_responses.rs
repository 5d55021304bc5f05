//! Get, Put, Update and Delete of gateway responses.

use serde::Deserialize;
use serde_json::Value;

use super::Context;
use crate::model::ResponseType;
use crate::sandbox::control::constraints::text_of;
use crate::sandbox::control::patch::{Patched, patch};
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, Customization, Texts};
use crate::sandbox::quirks::{HeaderCase, PutEmptyTemplates};
use crate::sandbox::stage::mapping;
use crate::sandbox::stage::settled::shown;
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

/// The type in the path. The constraints have been checked before, so that an
/// unknown one does not come this far.
fn response_type(call: &Call) -> Result<ResponseType, Failure> {
    call.parameter("response_type")
        .parse()
        .map_err(|_| Failure::bad_request("Invalid response type"))
}

/// All 21, by name; "because of no pagination support" all at once.
pub(crate) fn list(_: &Context<'_>, api: &Api, _: &Call) -> Reply {
    let all = ResponseType::ALL.map(|of| shown(&api.config.gateway_responses, of)).to_vec();
    Ok(Answer::ok(&collection(all, None)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    Ok(Answer::ok(&shown(&api.config.gateway_responses, response_type(call)?)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutInput {
    status_code: Option<Value>,
    response_parameters: Option<Texts>,
    response_templates: Option<Texts>,
}

/// Replaces the whole customisation: what is not given falls to the built-in value.
pub(crate) fn put(context: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let of = response_type(call)?;
    let PutInput { status_code, response_parameters, response_templates } = call.input()?;
    mapping::check(response_parameters.iter().flatten())?;
    mapping::check_templates(response_templates.iter().flatten())?;
    let response_parameters = match context.quirks.header_case {
        HeaderCase::Distinct => response_parameters,
        HeaderCase::Merge => response_parameters.map(merged),
    };
    let response_templates = match context.quirks.put_empty_templates {
        PutEmptyTemplates::Default => response_templates.filter(|map| !map.is_empty()),
        PutEmptyTemplates::Empty => response_templates,
    };
    let status_code = status_code.as_ref().map(text_of);
    let custom = Customization { status_code, response_parameters, response_templates };
    api.config.gateway_responses.insert(of, custom);
    Ok(Answer::created(&shown(&api.config.gateway_responses, of)))
}

/// One key for each name, whatever its case; the last spelling stays.
fn merged(map: Texts) -> Texts {
    let mut merged = Texts::new();
    for (key, value) in map {
        merged.retain(|known, _| !known.eq_ignore_ascii_case(&key));
        merged.insert(key, value);
    }
    merged
}

pub(crate) fn update(context: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let of = response_type(call)?;
    let Patch { patch_operations } = call.input()?;
    let responses = &mut api.config.gateway_responses;
    let Patched { stored, failure } = patch(responses, of, &patch_operations, context.quirks);
    if let Some(custom) = stored {
        responses.insert(of, custom);
    }
    failure.map_or_else(|| Ok(Answer::ok(&shown(responses, of))), Err)
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    match api.config.gateway_responses.remove(&response_type(call)?) {
        Some(_) => Ok(Answer::empty(202)),
        None => Err(Failure::not_found("Gateway response type not defined on api")),
    }
}
