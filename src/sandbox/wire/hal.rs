//! HAL, the service's older form, for those who ask for it: `Accept: application/hal+json`.
//!
//! AWS gives it to everybody who does not ask for `application/json`, which the AWS CLI and the
//! SDKs do (agilord/aws_client#289 shows both answers): to `*/*`, too, which curl and Postman
//! send (the sample of GetGatewayResponses in the API reference has a Postman-Token, and its
//! answer is HAL). The sandbox departs from that on purpose: with curl one wants to see what
//! the SDKs see, and no test that was written against the plain form should break.
//!
//! What is known of the form, from those samples and from cognitect-labs/aws-api#35: `_links`
//! with `self` in each resource; a list's members in `_embedded.item`, and their places in
//! `_links.item`; the next page as the link `next`; methods, integrations and their responses
//! embedded under `resource:methods`, `method:integration`, `method:responses` and
//! `integration:responses`; times as `2017-11-20T04:42:19Z`; and a list of one is its only
//! member, wherever it stands.
//!
//! Deliberately absent: the links to what else could be done (`restapi:update` …), and
//! `curies`, which explain those. Errors have no other form, exports are documents of their own.

mod links;

use serde_json::{Map, Value, json};

use super::accept::media_types;
use super::http::{Answer, Request};
use super::time_text;
use links::{item_path, link, list_links, own_path};

const HAL: &str = "application/hal+json";

/// The answer in the form that the caller gets.
pub(crate) fn dressed(answer: Answer, operation: &str, request: &Request) -> Answer {
    let asks_for_hal = media_types(&request.headers).next().as_deref() == Some(HAL);
    let is_json = answer
        .headers
        .iter()
        .any(|(name, value)| name == "Content-Type" && value == "application/json");
    if !asks_for_hal || !is_json {
        return answer;
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&answer.body) else {
        return answer;
    };
    let path = request.path.trim_end_matches('/');
    let dressed = match body.get("item") {
        Some(Value::Array(items)) => {
            let position = body.get("position").and_then(Value::as_str);
            list(items, &list_links(path, &request.query, position), path)
        }
        Some(_) | None => resource(&body, &own_path(operation, path, &body), None),
    };
    Answer { headers: answer.headers, ..Answer::json(answer.status, &dressed) }
}

/// A collection. Where nothing is in it, the sandbox shows an empty list; AWS was not seen.
fn list(items: &[Value], links: &Map<String, Value>, path: &str) -> Value {
    let mut links = links.clone();
    let members = items.iter().filter_map(Value::as_object);
    let (places, embedded): (Vec<Value>, Vec<Value>) = members
        .map(|member| {
            let own = item_path(path, member);
            (link(&own, None), resource(member, &own, None))
        })
        .unzip();
    if !places.is_empty() {
        links.insert("item".to_owned(), one_or_all(places));
    }
    json!({ "_links": links, "_embedded": { "item": one_or_all(embedded) } })
}

/// One resource, and what is embedded in it.
fn resource(body: &Map<String, Value>, own: &str, name: Option<&str>) -> Value {
    let mut shown = Map::new();
    let mut links = Map::from_iter([("self".to_owned(), link(own, name))]);
    let mut embedded = Map::new();
    for (key, value) in body {
        let Some((relation, below)) = relation(key) else {
            shown.insert(key.clone(), member(key, value));
            continue;
        };
        let children: Vec<(String, Option<&str>, &Value)> = match (relation, value.as_object()) {
            ("method:integration", _) => vec![(format!("{own}/{below}"), None, value)],
            (_, Some(map)) => map
                .iter()
                .map(|(name, one)| (format!("{own}/{below}/{name}"), Some(name.as_str()), one))
                .collect(),
            (_, None) => Vec::new(),
        };
        let places = children.iter().map(|(path, name, _)| link(path, *name)).collect();
        links.insert(relation.to_owned(), one_or_all(places));
        // A method that is only named (GetResources without `embed`) is only linked.
        let bodies: Vec<Value> = children
            .iter()
            .filter_map(|(path, name, one)| {
                let one = one.as_object().filter(|one| !one.is_empty())?;
                Some(resource(one, path, *name))
            })
            .collect();
        if !bodies.is_empty() {
            embedded.insert(relation.to_owned(), one_or_all(bodies));
        }
    }
    shown.insert("_links".to_owned(), Value::Object(links));
    if !embedded.is_empty() {
        shown.insert("_embedded".to_owned(), Value::Object(embedded));
    }
    Value::Object(shown)
}

/// The relation of a member that is a resource of its own, and where that is below its owner.
fn relation(key: &str) -> Option<(&'static str, &'static str)> {
    match key {
        "resourceMethods" => Some(("resource:methods", "methods")),
        "methodIntegration" => Some(("method:integration", "integration")),
        "methodResponses" => Some(("method:responses", "responses")),
        "integrationResponses" => Some(("integration:responses", "responses")),
        _ => None,
    }
}

fn member(key: &str, value: &Value) -> Value {
    match (key, value.as_i64()) {
        ("createdDate" | "lastUpdatedDate", Some(seconds)) => {
            Value::from(time_text::iso(seconds.saturating_mul(1000)))
        }
        _ => collapsed(value),
    }
}

/// A value in which each list of one is its only member: `"types": "EDGE"`.
fn collapsed(value: &Value) -> Value {
    match value {
        Value::Array(items) => one_or_all(items.iter().map(collapsed).collect()),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), collapsed(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn one_or_all(mut items: Vec<Value>) -> Value {
    match items.len() {
        1 => items.remove(0),
        _ => Value::Array(items),
    }
}
