//! What a client should get, computed from what was written: a second reading of the
//! facts, which shares nothing with gwr's `effective` nor with the sandbox.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::Answer;

/// A type: its name, the status of its error while nobody sets one (what a forced
/// error has, for those that have none), and its family default.
pub struct Kind {
    pub name: &'static str,
    pub own_status: u16,
    pub family: &'static str,
}

const C: &str = "DEFAULT_4XX";
const S: &str = "DEFAULT_5XX";

const fn kind(name: &'static str, own_status: u16, family: &'static str) -> Kind {
    Kind { name, own_status, family }
}

/// The table of the developer guide.
pub const KINDS: [Kind; 21] = [
    kind("ACCESS_DENIED", 403, C),
    kind("API_CONFIGURATION_ERROR", 500, S),
    kind("AUTHORIZER_CONFIGURATION_ERROR", 500, S),
    kind("AUTHORIZER_FAILURE", 500, S),
    kind("BAD_REQUEST_BODY", 400, C),
    kind("BAD_REQUEST_PARAMETERS", 400, C),
    kind("DEFAULT_4XX", 400, C),
    kind("DEFAULT_5XX", 500, S),
    kind("EXPIRED_TOKEN", 403, C),
    kind("INTEGRATION_FAILURE", 500, S),
    kind("INTEGRATION_TIMEOUT", 504, S),
    kind("INVALID_API_KEY", 403, C),
    kind("INVALID_SIGNATURE", 403, C),
    kind("MISSING_AUTHENTICATION_TOKEN", 403, C),
    kind("QUOTA_EXCEEDED", 429, C),
    kind("REQUEST_TOO_LARGE", 413, C),
    kind("RESOURCE_NOT_FOUND", 404, C),
    kind("THROTTLED", 429, C),
    kind("UNAUTHORIZED", 401, C),
    kind("UNSUPPORTED_MEDIA_TYPE", 415, C),
    kind("WAF_FILTERED", 403, C),
];

/// Found by its name.
pub fn kind_of(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).expect("a type that there is")
}

/// One customisation, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `None`: unset.
    pub status: Option<u16>,
    /// In AWS's own writing.
    pub headers: BTreeMap<String, String>,
    /// `None`: unset.
    pub templates: Option<BTreeMap<String, String>>,
}

/// What is customised.
pub type State = BTreeMap<&'static str, Entry>;

impl Entry {
    /// The body of a PutGatewayResponse that writes it.
    pub fn put_body(&self) -> Value {
        let mut body = json!({});
        if let Some(status) = self.status {
            body["statusCode"] = json!(status.to_string());
        }
        if !self.headers.is_empty() {
            body["responseParameters"] = self.parameters();
        }
        if let Some(templates) = &self.templates {
            body["responseTemplates"] = json!(templates);
        }
        body
    }

    fn parameters(&self) -> Value {
        let keyed = |(name, value): (&String, &String)| {
            (format!("gatewayresponse.header.{name}"), value.clone())
        };
        json!(self.headers.iter().map(keyed).collect::<BTreeMap<_, _>>())
    }
}

/// The status that GetGatewayResponse shows for a customised type without one.
pub fn shown_status(kind: &Kind) -> Option<u16> {
    match kind.name {
        "DEFAULT_4XX" | "DEFAULT_5XX" => None,
        "INTEGRATION_FAILURE" => Some(504),
        _ => Some(kind.own_status),
    }
}

/// What differs between a live entry, as GetGatewayResponse shows it, and the one
/// that was wanted.
pub fn configured_otherwise(kind: &Kind, wanted: Option<&Entry>, shown: &Value) -> Option<String> {
    let Some(wanted) = wanted else {
        let is_default = shown["defaultResponse"] == true;
        return (!is_default).then(|| format!("{} is still customised: {shown}", kind.name));
    };
    let status = wanted.status.or_else(|| shown_status(kind)).map(|status| status.to_string());
    let lower = |map: &Value| -> BTreeMap<String, Value> {
        let map = map.as_object().cloned().unwrap_or_default();
        map.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect()
    };
    let builtin = json!({"application/json": "{\"message\":$context.error.messageString}"});
    let templates = match &wanted.templates {
        Some(templates) if !templates.is_empty() => json!(templates),
        _ => builtin,
    };
    let same = shown["defaultResponse"] == false
        && shown.get("statusCode").and_then(Value::as_str) == status.as_deref()
        && lower(&shown["responseParameters"]) == lower(&wanted.parameters())
        && shown["responseTemplates"] == templates;
    (!same).then(|| format!("{} is configured as {shown}, wanted {wanted:?}", kind.name))
}

/// What differs between an answer and what the state says a client should get.
/// `check_status` is whether the status is part of the question.
pub fn served_otherwise(
    kind: &Kind,
    state: &State,
    api: &str,
    answer: &Answer,
    check_status: bool,
) -> Option<String> {
    let own = state.get(kind.name);
    let entry = own.or_else(|| state.get(kind.family));
    // "Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't
    // currently supported."
    let entry = entry.filter(|_| kind.name != "REQUEST_TOO_LARGE");
    let status = entry.and_then(|entry| entry.status).unwrap_or(kind.own_status);
    let wrong = |what: String| Some(format!("{}: {what}, of {answer:?}", kind.name));
    if check_status && answer.status != status {
        return wrong(format!("{} is served, {status} was wanted", answer.status));
    }
    let wanted: BTreeMap<String, String> = entry
        .iter()
        .flat_map(|entry| &entry.headers)
        .map(|(name, value)| (name.to_ascii_lowercase(), resolved(value, api)))
        .collect();
    let ours = |name: &str| name.starts_with("x-t-") || name.starts_with("access-control-");
    let served: Vec<(String, String)> =
        answer.headers.iter().filter(|(name, _)| ours(name)).cloned().collect();
    let mut expected: Vec<(String, String)> = wanted.into_iter().collect();
    let mut sorted = served;
    sorted.sort();
    expected.sort();
    if sorted != expected {
        return wrong(format!("headers {sorted:?} are served, {expected:?} were wanted"));
    }
    let templates = entry.and_then(|entry| entry.templates.clone()).unwrap_or_default();
    let chosen = templates.get_key_value("application/json").or_else(|| templates.iter().next());
    match chosen {
        Some((media_type, text)) => {
            let body = text.replace("$context.error.responseType", kind.name);
            if answer.body != body || answer.header("content-type") != [media_type.as_str()] {
                return wrong(format!("{media_type} {body:?} was wanted"));
            }
        }
        None => {
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let keys: Vec<&String> =
                body.as_object().map(|o| o.keys().collect()).unwrap_or_default();
            let builtin = keys.len() == 1 && keys[0].eq_ignore_ascii_case("message");
            if !builtin || answer.header("content-type") != ["application/json"] {
                return wrong("the built-in body was wanted".to_owned());
            }
        }
    }
    None
}

/// What a client that sends `x-probe: seen` gets for a header value.
fn resolved(value: &str, api: &str) -> String {
    match value {
        "method.request.header.x-probe" => "seen".to_owned(),
        "context.apiId" => api.to_owned(),
        literal => literal.trim_matches('\'').to_owned(),
    }
}
