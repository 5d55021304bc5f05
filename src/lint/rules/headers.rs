//! Names and values of headers.

use crate::diagnostic::rules::{
    CREDENTIALS_ANY_ORIGIN, CREDENTIALS_ECHOED_ORIGIN, HEADER_PREFIX, QUOTED_MAPPING,
    RESERVED_HEADER, STRAY_QUOTES,
};
use crate::lint::finding::{Finding, Fix, Spot};
use crate::model::{Customization, HeaderName, HeaderValue, ResponseType, is_mapping};

pub(crate) fn check(
    response_type: ResponseType,
    response: &Customization,
    found: &mut Vec<Finding>,
) {
    for (name, value) in &response.headers {
        found.extend(prefixed(response_type, response, name));
        found.extend(reserved(response_type, name));
        found.extend(stray_quotes(response_type, name, value));
        found.extend(quoted_mapping(response_type, response, name, value));
    }
    found.extend(credentials(response_type, response));
}

/// The value of a header, by its name in lower case.
pub(crate) fn named<'a>(response: &'a Customization, lower: &str) -> Option<&'a HeaderValue> {
    response.headers.iter().find(|(name, _)| name.lower() == lower).map(|(_, value)| value)
}

/// What belongs to AWS's mappings, and became part of a name by mistake.
const PREFIXES: [&str; 5] = [
    "gatewayresponse.header.",
    "gatewayresponse.",
    "method.response.header.",
    "method.request.header.",
    "integration.response.header.",
];

fn prefixed(
    response_type: ResponseType,
    response: &Customization,
    name: &HeaderName,
) -> Option<Finding> {
    let lower = name.lower();
    let prefix = PREFIXES.into_iter().find(|prefix| lower.starts_with(prefix))?;
    let meant = name.as_str().get(prefix.len()..).and_then(|rest| HeaderName::parse(rest).ok());
    let message = format!(
        "{response_type} gives clients a header that is really named `{name}`: `{prefix}` belongs \
         to AWS's mappings, not to a name"
    );
    let finding =
        Finding::new(&HEADER_PREFIX, response_type, Spot::HeaderName(name.clone()), message);
    Some(match meant {
        None => finding.help("write the name alone"),
        Some(meant) => {
            let is_free = named(response, &meant.lower()).is_none() && prefix != "gatewayresponse.";
            finding.help(format!("write `{meant}`")).fix(is_free.then_some(Fix::Name(meant)))
        }
    })
}

/// Headers that say how a message is sent, and those that API Gateway writes itself.
const RESERVED: [&str; 15] = [
    "connection",
    "content-length",
    "date",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amz-apigw-id",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-cache",
];

/// What begins so is written by API Gateway or CloudFront.
const RESERVED_PREFIXES: [&str; 2] = ["x-amz-cf-", "x-amzn-remapped-"];

fn reserved(response_type: ResponseType, name: &HeaderName) -> Option<Finding> {
    let lower = name.lower();
    let is_reserved = RESERVED.contains(&lower.as_str())
        || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
    is_reserved.then(|| {
        let message = format!(
            "{response_type} sets `{name}`, which API Gateway writes itself: nothing says which of \
             the two clients get, or whether the answer stays readable"
        );
        Finding::new(&RESERVED_HEADER, response_type, Spot::HeaderName(name.clone()), message)
            .help("take the header out, or give it a name of your own")
    })
}

/// Headers whose values are words: quotes around one make it another word.
fn takes_words(name: &HeaderName) -> bool {
    let lower = name.lower();
    lower.starts_with("access-control-")
        || matches!(
            lower.as_str(),
            "cache-control"
                | "content-security-policy"
                | "content-type"
                | "location"
                | "referrer-policy"
                | "retry-after"
                | "strict-transport-security"
                | "vary"
                | "www-authenticate"
                | "x-content-type-options"
                | "x-frame-options"
        )
}

fn stray_quotes(
    response_type: ResponseType,
    name: &HeaderName,
    value: &HeaderValue,
) -> Option<Finding> {
    let text = value.as_literal()?;
    let bare = unquoted(name, text)?;
    let message = format!(
        "{response_type} sends `{name}: {text}`, with the quotes: gwr quotes a value for AWS by \
         itself, and clients get these as part of it"
    );
    let right = HeaderValue::literal(bare);
    Some(
        Finding::new(&STRAY_QUOTES, response_type, Spot::HeaderValue(name.clone()), message)
            .help(format!("write `{bare}`, without the quotes"))
            .fix((!bare.is_empty()).then_some(Fix::Value(right))),
    )
}

/// The text without quotes that cannot be meant; `None` where it has none.
fn unquoted<'a>(name: &HeaderName, text: &'a str) -> Option<&'a str> {
    let single = text.matches('\'').count();
    let inner = |quote: char| {
        text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote))
    };
    if let Some(inner) = inner('\'') {
        return Some(inner);
    }
    if single == 1 && (text.starts_with('\'') || text.ends_with('\'')) {
        return Some(text.trim_matches('\''));
    }
    inner('"').filter(|_| takes_words(name))
}

fn quoted_mapping(
    response_type: ResponseType,
    response: &Customization,
    name: &HeaderName,
    value: &HeaderValue,
) -> Option<Finding> {
    let text = value.as_literal()?;
    let bare = text.strip_prefix('$').unwrap_or(text);
    let bare = bare.strip_prefix('{').and_then(|bare| bare.strip_suffix('}')).unwrap_or(bare);
    if !is_mapping(bare) {
        return None;
    }
    let message = format!(
        "{response_type} sends `{name}: {text}` as text: AWS does not evaluate a mapping in \
         quotes"
    );
    // An echoed origin beside credentials would let any page in.
    let is_safe = !(name.lower() == "access-control-allow-origin" && allows_credentials(response));
    let right = Fix::Value(HeaderValue::as_written(bare));
    Some(
        Finding::new(&QUOTED_MAPPING, response_type, Spot::HeaderValue(name.clone()), message)
            .help(format!("write `{{ from = \"{bare}\" }}` to send what that holds"))
            .fix(is_safe.then_some(right)),
    )
}

fn allows_credentials(response: &Customization) -> bool {
    named(response, "access-control-allow-credentials")
        .and_then(HeaderValue::as_literal)
        .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

fn credentials(response_type: ResponseType, response: &Customization) -> Option<Finding> {
    if !allows_credentials(response) {
        return None;
    }
    let (name, origin) =
        response.headers.iter().find(|(name, _)| name.lower() == "access-control-allow-origin")?;
    let spot = Spot::HeaderValue(name.clone());
    if origin.as_literal().is_some_and(|text| text.trim() == "*") {
        let message = format!(
            "{response_type} allows credentials together with the origin `*`: browsers refuse the \
             two together, so pages that send credentials see a network error"
        );
        return Some(
            Finding::new(&CREDENTIALS_ANY_ORIGIN, response_type, spot, message)
                .help("name the one origin that may, or take Access-Control-Allow-Credentials out"),
        );
    }
    if origin.as_str().eq_ignore_ascii_case("method.request.header.origin") {
        let message = format!(
            "{response_type} allows credentials for any origin that asks: any page that the user \
             visits can read this answer in the user's name"
        );
        return Some(
            Finding::new(&CREDENTIALS_ECHOED_ORIGIN, response_type, spot, message)
                .help("name the one origin that may, or take Access-Control-Allow-Credentials out"),
        );
    }
    None
}
