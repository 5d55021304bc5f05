//! An OpenAPI document as an API's configuration.
//!
//! "Overwrite" puts the document in place of everything, so that gateway responses
//! which the document lacks are gone; "merge" leaves what it does not name.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::model::ResponseType;
use crate::sandbox::control::constraints::{is_status, status_violation, text_of};
use crate::sandbox::control::operations::resources;
use crate::sandbox::data::state::{
    Api, Authorizer, Configuration, Customization, Integration, IntegrationResponse, Method,
    MethodResponse, Model, RequestValidator, Texts,
};
use crate::sandbox::stage::mapping;
use crate::sandbox::wire::error::Failure;

/// What happens to what the document does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Merge,
    Overwrite,
}

/// Takes a document in.
pub(crate) fn apply(api: &mut Api, document: &Value, mode: Mode) -> Result<(), Failure> {
    if mode == Mode::Overwrite {
        let root = api.root_resource_id.clone();
        let old = std::mem::take(&mut api.config);
        let mut resources = old.resources;
        resources.retain(|id, _| *id == root);
        for resource in resources.values_mut() {
            resource.methods.clear();
        }
        api.config = Configuration {
            name: old.name,
            api_key_source: old.api_key_source,
            resources,
            ..Configuration::default()
        };
    }
    metadata(&mut api.config, document);
    models(api, document);
    validators(api, document)?;
    authorizers(api, document)?;
    gateway_responses(&mut api.config, document)?;
    let empty = Map::new();
    let paths = document.get("paths").and_then(Value::as_object).unwrap_or(&empty);
    for (path, item) in paths {
        let id = resource(api, path)?;
        for (key, operation) in item.as_object().unwrap_or(&empty) {
            let verb = match key.as_str() {
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                "get" | "post" | "put" | "patch" | "delete" | "head" | "options" => {
                    key.to_uppercase()
                }
                _ => continue,
            };
            let method = method(&api.config, document, &verb, operation, &id)?;
            resources::find_mut(api, &id)?.methods.insert(verb, method);
        }
    }
    Ok(())
}

