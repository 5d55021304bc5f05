//! YAML as GetExport writes it: block style, texts in double quotes, lists not indented.
//!
//! Exports found in the field look so (`openapi: "3.0.1"`, `servers:` and below it
//! `- url: "…"`). Two differences: they write the keys of `responses` as bare numbers and
//! fold long texts. Here such keys are quoted, so that they are read as texts, as they are in
//! the JSON; and a text is one line, which says the same.
//!
//! Whatever a YAML 1.1 reader would take for something else (`no`, `1e9`, `2020-01-01`) is
//! quoted or spelt so that it is read as what it is in the JSON.

use std::fmt::Write as _;

use serde_json::{Number, Value};

pub(crate) fn to_vec(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => block(&mut out, value, 0),
        _ => {
            out.push_str(&inline(value));
            out.push('\n');
        }
    }
    out.into_bytes()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A map or a list that is not empty; the caller has written the first line's indent.
fn block(out: &mut String, value: &Value, level: usize) {
    let mut first = true;
    let mut indent = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.push_str(&"  ".repeat(level));
        }
    };
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                indent(out);
                out.push_str(&key(name, level));
                nested(out, member, level);
            }
        }
        Value::Array(list) => {
            for item in list {
                indent(out);
                out.push_str("- ");
                if is_empty(item) {
                    out.push_str(&inline(item));
                    out.push('\n');
                } else {
                    block(out, item, level + 1);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What stands behind a key's colon.
fn nested(out: &mut String, member: &Value, level: usize) {
    if is_empty(member) {
        out.push(' ');
        out.push_str(&inline(member));
        out.push('\n');
        return;
    }
    // A list stands under the first letter of its key, a map two blanks further in.
    let level = if member.is_array() { level } else { level + 1 };
    out.push('\n');
    out.push_str(&"  ".repeat(level));
    block(out, member, level);
}

fn inline(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(text) => quoted(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// A number that YAML 1.1 takes for one, too: there an exponent needs a point before it and a
/// sign behind it.
fn number_text(number: &Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A key with its colon. A key longer than 1024 characters cannot stand before a colon
/// (YAML 1.2, 7.4.3); it has the explicit form.
fn key(name: &str, level: usize) -> String {
    let text = if is_plain(name) { name.to_owned() } else { quoted(name) };
    if text.chars().count() > 1000 {
        return format!("? {text}\n{}:", "  ".repeat(level));
    }
    format!("{text}:")
}

/// Whether every YAML reader takes a key for a text as it stands.
fn is_plain(name: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '$' | '_'))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/$_-.{}+".contains(&byte))
        && !WORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// In double quotes, where the escapes of JSON are those of YAML. What YAML holds for no
/// character, or for the end of a line, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(value: &Value) -> String {
        String::from_utf8(to_vec(value)).expect("UTF-8")
    }

    #[test]
    fn it_looks_like_an_export() {
        let document = json!({
            "openapi": "3.0.1",
            "servers": [{"url": "https://a", "variables": {"basePath": {"default": "/prod"}}}],
            "paths": {"/pets/{id}": {"get": {"responses": {"200": {"content": {}}}}}},
            "security": [{"api_key": []}, [1, [true]]],
            "components": {},
        });
        assert_eq!(
            written(&document),
            "components: {}\n\
             openapi: \"3.0.1\"\n\
             paths:\n  /pets/{id}:\n    get:\n      responses:\n        \"200\":\n          \
             content: {}\n\
             security:\n- api_key: []\n- - 1\n  - - true\n\
             servers:\n- url: \"https://a\"\n  variables:\n    basePath:\n      \
             default: \"/prod\"\n"
        );
        assert_eq!(written(&json!({})), "{}\n");
        assert_eq!(written(&json!("a")), "\"a\"\n");
    }

    #[test]
    fn what_could_be_read_as_something_else_is_quoted_or_spelt_out() {
        for (key, expected) in [
            ("application/json", "application/json: 1\n"),
            ("gatewayresponse.header.X-A", "gatewayresponse.header.X-A: 1\n"),
            ("No", "\"No\": 1\n"),
            ("2020-01-01", "\"2020-01-01\": 1\n"),
            ("", "\"\": 1\n"),
            ("a: b", "\"a: b\": 1\n"),
            ("*", "\"*\": 1\n"),
        ] {
            assert_eq!(written(&json!({ key: 1 })), expected);
        }
        let value = |value: Value| inline(&value);
        assert_eq!(value(json!("a\n\"\u{85}\u{2028}ü")), r#""a\n\"\u0085\u2028ü""#);
        assert_eq!(value(json!(1e30)), "1.0e+30");
        assert_eq!(value(json!(1.5e-30)), "1.5e-30");
        assert_eq!(value(json!([null, false, 0.5])[2].clone()), "0.5");
    }
}
