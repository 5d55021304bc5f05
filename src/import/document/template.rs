//! The templates of CloudFormation and SAM: the APIs of their resources, with the documents
//! within them, SAM's own property beside, and the resources that stand for one response.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::functions;
use super::globals;
use super::held::{Held, Response, Title, Whose, extension_of, table, title_of};
use super::owner::{Owner, owner};
use super::properties::as_openapi;
use super::told::{Elsewhere, Place, Told};
use crate::import::parsed::below;

/// The API that SAM makes of functions that name none.
const IMPLICIT: &str = "ServerlessRestApi";

/// The stage of that API.
const IMPLICIT_STAGE: &str = "Prod";

/// The APIs of a template, those without a gateway response too.
pub fn apis(template: &Value, told: &mut Told<'_>) -> Vec<Held> {
    let empty = Map::new();
    let resources = template.get("Resources").and_then(Value::as_object).unwrap_or(&empty);
    let global = globals::of(template);
    let mut apis = Vec::new();
    for (logical_id, resource) in resources {
        if functions::is_name(logical_id) {
            told.warning(format!(
                "{logical_id} makes resources when CloudFormation deploys; it is not read"
            ));
        }
        let place = Place::of_resource(logical_id).below(&["Properties"]);
        let own = resource.get("Properties").unwrap_or(&Value::Null);
        match kind(resource) {
            "AWS::Serverless::Api" => {
                let whole = globals::merged(global, own);
                apis.push(api(logical_id, &whole, &place, told));
            }
            "AWS::ApiGateway::RestApi" => apis.push(api(logical_id, own, &place, told)),
            _ => continue,
        }
        if let Some(condition) = condition(resource) {
            told.warning(format!(
                "`{logical_id}` has the condition {condition}: it is imported as if that held"
            ));
        }
    }
    if let Some(global) = global {
        let has_own = resources.contains_key(IMPLICIT);
        let place = Place { path: below(&[], &["Globals", "Api"]), resource: None };
        if !has_own && resources.values().any(is_of_the_implicit_api) {
            let mut implicit = api(IMPLICIT, &Value::Object(global.clone()), &place, told);
            implicit.stages = vec![IMPLICIT_STAGE.to_owned()];
            implicit.title = implicit.title.or(Title::FilledIn("the name of the stack".to_owned()));
            apis.push(implicit);
        } else if global.contains_key("GatewayResponses") && apis.is_empty() {
            let place = place.below(&["GatewayResponses"]);
            told.error(&place, "`Globals.Api.GatewayResponses` is of no API: there is none");
        }
    }
    add_separate(resources, &mut apis, told);
    add_stages(resources, &mut apis);
    apis
}

fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

fn condition(resource: &Value) -> Option<&str> {
    resource.get("Condition")?.as_str()
}

/// Whether a function of SAM's has an event of an API that it does not name.
fn is_of_the_implicit_api(resource: &Value) -> bool {
    let events = resource.pointer("/Properties/Events").and_then(Value::as_object);
    kind(resource) == "AWS::Serverless::Function"
        && events.into_iter().flatten().any(|(_, event)| {
            kind(event) == "Api" && event.pointer("/Properties/RestApiId").is_none()
        })
}

/// A document within a template, and SAM's own property beside it, which wins.
fn api(logical_id: &str, properties: &Value, place: &Place, told: &mut Told<'_>) -> Held {
    let mut responses = BTreeMap::new();
    let mut title = Title::of(properties.get("Name"));
    for member in ["DefinitionBody", "Body"] {
        let Some(body) = properties.get(member) else { continue };
        responses.extend(extension_of(body, &place.below(&[member]), told));
        title = title.or(title_of(body));
        let included = body.get("Fn::Transform").and_then(included);
        if let Some(location) = included {
            told.elsewhere(Elsewhere { whose: logical_id.to_owned(), location });
        }
    }
    for member in ["DefinitionUri", "BodyS3Location"] {
        if let Some(location) = properties.get(member) {
            let location = location_of(location);
            told.elsewhere(Elsewhere { whose: logical_id.to_owned(), location });
        }
    }
    if let Some(own) = properties.get("GatewayResponses") {
        let place = place.below(&["GatewayResponses"]);
        for (name, response) in table(own, "GatewayResponses", &place, told) {
            let (value, unknown) = as_openapi(&response, &[]);
            let place = place.below(&[&name]);
            responses.insert(name, Response { value, unknown, place, condition: None });
        }
    }
    let stage = properties.get("StageName").and_then(Value::as_str);
    Held {
        whose: Whose::Resource(logical_id.to_owned()),
        title,
        stages: stage.map(str::to_owned).into_iter().collect(),
        responses,
    }
}

