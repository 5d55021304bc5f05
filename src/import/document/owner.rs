//! `RestApiId`: which API a resource of a template belongs to.

use serde_json::Value;

use super::functions;

/// What a template says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A resource, by its logical id; of this template, or of one that a tool makes of it.
    Resource(String),
    /// An API that is there, by its id.
    Id(String),
    /// CloudFormation fills it in.
    FilledIn(String),
    Unsaid,
}

#[must_use]
pub fn owner(api: Option<&Value>) -> Owner {
    match api {
        Some(Value::String(id)) if is_id(id) => Owner::Id(id.clone()),
        Some(api) => match functions::of(api) {
            Some((name, argument)) => of_function(name, argument),
            None => Owner::Unsaid,
        },
        None => Owner::Unsaid,
    }
}

fn of_function(name: &str, argument: &Value) -> Owner {
    let resource = match (name, argument) {
        ("Ref", Value::String(id)) if !id.starts_with("AWS::") => Some(id.as_str()),
        // The short form in YAML has a point, the long one a list.
        ("Fn::GetAtt", Value::String(path)) => path.strip_suffix(".RestApiId"),
        ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
            [Value::String(id), attribute] if attribute == "RestApiId" => Some(id.as_str()),
            _ => None,
        },
        (_, _) => None,
    };
    match resource {
        Some(id) => Owner::Resource(id.to_owned()),
        None => Owner::FilledIn(functions::shown(name, argument)),
    }
}

/// As the file takes ids.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_every_form_of_rest_api_id() {
        let api = || Owner::Resource("Api".to_owned());
        for (value, expected) in [
            (json!({"Ref": "Api"}), api()),
            (json!({"Fn::GetAtt": "Api.RestApiId"}), api()),
            (json!({"Fn::GetAtt": ["Api", "RestApiId"]}), api()),
            (json!("abcde12345"), Owner::Id("abcde12345".to_owned())),
            (json!("no id"), Owner::Unsaid),
            (json!(1), Owner::Unsaid),
            (
                json!({"Fn::ImportValue": "shared"}),
                Owner::FilledIn("Fn::ImportValue \"shared\"".to_owned()),
            ),
            (
                json!({"Fn::GetAtt": "Nested.Outputs.Api"}),
                Owner::FilledIn("Fn::GetAtt \"Nested.Outputs.Api\"".to_owned()),
            ),
        ] {
            assert_eq!(owner(Some(&value)), expected, "{value}");
        }
        assert_eq!(owner(None), Owner::Unsaid);
    }
}
