//! Models; they are stored and exported, bodies are not checked against them.

use super::Context;
use crate::sandbox::data::state::{Api, Model};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

fn invalid(name: &str) -> Failure {
    Failure::not_found(format!("Invalid Model Name specified: {name}"))
}

pub(crate) fn create(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let model = Model { id: api.fresh_id(), ..call.input()? };
    if model.name.is_empty() || !model.name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Failure::bad_request("Model name must be alphanumeric"));
    }
    if api.config.models.contains_key(&model.name) {
        return Err(Failure::conflict("Model name already exists for this REST API"));
    }
    let answer = Answer::created(&model);
    api.config.models.insert(model.name.clone(), model);
    Ok(answer)
}

pub(crate) fn list(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let all = api.config.models.iter().map(|(name, one)| (name.clone(), one)).collect();
    let (page, position) = call.page(all)?;
    Ok(Answer::ok(&collection(page, position)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let name = call.parameter("model_name");
    api.config.models.get(name).map(Answer::ok).ok_or_else(|| invalid(name))
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let name = call.parameter("model_name");
    api.config.models.remove(name).map(|_| Answer::empty(202)).ok_or_else(|| invalid(name))
}
