//! MOCK integrations: the only kind that the sandbox can answer by.

use super::gateway_error::choose;
use super::mapping::mapping;
use super::render::render;
use super::scene::Scene;
use crate::sandbox::data::state::{Integration, IntegrationResponse, Texts};
use crate::sandbox::quirks::Quirks;
use crate::sandbox::wire::http::Answer;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// No request template for the body's type, and no passing through.
    UnsupportedMediaType,
    /// The template gives no status, or no integration response fits it.
    NotConfigured,
}

/// The template that the request's media type selects; `Ok(None)` where the
/// request is passed through.
pub(crate) fn request_template<'a>(
    integration: &'a Integration,
    content_type: Option<&str>,
) -> Result<Option<&'a str>, NoAnswer> {
    let asked = content_type.unwrap_or("application/json").split(';').next().unwrap_or_default();
    let templates: &Texts = &integration.request_templates;
    let found = templates.iter().find(|(key, _)| key.eq_ignore_ascii_case(asked.trim()));
    match (found, integration.passthrough_behavior.as_deref()) {
        (Some((_, template)), _) => Ok(Some(template)),
        (None, Some("NEVER")) => Err(NoAnswer::UnsupportedMediaType),
        (None, Some("WHEN_NO_TEMPLATES")) if !templates.is_empty() => {
            Err(NoAnswer::UnsupportedMediaType)
        }
        (None, _) => Ok(None),
    }
}

/// The answer of a MOCK integration.
pub(crate) fn answer(
    integration: &Integration,
    scene: &Scene<'_>,
    quirks: &Quirks,
) -> Result<Answer, NoAnswer> {
    let template = request_template(integration, scene.request.header("content-type"))?;
    let body = String::from_utf8_lossy(scene.request.bytes()).into_owned();
    let request = template.map_or(body, |template| render(template, scene, None, quirks));
    let status = status_in(&request).ok_or(NoAnswer::NotConfigured)?;
    let response = select(integration, &status).ok_or(NoAnswer::NotConfigured)?;
    let accept = scene.request.header("accept");
    let (media_type, body) = match choose(&response.response_templates, accept, quirks) {
        Some((media_type, template)) => (media_type, render(template, scene, None, quirks)),
        None => ("application/json", String::new()),
    };
    let status = response.status_code.parse().map_err(|_| NoAnswer::NotConfigured)?;
    let mut answer = Answer::text(status, media_type, body);
    for (key, value) in &response.response_parameters {
        let name = key.strip_prefix("method.response.header.");
        let value = mapping(value).and_then(|mapping| scene.map(mapping, None));
        if let (Some(name), Some(value)) = (name, value) {
            if name.eq_ignore_ascii_case("content-type") {
                answer.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            }
            answer.headers.push((name.to_owned(), value));
        }
    }
    Ok(answer)
}

/// The number behind `statusCode`, in JSON or in what is nearly JSON.
fn status_in(text: &str) -> Option<String> {
    let rest = &text[text.find("statusCode")? + "statusCode".len()..];
    let rest = rest.trim_start_matches(['"', '\'', ' ', '\t', '\n', '\r']).strip_prefix(':')?;
    let rest = rest.trim_start_matches(['"', '\'', ' ', '\t', '\n', '\r']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (digits.len() == 3).then_some(digits)
}

/// The response whose pattern matches the status, or the one without a pattern.
fn select<'a>(integration: &'a Integration, status: &str) -> Option<&'a IntegrationResponse> {
    let pattern = |response: &&IntegrationResponse| {
        response.selection_pattern.clone().filter(|pattern| !pattern.is_empty())
    };
    let all = || integration.integration_responses.values();
    all()
        .find(|response| pattern(response).is_some_and(|pattern| matches(&pattern, status)))
        .or_else(|| all().find(|response| pattern(response).is_none()))
}

/// The regular expressions that are used for statuses: alternatives of digits,
/// `.`, `\d`, `[…]`, each perhaps followed by `*`, `+`, `?` or `{n}`.
fn matches(pattern: &str, text: &str) -> bool {
    pattern.split('|').any(|one| {
        let tokens: Option<Vec<_>> = tokens(one.trim_matches(['^', '$', '(', ')']));
        tokens.is_some_and(|tokens| fits(&tokens, text.as_bytes()))
    })
}

struct Token {
    bytes: Vec<u8>,
    least: usize,
    most: usize,
}

fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let bytes = match first {
            b'.' => (0..=255).collect(),
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                rest = after;
                if escaped == b'd' { (b'0'..=b'9').collect() } else { vec![escaped] }
            }
            b'[' => {
                let end = rest.iter().position(|&byte| byte == b']')?;
                let class = class(&rest[..end]);
                rest = &rest[end + 1..];
                class
            }
            literal => vec![literal],
        };
        let (least, most, used) = match rest {
            [b'*', ..] => (0, usize::MAX, 1),
            [b'+', ..] => (1, usize::MAX, 1),
            [b'?', ..] => (0, 1, 1),
            [b'{', count @ b'0'..=b'9', b'}', ..] => {
                let count = usize::from(count - b'0');
                (count, count, 3)
            }
            _ => (1, 1, 0),
        };
        rest = &rest[used..];
        tokens.push(Token { bytes, least, most });
    }
    Some(tokens)
}

fn class(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    loop {
        rest = match rest {
            [from, b'-', to, after @ ..] => {
                bytes.extend(*from..=*to);
                after
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
            [] => return bytes,
        };
    }
}

fn fits(tokens: &[Token], text: &[u8]) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        return text.is_empty();
    };
    let run = text.iter().take_while(|byte| token.bytes.contains(byte)).count();
    (token.least..=run.min(token.most)).any(|count| fits(rest, &text[count..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_found_in_templates() {
        for (text, expected) in [
            (r#"{"statusCode": 200}"#, Some("200")),
            ("{statusCode:404}", Some("404")),
            (r#"{ "statusCode" : "503" }"#, Some("503")),
            ("{}", None),
            (r#"{"statusCode": 20}"#, None),
        ] {
            assert_eq!(status_in(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn patterns_select_statuses() {
        for (pattern, status, expected) in [
            ("404", "404", true),
            ("4\\d{2}", "404", true),
            ("4\\d{2}", "500", false),
            ("4..|5..", "502", true),
            ("[45]\\d\\d", "200", false),
            ("(?:x", "200", false),
            (".*", "200", true),
            ("2[0-9]+", "200", true),
        ] {
            assert_eq!(matches(pattern, status), expected, "{pattern} {status}");
        }
    }
}
