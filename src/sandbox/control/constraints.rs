//! What AWS checks before it looks at any API: members against the model's
//! enumerations and patterns, all at once.
//!
//! Recorded in LocalStack's validated snapshots: `1 validation error detected: …`,
//! with several `N validation errors detected: …; …`.

use serde_json::Value;

use super::patch_operation::{OPS, Patch};
use crate::model::ResponseType;
use crate::sandbox::wire::error::{Code, Failure};
use crate::sandbox::wire::http::Call;

/// The response types in the order in which AWS's message lists them.
const LISTED: [ResponseType; 21] = [
    ResponseType::RequestTooLarge,
    ResponseType::ResourceNotFound,
    ResponseType::AuthorizerConfigurationError,
    ResponseType::MissingAuthenticationToken,
    ResponseType::BadRequestBody,
    ResponseType::InvalidSignature,
    ResponseType::InvalidApiKey,
    ResponseType::BadRequestParameters,
    ResponseType::AuthorizerFailure,
    ResponseType::Unauthorized,
    ResponseType::IntegrationTimeout,
    ResponseType::AccessDenied,
    ResponseType::Default4xx,
    ResponseType::Default5xx,
    ResponseType::WafFiltered,
    ResponseType::QuotaExceeded,
    ResponseType::Throttled,
    ResponseType::ApiConfigurationError,
    ResponseType::UnsupportedMediaType,
    ResponseType::IntegrationFailure,
    ResponseType::ExpiredToken,
];

/// Checks a call; every violation is told.
pub(crate) fn check(call: &Call) -> Result<(), Failure> {
    if !(call.body.is_null() || call.body.is_object()) {
        return Err(Failure::new(Code::Serialization, "The request body is no JSON object"));
    }
    let mut found = Vec::new();
    if call.operation.starts_with("Update") {
        patch_operations(call, &mut found)?;
    }
    if call.operation == "PutGatewayResponse"
        && let Some(status) = call.body.get("statusCode")
    {
        check_status(&text_of(status), &mut found);
    }
    if matches!(call.operation, "PutMethodResponse" | "PutIntegrationResponse") {
        check_status(call.parameter("status_code"), &mut found);
    }
    if call.operation == "PutIntegration" {
        let kinds = ["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"];
        let kind = call.body.get("type").and_then(Value::as_str);
        match kind {
            None => found.push(not_null("type")),
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => found.push(not_in_enum(kind, "putIntegrationInput.type", &kinds)),
        }
    }
    if call.parameters.iter().any(|(name, _)| *name == "response_type") {
        let name = call.parameter("response_type");
        if name.parse::<ResponseType>().is_err() {
            found.push(not_in_enum(name, "responseType", &LISTED.map(ResponseType::as_str)));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::constraints(&found)) }
}

fn patch_operations(call: &Call, found: &mut Vec<String>) -> Result<(), Failure> {
    let input = {
        let mut name = call.operation.to_owned();
        name[..1].make_ascii_lowercase();
        format!("{name}Input")
    };
    let Patch { patch_operations } = call.input()?;
    for (index, operation) in patch_operations.iter().enumerate() {
        let member = format!("{input}.patchOperations.{}.member.op", index + 1);
        match &operation.op {
            None => found.push(not_null(&member)),
            Some(op) if OPS.contains(&op.as_str()) => {}
            Some(op) => found.push(not_in_enum(op, &member, &OPS)),
        }
    }
    Ok(())
}

/// The text of a status that came as a string or as a number.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a text is a status as the model's pattern says.
pub(crate) fn is_status(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'])
}

fn check_status(text: &str, found: &mut Vec<String>) {
    if !is_status(text) && text != "null" {
        found.push(status_violation(text));
    }
}

/// Recorded for method responses.
pub(crate) fn status_violation(text: &str) -> String {
    format!(
        "Value '{text}' at 'statusCode' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [1-5]\\d\\d"
    )
}

fn not_null(member: &str) -> String {
    format!("Value null at '{member}' failed to satisfy constraint: Member must not be null")
}

fn not_in_enum(value: &str, member: &str, known: &[&str]) -> String {
    format!(
        "Value '{value}' at '{member}' failed to satisfy constraint: \
         Member must satisfy enum value set: [{}]",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(operation: &'static str, response_type: &str, body: Value) -> Option<String> {
        let call = Call {
            operation,
            parameters: vec![("response_type", response_type.to_owned())],
            query: Vec::new(),
            headers: hyper::HeaderMap::new(),
            body,
        };
        check(&call).err().map(|failure| failure.message)
    }

    /// Recorded in `test_gateway_response_validation`.
    #[test]
    fn an_unknown_type_lists_the_known_ones_in_the_recorded_order() {
        assert_eq!(
            told("GetGatewayResponse", "FAKE_RESPONSE_TYPE", Value::Null).as_deref(),
            Some(
                "1 validation error detected: Value 'FAKE_RESPONSE_TYPE' at 'responseType' \
                 failed to satisfy constraint: Member must satisfy enum value set: \
                 [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, \
                 MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, \
                 INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, \
                 INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, \
                 QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, \
                 INTEGRATION_FAILURE, EXPIRED_TOKEN]"
            )
        );
    }

    /// Recorded in `test_update_gateway_response`, the second for its siblings.
    #[test]
    fn bad_operations_are_counted_before_anything_else() {
        let op = |op: &str| json!({"op": op, "path": "/wrongPath"});
        assert_eq!(
            told(
                "UpdateGatewayResponse",
                "DEFAULT_4XX",
                json!({"patchOperations": [op("wrong-op")]})
            )
            .as_deref(),
            Some(
                "1 validation error detected: Value 'wrong-op' at \
                 'updateGatewayResponseInput.patchOperations.1.member.op' failed to satisfy \
                 constraint: Member must satisfy enum value set: \
                 [add, remove, move, test, replace, copy]"
            )
        );
        let two = told(
            "UpdateGatewayResponse",
            "DEFAULT_4XX",
            json!({"patchOperations": [op("x"), op("add"), op("y")]}),
        )
        .expect("two errors");
        assert!(two.starts_with("2 validation errors detected: Value 'x' at "), "{two}");
        assert!(two.contains("]; Value 'y' at 'updateGatewayResponseInput.patchOperations.3."));
    }

    #[test]
    fn a_status_has_three_digits_from_1_to_5() {
        for status in ["599", "444", "100"] {
            assert_eq!(
                told("PutGatewayResponse", "THROTTLED", json!({"statusCode": status})),
                None
            );
        }
        assert_eq!(
            told("PutGatewayResponse", "THROTTLED", json!({"statusCode": "wrong"})).as_deref(),
            Some(
                "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d"
            )
        );
        for status in ["", "99", "600", "1000", " 200"] {
            assert!(
                told("PutGatewayResponse", "THROTTLED", json!({"statusCode": status})).is_some()
            );
        }
    }
}