/// Where `AWS::Include` takes a definition from.
fn included(transform: &Value) -> Option<String> {
    let location = transform.pointer("/Parameters/Location")?;
    (transform.get("Name")? == "AWS::Include").then(|| location_of(location))
}

fn location_of(value: &Value) -> String {
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    match (value.as_str(), text("Bucket"), text("Key")) {
        (Some(location), _, _) => location.to_owned(),
        (None, Some(bucket), Some(key)) => format!("s3://{bucket}/{key}"),
        (None, _, _) => "another file".to_owned(),
    }
}

/// `AWS::ApiGateway::GatewayResponse`: each one response of an API.
fn add_separate(resources: &Map<String, Value>, apis: &mut Vec<Held>, told: &mut Told<'_>) {
    let mut written: BTreeMap<(Whose, String), &str> = BTreeMap::new();
    for (logical_id, resource) in resources {
        if kind(resource) != "AWS::ApiGateway::GatewayResponse" {
            continue;
        }
        let place = Place::of_resource(logical_id);
        let properties = resource.get("Properties").unwrap_or(&Value::Null);
        let whose = whose(logical_id, properties.get("RestApiId"), &place, told);
        let name = response_type(logical_id, properties, &place, told);
        let (Some(whose), Some(name)) = (whose, name) else { continue };
        let earlier = written.insert((whose.clone(), name.clone()), logical_id);
        if let Some(earlier) = earlier {
            told.error(
                &place,
                &format!(
                    "`{earlier}` and `{logical_id}` are both {name} of one API: leave one of them \
                     in the document"
                ),
            );
        }
        let (value, unknown) = as_openapi(properties, &["RestApiId", "ResponseType"]);
        let condition = condition(resource);
        if let Some(condition) = condition {
            told.warning(format!(
                "`{logical_id}` has the condition {condition}: {name} is imported as if that held"
            ));
        }
        let held = match apis.iter_mut().find(|held| held.whose == whose) {
            Some(held) => held,
            None => {
                let (title, stages, responses) = (Title::Unsaid, Vec::new(), BTreeMap::new());
                apis.push(Held { whose, title, stages, responses });
                let Some(held) = apis.last_mut() else { continue };
                held
            }
        };
        let condition = condition.map(|condition| format!("{condition} (`{logical_id}`)"));
        let response = Response { value, unknown, place: place.below(&["Properties"]), condition };
        if held.responses.insert(name.clone(), response).is_some() && earlier.is_none() {
            told.warning(format!(
                "{name} is in the definition of the API and in `{logical_id}`, which wins"
            ));
        }
    }
}

fn whose(
    logical_id: &str,
    api: Option<&Value>,
    place: &Place,
    told: &mut Told<'_>,
) -> Option<Whose> {
    match owner(api) {
        Owner::Resource(owner) => Some(Whose::Resource(owner)),
        Owner::Id(id) => Some(Whose::Id(id)),
        Owner::FilledIn(function) => {
            told.open(place, &format!("{logical_id}.RestApiId: {function}"));
            None
        }
        Owner::Unsaid => {
            let wrong = format!("`{logical_id}` does not say which API it belongs to");
            told.error(place, &wrong);
            None
        }
    }
}

fn response_type(
    logical_id: &str,
    properties: &Value,
    place: &Place,
    told: &mut Told<'_>,
) -> Option<String> {
    let stated = properties.get("ResponseType");
    if let Some((name, argument)) = stated.and_then(functions::of) {
        let function = functions::shown(name, argument);
        told.open(place, &format!("{logical_id}.ResponseType: {function}"));
        return None;
    }
    let name = stated.and_then(Value::as_str);
    if name.is_none() {
        told.error(place, &format!("`{logical_id}` does not say its `ResponseType`"));
    }
    name.map(str::to_owned)
}

/// The stages that the template itself makes, as far as it says their names.
fn add_stages(resources: &Map<String, Value>, apis: &mut [Held]) {
    for resource in resources.values() {
        if !matches!(kind(resource), "AWS::ApiGateway::Stage" | "AWS::ApiGateway::Deployment") {
            continue;
        }
        let stage = resource.pointer("/Properties/StageName").and_then(Value::as_str);
        let Owner::Resource(owner) = owner(resource.pointer("/Properties/RestApiId")) else {
            continue;
        };
        let whose = Whose::Resource(owner);
        if let (Some(held), Some(stage)) = (apis.iter_mut().find(|held| held.whose == whose), stage)
            && !held.stages.iter().any(|known| known == stage)
        {
            held.stages.push(stage.to_owned());
        }
    }
}
