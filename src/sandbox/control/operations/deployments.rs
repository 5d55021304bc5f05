//! Deployments: snapshots of an API's configuration.
//!
//! Messages recorded in LocalStack's validated snapshots (`test_create_delete_deployments`,
//! canary deployments of 2025-05-30) and, for a plain deployment onto a stage with a
//! canary, in serverless/serverless#11518.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Context, stages};
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, Canary, Configuration, Deployment, Stage, Texts};
use crate::sandbox::quirks::{CanaryDelete, DeploymentList};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CreateInput {
    pub(crate) stage_name: Option<String>,
    pub(crate) stage_description: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) cache_cluster_enabled: Option<bool>,
    pub(crate) cache_cluster_size: Option<String>,
    pub(crate) variables: Option<Texts>,
    pub(crate) canary_settings: Option<CanaryInput>,
    pub(crate) tracing_enabled: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CanaryInput {
    percent_traffic: f64,
    stage_variable_overrides: Texts,
    use_stage_cache: bool,
}

pub(crate) fn create(context: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let deployment = deploy(context, api, call.input()?)?;
    Ok(Answer::created(&deployment))
}

/// Makes a deployment and moves the stage that was named, making it when there is none.
pub(crate) fn deploy(
    context: &Context<'_>,
    api: &mut Api,
    input: CreateInput,
) -> Result<Value, Failure> {
    let stage_name = input.stage_name.clone().filter(|name| !name.is_empty());
    check_deployable(&api.config)?;
    check_canary(api, stage_name.as_deref(), &input)?;
    if let Some(name) = &stage_name {
        stages::check_name(name)?;
    }

    let id = api.fresh_deployment_id();
    api.sequence += 1;
    let deployment = Deployment {
        id: id.clone(),
        created_millis: context.now,
        sequence: api.sequence,
        description: input.description.clone().filter(|text| !text.is_empty()),
        snapshot: Arc::new(api.config.clone()),
    };
    let shown = deployment.wire();
    api.deployments.insert(id.clone(), deployment);

    let Some(name) = stage_name else {
        return Ok(shown);
    };
    let seconds = context.seconds();
    let stage = api.stages.entry(name.clone()).or_insert_with(|| stages::new(&name, seconds));
    move_stage(stage, id.to_string(), input);
    stage.last_updated_date = seconds;
    Ok(shown)
}

fn move_stage(stage: &mut Stage, id: String, input: CreateInput) {
    if let Some(CanaryInput { percent_traffic, stage_variable_overrides, use_stage_cache }) =
        input.canary_settings
    {
        stage.canary_settings = Some(Canary {
            percent_traffic,
            deployment_id: id,
            stage_variable_overrides,
            use_stage_cache,
        });
    } else {
        stage.deployment_id = id;
    }
    if let Some(description) = input.stage_description {
        stage.description = Some(description);
    }
    if let Some(variables) = input.variables {
        stage.variables = variables;
    }
    if let Some(enabled) = input.cache_cluster_enabled {
        stages::set_cache(stage, enabled);
    }
    if input.cache_cluster_size.is_some() {
        stage.cache_cluster_size = input.cache_cluster_size;
    }
    if let Some(enabled) = input.tracing_enabled {
        stage.tracing_enabled = enabled;
    }
}

fn check_deployable(config: &Configuration) -> Result<(), Failure> {
    let mut methods =
        config.resources.values().flat_map(|resource| resource.methods.values()).peekable();
    if methods.peek().is_none() {
        return Err(Failure::bad_request("The REST API doesn't contain any methods"));
    }
    if methods.any(|method| method.method_integration.is_none()) {
        return Err(Failure::bad_request("No integration defined for method"));
    }
    Ok(())
}

