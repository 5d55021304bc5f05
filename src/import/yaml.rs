//! YAML as JSON, for documents that people keep as YAML.
//!
//! Only what JSON can hold comes out. The tags of CloudFormation become its long form, as
//! CloudFormation itself reads them: `!Ref X` is `{"Ref": "X"}`, `!Sub X` is
//! `{"Fn::Sub": "X"}`; their values are unknown before a deployment. Aliases
//! are followed, and their product is bounded; so is `<<`, by the rules of YAML 1.1, as the
//! tools do that people write such documents for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

use super::parsed::{Lines, Parsed, Path};

/// No OpenAPI document is nested deeper.
const DEEPEST: usize = 100;

const TOO_DEEP: &str = "this is nested too deeply";

/// The largest document after its aliases are expanded, as [`cost_and_depth`] counts it: a few lines
/// of aliases can name billions of values, or one long text a million times.
const LARGEST: usize = 128 << 20;

/// What a value costs apart from its text: about the memory that it takes.
const VALUE: usize = 64;

/// Longer keys, and what is below them, have no line of their own in messages.
const LONGEST_KEY: usize = 256;

/// The key whose value is taken into the mapping that it stands in.
const MERGE: &str = "<<";

/// Reads the first document of a text.
///
/// # Errors
/// In words, with the line.
pub fn read(text: &str) -> Result<Parsed, String> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            format!("line {}, column {}: {}", at.line(), at.col() + 1, error.info())
        })?;
        let line = span.start.line();
        builder.take(event, line).map_err(|problem| format!("line {line}: {problem}"))?;
        if builder.progress == Progress::Complete {
            break;
        }
    }
    let Builder { lines, warnings, done, .. } = builder;
    Ok(Parsed { value: done.unwrap_or(Value::Null), lines, warnings })
}

/// How far the text was read.
#[derive(Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Open,
    /// The first document is at its end.
    Ended,
    /// What follows is not read.
    Complete,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    /// By the anchor's number.
    anchors: BTreeMap<usize, Anchored>,
    /// The cost of everything that was built, copies included.
    cost: usize,
    done: Option<Value>,
    progress: Progress,
    lines: Lines,
    warnings: Vec<String>,
}

/// A value that aliases can copy.
struct Anchored {
    value: Value,
    cost: usize,
    depth: usize,
}

/// A collection that is not at its end.
struct Open {
    anchor: usize,
    tag: Option<Tag>,
    content: Content,
}

enum Content {
    Sequence(Vec<Value>),
    Mapping(Mapping),
}

#[derive(Default)]
struct Mapping {
    members: Map<String, Value>,
    /// What `<<` names, in order.
    merged: Vec<Map<String, Value>>,
    /// The key whose value is due.
    due: Option<Due>,
}

enum Due {
    Member(String),
    Merged,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        if self.progress == Progress::Ended {
            if !is_content(&event) {
                return Ok(());
            }
            self.progress = Progress::Complete;
            self.warnings
                .push(format!("a second document begins in line {line}; only the first is read"));
            return Ok(());
        }
        match event {
            Event::Scalar(text, ScalarStyle::Plain, _, None)
                if text == MERGE && self.awaits_key() =>
            {
                if let Some(Content::Mapping(mapping)) = self.innermost() {
                    mapping.due = Some(Due::Merged);
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = tagged(scalar(&text, style, tag.as_deref()), tag.as_deref());
                self.spend(VALUE + text.len())?;
                self.put(value, anchor, line)?;
            }
            Event::Alias(anchor) => {
                let Anchored { value, cost, depth } = self
                    .anchors
                    .get(&anchor)
                    .ok_or("the alias is part of the value that it refers to")?;
                if self.open.len() + depth > DEEPEST {
                    return Err(TOO_DEEP.to_owned());
                }
                let (value, cost) = (value.clone(), *cost);
                self.spend(cost)?;
                self.put(value, 0, line)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(anchor, tag.map(Cow::into_owned), Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping(Mapping::default());
                self.begin(anchor, tag.map(Cow::into_owned), content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { anchor, tag, content }) = self.open.pop() {
                    let value = match content {
                        Content::Sequence(items) => Value::Array(items),
                        Content::Mapping(mapping) => Value::Object(mapping.whole()),
                    };
                    self.put(tagged(value, tag.as_ref()), anchor, line)?;
                }
            }
            Event::DocumentEnd => self.progress = Progress::Ended,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(())
    }

    fn innermost(&mut self) -> Option<&mut Content> {
        self.open.last_mut().map(|open| &mut open.content)
    }

    fn awaits_key(&mut self) -> bool {
        matches!(self.innermost(), Some(Content::Mapping(Mapping { due: None, .. })))
    }

    fn begin(&mut self, anchor: usize, tag: Option<Tag>, content: Content) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(TOO_DEEP.to_owned());
        }
        self.spend(VALUE)?;
        self.open.push(Open { anchor, tag, content });
        Ok(())
    }

