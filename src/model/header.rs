//! The response headers of a gateway response, as AWS writes them.
//!
//! On the wire a header is an entry of `responseParameters`: the key is
//! `gatewayresponse.header.NAME`, the value a literal in single quotes or a
//! mapping expression such as `method.request.header.Origin`.

use std::cmp::Ordering;
use std::fmt;

/// What every key of `responseParameters` that has an effect begins with.
pub const HEADER_PREFIX: &str = "gatewayresponse.header.";

/// The name of a response header; the spelling is kept, and two spellings of a
/// name sort next to each other. Use [`HeaderName::same_as`] for HTTP's notion of
/// sameness, which knows no case: a live response may hold both spellings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct HeaderName(String);

/// The text cannot be the name of a response header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeaderName {
    #[error("a header needs a name")]
    Empty,
    #[error("{0:?} cannot stand in a header's name: letters, digits and `.` `_` `$` `-` can")]
    Character(char),
}

impl HeaderName {
    /// A name as a person writes it. The pattern is the parameter-name pattern of
    /// the developer guide's mapping reference: `^[a-zA-Z0-9._$-]+$`.
    ///
    /// # Errors
    /// When the text is empty or holds another character.
    pub fn parse(text: &str) -> Result<Self, InvalidHeaderName> {
        if text.is_empty() {
            return Err(InvalidHeaderName::Empty);
        }
        match text.chars().find(|c| !is_parameter_character(*c)) {
            Some(strange) => Err(InvalidHeaderName::Character(strange)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// A name that the service holds, whatever it looks like.
    #[must_use]
    pub fn observed(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of `responseParameters` that sets this header.
    #[must_use]
    pub fn parameter_key(&self) -> String {
        format!("{HEADER_PREFIX}{}", self.0)
    }

    /// Whether HTTP takes both for one header.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The name in lower case, the form that digests use.
    #[must_use]
    pub fn lower(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Ord for HeaderName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.lower().cmp(&other.lower()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for HeaderName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a mapping of the request can read.
pub const REQUEST_PARTS: [&str; 3] = ["header", "path", "querystring"];

/// Whether the text is a mapping expression: `method.request.(header|path|querystring).NAME`,
/// `context.NAME` or `stageVariables.NAME`.
///
/// Source: "API Gateway mapping template and data mapping reference", whose pattern of a
/// parameter's name is `^[a-zA-Z0-9._$-]+$`.
#[must_use]
pub fn is_mapping(text: &str) -> bool {
    let name = if let Some(rest) = text.strip_prefix("method.request.") {
        rest.split_once('.').filter(|(part, _)| REQUEST_PARTS.contains(part)).map(|(_, name)| name)
    } else {
        text.strip_prefix("context.").or_else(|| text.strip_prefix("stageVariables."))
    };
    name.is_some_and(is_parameter_name)
}

/// Whether the text can be the name of a parameter.
#[must_use]
pub fn is_parameter_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_parameter_character)
}

const fn is_parameter_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$' | '-')
}

/// The value of a response header in AWS's own writing: `'*'` for the literal
/// `*`, `method.request.header.Origin` for a mapping.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct HeaderValue(String);

impl HeaderValue {
    /// A text that is sent as it is: `*` becomes `'*'`.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self(format!("'{text}'"))
    }

    /// A value in AWS's own writing: a quoted literal or a mapping expression.
    #[must_use]
    pub fn as_written(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value as it goes over the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text between the quotes, where the value is a literal.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        self.0.strip_prefix('\'')?.strip_suffix('\'')
    }
}

impl fmt::Display for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_spellings_of_a_name_together_but_keeps_them_distinct() {
        let upper = HeaderName::observed("X-A");
        let lower = HeaderName::observed("x-a");
        assert!(upper.same_as(&lower));
        assert_ne!(upper, lower);
        let mut names = vec![HeaderName::observed("x-b"), lower.clone(), upper.clone()];
        names.sort();
        assert_eq!(names, [upper, lower, HeaderName::observed("x-b")]);
    }

    #[test]
    fn rejects_a_header_name_with_a_space() {
        assert_eq!(HeaderName::parse("X Y"), Err(InvalidHeaderName::Character(' ')));
        assert_eq!(HeaderName::parse(""), Err(InvalidHeaderName::Empty));
        assert!(HeaderName::parse("WWW-Authenticate").is_ok());
    }

    #[test]
    fn quotes_literals() {
        assert_eq!(HeaderValue::literal("*").as_str(), "'*'");
        assert_eq!(HeaderValue::as_written("'*'").as_literal(), Some("*"));
        assert_eq!(HeaderValue::as_written("context.requestId").as_literal(), None);
    }
}