fn metadata(config: &mut Configuration, document: &Value) {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if let Some(title) = text("/info/title") {
        config.name = title;
    }
    if let Some(description) = text("/info/description") {
        config.description = Some(description);
    }
    if let Some(version) = text("/info/version") {
        config.version = Some(version);
    }
    if let Some(source) = text("/x-amazon-apigateway-api-key-source") {
        config.api_key_source = Some(source);
    }
    if let Some(policy) = document.get("x-amazon-apigateway-policy") {
        config.policy = Some(policy.as_str().map_or_else(|| policy.to_string(), str::to_owned));
    }
    if let Some(types) = document.get("x-amazon-apigateway-binary-media-types") {
        config.binary_media_types = strings(types);
    }
    if let Some(size) = document.get("x-amazon-apigateway-minimum-compression-size") {
        config.minimum_compression_size = size.as_i64();
    }
    let endpoint = "x-amazon-apigateway-endpoint-configuration";
    let disabled =
        [format!("/{endpoint}"), format!("/servers/0/{endpoint}")].iter().find_map(|place| {
            document.pointer(&format!("{place}/disableExecuteApiEndpoint")).and_then(Value::as_bool)
        });
    if let Some(disabled) = disabled {
        config.disable_execute_api_endpoint = disabled;
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn models(api: &mut Api, document: &Value) {
    let schemas = document.pointer("/components/schemas").or_else(|| document.get("definitions"));
    for (name, schema) in entries(schemas) {
        let model = Model {
            id: api.fresh_id(),
            name: name.clone(),
            description: None,
            schema: Some(schema.to_string()),
            content_type: Some("application/json".to_owned()),
        };
        api.config.models.insert(name.clone(), model);
    }
}

fn validators(api: &mut Api, document: &Value) -> Result<(), Failure> {
    for (name, validator) in entries(document.get("x-amazon-apigateway-request-validators")) {
        let known = api.config.request_validators.values().find(|one| one.name == *name);
        let id = known.map_or_else(|| api.fresh_id(), |one| one.id.clone());
        let validator =
            RequestValidator { id: id.clone(), name: name.clone(), ..shape(validator)? };
        api.config.request_validators.insert(id, validator);
    }
    Ok(())
}

fn schemes(document: &Value) -> Option<&Value> {
    document.pointer("/components/securitySchemes").or_else(|| document.get("securityDefinitions"))
}

fn authorizers(api: &mut Api, document: &Value) -> Result<(), Failure> {
    for (name, scheme) in entries(schemes(document)) {
        let Some(authorizer) = scheme.get("x-amazon-apigateway-authorizer") else {
            continue;
        };
        let known = api.config.authorizers.values().find(|one| one.name == *name);
        let id = known.map_or_else(|| api.fresh_id(), |one| one.id.clone());
        let read: Authorizer = shape(authorizer)?;
        let header = scheme.get("name").and_then(Value::as_str).unwrap_or("Authorization");
        let auth_type = scheme.get("x-amazon-apigateway-authtype").and_then(Value::as_str);
        let authorizer = Authorizer {
            id: id.clone(),
            name: name.clone(),
            kind: read.kind.to_uppercase(),
            auth_type: auth_type.map(str::to_owned),
            identity_source: Some(
                read.identity_source
                    .clone()
                    .unwrap_or_else(|| format!("method.request.header.{header}")),
            ),
            ..read
        };
        api.config.authorizers.insert(id, authorizer);
    }
    Ok(())
}

fn gateway_responses(config: &mut Configuration, document: &Value) -> Result<(), Failure> {
    for (name, response) in entries(document.get("x-amazon-apigateway-gateway-responses")) {
        let of: ResponseType = name.parse().map_err(|_| {
            Failure::bad_request(format!("Invalid gateway response type specified: {name}"))
        })?;
        let texts = |key: &str| response.get(key).map(shape::<Texts>).transpose();
        let status_code =
            response.get("statusCode").filter(|status| !status.is_null()).map(text_of);
        if let Some(status) = status_code.as_ref().filter(|status| !is_status(status)) {
            return Err(Failure::constraints(&[status_violation(status)]));
        }
        let response_parameters = texts("responseParameters")?;
        let response_templates = texts("responseTemplates")?.filter(|map| !map.is_empty());
        mapping::check(response_parameters.iter().flatten())?;
        mapping::check_templates(response_templates.iter().flatten())?;
        let custom = Customization { status_code, response_parameters, response_templates };
        config.gateway_responses.insert(of, custom);
    }
    Ok(())
}

/// The resource of a path; made, with its ancestors, where it is not there.
fn resource(api: &mut Api, path: &str) -> Result<String, Failure> {
    let mut at = api.root_resource_id.clone();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let child = api.config.resources.values().find(|resource| {
            resource.parent_id.as_deref() == Some(&at)
                && resource.path_part.as_deref() == Some(part)
        });
        at = match child {
            Some(child) => child.id.clone(),
            None => resources::add(api, &at, part)?,
        };
    }
    Ok(at)
}

fn method(
    config: &Configuration,
    document: &Value,
    verb: &str,
    operation: &Value,
    resource_id: &str,
) -> Result<Method, Failure> {
    let mut method = Method {
        http_method: verb.to_owned(),
        authorization_type: "NONE".to_owned(),
        operation_name: operation.get("operationId").and_then(Value::as_str).map(str::to_owned),
        ..Method::default()
    };
    secure(&mut method, config, document, operation);
    let validator = operation
        .get("x-amazon-apigateway-request-validator")
        .or_else(|| document.get("x-amazon-apigateway-request-validator"))
        .and_then(Value::as_str);
    method.request_validator_id = validator.and_then(|name| {
        config.request_validators.values().find(|one| one.name == name).map(|one| one.id.clone())
    });
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
        let place = match text("in") {
            "query" => "querystring",
            place @ ("header" | "path") => place,
            "body" => {
                let model = parameter.get("schema").and_then(referenced);
                method
                    .request_models
                    .extend(model.map(|model| ("application/json".to_owned(), model)));
                continue;
            }
            _ => continue,
        };
        method
            .request_parameters
            .insert(format!("method.request.{place}.{}", text("name")), required);
    }
    for (media_type, content) in entries(operation.pointer("/requestBody/content")) {
        let model = content.get("schema").and_then(referenced);
        method.request_models.extend(model.map(|model| (media_type.clone(), model)));
    }
    for (status, response) in
        entries(operation.get("responses")).filter(|(status, _)| is_status(status))
    {
        method.method_responses.insert(status.clone(), method_response(status, response));
    }
    method.method_integration = operation
        .get("x-amazon-apigateway-integration")
        .map(|integration| read_integration(integration, resource_id))
        .transpose()?;
    Ok(method)
}

