//! Errors of a stage, and the answers that gateway responses make of them.

use super::mapping::{header_of, mapping};
use super::render::render;
use super::scene::{GatewayError, Scene};
use super::settled::{Responses, Settled, Source, runtime_status, settle};
use crate::model::{Family, ResponseType};
use crate::sandbox::data::state::Texts;
use crate::sandbox::quirks::{
    AbsentHeader, ContentTypeHeader, ErrorTypeHeader, FirstTemplate, MalformedProxy, Quirks,
    TemplateChoice,
};
use crate::sandbox::wire::http::Answer;

/// What made INTEGRATION_FAILURE fail: it has no status of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The invocation was refused, as when the function is throttled.
    #[default]
    Refused,
    /// The function failed.
    Failed,
    /// The endpoint cannot be reached.
    Unreachable,
    /// The function's answer has the wrong form; of which type that is, is a quirk.
    Malformed,
}

impl Cause {
    /// From `?gwr-cause=`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "500" => Some(Self::Refused),
            "502" => Some(Self::Failed),
            "504" => Some(Self::Unreachable),
            "malformed" => Some(Self::Malformed),
            _ => None,
        }
    }
}

/// The error of a type, as AWS was seen to name and word it; where nothing was
/// seen, a likely text.
pub(crate) fn error_of(kind: ResponseType, cause: Cause, quirks: &Quirks) -> GatewayError {
    use ResponseType as T;
    let internal = "InternalServerErrorException";
    let (status, name, message) = match kind {
        T::AccessDenied => (
            403,
            "AccessDeniedException",
            Some("User is not authorized to access this resource with an explicit deny"),
        ),
        T::AuthorizerConfigurationError => (500, "AuthorizerConfigurationException", None),
        T::AuthorizerFailure => (500, "AuthorizerFailureException", None),
        T::BadRequestBody => (400, "BadRequestException", Some("Invalid request body")),
        T::BadRequestParameters => {
            (400, "BadRequestException", Some("Missing required request parameters: [q]"))
        }
        T::Default4xx => (400, "BadRequestException", Some("Bad Request")),
        T::ApiConfigurationError | T::Default5xx => (500, internal, Some("Internal server error")),
        T::ExpiredToken => (
            403,
            "ExpiredTokenException",
            Some("The security token included in the request is expired"),
        ),
        T::IntegrationFailure => match cause {
            Cause::Refused => (500, internal, Some("Internal server error")),
            Cause::Failed => (502, internal, Some("Internal server error")),
            Cause::Unreachable => {
                (504, internal, Some("Network error communicating with endpoint"))
            }
            Cause::Malformed => {
                let kind = match quirks.malformed_proxy {
                    MalformedProxy::Default5xx => T::Default5xx,
                    MalformedProxy::IntegrationFailure => T::IntegrationFailure,
                    MalformedProxy::ApiConfigurationError => T::ApiConfigurationError,
                };
                let failed = error_of(T::IntegrationFailure, Cause::Failed, quirks);
                return GatewayError { kind, ..failed };
            }
        },
        T::IntegrationTimeout => (504, internal, Some("Endpoint request timed out")),
        T::InvalidApiKey | T::WafFiltered => (403, "ForbiddenException", Some("Forbidden")),
        T::InvalidSignature => (
            403,
            "InvalidSignatureException",
            Some(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
            ),
        ),
        T::MissingAuthenticationToken => {
            (403, "MissingAuthenticationTokenException", Some("Missing Authentication Token"))
        }
        T::QuotaExceeded => (429, "LimitExceededException", Some("Limit Exceeded")),
        T::RequestTooLarge => (413, "RequestTooLargeException", Some("Request Too Long")),
        T::ResourceNotFound => (404, "ResourceNotFoundException", Some("Resource not found")),
        T::Throttled => (429, "TooManyRequestsException", Some("Too Many Requests")),
        T::Unauthorized => (401, "UnauthorizedException", Some("Unauthorized")),
        T::UnsupportedMediaType => (415, "BadRequestException", Some("Unsupported Media Type")),
    };
    let message = message.map(str::to_owned);
    let validation = matches!(kind, T::BadRequestBody | T::BadRequestParameters)
        .then(|| message.clone())
        .flatten();
    GatewayError { kind, status, name, message, validation }
}

