//! YAML as JSON, for documents that people keep as YAML.
//!
//! Only what JSON can hold comes out. The tags of CloudFormation become its long form, as
//! CloudFormation itself reads them: `!Ref X` is `{"Ref": "X"}`, `!Sub X` is
//! `{"Fn::Sub": "X"}`; what they would stand for nobody knows before a deployment. Aliases
//! are followed, and their product is bounded.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

/// Deeper documents are no OpenAPI documents.
const DEEPEST: usize = 100;

/// More values than any document has; a few lines of aliases can make billions.
const MOST: usize = 1_000_000;

/// Reads the first document of a text.
///
/// # Errors
/// In words, with the line.
pub fn read(text: &str) -> Result<Value, String> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            format!("line {}, column {}: {}", at.line(), at.col() + 1, error.info())
        })?;
        let line = |problem: String| format!("line {}: {problem}", span.start.line());
        if builder.take(event).map_err(line)? == Progress::Complete {
            break;
        }
    }
    Ok(builder.done.unwrap_or(Value::Null))
}

#[derive(PartialEq, Eq)]
enum Progress {
    Open,
    Complete,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    /// By the anchor's number: the value, and how many values are in it.
    anchors: BTreeMap<usize, (Value, usize)>,
    values: usize,
    done: Option<Value>,
}

/// A collection that is not at its end.
struct Open {
    anchor: usize,
    tag: Option<Tag>,
    /// How many values there were when it began.
    began: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Value>),
    /// With the key whose value is due.
    Mapping(Map<String, Value>, Option<String>),
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<Progress, String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = tagged(scalar(&text, style, tag.as_deref()), tag.as_deref());
                self.put(value, anchor, 1)?;
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let (value, size) = known.ok_or("the alias is part of what it names")?;
                self.put(value, 0, size)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(anchor, tag.map(Cow::into_owned), Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping(Map::new(), None);
                self.begin(anchor, tag.map(Cow::into_owned), content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { anchor, tag, began, content }) = self.open.pop() {
                    let value = match content {
                        Content::Sequence(items) => Value::Array(items),
                        Content::Mapping(members, _) => Value::Object(members),
                    };
                    let size = self.values - began + 1;
                    self.values = began;
                    self.put(tagged(value, tag.as_ref()), anchor, size)?;
                }
            }
            Event::DocumentEnd => return Ok(Progress::Complete),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(Progress::Open)
    }

    fn begin(&mut self, anchor: usize, tag: Option<Tag>, content: Content) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err("this is nested too deeply".to_owned());
        }
        self.open.push(Open { anchor, tag, began: self.values, content });
        Ok(())
    }

    /// Puts a value of so many parts where it belongs.
    fn put(&mut self, value: Value, anchor: usize, size: usize) -> Result<(), String> {
        self.values += size;
        if self.values > MOST {
            return Err(format!("the document has more than {MOST} values"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.done = Some(value),
            Some(Content::Sequence(items)) => items.push(value),
            Some(Content::Mapping(members, due)) => match due.take() {
                // Of equal keys the last counts, as in JSON.
                Some(key) => drop(members.insert(key, value)),
                None => *due = Some(key_of(value)?),
            },
        }
        Ok(())
    }
}

fn key_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(boolean) => Ok(boolean.to_string()),
        Value::Null => Ok("null".to_owned()),
        Value::Array(_) | Value::Object(_) => Err("a key must be a text".to_owned()),
    }
}

/// A scalar by the core schema of YAML 1.2; in quotes it is a text.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = style != ScalarStyle::Plain
        || tag.is_some_and(|tag| !tag.is_yaml_core_schema() || tag.suffix == "str");
    match text {
        _ if is_text => text.into(),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => number(text).map_or_else(|| text.into(), Value::Number),
    }
}

/// Decimal numbers, the only ones that documents of this kind have.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match text.parse::<i64>() {
        Ok(number) => Some(number.into()),
        Err(_) => Number::from_f64(text.parse().ok()?),
    }
}

/// The long form of a tag of CloudFormation's.
fn tagged(value: Value, tag: Option<&Tag>) -> Value {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() && !tag.suffix.is_empty() => {
            let name = match tag.suffix.as_str() {
                "Ref" | "Condition" => tag.suffix.clone(),
                other => format!("Fn::{other}"),
            };
            Value::Object(Map::from_iter([(name, value)]))
        }
        Some(_) | None => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_is_read_as_json() {
        let text = "a: &x {b: '1', c: 2}\nd: *x\ne: |\n  line\n  two\nf: [~, true, 1.5, 0x, \"*\"]\n\
                    g: !Sub '${X}'\nh: !Ref Y\ni: !GetAtt [A, B]\n404: 1\n---\nsecond: 1\n";
        assert_eq!(
            read(text),
            Ok(json!({
                "a": {"b": "1", "c": 2},
                "d": {"b": "1", "c": 2},
                "e": "line\ntwo\n",
                "f": [null, true, 1.5, "0x", "*"],
                "g": {"Fn::Sub": "${X}"},
                "h": {"Ref": "Y"},
                "i": {"Fn::GetAtt": ["A", "B"]},
                "404": 1,
            }))
        );
        assert_eq!(read(""), Ok(Value::Null));
        assert_eq!(read("{\"a\": [1, {\"b\": \"c\"}]}"), Ok(json!({"a": [1, {"b": "c"}]})));
    }

    #[test]
    fn what_is_none_is_told_with_its_line() {
        for (text, says) in [
            ("a: 1\nb: [", "line"),
            ("a: 1\n b: 2\n", "line 2"),
            ("? [a]\n: b\n", "a key must be a text"),
            ("a: *nobody\n", "line 1"),
        ] {
            let told = read(text).expect_err("no YAML");
            assert!(told.contains(says), "{told:?} should say {says:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(read(&deep).is_err());
    }

    /// Each line names the one before ten times.
    #[test]
    fn aliases_do_not_explode() {
        let mut text = String::from("a0: &a0 [x, x]\n");
        for n in 1..30 {
            let before = vec![format!("*a{}", n - 1); 10].join(", ");
            text += &format!("a{n}: &a{n} [{before}]\n");
        }
        let told = read(&text).expect_err("too much");
        assert!(told.contains("more than"), "{told}");
    }
}
