//! Gateway responses in documents that people have: OpenAPI, and the templates of
//! CloudFormation and SAM that hold or name them.
//!
//! Whatever a template leaves to CloudFormation (`Ref`, `Fn::Sub` …) has no value yet, and
//! is an error where a gateway response needs it; anywhere else it does not matter.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Customized, Imported, Stages, yaml};
use crate::desired::Matching;
use crate::extension::{self, GATEWAY_RESPONSES, Stated};
use crate::model::HEADER_PREFIX;

/// One API of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    /// The API's name, where the document says it.
    title: Option<String>,
    /// The name of its resource in a template.
    logical_id: Option<String>,
    /// The extension, or what a template says in its place.
    responses: Map<String, Value>,
}

/// The APIs of a document with gateway responses, as JSON or YAML; `fallback` names one
/// of which the document does not say the name.
///
/// # Errors
/// In words: it is no such document, has no gateway responses, or says what cannot be.
pub fn read(text: &str, fallback: &str) -> Result<Vec<Imported>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?
    } else {
        yaml::read(text).map_err(|error| format!("no YAML: {error}"))?
    };
    let held = held(&document)?;
    if held.is_empty() {
        return Err(match document {
            Value::Object(_) => format!("it has no gateway responses (`{GATEWAY_RESPONSES}`)"),
            _ => "it is no OpenAPI document, and no template of CloudFormation or SAM".to_owned(),
        });
    }
    let unresolved: Vec<String> = held.iter().flat_map(unresolved).collect();
    if !unresolved.is_empty() {
        return Err(format!(
            "CloudFormation fills this in when it deploys:\n  {}\nhint: Import the deployed API \
             instead (`gwr import --api-id ID`), or write the values into the document.",
            unresolved.join("\n  ")
        ));
    }
    let names: Vec<String> = held.iter().map(|held| held.name(fallback).to_owned()).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    held.into_iter()
        .zip(super::name_apart(&names))
        .map(|(held, key)| imported(held, key, fallback))
        .collect()
}

impl Held {
    fn name<'a>(&'a self, fallback: &'a str) -> &'a str {
        self.title.as_deref().or(self.logical_id.as_deref()).unwrap_or(fallback)
    }
}

fn imported(held: Held, key: String, fallback: &str) -> Result<Imported, String> {
    let name = held.name(fallback).to_owned();
    let remark = match &held.title {
        Some(_) => "",
        None => "the document does not say the API's name: put it here, or its id",
    };
    let Stated { responses, without_templates: _, unknown_types, unknown_parameters } =
        extension::read(Some(Value::Object(held.responses)))?;
    let unknown_types =
        unknown_types.iter().map(|name| format!("this gwr does not know the type {name}"));
    let unknown_parameters = unknown_parameters.iter().flat_map(|(response_type, parameters)| {
        parameters.keys().map(move |key| format!("`{key}` of {response_type} sets no header"))
    });
    let customized = Customized::sort(responses);
    let left_alone =
        customized.left_alone().chain(unknown_types).chain(unknown_parameters).collect();
    Ok(Imported {
        key,
        matching: Matching::Name(name),
        remark: remark.to_owned(),
        stages: Stages::Unknown,
        responses: customized.sayable,
        notes: BTreeMap::new(),
        left_alone,
    })
}

/// Every API of the document that has gateway responses.
fn held(document: &Value) -> Result<Vec<Held>, String> {
    let mut all = Vec::new();
    if let Some(responses) = extension_of(document)? {
        all.push(Held { title: title_of(document), logical_id: None, responses });
    }
    let resources = document.get("Resources").and_then(Value::as_object).into_iter().flatten();
    let mut separate: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (logical_id, resource) in resources {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let Some(properties) = resource.get("Properties") else { continue };
        match kind {
            "AWS::Serverless::Api" | "AWS::ApiGateway::RestApi" => {
                all.extend(api_of_template(logical_id, properties)?);
            }
            "AWS::ApiGateway::GatewayResponse" => {
                let (owner, name, response) = separate_response(logical_id, properties)?;
                separate.entry(owner).or_default().insert(name, response);
            }
            _ => {}
        }
    }
    for (owner, responses) in separate {
        match all.iter_mut().find(|held| held.logical_id.as_ref() == Some(&owner)) {
            Some(held) => held.responses.extend(responses),
            None => all.push(Held { title: None, logical_id: Some(owner), responses }),
        }
    }
    Ok(all)
}

