//! What a document holds of one API.

use std::collections::BTreeMap;

use serde_json::Value;

use super::functions;
use super::told::{Place, Told};
use crate::model::openapi::GATEWAY_RESPONSES;

/// The members that a gateway response has in OpenAPI.
pub const MEMBERS: [&str; 3] = ["statusCode", "responseParameters", "responseTemplates"];

/// One API of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub whose: Whose,
    pub title: Title,
    pub stages: Vec<String>,
    /// By their types, as they are written.
    pub responses: BTreeMap<String, Response>,
}

/// How a document knows an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// It is about this one alone.
    Document,
    /// By the logical id of its resource.
    Resource(String),
    /// By the id that it has at AWS.
    Id(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    Said(String),
    /// By CloudFormation, of this.
    FilledIn(String),
    Unsaid,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// In the spelling of OpenAPI.
    pub value: Value,
    /// Members that no gateway response has.
    pub unknown: Vec<String>,
    pub place: Place,
    /// The condition under which it is made.
    pub condition: Option<String>,
}

impl Title {
    #[must_use]
    pub fn of(value: Option<&Value>) -> Self {
        match value {
            Some(Value::String(name)) => Self::Said(name.clone()),
            Some(value) => match functions::of(value) {
                Some((name, argument)) => Self::FilledIn(functions::shown(name, argument)),
                None => Self::Unsaid,
            },
            None => Self::Unsaid,
        }
    }

    /// This one, or else the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Said(_) | Self::FilledIn(_) => self,
            Self::Unsaid => other,
        }
    }
}

/// The title of an OpenAPI document.
#[must_use]
pub fn title_of(document: &Value) -> Title {
    Title::of(document.pointer("/info/title"))
}

/// The extension of an OpenAPI document that stands at a place.
pub fn extension_of(
    document: &Value,
    place: &Place,
    told: &mut Told<'_>,
) -> BTreeMap<String, Response> {
    let Some(extension) = document.get(GATEWAY_RESPONSES) else { return BTreeMap::new() };
    let place = place.below(&[GATEWAY_RESPONSES]);
    let mut responses = BTreeMap::new();
    for (name, value) in table(extension, GATEWAY_RESPONSES, &place, told) {
        let members = value.as_object().into_iter().flatten().map(|(member, _)| member.as_str());
        let unknown = members
            .filter(|member| !MEMBERS.contains(member) && !functions::is_name(member))
            .map(str::to_owned)
            .collect();
        let place = place.below(&[&name]);
        responses.insert(name, Response { value, unknown, place, condition: None });
    }
    responses
}

/// A table of responses. What is none, or is filled in later, is told.
pub fn table(
    table: &Value,
    name: &str,
    place: &Place,
    told: &mut Told<'_>,
) -> BTreeMap<String, Value> {
    let members = match table {
        Value::Object(members) => members,
        Value::Null => return BTreeMap::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            told.error(place, &format!("`{name}` is not an object"));
            return BTreeMap::new();
        }
    };
    let (functions, responses): (Vec<_>, Vec<_>) =
        members.iter().partition(|(member, _)| functions::is_name(member));
    for (function, argument) in functions {
        told.open(place, &format!("{name}: {}", functions::shown(function, argument)));
    }
    responses.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
