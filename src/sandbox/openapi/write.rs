//! An API's configuration as an OpenAPI document.
//!
//! Source: the developer guide's pages on the `x-amazon-apigateway-…` extensions,
//! and exports found in the field. `x-amazon-apigateway-gateway-responses` stands
//! only in an export with `extensions=apigateway`, and only where something is
//! customised (recorded: the key is absent otherwise).

use serde_json::{Map, Value, json};

use super::integration::integration_of;
use super::security::{security, security_definitions};
use crate::sandbox::data::state::{Configuration, Method, MethodResponse, Texts};
use crate::sandbox::quirks::Quirks;
use crate::sandbox::stage::settled::{Responses, exported};

/// What to write, and from what.
pub(crate) struct Document<'a> {
    pub(crate) format: Format,
    pub(crate) extensions: Extensions,
    pub(crate) config: &'a Configuration,
    pub(crate) responses: &'a Responses,
    pub(crate) api_id: &'a str,
    pub(crate) region: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) version: &'a str,
    pub(crate) quirks: &'a Quirks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    OpenApi30,
    Swagger20,
}

/// What `extensions` asks for; `apigateway` holds the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) api_gateway: bool,
    pub(crate) integrations: bool,
    pub(crate) authorizers: bool,
}

pub(crate) fn document(of: &Document<'_>) -> Value {
    let host = format!("{}.execute-api.{}.amazonaws.com", of.api_id, of.region);
    let mut info = json!({ "title": of.config.name, "version": of.version });
    if let Some(description) = &of.config.description {
        info["description"] = Value::from(description.as_str());
    }
    let mut root = match of.format {
        Format::OpenApi30 => json!({
            "openapi": "3.0.1",
            "info": info,
            "servers": [{
                "url": format!("https://{host}/{{basePath}}"),
                "variables": { "basePath": { "default": format!("/{}", of.stage) } },
            }],
            "paths": paths(of),
            "components": components(of),
        }),
        Format::Swagger20 => {
            let mut root = json!({
                "swagger": "2.0",
                "info": info,
                "host": host,
                "basePath": format!("/{}", of.stage),
                "schemes": ["https"],
                "paths": paths(of),
            });
            if let Some(security) = security_definitions(of) {
                root["securityDefinitions"] = security;
            }
            if let Some(schemas) = schemas(of) {
                root["definitions"] = schemas;
            }
            root
        }
    };
    if of.extensions.api_gateway {
        extend(&mut root, of);
    }
    if !of.config.binary_media_types.is_empty() {
        root["x-amazon-apigateway-binary-media-types"] = json!(of.config.binary_media_types);
    }
    root
}

/// The extensions of the API as a whole.
fn extend(root: &mut Value, of: &Document<'_>) {
    let config = of.config;
    if let Some(responses) = exported(of.responses, of.quirks) {
        root["x-amazon-apigateway-gateway-responses"] = responses;
    }
    if let Some(policy) = &config.policy {
        let parsed = serde_json::from_str(policy).unwrap_or_else(|_| Value::from(policy.as_str()));
        root["x-amazon-apigateway-policy"] = parsed;
    }
    if let Some(source) = config.api_key_source.as_ref().filter(|source| *source != "HEADER") {
        root["x-amazon-apigateway-api-key-source"] = Value::from(source.as_str());
    }
    if let Some(size) = config.minimum_compression_size {
        root["x-amazon-apigateway-minimum-compression-size"] = Value::from(size);
    }
    if !config.request_validators.is_empty() {
        let validators: Map<String, Value> = config
            .request_validators
            .values()
            .map(|validator| {
                let shown = json!({
                    "validateRequestBody": validator.validate_request_body,
                    "validateRequestParameters": validator.validate_request_parameters,
                });
                (validator.name.clone(), shown)
            })
            .collect();
        root["x-amazon-apigateway-request-validators"] = Value::Object(validators);
    }
    if config.disable_execute_api_endpoint {
        let endpoint = json!({ "disableExecuteApiEndpoint": true });
        match of.format {
            Format::OpenApi30 => {
                root["servers"][0]["x-amazon-apigateway-endpoint-configuration"] = endpoint;
            }
            Format::Swagger20 => root["x-amazon-apigateway-endpoint-configuration"] = endpoint,
        }
    }
}

fn paths(of: &Document<'_>) -> Value {
    let mut paths = Map::new();
    for resource in of.config.resources.values().filter(|resource| !resource.methods.is_empty()) {
        let methods = resource
            .methods
            .iter()
            .map(|(verb, method)| {
                let key = match verb.as_str() {
                    "ANY" => "x-amazon-apigateway-any-method".to_owned(),
                    verb => verb.to_lowercase(),
                };
                (key, operation(of, &resource.path, method))
            })
            .collect();
        paths.insert(resource.path.clone(), Value::Object(methods));
    }
    Value::Object(paths)
}