fn check_canary(api: &Api, stage_name: Option<&str>, input: &CreateInput) -> Result<(), Failure> {
    let invalid = |text: String| {
        Err(Failure::bad_request(format!("Invalid deployment content specified.{text}")))
    };
    let stage = stage_name.and_then(|name| api.stages.get(name));
    match (&input.canary_settings, stage_name, stage) {
        (Some(_), None, _) => invalid(
            "Non null and non empty stageName must be provided for canary deployment. \
             Provided value is null"
                .to_owned(),
        ),
        (Some(_), Some(name), None) => invalid(format!(
            "Stage {name} must already be created before making a canary release deployment"
        )),
        (Some(canary), ..) if !(0.0..=100.0).contains(&canary.percent_traffic) => {
            invalid(format!("Percent traffic {} must be between 0 and 100", canary.percent_traffic))
        }
        (None, Some(name), Some(stage)) if stage.canary_settings.is_some() => invalid(format!(
            "Non canary deployment not supported on stage {name} because Canary is enabled. \
             Provide CanarySettings in deploymentInput."
        )),
        _ => Ok(()),
    }
}

fn find<'a>(api: &'a Api, call: &Call) -> Result<&'a Deployment, Failure> {
    api.deployments
        .get(call.parameter("deployment_id"))
        .ok_or_else(|| Failure::not_found("Invalid Deployment identifier specified"))
}

pub(crate) fn list(context: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let visible = |deployment: &&Deployment| match context.quirks.deployment_list {
        DeploymentList::AtOnce => true,
        DeploymentList::Late => context.now - deployment.created_millis >= 2_000,
    };
    let all = api
        .deployments
        .values()
        .filter(visible)
        .map(|deployment| (deployment.id.to_string(), deployment.wire()))
        .collect();
    let (page, position) = call.page(all)?;
    Ok(Answer::ok(&collection(page, position)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let deployment = find(api, call)?;
    let mut shown = deployment.wire();
    if call.query_holds("embed", "apisummary") {
        shown["apiSummary"] = summary(&deployment.snapshot);
    }
    Ok(Answer::ok(&shown))
}

/// `{path: {METHOD: {authorizationType, apiKeyRequired}}}`; no gateway responses.
fn summary(config: &Configuration) -> Value {
    let mut paths = Map::new();
    for resource in config.resources.values().filter(|resource| !resource.methods.is_empty()) {
        let methods: Map<String, Value> = resource
            .methods
            .iter()
            .map(|(verb, method)| {
                let shown = json!({
                    "authorizationType": method.authorization_type,
                    "apiKeyRequired": method.api_key_required,
                });
                (verb.clone(), shown)
            })
            .collect();
        paths.insert(resource.path.clone(), Value::Object(methods));
    }
    Value::Object(paths)
}

/// Only the description can be changed.
pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let mut deployment = find(api, call)?.clone();
    let Patch { patch_operations } = call.input()?;
    for operation in &patch_operations {
        match (operation.op(), operation.path.as_deref()) {
            ("replace", Some("/description")) => {
                deployment.description.clone_from(&operation.value);
            }
            _ => {
                return Err(Failure::bad_request(format!(
                    "Invalid patch path {}",
                    operation.shown_path()
                )));
            }
        }
    }
    let shown = deployment.wire();
    api.deployments.insert(deployment.id.clone(), deployment);
    Ok(Answer::ok(&shown))
}

pub(crate) fn delete(context: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let id = find(api, call)?.id.clone();
    let by_canary = |stage: &Stage| {
        stage.canary_settings.as_ref().is_some_and(|canary| canary.deployment_id == *id)
    };
    let blocked = api.stages.values().any(|stage| {
        stage.deployment_id == *id
            || (by_canary(stage) && context.quirks.canary_delete == CanaryDelete::Refuse)
    });
    if blocked {
        return Err(Failure::bad_request(
            "Active stages pointing to this deployment must be moved or deleted",
        ));
    }
    for stage in api.stages.values_mut().filter(|stage| by_canary(stage)) {
        stage.canary_settings = None;
    }
    api.deployments.remove(&id);
    Ok(Answer::empty(202))
}
