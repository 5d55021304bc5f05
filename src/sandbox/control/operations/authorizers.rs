//! Authorizers; they are stored, never called.

use super::Context;
use crate::sandbox::control::generic_patch;
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, Authorizer};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

fn find<'a>(api: &'a mut Api, call: &Call) -> Result<&'a mut Authorizer, Failure> {
    api.config.authorizers.get_mut(call.parameter("authorizer_id")).ok_or_else(invalid)
}

fn invalid() -> Failure {
    Failure::not_found("Invalid Authorizer identifier specified")
}

pub(crate) fn create(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let input: Authorizer = call.input()?;
    if input.name.is_empty() {
        return Err(Failure::bad_request("Authorizer name cannot be empty"));
    }
    if !["TOKEN", "REQUEST", "COGNITO_USER_POOLS"].contains(&input.kind.as_str()) {
        return Err(Failure::bad_request(format!("Invalid authorizer type: {}", input.kind)));
    }
    if api.config.authorizers.values().any(|known| known.name == input.name) {
        return Err(Failure::conflict(format!(
            "Authorizer name must be unique. Authorizer {} already exists in this RestApi.",
            input.name
        )));
    }
    let ttl = input.authorizer_result_ttl_in_seconds.or(Some(300));
    let auth_type = input.auth_type.clone().or_else(|| {
        Some(
            if input.kind == "COGNITO_USER_POOLS" { "cognito_user_pools" } else { "custom" }
                .to_owned(),
        )
    });
    let authorizer = Authorizer {
        id: api.fresh_id(),
        auth_type,
        authorizer_result_ttl_in_seconds: ttl,
        ..input
    };
    let answer = Answer::created(&authorizer);
    api.config.authorizers.insert(authorizer.id.clone(), authorizer);
    Ok(answer)
}

pub(crate) fn list(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let all = api.config.authorizers.iter().map(|(id, one)| (id.clone(), one)).collect();
    let (page, position) = call.page(all)?;
    Ok(Answer::ok(&collection(page, position)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let found = api.config.authorizers.get(call.parameter("authorizer_id"));
    found.map(Answer::ok).ok_or_else(invalid)
}

pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    let members = [
        "name",
        "type",
        "authType",
        "authorizerUri",
        "authorizerCredentials",
        "identitySource",
        "identityValidationExpression",
        "authorizerResultTtlInSeconds",
        "providerARNs[]",
    ];
    let authorizer = find(api, call)?;
    *authorizer = generic_patch::apply(authorizer, &patch_operations, &members)?;
    Ok(Answer::ok(authorizer))
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let id = find(api, call)?.id.clone();
    let in_use = api.config.resources.values().flat_map(|resource| resource.methods.values());
    if in_use.filter_map(|method| method.authorizer_id.as_ref()).any(|used| *used == id) {
        return Err(Failure::conflict("Cannot delete authorizer, it is referenced by a method"));
    }
    api.config.authorizers.remove(&id);
    Ok(Answer::empty(202))
}