    fn spend(&mut self, cost: usize) -> Result<(), String> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > LARGEST {
            let size = LARGEST >> 20;
            return Err(format!(
                "the document is larger than {size} MB after its aliases are expanded"
            ));
        }
        Ok(())
    }

    /// Puts a value where it belongs; its cost is spent already.
    fn put(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), String> {
        if anchor > 0 {
            let (cost, depth) = cost_and_depth(&value);
            self.spend(cost)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), cost, depth });
        }
        match self.innermost() {
            None => self.done = Some(value),
            Some(Content::Sequence(items)) => items.push(value),
            Some(Content::Mapping(mapping)) => match mapping.due.take() {
                Some(Due::Member(key)) => drop(mapping.members.insert(key, value)),
                Some(Due::Merged) => mapping.merge(value)?,
                None => self.key(key_of(value)?, line),
            },
        }
        Ok(())
    }

    /// A key, whose value is due now.
    fn key(&mut self, key: String, line: usize) {
        let Some(Content::Mapping(mapping)) = self.innermost() else { return };
        let is_there = mapping.members.contains_key(&key);
        mapping.due = Some(Due::Member(key.clone()));
        if is_there {
            let told =
                format!("line {line}: the key `{key}` is duplicated; the last value is used");
            self.warnings.push(told);
        }
        if let Some(path) = self.path() {
            self.lines.note(path, line);
        }
    }

    /// The keys that lead to the value that is due; none leads into a list.
    fn path(&self) -> Option<Path> {
        self.open
            .iter()
            .map(|open| match &open.content {
                Content::Mapping(Mapping { due: Some(Due::Member(key)), .. })
                    if key.len() <= LONGEST_KEY =>
                {
                    Some(key.clone())
                }
                Content::Mapping(_) | Content::Sequence(_) => None,
            })
            .collect()
    }
}

impl Mapping {
    /// Takes in what `<<` names.
    fn merge(&mut self, value: Value) -> Result<(), String> {
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        for value in values {
            let Value::Object(members) = value else {
                return Err(format!("`{MERGE}` must name a mapping, or a list of them"));
            };
            self.merged.push(members);
        }
        Ok(())
    }

    /// As YAML 1.1 merges: its own members win, then those that were named earlier.
    fn whole(self) -> Map<String, Value> {
        let Self { mut members, merged, due: _ } = self;
        for (key, value) in merged.into_iter().flatten() {
            members.entry(key).or_insert(value);
        }
        members
    }
}

/// Whether something is said: an empty document after the last `---` says nothing.
fn is_content(event: &Event<'_>) -> bool {
    match event {
        Event::Scalar(text, style, ..) => !text.is_empty() || *style != ScalarStyle::Plain,
        Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..) => true,
        Event::Nothing
        | Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(_)
        | Event::DocumentEnd
        | Event::SequenceEnd
        | Event::MappingEnd => false,
    }
}

