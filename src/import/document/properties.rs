//! A gateway response as templates spell it, in the spelling of OpenAPI.

use serde_json::{Map, Value};

use super::functions;
use crate::model::HEADER_PREFIX;

/// What SAM has by names alone, and the prefixes that OpenAPI has for it.
const PREFIXES: [(&str, &str); 3] = [
    ("Headers", HEADER_PREFIX),
    ("Paths", "gatewayresponse.path."),
    ("QueryStrings", "gatewayresponse.querystring."),
];

/// The members of a response in a template, and those in OpenAPI.
const MEMBERS: [(&str, &str); 3] = [
    ("StatusCode", "statusCode"),
    ("ResponseParameters", "responseParameters"),
    ("ResponseTemplates", "responseTemplates"),
];

/// The response, and the members that it cannot have; `beside` are those that a resource has
/// for other ends. A function is kept as it is, whatever it stands for.
#[must_use]
pub fn as_openapi(properties: &Value, beside: &[&str]) -> (Value, Vec<String>) {
    let Value::Object(members) = properties else { return (properties.clone(), Vec::new()) };
    if functions::of(properties).is_some() {
        return (properties.clone(), Vec::new());
    }
    let mut response = Map::new();
    let mut unknown = Vec::new();
    for (name, value) in members {
        match MEMBERS.iter().find(|(known, _)| known == name) {
            Some((known, member)) => {
                let value = match *known {
                    "ResponseParameters" => parameters(value),
                    _ => value.clone(),
                };
                response.insert((*member).to_owned(), value);
            }
            None if functions::is_name(name) => drop(response.insert(name.clone(), value.clone())),
            None if beside.contains(&name.as_str()) => {}
            None => unknown.push(name.clone()),
        }
    }
    (Value::Object(response), unknown)
}

fn parameters(stated: &Value) -> Value {
    let Value::Object(members) = stated else { return stated.clone() };
    let mut parameters = Map::new();
    for (name, value) in members {
        let prefix = PREFIXES.iter().find(|(known, _)| known == name).map(|(_, prefix)| prefix);
        match (prefix, value) {
            (Some(prefix), Value::Object(named)) if functions::of(value).is_none() => parameters
                .extend(named.iter().map(|(name, value)| {
                    // A function beside names stands for more of them.
                    let is_function = functions::is_name(name);
                    let prefix = if is_function { "" } else { *prefix };
                    (format!("{prefix}{name}"), value.clone())
                })),
            (_, _) => drop(parameters.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(parameters)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn converts_template_properties_to_openapi() {
        let properties = json!({
            "RestApiId": "x",
            "StatusCode": "401",
            "ResponseParameters": {
                "Headers": {"X-A": "'1'"},
                "Paths": {"p": "'2'"},
                "gatewayresponse.header.X-B": "'3'",
            },
            "ResponseTemplates": {"a/b": "t"},
            "statuscode": 1,
        });
        assert_eq!(
            as_openapi(&properties, &["RestApiId"]),
            (
                json!({
                    "statusCode": "401",
                    "responseParameters": {
                        "gatewayresponse.header.X-A": "'1'",
                        "gatewayresponse.path.p": "'2'",
                        "gatewayresponse.header.X-B": "'3'",
                    },
                    "responseTemplates": {"a/b": "t"},
                }),
                vec!["statuscode".to_owned()],
            )
        );
    }

    /// It is told later, wherever it stands.
    #[test]
    fn keeps_functions() {
        let function = json!({"Fn::If": ["C", {"StatusCode": 1}, 2]});
        assert_eq!(as_openapi(&function, &[]), (function.clone(), Vec::new()));
        for properties in [
            json!({"StatusCode": function}),
            json!({"ResponseParameters": function}),
            json!({"ResponseParameters": {"Headers": function}}),
            json!({"ResponseParameters": {"Headers": {"X": "'1'", "Fn::Transform": {}}}}),
            json!({"ResponseTemplates": {"a/b": function}}),
        ] {
            let (response, unknown) = as_openapi(&properties, &[]);
            assert_eq!(functions::within(&response, "T").len(), 1, "{response}");
            assert_eq!(unknown, Vec::<String>::new());
        }
    }
}
