//! Request validators.

use super::Context;
use crate::sandbox::control::generic_patch;
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, RequestValidator};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

fn invalid() -> Failure {
    Failure::not_found("Invalid Request Validator identifier specified")
}

pub(crate) fn create(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let validator = RequestValidator { id: api.fresh_id(), ..call.input()? };
    let answer = Answer::created(&validator);
    api.config.request_validators.insert(validator.id.clone(), validator);
    Ok(answer)
}

pub(crate) fn list(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let all = api.config.request_validators.iter().map(|(id, one)| (id.clone(), one)).collect();
    let (page, position) = call.page(all)?;
    Ok(Answer::ok(&collection(page, position)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let found = api.config.request_validators.get(call.parameter("requestvalidator_id"));
    found.map(Answer::ok).ok_or_else(invalid)
}

pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    let found = api.config.request_validators.get_mut(call.parameter("requestvalidator_id"));
    let validator = found.ok_or_else(invalid)?;
    let members = ["name", "validateRequestBody", "validateRequestParameters"];
    *validator = generic_patch::apply(validator, &patch_operations, &members)?;
    Ok(Answer::ok(validator))
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let found = api.config.request_validators.remove(call.parameter("requestvalidator_id"));
    found.map(|_| Answer::empty(202)).ok_or_else(invalid)
}
