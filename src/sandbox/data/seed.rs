//! APIs that are there from the beginning.

use std::collections::BTreeMap;

use serde_json::json;

use super::state::{Api, Integration, IntegrationResponse, Method, MethodResponse};
use super::store::Store;
use crate::sandbox::control::operations::{Context, deployments, rest_apis, stages};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::ids::ApiId;

/// An API to make on first use.
///
/// It gets a MOCK method `GET /`, and is deployed, with all gateway responses at
/// their defaults, to the stages named. An API that exists is left as it is, but
/// for stages that it lacks: they are put on its latest deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seed {
    /// The id to look for and to give; without one the name decides.
    pub rest_api_id: Option<String>,
    /// The API's name.
    pub name: String,
    /// The API's tags.
    pub tags: BTreeMap<String, String>,
    /// The stages it needs.
    pub stages: Vec<String>,
}

/// Makes what is lacking.
pub(crate) fn sow(store: &mut Store, seeds: &[Seed], context: &Context<'_>) -> Result<(), Failure> {
    for seed in seeds {
        let found = match &seed.rest_api_id {
            Some(id) => store.find(id),
            None => store.apis().find(|api| api.config.name == seed.name),
        };
        let is_new = found.is_none();
        let mut api = match (found, &seed.rest_api_id) {
            (Some(api), _) => api.clone(),
            (None, None) => bare(store.fresh_id(), seed, context),
            (None, Some(id)) => bare(checked(id)?, seed, context),
        };
        let lacking: Vec<&String> =
            seed.stages.iter().filter(|stage| !api.stages.contains_key(*stage)).collect();
        if !is_new && lacking.is_empty() {
            continue;
        }
        for name in lacking {
            stages::check_name(name)?;
            if api.deployments.is_empty() {
                deployments::deploy(context, &mut api, deployments::CreateInput::default())?;
            }
            let mut stage = stages::new(name, context.seconds());
            if let Some(latest) = api.latest_deployment() {
                stage.deployment_id = latest.id.to_string();
            }
            api.stages.insert(name.clone(), stage);
        }
        store.put(api)?;
    }
    Ok(())
}

fn checked(id: &str) -> Result<ApiId, Failure> {
    ApiId::try_from(id.to_owned()).map_err(|invalid| Failure::bad_request(invalid.to_string()))
}

/// An API with one method that answers by itself.
fn bare(id: ApiId, seed: &Seed, context: &Context<'_>) -> Api {
    let input = rest_apis::CreateInput {
        name: Some(seed.name.clone()),
        tags: seed.tags.clone(),
        ..rest_apis::CreateInput::default()
    };
    let mut api = rest_apis::new(id, input, context.seconds());
    let ok = "200".to_owned();
    let json_type = "application/json".to_owned();
    let method = Method {
        http_method: "GET".to_owned(),
        authorization_type: "NONE".to_owned(),
        method_responses: [(
            ok.clone(),
            MethodResponse { status_code: ok.clone(), ..MethodResponse::default() },
        )]
        .into(),
        method_integration: Some(Integration {
            kind: "MOCK".to_owned(),
            request_templates: [(json_type, json!({ "statusCode": 200 }).to_string())].into(),
            passthrough_behavior: Some("WHEN_NO_MATCH".to_owned()),
            timeout_in_millis: Some(29_000),
            cache_namespace: Some(api.root_resource_id.clone()),
            integration_responses: [(
                ok.clone(),
                IntegrationResponse { status_code: ok, ..IntegrationResponse::default() },
            )]
            .into(),
            ..Integration::default()
        }),
        ..Method::default()
    };
    for root in api.config.resources.values_mut() {
        root.methods.insert("GET".to_owned(), method.clone());
    }
    api
}
