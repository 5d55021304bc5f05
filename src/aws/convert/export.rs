//! The document of GetExport: what a stage serves, as far as it can be read there.
//!
//! Expected is `oas30` with `extensions=apigateway`. Only customised types are in
//! it, with the members that were set: see [`crate::model::openapi`].

use serde_json::{Map, Value};

use crate::aws::call::text::{first_line, plain};
use crate::model::openapi::{self, GATEWAY_RESPONSES, Stated};
use crate::state::observed::Export;

/// Where a server says that the default endpoint is disabled.
const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

/// Reads an export.
///
/// # Errors
/// In words, when the document is not valid JSON, or a response in it is not possible.
pub(crate) fn read(body: &[u8]) -> Result<Export, String> {
    let document = serde_json::from_slice(body).map_err(|error| {
        format!(
            "the export is not valid JSON ({}); it begins with {}",
            plain(&error.to_string()),
            first_line(body)
        )
    })?;
    let Value::Object(mut document) = document else {
        return Err(format!(
            "the export is not a JSON object; it begins with {}",
            first_line(body)
        ));
    };
    for member in ["openapi", "paths"] {
        if !document.contains_key(member) {
            return Err(format!("the export has no `{member}`"));
        }
    }
    let Stated { responses, without_templates, unknown_types, unknown_parameters } =
        openapi::read(document.remove(GATEWAY_RESPONSES))
            .map_err(|reason| format!("the export says what cannot be: {}", plain(&reason)))?;
    let endpoint_disabled = is_endpoint_disabled(&document);
    // Both change with every export or deployment, and mean nothing.
    document.remove("servers");
    if let Some(Value::Object(info)) = document.get_mut("info") {
        info.remove("version");
    }
    Ok(Export {
        responses,
        without_templates,
        unknown_types,
        unknown_parameters,
        rest: Value::Object(document),
        endpoint_disabled,
    })
}

/// The developer guide puts the extension under a server of an OpenAPI 3 document, and
/// at the root of a Swagger one.
fn is_endpoint_disabled(document: &Map<String, Value>) -> bool {
    let servers = document.get("servers").and_then(Value::as_array).into_iter().flatten();
    let of_servers = servers.filter_map(|server| server.get(ENDPOINT));
    document.get(ENDPOINT).into_iter().chain(of_servers).any(|endpoint| {
        let disabled = endpoint.get("disableExecuteApiEndpoint");
        disabled.is_some_and(|value| *value == Value::Bool(true) || *value == *"true")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{ResponseType, StatusCode};
    use serde_json::json;

    fn read_json(document: &Value) -> Result<Export, String> {
        read(document.to_string().as_bytes())
    }

    #[test]
    fn what_is_left_out_is_unset() {
        let export = read_json(&json!({
            "openapi": "3.0.1",
            "info": {"title": "orders", "version": "2026-01-01T00:00:00Z"},
            "servers": [{"url": "https://x"}],
            "paths": {"/": {}},
            GATEWAY_RESPONSES: {
                "DEFAULT_4XX": {"responseParameters": {
                    "gatewayresponse.header.A": "'*'",
                    "gatewayresponse.header.B": "method.input.params.origin",
                    "gatewayresponse.path.c": "'x'",
                }},
                "THROTTLED": {"statusCode": 420, "responseTemplates": {"a/b": "t"}},
                "UNAUTHORIZED": {"statusCode": "401"},
                "TEAPOT": {"statusCode": 418},
            }
        }))
        .expect("an export");
        let default = &export.responses[&ResponseType::Default4xx];
        assert_eq!((default.status, default.headers.len()), (None, 2));
        assert!(default.templates.is_empty());
        let status = |t| export.responses[&t].status.map(StatusCode::get);
        assert_eq!(status(ResponseType::Throttled), Some(420));
        assert_eq!(status(ResponseType::Unauthorized), Some(401));
        assert_eq!(export.unknown_types, BTreeSet::from(["TEAPOT".to_owned()]));
        assert_eq!(
            export.unknown_parameters[&ResponseType::Default4xx]["gatewayresponse.path.c"],
            "'x'"
        );
        assert_eq!(
            export.rest,
            json!({"openapi": "3.0.1", "info": {"title": "orders"}, "paths": {"/": {}}})
        );
    }

    #[test]
    fn no_customisation_is_no_member() {
        let export = read_json(&json!({"openapi": "3.0.1", "paths": {}})).expect("an export");
        assert!(export.responses.is_empty());
    }

    #[test]
    fn strange_documents_are_told() {
        let responses = |value: Value| {
            json!({"openapi": "3.0.1", "paths": {}, GATEWAY_RESPONSES: value}).to_string()
        };
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for (document, says) in [
            ("<html>no</html>".to_owned(), "\"<html>no</html>\""),
            (String::new(), "is not valid JSON"),
            ("[]".to_owned(), "is not a JSON object"),
            (deep, "is not valid JSON"),
            (r#"{"openapi":1e999,"paths":{}}"#.to_owned(), "is not valid JSON"),
            (r#"{"swagger":"2.0","paths":{}}"#.to_owned(), "no `openapi`"),
            (r#"{"openapi":"3.0.1"}"#.to_owned(), "no `paths`"),
            (responses(json!([])), "is not an object"),
            (responses(json!({"THROTTLED": 1})), "`THROTTLED`"),
            (responses(json!({"THROTTLED": {"statusCode": 4290}})), "THROTTLED has the status"),
            (
                responses(json!({"THROTTLED": {"statusCode": 18_446_744_073_709_551_615_u64}})),
                "THROTTLED has the status",
            ),
            (responses(json!({"THROTTLED": {"statusCode": 429.5}})), "THROTTLED has the status"),
            (responses(json!({"THROTTLED": {"responseTemplates": {"a/b": 1}}})), "is not a string"),
        ] {
            let reason = read(document.as_bytes()).expect_err("strange");
            assert!(reason.contains(says), "{reason:?} should say {says:?}");
        }
    }

    #[test]
    fn of_duplicate_keys_the_last_counts() {
        let text = r#"{"openapi":"3","openapi":"3.0.1","paths":{},
            "x-amazon-apigateway-gateway-responses":
            {"THROTTLED":{"statusCode":1,"statusCode":430}}}"#;
        let export = read(text.as_bytes()).expect("an export");
        let throttled = &export.responses[&ResponseType::Throttled];
        assert_eq!(throttled.status.map(StatusCode::get), Some(430));
    }
}
