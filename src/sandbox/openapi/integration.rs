//! `x-amazon-apigateway-integration`.

use serde_json::{Map, Value, json};

use crate::sandbox::data::state::{Integration, Texts};

pub(super) fn integration_of(integration: &Integration) -> Value {
    let Integration {
        kind,
        http_method,
        uri,
        connection_type,
        connection_id,
        credentials,
        request_parameters,
        request_templates,
        passthrough_behavior,
        content_handling,
        timeout_in_millis,
        cache_namespace: _,
        cache_key_parameters,
        integration_responses,
        tls_config,
        response_transfer_mode,
        integration_target,
    } = integration;
    let mut shown = Map::new();
    let mut show = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(key.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let map = |map: &Texts| (!map.is_empty()).then(|| json!(map));
    show("type", Some(Value::from(kind.to_lowercase())));
    show("httpMethod", text(http_method));
    show("uri", text(uri));
    show("connectionType", text(connection_type).filter(|kind| kind != "INTERNET"));
    show("connectionId", text(connection_id));
    show("credentials", text(credentials));
    show("requestParameters", map(request_parameters));
    show("requestTemplates", map(request_templates));
    show(
        "passthroughBehavior",
        passthrough_behavior.as_ref().map(|one| Value::from(one.to_lowercase())),
    );
    show("contentHandling", text(content_handling));
    show("timeoutInMillis", timeout_in_millis.filter(|one| *one != 29_000).map(Value::from));
    show(
        "cacheKeyParameters",
        (!cache_key_parameters.is_empty()).then(|| json!(cache_key_parameters)),
    );
    show("tlsConfig", tls_config.clone());
    show("responseTransferMode", text(response_transfer_mode));
    show("integrationTarget", text(integration_target));
    let responses: Map<String, Value> = integration_responses
        .values()
        .map(|response| {
            let mut one = json!({ "statusCode": response.status_code });
            if !response.response_parameters.is_empty() {
                one["responseParameters"] = json!(response.response_parameters);
            }
            if !response.response_templates.is_empty() {
                one["responseTemplates"] = json!(response.response_templates);
            }
            if let Some(handling) = &response.content_handling {
                one["contentHandling"] = Value::from(handling.as_str());
            }
            let pattern = response.selection_pattern.as_deref().filter(|text| !text.is_empty());
            (pattern.unwrap_or("default").to_owned(), one)
        })
        .collect();
    show("responses", (!responses.is_empty()).then_some(Value::Object(responses)));
    Value::Object(shown)
}
