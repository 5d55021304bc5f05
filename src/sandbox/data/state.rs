//! What the sandbox holds: APIs, what they are configured to do, what was
//! deployed of it, and which deployment each stage serves.
//!
//! The members are named and shaped as on the wire, so that what a caller wrote
//! is what is stored and what is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::ResponseType;
use crate::sandbox::wire::ids::{ApiId, DeploymentId, random_id};

pub(crate) type Texts = BTreeMap<String, String>;

/// A REST API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Api {
    pub(crate) id: ApiId,
    /// Seconds since 1970.
    #[serde(default)]
    pub(crate) created_date: i64,
    #[serde(default)]
    pub(crate) root_resource_id: String,
    #[serde(default)]
    pub(crate) endpoint_configuration: EndpointConfiguration,
    #[serde(default)]
    pub(crate) tags: Texts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    /// Counts what was made, so that the latest deployment is known.
    #[serde(default)]
    pub(crate) sequence: u64,
    #[serde(default)]
    pub(crate) config: Configuration,
    #[serde(default)]
    pub(crate) deployments: BTreeMap<DeploymentId, Deployment>,
    #[serde(default)]
    pub(crate) stages: BTreeMap<String, Stage>,
}

/// What a deployment captures.
///
/// "A point-in-time snapshot of your API Gateway API" (developer guide). Stage
/// variables, throttling and tags are not part of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Configuration {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_key_source: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) binary_media_types: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minimum_compression_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    pub(crate) disable_execute_api_endpoint: bool,
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) authorizers: BTreeMap<String, Authorizer>,
    pub(crate) request_validators: BTreeMap<String, RequestValidator>,
    pub(crate) models: BTreeMap<String, Model>,
    pub(crate) gateway_responses: BTreeMap<ResponseType, Customization>,
}

/// What was written for a gateway response type; unset is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Customization {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_parameters: Option<Texts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_templates: Option<Texts>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct EndpointConfiguration {
    pub(crate) types: Vec<String>,
    pub(crate) ip_address_type: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) vpc_endpoint_ids: Vec<String>,
}

impl Default for EndpointConfiguration {
    fn default() -> Self {
        Self {
            types: vec!["EDGE".to_owned()],
            ip_address_type: "ipv4".to_owned(),
            vpc_endpoint_ids: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Resource {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_part: Option<String>,
    pub(crate) path: String,
    #[serde(rename = "resourceMethods", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) methods: BTreeMap<String, Method>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Method {
    pub(crate) http_method: String,
    pub(crate) authorization_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) authorization_scopes: Vec<String>,
    pub(crate) api_key_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_validator_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation_name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) request_parameters: BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) request_models: Texts,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) method_responses: BTreeMap<String, MethodResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method_integration: Option<Integration>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct MethodResponse {
    pub(crate) status_code: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) response_parameters: BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) response_models: Texts,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Integration {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connection_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) credentials: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) request_parameters: Texts,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) request_templates: Texts,
    pub(crate) passthrough_behavior: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_handling: Option<String>,
    pub(crate) timeout_in_millis: Option<i64>,
    pub(crate) cache_namespace: Option<String>,
    pub(crate) cache_key_parameters: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) integration_responses: BTreeMap<String, IntegrationResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_transfer_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) integration_target: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IntegrationResponse {
    pub(crate) status_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) selection_pattern: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) response_parameters: Texts,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) response_templates: Texts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_handling: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Authorizer {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(rename = "providerARNs", skip_serializing_if = "Vec::is_empty")]
    pub(crate) provider_arns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer_credentials: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity_validation_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer_result_ttl_in_seconds: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestValidator {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) validate_request_body: bool,
    pub(crate) validate_request_parameters: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
}

/// A deployment; what it captured is kept beside it and never changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    pub(crate) id: DeploymentId,
    /// Milliseconds since 1970; the wire shows seconds.
    #[serde(default)]
    pub(crate) created_millis: i64,
    #[serde(default)]
    pub(crate) sequence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip)]
    pub(crate) snapshot: Arc<Configuration>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Stage {
    pub(crate) deployment_id: String,
    pub(crate) stage_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_certificate_id: Option<String>,
    pub(crate) cache_cluster_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_cluster_size: Option<String>,
    pub(crate) cache_cluster_status: String,
    pub(crate) method_settings: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variables: Texts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) documentation_version: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) access_log_settings: Texts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) canary_settings: Option<Canary>,
    pub(crate) tracing_enabled: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: Texts,
    pub(crate) created_date: i64,
    pub(crate) last_updated_date: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Canary {
    pub(crate) percent_traffic: f64,
    pub(crate) deployment_id: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) stage_variable_overrides: Texts,
    pub(crate) use_stage_cache: bool,
}

impl Api {
    /// The RestApi of the wire.
    pub(crate) fn wire(&self) -> Value {
        let Configuration {
            name,
            description,
            version,
            api_key_source,
            binary_media_types,
            minimum_compression_size,
            policy,
            disable_execute_api_endpoint,
            resources: _,
            authorizers: _,
            request_validators: _,
            models: _,
            gateway_responses: _,
        } = &self.config;
        let mut shown = json!({
            "id": self.id,
            "name": name,
            "createdDate": self.created_date,
            "apiKeySource": api_key_source.as_deref().unwrap_or("HEADER"),
            "endpointConfiguration": self.endpoint_configuration,
            "disableExecuteApiEndpoint": disable_execute_api_endpoint,
            "rootResourceId": self.root_resource_id,
            "apiStatus": "AVAILABLE",
        });
        let mut show = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                shown[key] = value;
            }
        };
        show("description", description.clone().map(Value::from));
        show("version", version.clone().map(Value::from));
        show("policy", policy.as_deref().map(escaped).map(Value::from));
        show("minimumCompressionSize", minimum_compression_size.map(Value::from));
        show(
            "binaryMediaTypes",
            (!binary_media_types.is_empty()).then(|| json!(binary_media_types)),
        );
        show("tags", (!self.tags.is_empty()).then(|| json!(self.tags)));
        show("warnings", (!self.warnings.is_empty()).then(|| json!(self.warnings)));
        shown
    }

    /// The deployment that was made last.
    pub(crate) fn latest_deployment(&self) -> Option<&Deployment> {
        self.deployments.values().max_by_key(|deployment| deployment.sequence)
    }

    /// An id for a deployment that nothing of this API has yet.
    pub(crate) fn fresh_deployment_id(&self) -> DeploymentId {
        loop {
            let id = DeploymentId::random();
            if !self.is_taken(&id) {
                return id;
            }
        }
    }

    /// An id for another part of the API that nothing of it has yet.
    pub(crate) fn fresh_id(&self) -> String {
        loop {
            let id = random_id(6);
            if !self.is_taken(&id) {
                return id;
            }
        }
    }

    fn is_taken(&self, id: &str) -> bool {
        self.deployments.contains_key(id) || self.config.resources.contains_key(id)
    }
}

/// The policy as GetRestApi shows it: the inside of a JSON string (with `\"`),
/// which is why tools unquote it.
fn escaped(policy: &str) -> String {
    let quoted = Value::from(policy).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

impl Deployment {
    /// The Deployment of the wire.
    pub(crate) fn wire(&self) -> Value {
        let mut shown =
            json!({ "id": self.id, "createdDate": self.created_millis.div_euclid(1000) });
        if let Some(description) = &self.description {
            shown["description"] = Value::from(description.as_str());
        }
        shown
    }
}
