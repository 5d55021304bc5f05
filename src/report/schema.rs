//! The JSON Schemas (draft 2020-12) of what reports write for programs.
//!
//! They are written by hand, in one file with all definitions, for their descriptions are
//! their purpose. Everything that the tests make the program write is held against them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const ALL: &str = include_str!("../../schema/output.schema.json");
const REFERENCE: &str = "#/$defs/";

/// The schema of one document, with the definitions that it needs and no others; `None`
/// where there is no document of that name.
#[must_use]
pub fn of(document: &str) -> Option<Value> {
    let all: Value = serde_json::from_str(ALL).ok()?;
    let definitions = all["$defs"].as_object()?;
    let described = definitions.get(document)?["description"].clone();
    let mut needed = BTreeSet::new();
    collect(document, definitions, &mut needed);
    let needed: Map<String, Value> = needed
        .iter()
        .filter_map(|name| Some((name.clone(), definitions.get(name)?.clone())))
        .collect();
    Some(json!({
        "$schema": all["$schema"],
        "title": format!("gwr: {document}"),
        "description": described,
        "$ref": format!("{REFERENCE}{document}"),
        "$defs": needed,
    }))
}

/// A definition and all that it leads to.
fn collect(name: &str, definitions: &Map<String, Value>, needed: &mut BTreeSet<String>) {
    if !needed.insert(name.to_owned()) {
        return;
    }
    if let Some(definition) = definitions.get(name) {
        for reference in references(definition) {
            collect(reference, definitions, needed);
        }
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(target)) => {
                    target.strip_prefix(REFERENCE).into_iter().collect()
                }
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResponseType;

    #[test]
    fn each_is_a_schema_with_just_what_it_needs() {
        for document in ["plan", "apply", "record", "drift", "progress"] {
            let schema = of(document).expect("a schema");
            jsonschema::meta::validate(&schema).expect("a schema");
            jsonschema::validator_for(&schema).expect("every reference leads somewhere");
            assert!(
                schema["description"].as_str().is_some_and(|text| text.starts_with('`')
                    || text.starts_with("One")
                    || text.starts_with("The")),
                "{schema}"
            );
        }
        let drift = of("drift").expect("a schema");
        assert!(drift["$defs"].get("response").is_some());
        assert!(drift["$defs"].get("plan").is_none());
        assert_eq!(of("nothing"), None);
    }

    #[test]
    fn the_types_are_the_21() {
        let plan = of("plan").expect("a schema");
        let names: Vec<&str> = plan["$defs"]["response_type"]["enum"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let known: Vec<&str> = ResponseType::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(names, known);
    }
}
