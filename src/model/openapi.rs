//! `x-amazon-apigateway-gateway-responses`: gateway responses as OpenAPI documents hold
//! them, AWS's exports and people's own alike.
//!
//! A member that is left out is unset. A status is an integer in exports (recorded),
//! though the documentation says string; both are taken. Values are kept as the document
//! has them: exports of 2016 wrote `method.input.params.X` for mappings, which is for the
//! comparison to forgive, not for the reader to guess at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Customization, HEADER_PREFIX, HeaderName, HeaderValue, Headers, ResponseType, StatusCode,
};

/// The member of a document's root that holds them.
pub const GATEWAY_RESPONSES: &str = "x-amazon-apigateway-gateway-responses";

/// What a document states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub responses: BTreeMap<ResponseType, Customization>,
    /// Those of which it states an empty table of templates, which is something else
    /// than none.
    pub without_templates: BTreeSet<ResponseType>,
    /// Types that this program does not know.
    pub unknown_types: BTreeSet<String>,
    /// Entries of `responseParameters` that set no header, by type.
    pub unknown_parameters: BTreeMap<ResponseType, BTreeMap<String, String>>,
}

/// Reads the extension; without one nothing is stated.
///
/// # Errors
/// In words, when it states of a response what cannot be.
pub fn read(extension: Option<Value>) -> Result<Stated, String> {
    let mut stated = Stated::default();
    for (name, members) in object(GATEWAY_RESPONSES, extension)? {
        let Ok(response_type) = name.parse::<ResponseType>() else {
            stated.unknown_types.insert(name);
            continue;
        };
        let empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
        if members.get("responseTemplates").is_some_and(empty) {
            stated.without_templates.insert(response_type);
        }
        let (customization, unknown) =
            response(response_type, members).map_err(|wrong| wrong.join("; "))?;
        stated.responses.insert(response_type, customization);
        if !unknown.is_empty() {
            stated.unknown_parameters.insert(response_type, unknown);
        }
    }
    Ok(stated)
}

/// Reads one response; beside it the entries of `responseParameters` that set no header.
///
/// # Errors
/// In words, everything that cannot be.
pub fn response(
    response_type: ResponseType,
    stated: Value,
) -> Result<(Customization, BTreeMap<String, String>), Vec<String>> {
    let mut stated =
        object(response_type.as_str(), Some(stated)).map_err(|wrong| Vec::from([wrong]))?;
    let mut wrong = Vec::new();
    let mut texts = |member: &str| {
        texts(response_type, member, stated.remove(member)).unwrap_or_else(|found| {
            wrong.extend(found);
            BTreeMap::new()
        })
    };
    let (headers, unknown) = headers(texts("responseParameters"));
    let templates = texts("responseTemplates");
    let status = stated.remove("statusCode").unwrap_or_default();
    let status = read_status(response_type, &status).unwrap_or_else(|found| {
        wrong.push(found);
        None
    });
    if wrong.is_empty() {
        Ok((Customization { status, headers, templates }, unknown))
    } else {
        Err(wrong)
    }
}

fn read_status(response_type: ResponseType, value: &Value) -> Result<Option<StatusCode>, String> {
    let read = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => {
            number.as_i64().and_then(|number| StatusCode::try_from(number).ok())
        }
        Value::String(text) => status(text),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    // As JSON a text has its quotes.
    read.map(Some).ok_or_else(|| no_status(response_type, &value.to_string()))
}

/// A status as the service writes it.
#[must_use]
pub fn status(text: &str) -> Option<StatusCode> {
    StatusCode::try_from(text.trim().parse::<i64>().ok()?).ok()
}

/// The error for an invalid status.
#[must_use]
pub fn bad_status(response_type: ResponseType, text: &str) -> String {
    no_status(response_type, &format!("{text:?}"))
}

fn no_status(response_type: ResponseType, shown: &str) -> String {
    format!("{response_type} has the status {shown}, which is invalid: it must be from 100 to 599")
}

/// Headers, and apart from them the keys that are none.
pub fn headers(
    parameters: impl IntoIterator<Item = (String, String)>,
) -> (Headers, BTreeMap<String, String>) {
    let mut headers = Headers::new();
    let mut unknown = BTreeMap::new();
    for (key, value) in parameters {
        match key.strip_prefix(HEADER_PREFIX) {
            Some(name) if !name.is_empty() => {
                headers.insert(HeaderName::observed(name), HeaderValue::as_written(value));
            }
            _ => {
                unknown.insert(key, value);
            }
        }
    }
    (headers, unknown)
}

fn object(name: &str, value: Option<Value>) -> Result<Map<String, Value>, String> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(format!("`{name}` is not an object")),
    }
}

fn texts(
    response_type: ResponseType,
    member: &str,
    value: Option<Value>,
) -> Result<BTreeMap<String, String>, Vec<String>> {
    let members =
        object(&format!("{response_type}.{member}"), value).map_err(|wrong| Vec::from([wrong]))?;
    let mut texts = BTreeMap::new();
    let mut wrong = Vec::new();
    for (key, value) in members {
        match value {
            Value::String(text) => drop(texts.insert(key, text)),
            Value::Number(_) | Value::Bool(_) => wrong.push(format!(
                "{key:?} in `{response_type}.{member}` is not a string: put {value} in quotes"
            )),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                wrong.push(format!("{key:?} in `{response_type}.{member}` is not a string"));
            }
        }
    }
    if wrong.is_empty() { Ok(texts) } else { Err(wrong) }
}
