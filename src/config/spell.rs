//! What the reader reads, written: TOML that means exactly what it is given.
//!
//! The other direction of `header_value`, `response` and `template`, and bound to them by
//! tests. What no file can say is refused in words, not bent.

use crate::model::visible::is_unsafe;
use crate::model::{Customization, HeaderName, HeaderValue, is_mapping};

use super::header_value::{is_quoted, looks_like_mapping};
use super::template::{LARGEST, is_media_type};
use crate::diagnostic::text::{brief, plain, toml_string};

/// Longer lines are broken up where they can be.
const WIDTH: usize = 100;

/// Text that stands in a comment: one line that no terminal obeys.
#[must_use]
pub fn remark(text: &str) -> String {
    plain(text)
}

/// A key, in quotes where it needs them.
#[must_use]
pub fn key(text: &str) -> String {
    let is_bare = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_bare { text.to_owned() } else { toml_string(text) }
}

/// A string in the form that reads best: on one line, literal where it holds quotes; over
/// several lines as they are.
#[must_use]
pub fn string(text: &str) -> String {
    let lines = text.contains('\n');
    let is_literal = !text.chars().any(|c| is_unsafe(c) && !matches!(c, '\n' | '\t'));
    if lines && is_literal && !text.contains("'''") && !text.ends_with('\'') {
        format!("'''\n{text}'''")
    } else if lines {
        let lines: Vec<String> = text.split('\n').map(escaped).collect();
        format!("\"\"\"\n{}\"\"\"", lines.join("\n"))
    } else if is_literal && text.contains(['"', '\\']) && !text.contains(['\'', '\t']) {
        format!("'{text}'")
    } else {
        toml_string(text)
    }
}

/// The text with everything escaped that could end or bend a string.
fn escaped(line: &str) -> String {
    let quoted = toml_string(line);
    quoted[1..quoted.len() - 1].to_owned()
}

#[must_use]
pub fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(string).collect();
    format!("[{}]", texts.join(", "))
}

/// The value of a header; `None` where it is neither a literal in quotes nor a mapping.
#[must_use]
pub fn header_value(value: &HeaderValue) -> Option<String> {
    let text = value.as_str();
    if is_mapping(text) {
        return Some(format!("{{ from = {} }}", toml_string(text)));
    }
    let literal = value.as_literal().filter(|_| is_quoted(text))?;
    Some(if is_quoted(literal) || looks_like_mapping(literal) {
        format!("{{ literal = {} }}", toml_string(literal))
    } else {
        string(literal)
    })
}

