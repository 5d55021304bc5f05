//! Every document that a test makes the binary write is held against its schema, closed:
//! what is not described there must not be written.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use gateway_responses::document_schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::binary::Run;

const DOCUMENTS: [&str; 15] = [
    "import",
    "init",
    "plan",
    "apply",
    "record",
    "rollback",
    "drift",
    "deployments",
    "explain",
    "validate",
    "policy",
    "sandbox",
    "completions",
    "man",
    "progress",
];

/// Fails where the run wrote something that its schema does not describe.
#[track_caller]
pub fn check(arguments: &[&str], run: &Run) {
    let asks_for = |option: [&str; 2]| arguments.windows(2).any(|pair| pair == option);
    if asks_for(["--progress", "json"]) {
        for line in run.stderr.lines() {
            hold("progress", &serde_json::from_str(line).expect("JSON in one line"), run);
        }
    }
    if !asks_for(["-o", "json"]) || run.stdout.is_empty() || arguments.contains(&"--emit") {
        return;
    }
    let Some(verb) = arguments.iter().find(|word| !word.starts_with('-')) else { return };
    let Ok(document) = serde_json::from_str::<Value>(&run.stdout) else { return };
    let name = match *verb {
        "show" if document["kind"] == "record" => "record",
        "show" => "plan",
        verb if DOCUMENTS.contains(&verb) => verb,
        _ => return,
    };
    hold(name, &document, run);
}

#[track_caller]
fn hold(name: &str, document: &Value, run: &Run) {
    let errors = complaints(name, document);
    assert!(errors.is_empty(), "not as the schema of {name} says: {errors:#?}\n{run}");
}

/// What of a document its schema does not describe.
pub fn complaints(name: &str, document: &Value) -> Vec<String> {
    validator(name)
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn validator(name: &str) -> &'static Validator {
    static ALL: OnceLock<BTreeMap<&str, Validator>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let built = DOCUMENTS.map(|name| {
            let mut schema = document_schema(name).unwrap_or_else(|| panic!("no schema of {name}"));
            close(&mut schema);
            (name, jsonschema::validator_for(&schema).expect("a schema"))
        });
        built.into()
    });
    &all[name]
}

/// Lets no object have more members than are described.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object)
                && members.get("type") == Some(&json!("object"))
            {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
