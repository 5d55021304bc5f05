//! What an answer looks like: templates and headers with sample values put in.
//!
//! "Non-VTL mapping template supporting only simple variable substitutions" (developer
//! guide): a variable is replaced, everything else is emitted as it stands, directives
//! and `$util` included.

use super::Cause;
use super::search::status_of;
use crate::model::{HeaderValue, ResponseType};
use crate::state::effective::{Effective, Source};

/// What the variables of a sample stand for.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub response_type: ResponseType,
    pub cause: &'a Cause,
    pub api_id: &'a str,
    pub stage: &'a str,
}

/// An answer as a client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub status: u16,
    /// In the order in which they are shown; the error's own two first.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The id of the examples in AWS's documentation.
const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";

/// One sample for each media type that the answer has a template for.
#[must_use]
pub fn samples(effective: &Effective, scene: Scene<'_>) -> Vec<Sample> {
    if effective.source == Source::Builtin {
        return vec![sample(effective, scene, "application/json", builtin_body(scene))];
    }
    effective
        .templates
        .iter()
        .map(|(media_type, template)| {
            sample(effective, scene, media_type, rendered(template, scene))
        })
        .collect()
}

fn sample(effective: &Effective, scene: Scene<'_>, media_type: &str, body: String) -> Sample {
    let status = status_of(scene.response_type, effective, scene.cause);
    let mut headers = vec![
        ("x-amzn-ErrorType".to_owned(), scene.cause.error_type.to_owned()),
        ("Content-Type".to_owned(), media_type.to_owned()),
    ];
    for (name, value) in &effective.headers {
        let value = header(value, scene);
        // Deployed configurations rely on a mapped Content-Type taking the template's place.
        match headers.get_mut(1) {
            Some(content) if name.as_str().eq_ignore_ascii_case("content-type") => {
                content.1 = value;
            }
            Some(_) | None => headers.push((name.as_str().to_owned(), value)),
        }
    }
    Sample { status, headers, body }
}

/// The body of an un-customised response as AWS was seen to send it, which for
/// `ACCESS_DENIED` is not what the template says that GetGatewayResponse shows: its key
/// has a capital M.
fn builtin_body(scene: Scene<'_>) -> String {
    let key = if scene.response_type == ResponseType::AccessDenied { "Message" } else { "message" };
    format!("{{\"{key}\":{}}}", quoted(scene.cause.message))
}

/// A header's value: the literal, or what the mapping comes to.
fn header(value: &HeaderValue, scene: Scene<'_>) -> String {
    match value.as_literal() {
        Some(literal) => literal.to_owned(),
        None => known(value.as_str(), scene).unwrap_or_else(|| format!("‹{}›", value.as_str())),
    }
}

/// A template with sample values put in.
#[must_use]
pub fn rendered(template: &str, scene: Scene<'_>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match variable(rest) {
            Some((name, length)) => {
                match known(name, scene) {
                    Some(value) => out.push_str(&value),
                    None => {
                        out.push('‹');
                        out.push_str(name);
                        out.push('›');
                    }
                }
                rest = &rest[length..];
            }
            None => {
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The variable that a text begins with, and its length there.
fn variable(text: &str) -> Option<(&str, usize)> {
    const ROOTS: [&str; 3] = ["context.", "stageVariables.", "method.request."];
    let body = text.strip_prefix('$')?;
    if let Some(braced) = body.strip_prefix('{') {
        let name = &braced[..braced.find('}')?];
        let whole = ROOTS.iter().any(|root| name.starts_with(root)) && end_of(name) == name.len();
        return whole.then_some((name, name.len() + 3));
    }
    ROOTS.iter().any(|root| body.starts_with(root)).then(|| {
        let name = &body[..end_of(body)];
        (name, name.len() + 1)
    })
}

/// Where the name of a variable ends; a full stop or a hyphen behind it belongs to the
/// sentence, and only the names of a request's parameters have hyphens.
fn end_of(text: &str) -> usize {
    let hyphen = text.starts_with("method.request.");
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || (hyphen && c == '-');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '-']).len()
}

/// The value of a variable that has one in every request; the rest is shown by its name.
fn known(name: &str, scene: Scene<'_>) -> Option<String> {
    let Scene { response_type, cause, api_id, stage } = scene;
    let value = match name.strip_prefix("context.")? {
        "error.message" => cause.message.unwrap_or_default().to_owned(),
        // "The quoted value of $context.error.message": with its quotes.
        "error.messageString" => quoted(cause.message),
        "error.responseType" => response_type.to_string(),
        "requestId" | "extendedRequestId" => REQUEST_ID.to_owned(),
        "apiId" => api_id.to_owned(),
        "stage" => stage.to_owned(),
        "httpMethod" => "GET".to_owned(),
        "protocol" => "HTTP/1.1".to_owned(),
        _ => return None,
    };
    Some(value)
}

fn quoted(message: Option<&str>) -> String {
    serde_json::Value::from(message).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::causes;

    fn shown(template: &str) -> String {
        let response_type = ResponseType::Throttled;
        let cause = &causes(response_type)[0];
        rendered(template, Scene { response_type, cause, api_id: "abc", stage: "prod" })
    }

    #[test]
    fn variables_are_filled_in_and_all_else_is_left() {
        for (template, expected) in [
            (r#"{"message":$context.error.messageString}"#, r#"{"message":"Too Many Requests"}"#),
            ("$context.error.message.", "Too Many Requests."),
            ("${context.stage}-$context.stage/$context.apiId", "prod-prod/abc"),
            ("$context.error.responseType", "THROTTLED"),
            ("$stageVariables.colour", "‹stageVariables.colour›"),
            ("$method.request.header.X-Id", "‹method.request.header.X-Id›"),
            ("#set($a = 1) $util.urlEncode('x') $ $5", "#set($a = 1) $util.urlEncode('x') $ $5"),
            ("${context.stage", "${context.stage"),
            ("ü$context.apiIdü$", "üabcü$"),
        ] {
            assert_eq!(shown(template), expected, "{template}");
        }
    }
}
