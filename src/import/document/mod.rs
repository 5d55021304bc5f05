//! Gateway responses in documents that people have: OpenAPI, and the templates of
//! CloudFormation and SAM that hold or name them.
//!
//! Whatever a template leaves to CloudFormation (`Ref`, `Fn::Sub` …) has no value yet, and
//! is an error where a gateway response needs it; anywhere else it does not matter. Nothing
//! that a document says of a gateway response is left out without a word.

mod functions;
mod globals;
mod held;
mod owner;
mod properties;
mod template;
mod told;

use std::collections::BTreeMap;

use serde_json::Value;

use super::inventory::{Imported, Stages};
use super::keys::name_apart;
use super::parsed::Parsed;
use super::set::Customized;
use super::{json, yaml};
use crate::diagnostic::nearest::nearest;
use crate::model::openapi;
use crate::model::{Customization, ResponseType};
use crate::state::desired::Matching;
use held::{Held, MEMBERS, Response, Title, Whose, extension_of, title_of};
use told::{Place, Told};

/// The name of an API that nothing names: the reader puts one there.
const NO_NAME: &str = "NAME";

/// What a document comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub apis: Vec<Imported>,
    /// What whoever imports it should know, in words.
    pub warnings: Vec<String>,
}

/// The APIs of a document with gateway responses, as JSON or YAML; `fallback` names one
/// of which the document does not say the name, and may be empty.
///
/// # Errors
/// In words, everything at once: it is no such document, has no gateway responses, or says
/// what cannot be.
pub fn read(text: &str, fallback: &str) -> Result<Document, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Parsed { value, lines, warnings } = if text.trim_start().starts_with('{') {
        json::read(text).map_err(|error| format!("invalid JSON: {error}"))?
    } else {
        yaml::read(text).map_err(|error| format!("invalid YAML: {error}"))?
    };
    if !value.is_object() {
        return Err(
            "it is neither an OpenAPI document nor a CloudFormation or SAM template".to_owned()
        );
    }
    let mut told = Told::new(&lines, warnings);
    let mut held = held(&functions::settled(value), &mut told);
    held.retain(|held| !held.responses.is_empty());
    if held.is_empty() {
        return Err(told.nothing());
    }
    let names: Vec<String> = held.iter().map(|held| held.name(fallback).to_owned()).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let keys = name_apart(&names);
    let apis = held
        .into_iter()
        .zip(keys)
        .map(|(held, key)| imported(held, key, fallback, &mut told))
        .collect();
    Ok(Document { apis, warnings: told.end()? })
}

/// Every API of the document.
fn held(document: &Value, told: &mut Told<'_>) -> Vec<Held> {
    let responses = extension_of(document, &Place::default(), told);
    let title = title_of(document);
    let (whose, stages) = (Whose::Document, Vec::new());
    let mut all = vec![Held { whose, title, stages, responses }];
    all.extend(template::apis(document, told));
    all
}

impl Held {
    /// What it is called for want of a better name.
    fn name<'a>(&'a self, fallback: &'a str) -> &'a str {
        match (&self.title, &self.whose) {
            (Title::Said(name), _) => name,
            (Title::FilledIn(_) | Title::Unsaid, Whose::Resource(id) | Whose::Id(id)) => id,
            (Title::FilledIn(_) | Title::Unsaid, Whose::Document) => fallback,
        }
    }

    /// How the API is found, and what is to be put there where that is not known.
    fn matching(&self, fallback: &str) -> (Matching, String) {
        if let Whose::Id(id) = &self.whose {
            return (Matching::Id(id.clone()), String::new());
        }
        let open = match &self.title {
            Title::Said(name) => return (Matching::Name(name.clone()), String::new()),
            Title::FilledIn(of) => format!("CloudFormation fills in the API's name ({of})"),
            Title::Unsaid => "the document does not say the API's name".to_owned(),
        };
        let name = match self.name(fallback) {
            "" => NO_NAME,
            name => name,
        };
        (Matching::Name(name.to_owned()), format!("{open}: put it here, or its id"))
    }
}

fn imported(held: Held, key: String, fallback: &str, told: &mut Told<'_>) -> Imported {
    let (matching, remark) = held.matching(fallback);
    if !remark.is_empty() {
        told.warning(format!("{key}: {}", remark.replace("put it here", "put it into `match`")));
    }
    let mut written: BTreeMap<ResponseType, Customization> = BTreeMap::new();
    let mut notes: BTreeMap<ResponseType, Vec<String>> = BTreeMap::new();
    let mut left_alone = Vec::new();
    for (name, response) in held.responses {
        let Ok(response_type) = name.parse::<ResponseType>() else {
            left_alone.push(unknown_type(&name));
            continue;
        };
        let Some(customization) = customization(response_type, &response, told, &mut left_alone)
        else {
            continue;
        };
        written.insert(response_type, customization);
        if let Some(condition) = &response.condition {
            let note = format!("Imported as if the condition {condition} held.");
            notes.entry(response_type).or_default().push(note);
        }
    }
    let customized = Customized::sort(written);
    let left_alone = customized.left_alone().chain(left_alone).collect();
    let stages = match held.stages {
        none if none.is_empty() => Stages::Unknown,
        listed => Stages::Known { listed, left_out: Vec::new() },
    };
    Imported { key, matching, remark, stages, responses: customized.sayable, notes, left_alone }
}

/// What a response says. What it cannot say is told, what has no effect is left alone.
fn customization(
    response_type: ResponseType,
    response: &Response,
    told: &mut Told<'_>,
    left_alone: &mut Vec<String>,
) -> Option<Customization> {
    let Response { value, unknown, place, condition: _ } = response;
    let open = functions::within(value, response_type.as_str());
    if !open.is_empty() {
        for function in &open {
            told.open(place, function);
        }
        return None;
    }
    left_alone.extend(unknown.iter().map(|member| no_member(response_type, member)));
    match openapi::response(response_type, value.clone()) {
        Ok((customization, parameters)) => {
            left_alone.extend(
                parameters.keys().map(|key| format!("`{key}` of {response_type} sets no header")),
            );
            Some(customization)
        }
        Err(wrong) => {
            for wrong in &wrong {
                told.error(place, wrong);
            }
            None
        }
    }
}

fn unknown_type(name: &str) -> String {
    let near = nearest(name, ResponseType::ALL.iter().map(|known| known.as_str()));
    let near = near.map(|near| format!(" (there is {near})")).unwrap_or_default();
    format!("{name} is not a type that this version of gwr supports{near}")
}

fn no_member(response_type: ResponseType, member: &str) -> String {
    let near = nearest(member, MEMBERS).map(|near| format!(" (there is `{near}`)"));
    format!(
        "`{member}` of {response_type} is not a member of a gateway response{}",
        near.unwrap_or_default()
    )
}