fn operation(of: &Document<'_>, path: &str, method: &Method) -> Value {
    let Method {
        http_method: _,
        authorization_type,
        authorizer_id,
        authorization_scopes,
        api_key_required,
        request_validator_id,
        operation_name,
        request_parameters: _,
        request_models,
        method_responses,
        method_integration,
    } = method;
    let mut shown = Map::new();
    if let Some(name) = operation_name {
        shown.insert("operationId".to_owned(), Value::from(name.as_str()));
    }
    let mut parameters = parameters(of.format, path, method);
    match of.format {
        Format::OpenApi30 => {
            if !request_models.is_empty() {
                let content = content(request_models, "#/components/schemas/");
                shown.insert(
                    "requestBody".to_owned(),
                    json!({ "content": content, "required": true }),
                );
            }
        }
        Format::Swagger20 => {
            for model in request_models.values() {
                parameters.push(json!({
                    "in": "body",
                    "name": model,
                    "required": true,
                    "schema": { "$ref": format!("#/definitions/{model}") },
                }));
            }
        }
    }
    if !parameters.is_empty() {
        shown.insert("parameters".to_owned(), Value::Array(parameters));
    }
    let responses: Map<String, Value> = method_responses
        .iter()
        .map(|(status, response)| (status.clone(), response_of(of.format, status, response)))
        .collect();
    if !responses.is_empty() {
        shown.insert("responses".to_owned(), Value::Object(responses));
    }
    let security = security(
        of,
        (authorization_type, authorizer_id.as_deref()),
        authorization_scopes,
        *api_key_required,
    );
    if !security.is_empty() {
        shown.insert("security".to_owned(), Value::Array(security));
    }
    if of.extensions.api_gateway {
        let validator =
            request_validator_id.as_ref().and_then(|id| of.config.request_validators.get(id));
        if let Some(validator) = validator {
            let name = Value::from(validator.name.as_str());
            shown.insert("x-amazon-apigateway-request-validator".to_owned(), name);
        }
        if authorization_type == "AWS_IAM" {
            shown.insert("x-amazon-apigateway-auth".to_owned(), json!({ "type": "AWS_IAM" }));
        }
    }
    if let Some(integration) = method_integration
        && (of.extensions.api_gateway || of.extensions.integrations)
    {
        shown.insert("x-amazon-apigateway-integration".to_owned(), integration_of(integration));
    }
    Value::Object(shown)
}

fn parameters(format: Format, path: &str, method: &Method) -> Vec<Value> {
    let of_path = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| ("path", name.trim_end_matches('+').to_owned(), true));
    let asked = method.request_parameters.iter().filter_map(|(key, required)| {
        let (place, name) = key.strip_prefix("method.request.")?.split_once('.')?;
        match place {
            "header" => Some(("header", name.to_owned(), *required)),
            "querystring" => Some(("query", name.to_owned(), *required)),
            _ => None,
        }
    });
    of_path
        .chain(asked)
        .map(|(place, name, required)| {
            let mut shown = json!({ "name": name, "in": place });
            if required {
                shown["required"] = Value::Bool(true);
            }
            match format {
                Format::OpenApi30 => shown["schema"] = json!({ "type": "string" }),
                Format::Swagger20 => {
                    shown["required"] = Value::Bool(required);
                    shown["type"] = Value::from("string");
                }
            }
            shown
        })
        .collect()
}

fn content(models: &Texts, prefix: &str) -> Value {
    models
        .iter()
        .map(|(media_type, model)| {
            (media_type.clone(), json!({ "schema": { "$ref": format!("{prefix}{model}") } }))
        })
        .collect::<Map<_, _>>()
        .into()
}

fn response_of(format: Format, status: &str, response: &MethodResponse) -> Value {
    let mut shown = json!({ "description": format!("{status} response") });
    let headers: Map<String, Value> = response
        .response_parameters
        .keys()
        .filter_map(|key| key.strip_prefix("method.response.header."))
        .map(|name| {
            let schema = match format {
                Format::OpenApi30 => json!({ "schema": { "type": "string" } }),
                Format::Swagger20 => json!({ "type": "string" }),
            };
            (name.to_owned(), schema)
        })
        .collect();
    if !headers.is_empty() {
        shown["headers"] = Value::Object(headers);
    }
    match format {
        Format::OpenApi30 => {
            shown["content"] = content(&response.response_models, "#/components/schemas/");
        }
        Format::Swagger20 => {
            if let Some(model) = response.response_models.values().next() {
                shown["schema"] = json!({ "$ref": format!("#/definitions/{model}") });
            }
        }
    }
    shown
}

fn components(of: &Document<'_>) -> Value {
    let mut components = Map::new();
    if let Some(schemas) = schemas(of) {
        components.insert("schemas".to_owned(), schemas);
    }
    if let Some(security) = security_definitions(of) {
        components.insert("securitySchemes".to_owned(), security);
    }
    Value::Object(components)
}

fn schemas(of: &Document<'_>) -> Option<Value> {
    let parse = |schema: &Option<String>| {
        schema
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| json!({}))
    };
    let schemas: Map<String, Value> =
        of.config.models.iter().map(|(name, model)| (name.clone(), parse(&model.schema))).collect();
    (!schemas.is_empty()).then_some(Value::Object(schemas))
}
