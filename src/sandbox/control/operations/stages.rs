//! Stages: which deployment is served under which name.

use serde::Deserialize;

use super::Context;
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::control::stage_patch;
use crate::sandbox::data::state::{Api, Canary, Stage, Texts};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

/// A stage with nothing set.
pub(crate) fn new(name: &str, seconds: i64) -> Stage {
    Stage {
        stage_name: name.to_owned(),
        cache_cluster_status: "NOT_AVAILABLE".to_owned(),
        created_date: seconds,
        last_updated_date: seconds,
        ..Stage::default()
    }
}

pub(crate) fn set_cache(stage: &mut Stage, enabled: bool) {
    stage.cache_cluster_enabled = enabled;
    let status = if enabled { "AVAILABLE" } else { "NOT_AVAILABLE" };
    status.clone_into(&mut stage.cache_cluster_status);
}

pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let fits = !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits { Ok(()) } else { Err(Failure::bad_request("Stage name only allows a-zA-Z0-9_")) }
}

/// The stage, or what AWS says when there is none.
pub(crate) fn find<'a>(api: &'a Api, call: &Call) -> Result<&'a Stage, Failure> {
    api.stages
        .get(call.parameter("stage_name"))
        .ok_or_else(|| Failure::not_found("Invalid stage identifier specified"))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateInput {
    stage_name: String,
    deployment_id: String,
    description: Option<String>,
    cache_cluster_enabled: bool,
    cache_cluster_size: Option<String>,
    variables: Texts,
    documentation_version: Option<String>,
    canary_settings: Option<Canary>,
    tracing_enabled: bool,
    tags: Texts,
}

pub(crate) fn create(context: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let input: CreateInput = call.input()?;
    check_name(&input.stage_name)?;
    if api.stages.contains_key(&input.stage_name) {
        return Err(Failure::conflict("Stage already exists"));
    }
    let deployments = [
        Some(&input.deployment_id),
        input
            .canary_settings
            .as_ref()
            .map(|canary| &canary.deployment_id)
            .filter(|id| !id.is_empty()),
    ];
    if deployments.into_iter().flatten().any(|id| !api.deployments.contains_key(id.as_str())) {
        return Err(Failure::bad_request("Deployment id does not exist"));
    }
    let mut stage = Stage {
        deployment_id: input.deployment_id.clone(),
        description: input.description,
        cache_cluster_size: input.cache_cluster_size,
        variables: input.variables,
        documentation_version: input.documentation_version,
        tracing_enabled: input.tracing_enabled,
        tags: input.tags,
        ..new(&input.stage_name, context.seconds())
    };
    set_cache(&mut stage, input.cache_cluster_enabled);
    stage.canary_settings = input.canary_settings.map(|canary| {
        let deployment_id = Some(canary.deployment_id.clone())
            .filter(|id| !id.is_empty())
            .unwrap_or(input.deployment_id);
        Canary { deployment_id, ..canary }
    });
    let answer = Answer::created(&stage);
    api.stages.insert(input.stage_name, stage);
    Ok(answer)
}

pub(crate) fn list(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let of = call.query("deploymentId").filter(|id| !id.is_empty());
    let stages: Vec<&Stage> =
        api.stages.values().filter(|stage| of.is_none_or(|id| stage.deployment_id == id)).collect();
    Ok(Answer::ok(&collection(stages, None)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    Ok(Answer::ok(find(api, call)?))
}

pub(crate) fn update(context: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let mut stage = find(api, call)?.clone();
    let Patch { patch_operations } = call.input()?;
    let deployments = |id: &str| api.deployments.contains_key(id);
    stage_patch::apply(&mut stage, &patch_operations, &deployments, context.quirks)?;
    stage.last_updated_date = context.seconds();
    let answer = Answer::ok(&stage);
    api.stages.insert(stage.stage_name.clone(), stage);
    Ok(answer)
}

pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let name = find(api, call)?.stage_name.clone();
    api.stages.remove(&name);
    Ok(Answer::empty(202))
}

/// There is no cache to flush.
pub(crate) fn flush(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    find(api, call).map(|_| Answer::empty(202))
}
