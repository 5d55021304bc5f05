//! What is desired as a fragment of an OpenAPI document, for whoever owns that document
//! and imports it: then an import takes nothing away.

use serde_json::{Map, Value, json};

use crate::model::Customization;
use crate::model::openapi::GATEWAY_RESPONSES;
use crate::state::desired::{DesiredApi, DesiredResponse};

/// `{"x-amazon-apigateway-gateway-responses": {TYPE: {…}}}`, with every value as AWS
/// writes it. What is unset is left out, as in AWS's own exports. A type that must be at
/// its default is left out too: an import that overwrites takes it there.
#[must_use]
pub fn fragment(api: &DesiredApi) -> Value {
    let responses: Map<String, Value> = api
        .responses
        .iter()
        .filter_map(|(response_type, desired)| match desired {
            DesiredResponse::Customized(written) => {
                Some((response_type.to_string(), Value::Object(response(written))))
            }
            DesiredResponse::Default => None,
        })
        .collect();
    json!({ GATEWAY_RESPONSES: responses })
}

fn response(written: &Customization) -> Map<String, Value> {
    let Customization { status, headers, templates } = written;
    let mut response = Map::new();
    if let Some(status) = status {
        // A text in AWS's documentation, a number in its exports; an import takes both.
        response.insert("statusCode".to_owned(), json!(status.to_string()));
    }
    if !headers.is_empty() {
        let parameters: Map<String, Value> =
            headers.iter().map(|(name, value)| (name.parameter_key(), json!(value))).collect();
        response.insert("responseParameters".to_owned(), Value::Object(parameters));
    }
    if !templates.is_empty() {
        response.insert("responseTemplates".to_owned(), json!(templates));
    }
    response
}
