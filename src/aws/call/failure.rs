//! What became of one attempt that failed: the SDK's error, taken apart.
//!
//! Codes and messages are read from the answer itself, not from the SDK's modelled
//! errors: those are lost as soon as a body is not quite as the model says (a number
//! where a string is due), while the header and the status are still there.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_apigateway::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::error::{AccessDenied, AwsErrorKind, Done};
use super::http::{Reached, TimedOut, TransportError};
use super::sent::request_id;
use super::text::{chain, find, first_line, plain};
use crate::aws::login::credentials;
use crate::model::region::control_plane_arn;

/// One failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: AwsErrorKind,
    pub done: Done,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    pub request_id: Option<String>,
    pub hint: Option<String>,
}

/// What the classification needs to know of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSite<'a> {
    pub region: &'a str,
    pub endpoint: &'a str,
    pub profile: Option<&'a str>,
    pub verb: &'a str,
    /// The path that IAM checks.
    pub path: &'a str,
    /// See [`AccessDenied`].
    pub policy_command: Option<&'a str>,
}

impl Failure {
    /// A failure without an answer that explains it.
    pub(crate) fn new(kind: AwsErrorKind, done: Done) -> Self {
        Self { kind, done, retry_after: None, request_id: None, hint: None }
    }
}

/// Takes an error of the SDK apart.
pub(crate) fn examine<E>(error: &SdkError<E, HttpResponse>, asked: CallSite<'_>) -> Failure
where
    E: Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => answered(context.raw(), asked, None),
        // The body broke off, or came too slowly.
        SdkError::ResponseError(context) => broken_off(error, context.raw()),
        SdkError::TimeoutError(_) => Failure::new(
            AwsErrorKind::TimedOut { message: "the whole answer did not come in time".to_owned() },
            Done::Unknown,
        ),
        other => unanswered(other, asked),
    }
}

/// An answer whose body could not be read to its end.
fn broken_off<E: Error + 'static>(
    error: &SdkError<E, HttpResponse>,
    answer: &HttpResponse,
) -> Failure {
    let why = plain(&innermost(error).to_string());
    Failure {
        request_id: request_id(answer),
        ..Failure::new(
            AwsErrorKind::ConnectionLost {
                message: format!("the answer ({}) broke off: {why}", answer.status().as_u16()),
            },
            Done::Unknown,
        )
    }
}

/// No answer at all: credentials, address, connection, time.
fn unanswered<E: Error + 'static>(
    error: &SdkError<E, HttpResponse>,
    asked: CallSite<'_>,
) -> Failure {
    if let Some(cause) = find::<CredentialsError>(error) {
        let (kind, hint) = credentials::classify(cause, asked.profile);
        return Failure { hint, ..Failure::new(kind, Done::No) };
    }
    let Some(transport) = find::<TransportError>(error) else {
        return Failure::new(
            AwsErrorKind::Unsendable { message: chain(error.source().unwrap_or(error)) },
            Done::No,
        );
    };
    match transport.source() {
        None => Failure::new(
            AwsErrorKind::ConnectionLost { message: plain(&transport.to_string()) },
            Done::Unknown,
        ),
        Some(cause) => undelivered(transport, cause, asked),
    }
}

