//! An export in YAML, read back.

use proptest::prelude::*;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::Map;

use super::*;
use crate::sandbox::wire::yaml;

/// A collection that is not at its end; a map with the key whose value is due.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// YAML without tags and aliases, as a value.
fn read(text: &str) -> Value {
    let mut open = Vec::new();
    let mut done = None;
    for event in Parser::new_from_str(text) {
        let value = match event.unwrap_or_else(|error| panic!("{error} in {text}")).0 {
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_ref()))
            }
            Event::Scalar(text, ..) => Value::from(text.as_ref()),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop().expect("a beginning") {
                Open::List(items) => Value::Array(items),
                Open::Map(members, _) => Value::Object(members),
            },
            Event::Alias(_) => panic!("an alias in {text}"),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match open.last_mut() {
            None => assert_eq!(done.replace(value), None, "one document"),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map(members, due)) => match due.take() {
                Some(key) => assert_eq!(members.insert(key, value), None, "no key twice"),
                None => *due = Some(value.as_str().expect("a text as key").to_owned()),
            },
        }
    }
    done.expect("a document")
}

/// Values of all kinds, with texts that YAML could take for something else.
fn values() -> impl Strategy<Value = Value> {
    let texts = || {
        prop_oneof![
            "\\PC{0,12}",
            ".{0,12}",
            "[ \\t\\n:#'\"\\\\{}\\[\\],&*!|>%@`?-]{0,8}",
            "(no|Yes|~|null|1e9|0x1f|1_000|2020-01-01|\\.inf|<<|=|- a|---)",
            "[a-z]{1100}",
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(Value::from),
        Just(Value::from(1e300)),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(texts(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_is_read_back_as_it_was(value in values()) {
        let text = String::from_utf8(yaml::to_vec(&value)).expect("UTF-8");
        prop_assert_eq!(read(&text), value, "{}", text);
    }
}

#[test]
fn yaml_says_what_json_says() {
    let mut bench = Bench::new(&[]);
    let template = "{\n  \"no\": $context.error.messageString # 'x': \t\u{85}\n}";
    bench.put(
        "THROTTLED",
        &json!({
            "statusCode": "430",
            "responseParameters": {"gatewayresponse.header.Retry-After": "'it''s: # 1'"},
            "responseTemplates": {"application/json": template, "text/html; charset=utf-8": "on"},
        }),
    );
    let schema = r#"{"type": "number", "maximum": 1e30, "enum": [0.5, null, "yes"]}"#;
    let model = json!({"name": "Size", "contentType": "application/json", "schema": schema});
    assert_eq!(bench.call("POST", "~/models", &model).status, 201);
    bench.deploy("prod");
    for kind in ["oas30", "swagger"] {
        for query in ["", "?extensions=apigateway"] {
            let url = format!("~/stages/prod/exports/{kind}{query}");
            let mut export = |accept: &str| {
                let answer = bench.answer("GET", &url, &[("accept", accept)], "");
                assert_eq!(answer.status, 200);
                assert_eq!(header(&answer, "content-type"), Some("application/octet-stream"));
                let file = header(&answer, "content-disposition").expect("an attachment");
                let text = String::from_utf8(answer.body.to_vec()).expect("UTF-8");
                (file.to_owned(), text)
            };
            let (json_file, json_text) = export("application/json");
            let (yaml_file, yaml_text) = export("application/yaml");
            assert_eq!(yaml_file, json_file.replace(".json\"", ".yaml\""));
            assert!(yaml_file.starts_with(&format!("attachment; filename=\"{kind}_")));
            let expected: Value = serde_json::from_str(&json_text).expect("JSON");
            assert_eq!(read(&yaml_text), expected);
            assert!(yaml_text.contains("\npaths:\n"), "block style: {yaml_text}");
            // What names neither gets JSON.
            assert_eq!(export("*/*").0, json_file);
        }
    }
}