/// What a copy of the value costs, and how many collections deep it is.
fn cost_and_depth(value: &Value) -> (usize, usize) {
    let add = |(cost, depth): (usize, usize), (more, inner): (usize, usize)| {
        (cost + more, depth.max(inner + 1))
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => (VALUE, 0),
        Value::String(text) => (VALUE + text.len(), 0),
        Value::Array(items) => items.iter().map(cost_and_depth).fold((VALUE, 1), add),
        Value::Object(members) => members.iter().fold((VALUE, 1), |sum, (key, value)| {
            let (cost, depth) = cost_and_depth(value);
            add(sum, (cost + key.len() + VALUE, depth))
        }),
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

    fn value(text: &str) -> Result<Value, String> {
        read(text).map(|parsed| parsed.value)
    }

    #[test]
    fn yaml_is_read_as_json() {
        let text = "a: &x {b: '1', c: 2}\nd: *x\ne: |\n  line\n  two\nf: [~, true, 1.5, 0x, \"*\"]\n\
                    g: !Sub '${X}'\nh: !Ref Y\ni: !GetAtt [A, B]\n404: 1\n";
        assert_eq!(
            value(text),
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
        assert_eq!(value(""), Ok(Value::Null));
        assert_eq!(value("{\"a\": [1, {\"b\": \"c\"}]}"), Ok(json!({"a": [1, {"b": "c"}]})));
    }

    #[test]
    fn reports_invalid_documents_with_their_line() {
        for (text, says) in [
            ("a: 1\nb: [", "line"),
            ("a: 1\n b: 2\n", "line 2"),
            ("? [a]\n: b\n", "a key must be a text"),
            ("a: *nobody\n", "line 1"),
            ("a: 1\n<<: 2\n", "line 2: `<<` must name a mapping"),
            ("{a: 1}\nb: 2\n", "line 2"),
        ] {
            let told = read(text).expect_err("no YAML");
            assert!(told.contains(says), "{told:?} should say {says:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(read(&deep).is_err());
    }

    /// By YAML 1.1: what a mapping says itself wins, wherever it stands, then what is named
    /// earlier. In quotes `<<` is a key like any other.
    #[test]
    fn merge_keys_are_followed() {
        let text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: *a, x: 0}\n\
                    d: {x: 0, <<: [*a, *b]}\ne: {<<: [*b, *a]}\nf: &f {<<: *b, y: 3}\n\
                    g: {<<: *f}\nh: {'<<': *a}\n";
        let read = value(text).expect("YAML");
        for (key, expected) in [
            ("c", json!({"x": 0, "y": 1})),
            ("d", json!({"x": 0, "y": 1, "z": 2})),
            ("e", json!({"x": 1, "y": 2, "z": 2})),
            ("f", json!({"y": 3, "z": 2})),
            ("g", json!({"y": 3, "z": 2})),
            ("h", json!({"<<": {"x": 1, "y": 1}})),
        ] {
            assert_eq!(read[key], expected, "{key}");
        }
    }

    #[test]
    fn warns_of_ignored_parts_and_knows_the_lines_of_keys() {
        let text = "a:\n  b: 1\n  b: {c: 2}\nl: [{x: 1}]\n---\nsecond: 1\n---\nthird: 1\n";
        let Parsed { value, lines, warnings } = read(text).expect("YAML");
        assert_eq!(value, json!({"a": {"b": {"c": 2}}, "l": [{"x": 1}]}));
        assert_eq!(
            warnings,
            [
                "line 3: the key `b` is duplicated; the last value is used",
                "a second document begins in line 6; only the first is read",
            ]
        );
        let line = |keys: &[&str]| lines.of(&crate::import::parsed::below(&[], keys));
        assert_eq!(line(&["a"]), Some(1));
        assert_eq!(line(&["a", "b", "c"]), Some(3));
        assert_eq!(line(&["l", "x"]), Some(4));
        assert_eq!(line(&["nowhere"]), None);
        let one = read("---\na: 1\n...\n---\n").expect("YAML");
        assert_eq!((one.value, one.warnings), (json!({"a": 1}), Vec::new()));
    }

    /// Each line of `step` refers to the line before.
    fn chain(first: &str, step: impl Fn(String) -> String) -> String {
        let line = |n: usize| format!("a{n}: &a{n} {}\n", step(format!("*a{}", n - 1)));
        format!("a0: &a0 {first}\n{}", (1..30).map(line).collect::<String>())
    }

    #[test]
    fn limits_what_aliases_expand_to() {
        let long = "x".repeat(50_000);
        let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(60), "]".repeat(60));
        for (text, problem) in [
            (chain("[x, x]", |before| format!("[{}]", vec![before; 10].join(", "))), "128 MB"),
            // A long text in few values.
            (chain(&long, |before| format!("[{}]", vec![before; 9].join(", "))), "128 MB"),
            (format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 3000].join(", ")), "128 MB"),
            (format!("a: &a {{{long}: 1}}\nb: [{}]\n", vec!["*a"; 3000].join(", ")), "128 MB"),
            (format!("a: &a {{{long}: 1}}\nb:\n{}", "- {<<: *a}\n".repeat(3000)), "128 MB"),
            // Anchors in anchors are copies, too.
            (format!("{}{}{}", "[&a ".repeat(90), "x".repeat(2 << 20), "]".repeat(90)), "128 MB"),
            (chain(&nested("x"), |before| nested(&before)), "nested too deeply"),
        ] {
            let error = read(&text).expect_err("too large");
            assert!(error.contains(problem), "{error}");
        }
        let fits = format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 1000].join(", "));
        assert!(read(&fits).is_ok());
    }
}
