//! What a JSON template becomes when AWS fills it in.
//!
//! A template is called broken only where no value could make it JSON: what is not known
//! of a variable is tried in every shape that could help.

use serde_json::Value;

use super::variables::{Kind, Variable, variables};

/// A variable, and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed<'a> {
    pub variable: Variable<'a>,
    pub standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Outside of strings.
    Bare,
    /// A string that is nothing but the variable.
    Alone,
    /// In a longer string.
    Within,
}

/// The variables of a JSON template, with where they stand.
pub(crate) fn placed(template: &str) -> Vec<Placed<'_>> {
    let bytes = template.as_bytes();
    let mut placed = Vec::new();
    let mut opened: Option<usize> = None;
    let mut at = 0;
    for variable in variables(template) {
        while at < variable.at.start {
            match (bytes[at], opened) {
                (b'"', None) => opened = Some(at),
                (b'"', Some(_)) => opened = None,
                // What is escaped ends no string.
                (b'\\', Some(_)) => at += 1,
                _ => {}
            }
            at += 1;
        }
        let closes = bytes.get(variable.at.end) == Some(&b'"');
        let standing = match opened {
            None => Standing::Bare,
            Some(quote) if quote + 1 == variable.at.start && closes => Standing::Alone,
            Some(_) => Standing::Within,
        };
        at = at.max(variable.at.end);
        placed.push(Placed { variable, standing });
    }
    placed
}

/// What a variable of which nothing is known may hold outside of strings.
const SHAPES: [&str; 6] = ["0", "", "\"s\"", "{}", "\"k\":0", ",\"k\":0"];

/// The body as JSON, with samples filled in; or why it can be none.
///
/// What other rules say of single variables is taken as repaired here, so that nothing is
/// said twice.
pub(crate) fn parse(template: &str) -> Result<Value, Fault> {
    let placed = placed(template);
    let mut first = None;
    for shape in SHAPES {
        let (body, pieces) = rendered(template, &placed, shape);
        match serde_json::from_str(&body) {
            Ok(value) => return Ok(value),
            Err(error) => {
                first.get_or_insert_with(|| Fault::new(template, &body, &pieces, &error));
            }
        }
        if !placed.iter().any(takes_shape) {
            break;
        }
    }
    Err(first.unwrap_or_default())
}

/// Why a body is not valid JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What was expected.
    pub reason: String,
    /// Where in the template, in bytes.
    pub offset: usize,
}

fn takes_shape(placed: &Placed<'_>) -> bool {
    placed.standing == Standing::Bare && placed.variable.kind() == Kind::Unknown
}

/// The filled-in body, and for each of its pieces where it begins there and in the
/// template.
fn rendered(template: &str, placed: &[Placed<'_>], shape: &str) -> (String, Vec<(usize, usize)>) {
    let mut body = String::with_capacity(template.len());
    let mut pieces = vec![(0, 0)];
    let mut from = 0;
    for Placed { variable, standing } in placed {
        body.push_str(&template[from..variable.at.start]);
        pieces.push((body.len(), variable.at.start));
        body.push_str(match (standing, variable.kind()) {
            (Standing::Alone | Standing::Within, _) => "s",
            (Standing::Bare, Kind::QuotedText | Kind::Text | Kind::UnescapedText) => "\"s\"",
            (Standing::Bare, Kind::Number) => "0",
            (Standing::Bare, Kind::Unknown) => shape,
        });
        pieces.push((body.len(), variable.at.end));
        from = variable.at.end;
    }
    body.push_str(&template[from..]);
    (body, pieces)
}

impl Fault {
    fn new(
        template: &str,
        body: &str,
        pieces: &[(usize, usize)],
        error: &serde_json::Error,
    ) -> Self {
        let line_start: usize =
            body.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column()).min(body.len());
        let (piece, start) =
            pieces.iter().rev().find(|(piece, _)| *piece <= at).copied().unwrap_or_default();
        let offset = template.floor_char_boundary((start + at - piece).min(template.len()));
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Self { reason, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_around_a_variable_are_seen() {
        let standings = |template| -> Vec<Standing> {
            placed(template).into_iter().map(|placed| placed.standing).collect()
        };
        assert_eq!(
            standings(
                r#"{"a":$context.x,"b":"$context.x","c":"a $context.x","d\"":"${context.x}"}"#
            ),
            [Standing::Bare, Standing::Alone, Standing::Within, Standing::Alone]
        );
        assert_eq!(standings(r#""\"$context.x\"""#), [Standing::Within]);
    }

    #[test]
    fn what_could_be_json_is_json() {
        for template in [
            r#"{"message":$context.error.messageString}"#,
            r#"{"message":"$context.error.message","n":$context.requestTimeEpoch}"#,
            r#"{"n":$stageVariables.number}"#,
            "$context.authorizer.body",
            r#"{"a":1$context.authorizer.more}"#,
            "{$context.authorizer.more}",
            "\"text\"",
            " [ ] ",
            r#"{"a":"b$context.authorizer.x","list":[$stageVariables.list]}"#,
        ] {
            assert!(parse(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn what_is_wrong_is_found_where_it_is() {
        for (template, before) in [
            (r#"{"a":$context.error.messageString,}"#, r#"{"a":$context.error.messageString,}"#),
            ("{\n \"id\":\"$context.requestId\" \"b\":1}", "{\n \"id\":\"$context.requestId\" \""),
            ("Forbidden", "F"),
            ("{'a':1}", "{'"),
            ("{\"ü\":\"é\"", "{\"ü\":\"é\""),
            ("", ""),
        ] {
            let fault = parse(template).unwrap_err();
            assert_eq!(&template[..fault.offset], before, "{fault:?}");
        }
    }
}