fn extension_of(document: &Value) -> Result<Option<Map<String, Value>>, String> {
    match document.get(GATEWAY_RESPONSES) {
        None => Ok(None),
        Some(Value::Object(responses)) => Ok(Some(responses.clone())),
        Some(_) => Err(format!("`{GATEWAY_RESPONSES}` is no object")),
    }
}

fn title_of(document: &Value) -> Option<String> {
    document.pointer("/info/title")?.as_str().map(str::to_owned)
}

/// A document within a template, and SAM's own property beside it, which wins.
fn api_of_template(logical_id: &str, properties: &Value) -> Result<Option<Held>, String> {
    let body = properties.get("DefinitionBody").or_else(|| properties.get("Body"));
    let mut responses = body.map_or(Ok(None), extension_of)?.unwrap_or_default();
    for (name, response) in entries(properties.get("GatewayResponses")) {
        responses.insert(name.clone(), from_properties(response));
    }
    if responses.is_empty() {
        return Ok(None);
    }
    let name = properties.get("Name").and_then(Value::as_str).map(str::to_owned);
    let title = name.or_else(|| title_of(body?));
    Ok(Some(Held { title, logical_id: Some(logical_id.to_owned()), responses }))
}

/// `AWS::ApiGateway::GatewayResponse`: the API it belongs to, its type, and the response.
fn separate_response(
    logical_id: &str,
    properties: &Value,
) -> Result<(String, String, Value), String> {
    let api = properties.get("RestApiId");
    let owner = api.and_then(|api| api.get("Ref").unwrap_or(api).as_str());
    let name = properties.get("ResponseType").and_then(Value::as_str);
    match (owner, name) {
        (Some(owner), Some(name)) => {
            Ok((owner.to_owned(), name.to_owned(), from_properties(properties)))
        }
        (None, _) => Err(format!("{logical_id:?} does not say which API it belongs to")),
        (_, None) => Err(format!("{logical_id:?} does not say its `ResponseType`")),
    }
}

/// The spelling of templates as that of OpenAPI. SAM has headers by their names.
fn from_properties(properties: &Value) -> Value {
    let member = |name: &str| properties.get(name).cloned().unwrap_or_default();
    let mut parameters = Map::new();
    for (name, value) in entries(properties.get("ResponseParameters")) {
        match (name.as_str(), value) {
            ("Headers", Value::Object(headers)) => parameters.extend(
                headers
                    .iter()
                    .map(|(name, value)| (format!("{HEADER_PREFIX}{name}"), value.clone())),
            ),
            _ => drop(parameters.insert(name.clone(), value.clone())),
        }
    }
    serde_json::json!({
        "statusCode": member("StatusCode"),
        "responseParameters": parameters,
        "responseTemplates": member("ResponseTemplates"),
    })
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// Where CloudFormation's functions stand in the place of a value.
fn unresolved(held: &Held) -> Vec<String> {
    fn search(value: &Value, place: &str, found: &mut Vec<String>) {
        let Value::Object(members) = value else { return };
        for (name, inner) in members {
            if name == "Ref" || name.starts_with("Fn::") {
                found.push(format!("{place}: {name} {inner}"));
            } else {
                search(inner, &format!("{place}.{name}"), found);
            }
        }
    }
    let mut found = Vec::new();
    for (name, response) in &held.responses {
        if name.starts_with("Fn::") {
            found.push(format!("{GATEWAY_RESPONSES}: {name}"));
        } else {
            search(response, name, &mut found);
        }
    }
    found
}