fn undelivered(
    transport: &TransportError,
    cause: &(dyn Error + 'static),
    asked: CallSite<'_>,
) -> Failure {
    let message = chain(cause);
    match (transport.reached, transport.timed_out) {
        (Reached::Somebody, TimedOut::Yes) => Failure::new(
            AwsErrorKind::TimedOut { message: format!("no answer from {}", asked.endpoint) },
            Done::Unknown,
        ),
        (Reached::Nobody, TimedOut::Yes) => Failure::new(
            AwsErrorKind::Unreachable {
                endpoint: asked.endpoint.into(),
                message: "connecting took too long".to_owned(),
            },
            Done::No,
        ),
        // hyper's words for an answer that is no HTTP at all; trying again is pointless.
        (Reached::Somebody, TimedOut::No) if message.contains("invalid HTTP") => {
            let message = format!("{} does not speak HTTP ({message})", asked.endpoint);
            Failure::new(AwsErrorKind::Unreadable { message }, Done::Unknown)
        }
        (Reached::Somebody, TimedOut::No) => {
            let message = format!("{}: {message}", asked.endpoint);
            Failure::new(AwsErrorKind::ConnectionLost { message }, Done::Unknown)
        }
        (Reached::Nobody, TimedOut::No) => Failure {
            hint: tls_hint(&message, std::env::var_os("AWS_CA_BUNDLE").is_some()),
            ..Failure::new(
                AwsErrorKind::Unreachable { endpoint: asked.endpoint.into(), message },
                Done::No,
            )
        },
    }
}

/// Whether a connection failed in its TLS handshake; another try would, too.
pub(crate) fn is_tls(message: &str) -> bool {
    message.contains("TLS handshake") || message.contains("certificate")
}

/// The Rust SDK does not read `AWS_CA_BUNDLE`, which is worth saying only to those
/// who have set it and cannot connect.
pub(crate) fn tls_hint(message: &str, ca_bundle_is_set: bool) -> Option<String> {
    if !is_tls(message) {
        return None;
    }
    Some(if ca_bundle_is_set {
        "Set SSL_CERT_FILE to the file that AWS_CA_BUNDLE names: AWS_CA_BUNDLE is not read here."
            .to_owned()
    } else {
        "Check that the endpoint speaks HTTPS; where a proxy has a certificate authority of its \
         own, set SSL_CERT_FILE to a file with its certificate."
            .to_owned()
    })
}

/// An answer with a status that is no success, or with a body that is no JSON.
fn answered(answer: &HttpResponse, asked: CallSite<'_>, now: Option<SystemTime>) -> Failure {
    let body = answer.body().bytes().unwrap_or_default();
    let said = ErrorBody::read(answer, body);
    let status = answer.status().as_u16();
    let (kind, done) = judge(status, &said, body, asked);
    Failure {
        kind,
        done,
        retry_after: answer
            .headers()
            .get("retry-after")
            .and_then(|value| retry_after(value, now.unwrap_or_else(SystemTime::now))),
        request_id: request_id(answer),
        hint: None,
    }
}

/// What the service says: header first, then the body, as the SDK does it.
struct ErrorBody {
    code: Option<String>,
    message: Option<String>,
}

impl ErrorBody {
    fn read(answer: &HttpResponse, body: &[u8]) -> Self {
        let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text =
            |keys: &[&str]| keys.iter().find_map(|key| json.get(key)?.as_str().map(str::to_owned));
        let code = answer
            .headers()
            .get("x-amzn-errortype")
            .map(str::to_owned)
            .or_else(|| text(&["code", "__type"]))
            .or_else(|| element(body, "Code"));
        Self {
            // `aws.protocol#NotFoundException:http://…`: namespace and URL are cut off.
            code: code.map(|code| {
                let code = code.split(':').next().unwrap_or_default();
                plain(code.rsplit('#').next().unwrap_or_default())
            }),
            message: text(&["message", "Message", "errorMessage"])
                .or_else(|| element(body, "Message"))
                .map(|text| plain(&text)),
        }
    }

    /// `NotFoundException: Invalid stage identifier specified`.
    fn words(&self) -> Option<String> {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => Some(format!("{message} ({code})")),
            (Some(text), None) | (None, Some(text)) => Some(text.clone()),
            (None, None) => None,
        }
    }
}

/// The text of an element in the XML of STS's errors (`<ErrorResponse><Error><Code>`).
fn element(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    if !body.contains("<ErrorResponse") {
        return None;
    }
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.to_owned())
}

/// A refused control-plane request in the terms of a policy.
fn denied(asked: CallSite<'_>, message: String) -> AwsErrorKind {
    let CallSite { region, endpoint: _, profile: _, verb, path, policy_command } = asked;
    AwsErrorKind::AccessDenied(Box::new(AccessDenied {
        action: format!("apigateway:{verb}"),
        resource: control_plane_arn(region, path),
        message,
        policy_command: policy_command.map(str::to_owned),
    }))
}

/// From status and code to a kind; texts vary between resources and are not asked.
fn judge(status: u16, said: &ErrorBody, body: &[u8], asked: CallSite<'_>) -> (AwsErrorKind, Done) {
    let words = said.words();
    let message = words.clone().unwrap_or_else(|| nothing_said(status, body));
    let code = said.code.as_deref().unwrap_or_default();
    let kind = match (status, code) {
        (200..=299, _) => {
            return (AwsErrorKind::Unreadable { message: strange(status, body) }, Done::Unknown);
        }
        (500.., _) => return (AwsErrorKind::Unavailable { status, message }, Done::Unknown),
        (_, "LimitExceededException") => AwsErrorKind::LimitExceeded { message },
        (429, _)
        | (
            _,
            "TooManyRequestsException"
            | "ThrottlingException"
            | "Throttling"
            | "RequestLimitExceeded",
        ) => AwsErrorKind::Throttled { message },
        (409, _) => AwsErrorKind::Conflict { message },
        (_, "ExpiredTokenException" | "ExpiredToken" | "RequestExpired") => {
            AwsErrorKind::ExpiredCredentials { profile: asked.profile.map(Box::from), message }
        }
        (
            _,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken",
        ) => AwsErrorKind::RefusedCredentials { message },
        // A proxy or some other server answers; API Gateway always says something.
        (_, _) if words.is_none() => AwsErrorKind::Unreadable { message: strange(status, body) },
        (401 | 403, _) => denied(asked, message),
        (404, _) => AwsErrorKind::NotFound { message },
        (400, _) => AwsErrorKind::BadRequest { message },
        (_, _) => AwsErrorKind::BadRequest { message: format!("{status}: {message}") },
    };
    (kind, Done::No)
}

fn nothing_said(status: u16, body: &[u8]) -> String {
    if body.is_empty() {
        format!("an empty answer {status}")
    } else {
        format!("it begins with {}", first_line(body))
    }
}

fn strange(status: u16, body: &[u8]) -> String {
    if body.is_empty() {
        format!("an empty answer with status {status}")
    } else {
        format!("status {status}, and it begins with {}", first_line(body))
    }
}

/// `Retry-After` in both of its forms (RFC 9110, 10.2.3).
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = DateTime::from_str(value, Format::HttpDate).ok()?;
    let at = SystemTime::try_from(date).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last
}
