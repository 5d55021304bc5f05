//! The keys and values of `responseParameters`.
//!
//! Source: "Data mappings" in the developer guide for the forms; the messages are
//! those of field reports (aws-cli, aws-cdk) and of recorded siblings.

use crate::sandbox::wire::error::Failure;

/// What a header is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mapping<'a> {
    Literal(&'a str),
    Header(&'a str),
    Path(&'a str),
    Query(&'a str),
    Context(&'a str),
    StageVariable(&'a str),
}

/// The header that a key sets, if it is a key at all.
pub(crate) fn header_of(key: &str) -> Option<&str> {
    key.strip_prefix("gatewayresponse.header.").filter(|name| is_name(name))
}

/// A prefix, and what the rest is the name of.
type Form<'a> = (&'static str, fn(&'a str) -> Mapping<'a>);

/// Reads a value.
pub(crate) fn mapping<'a>(value: &'a str) -> Option<Mapping<'a>> {
    if value.contains(char::is_control) {
        return None;
    }
    if let Some(rest) = value.strip_prefix('\'') {
        return rest.strip_suffix('\'').map(Mapping::Literal);
    }
    let forms: [Form<'a>; 5] = [
        ("method.request.header.", Mapping::Header),
        ("method.request.path.", Mapping::Path),
        ("method.request.querystring.", Mapping::Query),
        ("context.", Mapping::Context),
        ("stageVariables.", Mapping::StageVariable),
    ];
    forms.into_iter().find_map(|(prefix, form)| {
        value.strip_prefix(prefix).filter(|name| is_name(name)).map(form)
    })
}

/// `^[a-zA-Z0-9._$-]+$`, as the mapping reference says.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$-".contains(&byte))
}

/// Checks pairs of keys and values as AWS does, all in one message.
pub(crate) fn check<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (key, value) in pairs {
        if value.is_empty() {
            return Err(Failure::bad_request("Invalid null or empty value in responseParameters"));
        }
        if header_of(key).is_none() {
            wrong.push(key);
        } else if mapping(value).is_none() {
            wrong.push(value);
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let errors: Vec<String> =
        wrong.iter().map(|text| format!("Invalid mapping expression specified: {text}")).collect();
    Err(Failure::bad_request(format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{}]",
        errors.join(", ")
    )))
}

/// Checks the keys and values of `responseTemplates`.
pub(crate) fn check_templates<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (media_type, template) in pairs {
        if template.is_empty() {
            return Err(Failure::bad_request("Invalid null or empty value in responseTemplates"));
        }
        if !is_media_type(media_type) {
            wrong.push(format!("Invalid content type specified: {media_type}"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::bad_request(format!(
        "Validation Result: warnings : [], errors : [{}]",
        wrong.join(", ")
    )))
}

fn is_media_type(text: &str) -> bool {
    let bare = text.split(';').next().unwrap_or_default();
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-*".contains(&byte))
    };
    !text.contains(char::is_control)
        && bare.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(key: &str, value: &str) -> Option<String> {
        check([(&key.to_owned(), &value.to_owned())].into_iter()).err().map(|f| f.message)
    }

    #[test]
    fn values_are_quoted_or_mapped() {
        let key = "gatewayresponse.header.X-Foo";
        for value in [
            "'*'",
            "''",
            "'it's'",
            "method.request.header.origin",
            "method.request.path.petId",
            "method.request.querystring.q",
            "context.requestId",
            "stageVariables.colour",
        ] {
            assert_eq!(told(key, value), None, "{value}");
        }
        // aws-cdk#11306
        assert_eq!(
            told(key, "test-value").as_deref(),
            Some(
                "Invalid mapping expression specified: Validation Result: warnings : [], \
                 errors : [Invalid mapping expression specified: test-value]"
            )
        );
        // aws-cli#2879
        assert_eq!(
            told("method.response.header.X", "'x'").as_deref(),
            Some(
                "Invalid mapping expression specified: Validation Result: warnings : [], \
                 errors : [Invalid mapping expression specified: method.response.header.X]"
            )
        );
        assert_eq!(
            told(key, "").as_deref(),
            Some("Invalid null or empty value in responseParameters")
        );
        for value in ["'", "*", "$context.requestId", "method.request.body.x", "context.", "'a\nb'"]
        {
            assert!(told(key, value).is_some(), "{value}");
        }
    }

    /// Recorded for integration responses.
    #[test]
    fn a_content_type_has_a_slash() {
        let told = |media_type: &str| {
            check_templates([(&media_type.to_owned(), &"x".to_owned())].into_iter())
                .err()
                .map(|f| f.message)
        };
        assert_eq!(told("application/problem+json"), None);
        assert_eq!(told("text/html; charset=utf-8"), None);
        assert_eq!(
            told("123").as_deref(),
            Some(
                "Validation Result: warnings : [], errors : [Invalid content type specified: 123]"
            )
        );
    }
}