fn secure(method: &mut Method, config: &Configuration, document: &Value, operation: &Value) {
    let asked = operation.get("security").or_else(|| document.get("security"));
    for requirement in asked.and_then(Value::as_array).into_iter().flatten() {
        for (name, scopes) in requirement.as_object().into_iter().flatten() {
            let scheme = schemes(document).and_then(|schemes| schemes.get(name));
            let authorizer = config.authorizers.values().find(|one| one.name == *name);
            let kind = scheme.and_then(|scheme| scheme.get("x-amazon-apigateway-authtype"));
            if let Some(authorizer) = authorizer {
                let pool = authorizer.kind == "COGNITO_USER_POOLS";
                let kind = if pool { "COGNITO_USER_POOLS" } else { "CUSTOM" };
                kind.clone_into(&mut method.authorization_type);
                method.authorizer_id = Some(authorizer.id.clone());
                method.authorization_scopes = strings(scopes);
            } else if kind.and_then(Value::as_str) == Some("awsSigv4") {
                "AWS_IAM".clone_into(&mut method.authorization_type);
            } else if scheme.and_then(|scheme| scheme.get("type")).and_then(Value::as_str)
                == Some("apiKey")
            {
                method.api_key_required = true;
            }
        }
    }
    let kind = operation.pointer("/x-amazon-apigateway-auth/type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("aws_iam")) {
        "AWS_IAM".clone_into(&mut method.authorization_type);
    }
}

/// The model that a `$ref` names.
fn referenced(schema: &Value) -> Option<String> {
    schema.get("$ref")?.as_str()?.rsplit('/').next().map(str::to_owned)
}

fn method_response(status: &str, response: &Value) -> MethodResponse {
    let models = entries(response.get("content")).filter_map(|(media_type, content)| {
        Some((media_type.clone(), referenced(content.get("schema")?)?))
    });
    let model = response.get("schema").and_then(referenced);
    MethodResponse {
        status_code: status.to_owned(),
        response_parameters: entries(response.get("headers"))
            .map(|(name, _)| (format!("method.response.header.{name}"), false))
            .collect(),
        response_models: models
            .chain(model.map(|model| ("application/json".to_owned(), model)))
            .collect(),
    }
}

fn read_integration(value: &Value, resource_id: &str) -> Result<Integration, Failure> {
    let responses = entries(value.get("responses"))
        .map(|(pattern, response)| {
            let read: IntegrationResponse = shape(response)?;
            let selection_pattern = (pattern != "default").then(|| pattern.clone());
            Ok((read.status_code.clone(), IntegrationResponse { selection_pattern, ..read }))
        })
        .collect::<Result<BTreeMap<_, _>, Failure>>()?;
    let read: Integration = shape(value)?;
    Ok(Integration {
        kind: read.kind.to_uppercase(),
        passthrough_behavior: Some(
            read.passthrough_behavior.as_deref().unwrap_or("when_no_match").to_uppercase(),
        ),
        timeout_in_millis: Some(read.timeout_in_millis.unwrap_or(29_000)),
        cache_namespace: Some(
            read.cache_namespace.clone().unwrap_or_else(|| resource_id.to_owned()),
        ),
        integration_responses: responses,
        ..read
    })
}

/// Reads a part of the document; numbers where texts are expected are texts.
fn shape<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    let mut value = value.clone();
    if let Some(object) = value.as_object_mut()
        && let Some(status) = object.get_mut("statusCode")
    {
        *status = Value::from(text_of(status));
    }
    serde_json::from_value(value)
        .map_err(|error| Failure::bad_request(format!("Invalid OpenAPI input: {error}")))
}
