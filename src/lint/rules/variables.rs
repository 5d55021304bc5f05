//! The variables of a template, and what is known of their values.
//!
//! "Non-VTL mapping template supporting only simple variable substitutions" (developer
//! guide): `$context.…`, `$stageVariables.…`, `$method.request.…`, perhaps with braces.

use std::ops::Range;

/// A variable where it stands in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable<'a> {
    /// Without `$` and braces: `context.error.message`.
    pub name: &'a str,
    pub at: Range<usize>,
}

/// What a variable is replaced by, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text in double quotes: AWS puts them there.
    QuotedText,
    /// A text that can be no JSON by itself.
    Text,
    /// A text that AWS does not escape, and that holds quotes more often than not.
    UnescapedText,
    Number,
    /// Whatever an authorizer, a stage or a client put there.
    Unknown,
}

const ROOTS: [&str; 3] = ["context.", "stageVariables.", "method.request."];

/// The variables of a template, in order.
pub(crate) fn variables(template: &str) -> Vec<Variable<'_>> {
    template
        .match_indices('$')
        .filter_map(|(start, _)| {
            let body = &template[start + 1..];
            let (name, brackets) = match body.strip_prefix('{') {
                Some(inner) => (inner.split_once('}')?.0, 2),
                None => (name(body), 0),
            };
            let is_whole = ROOTS
                .iter()
                .any(|root| name.strip_prefix(root).is_some_and(|rest| !rest.is_empty()))
                && name.bytes().all(is_part);
            is_whole.then(|| Variable { name, at: start..start + 1 + name.len() + brackets })
        })
        .collect()
}

/// As much of the text as can be a variable's name. A full stop or a hyphen behind it
/// belongs to the sentence.
fn name(text: &str) -> &str {
    let end = text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len());
    let name = text[..end].trim_end_matches(['.', '-']);
    if name.starts_with("method.request.") {
        return name;
    }
    name.split('-').next().unwrap_or(name)
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

impl Variable<'_> {
    pub fn kind(&self) -> Kind {
        let Some(name) = self.name.strip_prefix("context.") else {
            return Kind::Unknown;
        };
        match name {
            "error.messageString" => Kind::QuotedText,
            "error.validationErrorString" => Kind::UnescapedText,
            "apiId" | "domainName" | "domainPrefix" | "error.message" | "error.responseType"
            | "extendedRequestId" | "httpMethod" | "identity.sourceIp" | "identity.userAgent"
            | "path" | "protocol" | "requestId" | "requestTime" | "resourcePath" | "stage" => {
                Kind::Text
            }
            "requestTimeEpoch" => Kind::Number,
            _ => Kind::Unknown,
        }
    }
}

/// What there is of `$context.error`.
pub(crate) const ERROR_VARIABLES: [&str; 4] = [
    "context.error.message",
    "context.error.messageString",
    "context.error.responseType",
    "context.error.validationErrorString",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_end_where_their_names_do() {
        let names = |template| -> Vec<&str> {
            variables(template).into_iter().map(|variable| variable.name).collect()
        };
        assert_eq!(
            names("$context.error.message. ${context.stage}s $5 $context. $stageVariables.a-b"),
            ["context.error.message", "context.stage", "stageVariables.a"]
        );
        assert_eq!(names("$method.request.header.X-A,$input.body"), ["method.request.header.X-A"]);
        assert_eq!(names("${context.stage $context. ${context.} ü$"), Vec::<&str>::new());
        let text = "ü${context.stage}";
        assert_eq!(&text[variables(text)[0].at.clone()], "${context.stage}");
    }
}
