//! REST APIs themselves.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::Context;
use crate::sandbox::control::generic_patch;
use crate::sandbox::control::patch_operation::{Patch, PatchOperation};
use crate::sandbox::data::state::{Api, Configuration, EndpointConfiguration, Resource, Texts};
use crate::sandbox::data::store::Store;
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};
use crate::sandbox::wire::ids::{ApiId, random_id};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CreateInput {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) clone_from: Option<String>,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) minimum_compression_size: Option<i64>,
    pub(crate) api_key_source: Option<String>,
    pub(crate) endpoint_configuration: Option<EndpointConfiguration>,
    pub(crate) policy: Option<String>,
    pub(crate) tags: Texts,
    pub(crate) disable_execute_api_endpoint: bool,
}

/// An API with a root resource and nothing else.
pub(crate) fn new(id: ApiId, input: CreateInput, seconds: i64) -> Api {
    let root = Resource { id: random_id(10), path: "/".to_owned(), ..Resource::default() };
    Api {
        id,
        created_date: seconds,
        root_resource_id: root.id.clone(),
        endpoint_configuration: input.endpoint_configuration.unwrap_or_default(),
        tags: input.tags,
        config: Configuration {
            name: input.name.unwrap_or_default(),
            description: input.description.filter(|text| !text.is_empty()),
            version: input.version,
            api_key_source: input.api_key_source,
            binary_media_types: input.binary_media_types,
            minimum_compression_size: input.minimum_compression_size,
            policy: input.policy.filter(|text| !text.is_empty()),
            disable_execute_api_endpoint: input.disable_execute_api_endpoint,
            resources: [(root.id.clone(), root)].into(),
            ..Configuration::default()
        },
        warnings: Vec::new(),
        sequence: 0,
        deployments: BTreeMap::new(),
        stages: BTreeMap::new(),
    }
}

pub(crate) fn create(context: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let mut input: CreateInput = call.input()?;
    if input.name.as_ref().is_none_or(|name| name.trim().is_empty()) {
        return Err(Failure::bad_request("Name must not be null or empty"));
    }
    let source = input.clone_from.take().map(|id| store.api(&id).cloned()).transpose()?;
    let mut api = new(store.fresh_id(), input, context.seconds());
    if let Some(source) = source {
        api.root_resource_id = source.root_resource_id;
        api.config = Configuration { name: api.config.name, ..source.config };
    }
    let answer = Answer::created(&api.wire());
    store.put(api)?;
    Ok(answer)
}

pub(crate) fn list(_: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let all = store.apis().map(|api| (api.id.to_string(), api.wire())).collect();
    let (page, position) = call.page(all)?;
    Ok(Answer::ok(&collection(page, position)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, _: &Call) -> Reply {
    Ok(Answer::ok(&api.wire()))
}

pub(crate) fn delete(_: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let id = store.api(call.parameter("restapi_id"))?.id.clone();
    store.remove(&id)?;
    Ok(Answer::empty(202))
}

pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let Patch { patch_operations } = call.input()?;
    for operation in &patch_operations {
        if !patch_endpoint(api, operation) {
            let known = [
                "name",
                "description",
                "version",
                "apiKeySource",
                "policy",
                "minimumCompressionSize",
                "disableExecuteApiEndpoint",
                "binaryMediaTypes[]",
            ];
            api.config =
                generic_patch::apply(&api.config, std::slice::from_ref(operation), &known)?;
        }
    }
    if api.config.name.is_empty() {
        return Err(Failure::bad_request("Name must not be null or empty"));
    }
    Ok(Answer::ok(&api.wire()))
}

/// The parts that are not captured by deployments; false when it is another path.
fn patch_endpoint(api: &mut Api, operation: &PatchOperation) -> bool {
    let segments = operation.segments().unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let value = operation.value.clone().unwrap_or_default();
    let endpoint = &mut api.endpoint_configuration;
    match (operation.op(), segments.as_slice()) {
        ("replace", ["endpointConfiguration", "types", _]) => endpoint.types = vec![value],
        ("replace", ["endpointConfiguration", "ipAddressType"]) => endpoint.ip_address_type = value,
        ("add", ["endpointConfiguration", "vpcEndpointIds"]) => {
            endpoint.vpc_endpoint_ids.push(value);
        }
        ("remove", ["endpointConfiguration", "vpcEndpointIds"]) => {
            endpoint.vpc_endpoint_ids.retain(|id| *id != value);
        }
        _ => return false,
    }
    true
}

/// The account's settings, as a new account shows them.
pub(crate) fn account(_: &Context<'_>, _: &mut Store, _: &Call) -> Reply {
    Ok(Answer::ok(&json!({
        "throttleSettings": { "burstLimit": 5000, "rateLimit": 10000.0 },
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
    })))
}