/// The answer that a client gets for an error.
pub(crate) fn answer(
    error: &GatewayError,
    scene: &Scene<'_>,
    responses: &Responses,
    quirks: &Quirks,
) -> Answer {
    // "Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't
    // currently supported" (important notes).
    let nothing = Responses::new();
    let responses = if error.kind == ResponseType::RequestTooLarge { &nothing } else { responses };
    let Settled { source, status: _, parameters, templates } = settle(responses, error.kind);
    let status = runtime_status(responses, error.kind, error.status, quirks);
    let accept = scene.request.header("accept");
    let (media_type, body) = match (source, choose(&templates, accept, quirks)) {
        (Source::Builtin, _) => ("application/json", builtin_body(error)),
        (Source::Own | Source::Family(_), Some((media_type, template))) => {
            (media_type, render(template, scene, Some(error), quirks))
        }
        (Source::Own | Source::Family(_), None) => ("application/json", String::new()),
    };
    let mut answer = Answer::text(status, media_type, body).header("x-amzn-ErrorType", error.name);
    for (key, value) in &parameters {
        let (Some(name), Some(mapping)) = (header_of(key), mapping(value)) else {
            continue;
        };
        let value = scene.map(mapping, Some(error)).or(match quirks.absent_header {
            AbsentHeader::Omit => None,
            AbsentHeader::Empty => Some(String::new()),
        });
        if let Some(value) = value {
            set_header(&mut answer, name, value, quirks);
        }
    }
    answer
}

/// The body of an un-customised response: its spacing, and the capital M of
/// ACCESS_DENIED, are those seen on AWS, not those of the template that GET shows.
fn builtin_body(error: &GatewayError) -> String {
    let message = serde_json::Value::from(error.message.clone());
    let blank = match error.kind {
        ResponseType::BadRequestBody
        | ResponseType::BadRequestParameters
        | ResponseType::UnsupportedMediaType => " ",
        kind if kind.family() == Family::Server && error.message.is_some() => " ",
        _ => "",
    };
    let key = if error.kind == ResponseType::AccessDenied { "Message" } else { "message" };
    format!("{{\"{key}\":{blank}{message}}}")
}

/// The template that fits the first media type of Accept, or application/json
/// without Accept, or the first that exists; documented for integration responses.
pub(crate) fn choose<'a>(
    templates: &'a Texts,
    accept: Option<&str>,
    quirks: &Quirks,
) -> Option<(&'a str, &'a str)> {
    let asked = match quirks.template_choice {
        TemplateChoice::Accept => accept.unwrap_or("application/json"),
        TemplateChoice::Json => "application/json",
    };
    let first = asked.split([',', ';']).next().unwrap_or_default().trim();
    let fits = |(key, _): &(&String, &String)| {
        let bare = key.split(';').next().unwrap_or_default().trim();
        key.eq_ignore_ascii_case(first) || bare.eq_ignore_ascii_case(first)
    };
    let first_of_all = match quirks.first_template {
        FirstTemplate::ByName => templates.iter().next(),
        FirstTemplate::ByNameReversed => templates.iter().next_back(),
    };
    templates
        .iter()
        .find(fits)
        .or(first_of_all)
        .map(|(key, template)| (key.as_str(), template.as_str()))
}

/// Sets a mapped header. What frames the message cannot be mapped.
fn set_header(answer: &mut Answer, name: &str, value: String, quirks: &Quirks) {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if ["content-length", "transfer-encoding", "connection"].into_iter().any(is) {
        return;
    }
    let fixed = (is("content-type") && quirks.content_type_header == ContentTypeHeader::Ignore)
        || (is("x-amzn-errortype") && quirks.error_type_header == ErrorTypeHeader::Fixed);
    if fixed {
        return;
    }
    if is("content-type") || is("x-amzn-errortype") {
        answer.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
    answer.headers.push((name.to_owned(), value));
}
