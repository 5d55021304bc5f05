//! The folders of `examples/`, and the schema that editors check them with.

use std::fs;

use super::TODAY;
use crate::config::{load, schema};

/// Every example loads without a word, and editors agree.
#[test]
fn examples_load_and_fit_the_schema() {
    let schema = serde_json::from_str(&schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut seen = Vec::new();
    for folder in fs::read_dir("examples").unwrap() {
        let folder = folder.unwrap().path();
        let file = folder.join("gwr.toml");
        if !file.exists() {
            continue;
        }
        let loaded = load(std::slice::from_ref(&file), TODAY).unwrap();
        assert!(loaded.warnings.is_empty() && loaded.expired.is_empty());
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("#:schema ../../schema/gwr.schema.json\n"));
        let errors: Vec<String> =
            schema.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        assert!(folder.join("README.md").exists());
        seen.push(folder.file_name().unwrap().to_string_lossy().into_owned());
    }
    seen.sort();
    assert_eq!(seen, ["cors", "fleet", "gitops", "orders", "seed-story"]);
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
