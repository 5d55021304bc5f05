//! SAM's `Globals`: what every `AWS::Serverless::Api` of a template has.
//!
//! Merged as SAM itself merges: mappings member by member, at every depth; lists one after
//! the other; of everything else, and of CloudFormation's functions, the resource's own wins.

use serde_json::{Map, Value};

use super::functions;

/// What a template says of every API.
#[must_use]
pub fn of(template: &Value) -> Option<&Map<String, Value>> {
    template.pointer("/Globals/Api")?.as_object()
}

/// The properties of a resource with what is global.
#[must_use]
pub fn merged(global: Option<&Map<String, Value>>, own: &Value) -> Value {
    match global {
        Some(global) => merge(&Value::Object(global.clone()), own),
        None => own.clone(),
    }
}

fn merge(global: &Value, own: &Value) -> Value {
    match (global, own) {
        (Value::Object(global_members), Value::Object(own_members))
            if functions::of(global).is_none() && functions::of(own).is_none() =>
        {
            let mut members = global_members.clone();
            for (name, own) in own_members {
                let value = match global_members.get(name) {
                    Some(global) => merge(global, own),
                    None => own.clone(),
                };
                members.insert(name.clone(), value);
            }
            Value::Object(members)
        }
        (Value::Array(global), Value::Array(own)) => {
            Value::Array(global.iter().chain(own).cloned().collect())
        }
        (_, own) => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merges_globals_below_the_properties_of_a_resource() {
        let template = json!({"Globals": {"Api": {
            "Name": "all",
            "BinaryMediaTypes": ["a"],
            "GatewayResponses": {
                "THROTTLED": {"StatusCode": 420, "ResponseTemplates": {"a/b": "x"}},
                "UNAUTHORIZED": {"StatusCode": 404},
                "DEFAULT_5XX": {"Fn::If": ["C", 1, 2]},
            },
        }}});
        let own = json!({
            "Name": "own",
            "BinaryMediaTypes": ["b"],
            "GatewayResponses": {
                "THROTTLED": {"StatusCode": 421},
                "DEFAULT_5XX": {"StatusCode": 599},
            },
        });
        assert_eq!(
            merged(of(&template), &own),
            json!({
                "Name": "own",
                "BinaryMediaTypes": ["a", "b"],
                "GatewayResponses": {
                    "THROTTLED": {"StatusCode": 421, "ResponseTemplates": {"a/b": "x"}},
                    "UNAUTHORIZED": {"StatusCode": 404},
                    "DEFAULT_5XX": {"StatusCode": 599},
                },
            })
        );
        assert_eq!(merged(None, &own), own);
    }
}