/// The lines of a response type's table, without its head.
///
/// # Errors
/// In words, where a file cannot say it: "its header …".
pub fn response(written: &Customization) -> Result<Vec<String>, String> {
    let Customization { status, headers, templates } = written;
    let mut lines = Vec::new();
    lines.extend(status.map(|status| format!("status  = {status}")));
    let mut pairs: Vec<(&HeaderName, String)> = Vec::new();
    for (name, value) in headers {
        let shown = brief(name.as_str());
        if HeaderName::parse(name.as_str()).is_err() {
            return Err(format!("its header `{shown}` has a name that no file can write"));
        }
        if let Some((other, _)) = pairs.iter().find(|(other, _)| other.same_as(name)) {
            return Err(format!("it has one header twice, `{}` and `{shown}`", other.as_str()));
        }
        let value = header_value(value)
            .filter(|_| !value.as_str().contains(char::is_control))
            .ok_or_else(|| {
                format!(
                    "its header `{shown}` is `{}`, neither a literal in quotes nor a mapping",
                    brief(value.as_str())
                )
            })?;
        pairs.push((name, value));
    }
    let inline: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{} = {value}", key(name.as_str()))).collect();
    let inline = format!("headers = {{ {} }}", inline.join(", "));
    match pairs.as_slice() {
        [] => {}
        _ if inline.chars().count() <= WIDTH => lines.push(inline),
        _ => lines.extend(
            pairs.iter().map(|(name, value)| format!("headers.{} = {value}", key(name.as_str()))),
        ),
    }
    for (media_type, text) in templates {
        let shown = brief(media_type);
        let problem = if !is_media_type(media_type) {
            "which is no media type"
        } else if text.is_empty() {
            "which is empty"
        } else if text.len() > LARGEST {
            "which is larger than AWS's 300 KB"
        } else {
            lines.push(format!("templates.{} = {}", key(media_type), string(text)));
            continue;
        };
        return Err(format!("it has a template for `{shown}`, {problem}"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::load;
    use crate::model::{ResponseType, StatusCode};
    use crate::state::desired::DesiredResponse;

    fn read_back(lines: &[String]) -> Option<Customization> {
        let folder = tempfile::tempdir().ok()?;
        let file = folder.path().join("gwr.toml");
        let text = format!(
            "version = 1\n[apis.a]\nmatch = {{ id = \"abc\" }}\n[apis.a.responses.THROTTLED]\n{}\n",
            lines.join("\n")
        );
        std::fs::write(&file, &text).ok()?;
        let loaded = load(&[file], crate::config::tests::TODAY)
            .unwrap_or_else(|errors| panic!("{}\n{text}", errors.render(false)));
        match loaded.desired.apis[0].responses.get(&ResponseType::Throttled)? {
            DesiredResponse::Customized(written) => Some(written.clone()),
            DesiredResponse::Default => None,
        }
    }

    /// Anything a header, a template or a name may be, and more.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            any::<String>(),
            proptest::sample::select(vec![
                "'*'",
                "''",
                "'",
                "'''",
                "'it''s'",
                "''a''",
                "'$x'",
                "'context.requestId'",
                "context.requestId",
                "method.input.params.x",
                "'\"\\'",
                "\"\"\"",
                "a\r\nb",
                "'''\n'",
                "\n",
                "'\u{202e}x'",
                "'a\tb'",
                "{\"a\":\n \"b\\n\"}\n",
                "'''a\n'''",
            ])
            .prop_map(str::to_owned),
        ]
    }

    proptest! {
        /// Whatever can be written reads back the same.
        #[test]
        fn what_is_written_reads_the_same(
            status in proptest::option::of(100_i64..600),
            headers in proptest::collection::btree_map("[A-Za-z.$_-]{1,6}|[ -~]{1,3}", hostile(), 0..4),
            templates in proptest::collection::btree_map("[a-z]{1,3}/[a-z+;= ]{1,9}", hostile(), 0..3),
        ) {
            let written = Customization {
                status: status.and_then(|status| StatusCode::try_from(status).ok()),
                headers: headers
                    .into_iter()
                    .map(|(k, v)| (HeaderName::observed(k), HeaderValue::as_written(v)))
                    .collect(),
                templates: templates.into_iter().collect(),
            };
            if let Ok(lines) = response(&written) {
                prop_assert_eq!(read_back(&lines), Some(written));
            }
        }

        #[test]
        fn strings_read_the_same(text in hostile()) {
            let read: toml::Table = toml::from_str(&format!("x = {}", string(&text))).unwrap();
            prop_assert_eq!(read["x"].as_str(), Some(text.as_str()));
            let read: toml::Table = toml::from_str(&format!("{} = 1", key(&text))).unwrap();
            prop_assert!(read.contains_key(&text));
        }
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        let value = |text: &str| header_value(&HeaderValue::as_written(text));
        for (aws, file) in [
            ("'*'", Some("\"*\"")),
            ("'say \"hi\"'", Some("'say \"hi\"'")),
            ("context.requestId", Some("{ from = \"context.requestId\" }")),
            ("'context.requestId'", Some("{ literal = \"context.requestId\" }")),
            ("''*''", Some("{ literal = \"'*'\" }")),
            ("''", Some("\"\"")),
            ("method.input.params.x", None),
            ("*", None),
        ] {
            assert_eq!(value(aws).as_deref(), file, "{aws}");
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(string("{\"a\": 1}"), "'{\"a\": 1}'");
        assert_eq!(string("{\n}\n"), "'''\n{\n}\n'''");
        assert_eq!(string("it's\n'''"), "\"\"\"\nit's\n'''\"\"\"");
        assert_eq!(string("a\r\nb"), "\"\"\"\na\\r\nb\"\"\"");
    }
}
