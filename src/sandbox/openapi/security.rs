//! Security schemes, and what methods ask of them.

use serde_json::{Map, Value, json};

use super::write::Document;
use crate::sandbox::data::state::Authorizer;

/// The names of security schemes that a method asks for.
pub(super) fn security(
    of: &Document<'_>,
    (kind, authorizer): (&str, Option<&str>),
    scopes: &[String],
    api_key_required: bool,
) -> Vec<Value> {
    let mut security = Vec::new();
    if api_key_required {
        security.push(json!({ "api_key": [] }));
    }
    match kind {
        "AWS_IAM" => security.push(json!({ "sigv4": [] })),
        "CUSTOM" | "COGNITO_USER_POOLS" => {
            let found = authorizer.and_then(|id| of.config.authorizers.get(id));
            if let Some(authorizer) = found {
                security.push(json!({ authorizer.name.as_str(): scopes }));
            }
        }
        _ => {}
    }
    security
}

/// The schemes that some method uses.
pub(super) fn security_definitions(of: &Document<'_>) -> Option<Value> {
    let mut schemes = Map::new();
    let key = |name: &str| json!({ "type": "apiKey", "name": name, "in": "header" });
    for method in of.config.resources.values().flat_map(|resource| resource.methods.values()) {
        if method.api_key_required {
            schemes.insert("api_key".to_owned(), key("x-api-key"));
        }
        if method.authorization_type == "AWS_IAM" {
            let mut scheme = key("Authorization");
            if of.extensions.api_gateway {
                scheme["x-amazon-apigateway-authtype"] = Value::from("awsSigv4");
            }
            schemes.insert("sigv4".to_owned(), scheme);
        }
        let found = method.authorizer_id.as_ref().and_then(|id| of.config.authorizers.get(id));
        if let Some(authorizer) = found {
            schemes.insert(authorizer.name.clone(), scheme_of(of, authorizer));
        }
    }
    (!schemes.is_empty()).then_some(Value::Object(schemes))
}

fn scheme_of(of: &Document<'_>, authorizer: &Authorizer) -> Value {
    let header = authorizer
        .identity_source
        .as_deref()
        .and_then(|source| source.strip_prefix("method.request.header."))
        .unwrap_or("Authorization");
    let mut scheme = json!({ "type": "apiKey", "name": header, "in": "header" });
    if of.extensions.api_gateway || of.extensions.authorizers {
        scheme["x-amazon-apigateway-authtype"] =
            Value::from(authorizer.auth_type.as_deref().unwrap_or("custom"));
        let mut shown = json!({ "type": authorizer.kind.to_lowercase() });
        let mut show = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                shown[key] = value;
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        show("authorizerUri", text(&authorizer.authorizer_uri));
        show("authorizerCredentials", text(&authorizer.authorizer_credentials));
        show("identitySource", text(&authorizer.identity_source));
        show("identityValidationExpression", text(&authorizer.identity_validation_expression));
        show(
            "authorizerResultTtlInSeconds",
            authorizer.authorizer_result_ttl_in_seconds.map(Value::from),
        );
        show(
            "providerARNs",
            (!authorizer.provider_arns.is_empty()).then(|| json!(authorizer.provider_arns)),
        );
        scheme["x-amazon-apigateway-authorizer"] = shown;
    }
    scheme
}
