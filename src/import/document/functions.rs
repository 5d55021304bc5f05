//! CloudFormation's functions: what they stand for is known once it deploys.
//!
//! Two need no deployment to be read: `!Ref AWS::NoValue`, which takes a member out, and
//! a `!Sub` with nothing to put in.

use serde_json::Value;

/// What stands in the place of a member that is not there.
const NO_VALUE: &str = "AWS::NoValue";

/// Longer functions are cut in messages.
const LONGEST: usize = 100;

/// Whether a member's name is that of a function.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

/// The function that a value is, in the long form.
#[must_use]
pub fn of(value: &Value) -> Option<(&str, &Value)> {
    let mut members = value.as_object()?.iter();
    match (members.next(), members.next()) {
        (Some((name, argument)), None) if is_name(name) => Some((name, argument)),
        (_, _) => None,
    }
}

/// As it is told: the name, and what it is given.
#[must_use]
pub fn shown(name: &str, argument: &Value) -> String {
    let argument = argument.to_string();
    match argument.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{name} {}…", &argument[..end]),
        None => format!("{name} {argument}"),
    }
}

/// A value without the functions that need no deployment. The others keep what they are
/// given, so that they are told as they stand.
#[must_use]
pub fn settled(value: Value) -> Value {
    if let Some((name, argument)) = of(&value) {
        return substituted(name, argument).map_or(value, Value::String);
    }
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !is_no_value(value));
            Value::Object(members.map(|(name, value)| (name, settled(value))).collect())
        }
        Value::Array(items) => {
            let items = items.into_iter().filter(|value| !is_no_value(value));
            Value::Array(items.map(settled).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn is_no_value(value: &Value) -> bool {
    of(value).is_some_and(|(name, argument)| name == "Ref" && argument == NO_VALUE)
}

/// The text of a `Fn::Sub` that puts nothing in; `${!X}` is how it writes `${X}`.
fn substituted(name: &str, argument: &Value) -> Option<String> {
    let text = argument.as_str().filter(|_| name == "Fn::Sub")?;
    let is_plain = text.match_indices("${").all(|(at, _)| text[at + 2..].starts_with('!'));
    is_plain.then(|| text.replace("${!", "${"))
}

/// Every function in a value, with its place.
#[must_use]
pub fn within(value: &Value, place: &str) -> Vec<String> {
    let Value::Object(members) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (name, inner) in members {
        if is_name(name) {
            found.push(format!("{place}: {}", shown(name, inner)));
        } else {
            found.extend(within(inner, &format!("{place}.{name}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn evaluates_functions_that_need_no_deployment() {
        let value = json!({
            "a": {"Ref": "AWS::NoValue"},
            "b": [{"Ref": "AWS::NoValue"}, {"Fn::Sub": "'*'"}, {"Fn::Sub": "${!x} ${!y}"}],
            "c": {"Fn::Sub": "${X}"},
            "d": {"Fn::Sub": ["${X}", {}]},
            "e": {"Ref": "X"},
            "f": {"Fn::If": ["C", {"Fn::Sub": "x"}, {"Ref": "AWS::NoValue"}]},
        });
        assert_eq!(
            settled(value),
            json!({
                "b": ["'*'", "${x} ${y}"],
                "c": {"Fn::Sub": "${X}"},
                "d": {"Fn::Sub": ["${X}", {}]},
                "e": {"Ref": "X"},
                "f": {"Fn::If": ["C", {"Fn::Sub": "x"}, {"Ref": "AWS::NoValue"}]},
            })
        );
    }

    #[test]
    fn finds_functions_with_their_paths() {
        let value = json!({"a": {"Fn::If": ["C", 1, 2]}, "b": {"c": {"Ref": "X"}}, "d": 1});
        assert_eq!(
            within(&value, "T"),
            [r#"T.a: Fn::If ["C",1,2]"#.to_owned(), r#"T.b.c: Ref "X""#.to_owned()]
        );
        assert_eq!(within(&json!({"Fn::If": []}), "T"), ["T: Fn::If []"]);
        assert_eq!(of(&json!({"Ref": "X"})), Some(("Ref", &json!("X"))));
        assert_eq!(of(&json!({"Ref": "X", "Y": 1})), None);
        let long = shown("Ref", &json!("x".repeat(500)));
        assert!(long.chars().count() < 120, "{long}");
    }
}
