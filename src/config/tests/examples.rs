//! The folders of `examples/`, and the schema that editors check them with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::TODAY;
use crate::config::{load, schema};

/// Every example loads without a word.
#[test]
fn examples_load() {
    let mut seen = Vec::new();
    for folder in fs::read_dir("examples").unwrap() {
        let folder = folder.unwrap().path();
        let file = folder.join("gwr.toml");
        if !file.exists() {
            continue;
        }
        let loaded = load(std::slice::from_ref(&file), TODAY).unwrap();
        assert!(loaded.warnings.is_empty() && loaded.expired.is_empty());
        assert!(folder.join("README.md").exists());
        seen.push(folder.file_name().unwrap().to_string_lossy().into_owned());
    }
    seen.sort();
    assert_eq!(seen, ["cors", "fleet", "gitops", "orders", "seed-story"]);
}

/// Editors agree with every file, also with one that only says something over another.
#[test]
fn every_file_of_the_examples_fits_the_schema_that_it_names() {
    fn toml_files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let is_toml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
        let below = folders.iter().flat_map(|folder| toml_files(folder));
        files.into_iter().filter(is_toml).chain(below).collect()
    }
    let schema = serde_json::from_str(&schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let files = toml_files(Path::new("examples"));
    assert!(files.len() > 7, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let up = "../".repeat(file.components().count() - 1);
        let named = format!("#:schema {up}schema/gwr.schema.json\n");
        assert!(text.starts_with(&named), "{}", file.display());
        let errors: Vec<String> =
            schema.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

/// What an editor offers, and says beside a key, is there for each and fits.
#[test]
fn the_schema_describes_every_key_and_its_own_examples_fit() {
    fn walk(node: &Value, root: &Value, seen: &mut usize) {
        if let Some(examples) = node.get("examples").and_then(Value::as_array) {
            let mut whole = node.clone();
            whole["$defs"] = root["$defs"].clone();
            let schema = jsonschema::validator_for(&whole).unwrap();
            for example in examples {
                assert!(schema.is_valid(example), "{example} does not fit {node}");
                *seen += 1;
            }
        }
        for (key, property) in
            node.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let named = property.get("$ref").and_then(Value::as_str).unwrap_or("#");
            let named = root.pointer(&named[1..]).unwrap();
            let said = property.get("description").or_else(|| named.get("description"));
            assert!(said.is_some_and(Value::is_string), "{key} has no description");
        }
        match node {
            Value::Object(members) => members.values().for_each(|node| walk(node, root, seen)),
            Value::Array(items) => items.iter().for_each(|node| walk(node, root, seen)),
            _ => {}
        }
    }
    let root: Value = serde_json::from_str(&schema()).unwrap();
    let mut seen = 0;
    walk(&root, &root, &mut seen);
    assert!(seen > 20, "only {seen} examples");
}

/// As editors see a TOML file: dates are strings.
pub(super) fn json(text: &str) -> serde_json::Value {
    fn value(from: toml::Value) -> serde_json::Value {
        match from {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(boolean) => boolean.into(),
            toml::Value::Datetime(datetime) => datetime.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(value).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(k, v)| (k, value(v))).collect(),
        }
    }
    value(toml::Value::Table(toml::from_str(text).unwrap()))
}
