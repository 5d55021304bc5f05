//! Resource policies that mean the same, written the same.
//!
//! An import takes `execute-api:/…` for a resource and the service answers with the
//! full ARN of the API; one action, resource or principal may stand alone or in a list
//! of one, in any order (IAM policy grammar).

use serde_json::{Map, Value};

/// The policy in one spelling; anything else stays as it is.
#[must_use]
pub fn normalized(policy: &Value) -> Value {
    let parsed = match policy {
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    };
    let Value::Object(members) = parsed.as_ref().unwrap_or(policy) else { return policy.clone() };
    members
        .iter()
        .map(|(key, value)| {
            let value = match key.as_str() {
                "Statement" => list(value).iter().map(statement).collect(),
                _ => value.clone(),
            };
            (key.clone(), value)
        })
        .collect::<Map<_, _>>()
        .into()
}

fn statement(statement: &Value) -> Value {
    let Value::Object(members) = statement else { return statement.clone() };
    members
        .iter()
        .map(|(key, value)| {
            let value = match key.as_str() {
                "Action" | "NotAction" => sorted(list(value)),
                "Resource" | "NotResource" => sorted(list(value).iter().map(resource).collect()),
                "Principal" | "NotPrincipal" => principal(value),
                "Condition" => condition(value),
                _ => value.clone(),
            };
            (key.clone(), value)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// `*` and `{"AWS": "*"}` are the same principal.
fn principal(value: &Value) -> Value {
    let Value::Object(members) = value else {
        return principal(&serde_json::json!({ "AWS": value }));
    };
    members
        .iter()
        .map(|(kind, who)| (kind.clone(), sorted(list(who))))
        .collect::<Map<_, _>>()
        .into()
}

/// `{operator: {key: value or values}}`
fn condition(value: &Value) -> Value {
    let Value::Object(operators) = value else { return value.clone() };
    operators
        .iter()
        .map(|(operator, keys)| {
            let keys = match keys {
                Value::Object(keys) => keys
                    .iter()
                    .map(|(key, values)| (key.clone(), sorted(list(values))))
                    .collect::<Map<_, _>>()
                    .into(),
                other => other.clone(),
            };
            (operator.clone(), keys)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// `arn:aws:execute-api:REGION:ACCOUNT:API/…` as `execute-api:/…`.
fn resource(value: &Value) -> Value {
    let Value::String(text) = value else { return value.clone() };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "execute-api", _, _, rest] => {
            let path = rest.split_once('/').map_or("*", |(_, path)| path);
            Value::String(format!("execute-api:/{path}"))
        }
        _ => value.clone(),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    }
}

fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_key(Value::to_string);
    Value::Array(values)
}
