//! What went wrong at AWS, in words for people.
//!
//! The message says what happened, in which operation, on which API, with AWS's
//! own words; the hint says what to do next. Both are safe to print: text from
//! the service has lost its control characters.

use std::time::Duration;

/// A call that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct AwsError {
    /// AWS's name of the operation; `None` while there was no connection to call it on.
    pub operation: Option<&'static str>,
    pub rest_api_id: Option<String>,
    /// Empty while no region is known.
    pub region: String,
    pub kind: AwsErrorKind,
    /// Boxed, so that a `Result` with this error stays small.
    pub(crate) details: Box<Details>,
}

/// Details next to the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    /// Of all attempts together.
    pub done: Done,
    /// AWS's id of the request, for its support.
    pub request_id: Option<String>,
    pub attempts: u32,
    /// A better hint than the kind's own.
    pub hint: Option<String>,
    /// `Retry-After`, no longer than gwr waits at all.
    pub retry_after: Duration,
}

/// Whether the operation may have been done in spite of the failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was refused, or it never left.
    #[default]
    No,
    Unknown,
}

impl Done {
    /// Of this attempt and an earlier one of the same call.
    pub(crate) const fn or(self, earlier: Self) -> Self {
        match (self, earlier) {
            (Self::No, Self::No) => Self::No,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
        }
    }
}

/// What went wrong. The second text of a variant is boxed, so that a `Result` with
/// the error stays small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsErrorKind {
    /// No provider of the chain has credentials, or one that should failed.
    NoCredentials {
        message: String,
    },
    /// There are credentials, and their time is over.
    ExpiredCredentials {
        profile: Option<Box<str>>,
        message: String,
    },
    /// AWS does not take the credentials or the signature.
    RefusedCredentials {
        message: String,
    },
    NoRegion,
    /// The credentials belong to another account than the file says.
    WrongAccount {
        expected: Box<str>,
        actual: Box<str>,
    },
    AccessDenied(Box<AccessDenied>),
    NotFound {
        message: String,
    },
    BadRequest {
        message: String,
    },
    /// Another client is changing the API. A write was not done: read again first.
    Conflict {
        message: String,
    },
    /// Too many requests, for longer than the call may last.
    Throttled {
        message: String,
    },
    /// A quota of the account is used up; no retry mends that.
    LimitExceeded {
        message: String,
    },
    /// 5xx, for longer than the call may last.
    Unavailable {
        status: u16,
        message: String,
    },
    /// No connection: name, address, TLS. Nothing was sent.
    Unreachable {
        endpoint: Box<str>,
        message: String,
    },
    /// The connection broke while an answer was due.
    ConnectionLost {
        message: String,
    },
    TimedOut {
        message: String,
    },
    /// An answer, but none of API Gateway's.
    Unreadable {
        message: String,
    },
    /// A write that may or may not have been done. Read again before anything else.
    Unclear {
        message: String,
    },
    /// The request could not be made of what was given.
    Unsendable {
        message: String,
    },
}

/// What IAM refused, in terms of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDenied {
    /// For example `apigateway:PATCH`.
    pub action: String,
    /// The ARN that the action needs to be allowed on.
    pub resource: String,
    /// AWS's own words.
    pub message: String,
    /// The command that prints all permissions of what was run, where one is known.
    pub policy_command: Option<String>,
}

impl AwsError {
    /// `Retry-After`: the pause that AWS asks for before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.details.retry_after
    }

    /// `GetRestApi: access denied`
    #[must_use]
    pub fn in_short(&self) -> String {
        let operation = self.operation.map(|operation| format!("{operation}: "));
        operation.unwrap_or_default() + self.kind.in_short()
    }

    /// What to do next, where that is known: a sentence in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.details.hint.clone().or_else(|| self.kind.hint())
    }

    /// Whether it is certain that the call changed nothing: each attempt was refused, or
    /// never sent. The kind is that of the last one only.
    #[must_use]
    pub fn did_nothing(&self) -> bool {
        match &self.kind {
            AwsErrorKind::NoCredentials { .. }
            | AwsErrorKind::ExpiredCredentials { .. }
            | AwsErrorKind::RefusedCredentials { .. }
            | AwsErrorKind::NoRegion
            | AwsErrorKind::WrongAccount { .. }
            | AwsErrorKind::AccessDenied(_)
            | AwsErrorKind::NotFound { .. }
            | AwsErrorKind::BadRequest { .. }
            | AwsErrorKind::Conflict { .. }
            | AwsErrorKind::Throttled { .. }
            | AwsErrorKind::LimitExceeded { .. }
            | AwsErrorKind::Unreachable { .. }
            | AwsErrorKind::Unsendable { .. } => self.details.done == Done::No,
            // What a stranger answers says nothing of what is behind it.
            AwsErrorKind::Unavailable { .. }
            | AwsErrorKind::ConnectionLost { .. }
            | AwsErrorKind::TimedOut { .. }
            | AwsErrorKind::Unreadable { .. }
            | AwsErrorKind::Unclear { .. } => false,
        }
    }

    /// Whether the same call may succeed later with nothing changed by the caller.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.kind {
            AwsErrorKind::Conflict { .. }
            | AwsErrorKind::Throttled { .. }
            | AwsErrorKind::Unavailable { .. }
            | AwsErrorKind::Unreachable { .. }
            | AwsErrorKind::ConnectionLost { .. }
            | AwsErrorKind::TimedOut { .. } => true,
            AwsErrorKind::NoCredentials { .. }
            | AwsErrorKind::ExpiredCredentials { .. }
            | AwsErrorKind::RefusedCredentials { .. }
            | AwsErrorKind::NoRegion
            | AwsErrorKind::WrongAccount { .. }
            | AwsErrorKind::AccessDenied(_)
            | AwsErrorKind::NotFound { .. }
            | AwsErrorKind::BadRequest { .. }
            | AwsErrorKind::LimitExceeded { .. }
            | AwsErrorKind::Unreadable { .. }
            | AwsErrorKind::Unclear { .. }
            | AwsErrorKind::Unsendable { .. } => false,
        }
    }

    /// Whether a write may have been done in spite of the error, so that the state
    /// must be read again before anything is concluded from it.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        matches!(self.kind, AwsErrorKind::Unclear { .. })
    }

    /// Whether no call with these credentials can succeed: going on is pointless.
    #[must_use]
    pub fn concerns_credentials(&self) -> bool {
        matches!(
            self.kind,
            AwsErrorKind::NoCredentials { .. }
                | AwsErrorKind::ExpiredCredentials { .. }
                | AwsErrorKind::RefusedCredentials { .. }
                | AwsErrorKind::NoRegion
                | AwsErrorKind::WrongAccount { .. }
        )
    }

    /// AWS's id of the request that failed, where it answered with one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.details.request_id.as_deref()
    }

    /// How often the call was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.details.attempts
    }

    fn sentence(&self) -> String {
        let Self { operation, rest_api_id, region, kind: _, details: _ } = self;
        let mut text = String::new();
        if let Some(operation) = operation {
            text += operation;
            if let Some(api) = rest_api_id {
                text += &format!(" on API {api}");
            }
            if !region.is_empty() {
                text += &format!(" in {region}");
            }
            text += ": ";
        }
        text + &self.reason()
    }

    /// What went wrong, where the operation is said already.
    pub(crate) fn reason(&self) -> String {
        let Self { operation, rest_api_id: _, region: _, kind, details } = self;
        let mut text = match (operation, kind) {
            // What was given, and not a request, is wrong.
            (None, AwsErrorKind::Unsendable { message }) => message.clone(),
            (Some(_) | None, kind) => kind.sentence(),
        };
        let mut notes = Vec::new();
        if details.attempts > 1 {
            notes.push(format!("{} attempts", details.attempts));
        }
        if let Some(id) = &details.request_id {
            notes.push(format!("request id {id}"));
        }
        if !notes.is_empty() {
            text += &format!(" ({})", notes.join(", "));
        }
        text
    }
}

impl AwsErrorKind {
    const fn in_short(&self) -> &'static str {
        match self {
            Self::NoCredentials { .. } => "no credentials",
            Self::ExpiredCredentials { .. } => "the credentials have expired",
            Self::RefusedCredentials { .. } => "the credentials were refused",
            Self::NoRegion => "no region is set",
            Self::WrongAccount { .. } => "another account",
            Self::AccessDenied(_) => "access denied",
            Self::NotFound { .. } => "not found",
            Self::BadRequest { .. } => "refused",
            Self::Conflict { .. } => "the API is being changed",
            Self::Throttled { .. } => "throttled",
            Self::LimitExceeded { .. } => "a limit of the account",
            Self::Unavailable { .. } => "the service fails",
            Self::Unreachable { .. } => "no connection",
            Self::ConnectionLost { .. } => "the connection was lost",
            Self::TimedOut { .. } => "timed out",
            Self::Unreadable { .. } => "no answer of API Gateway's",
            Self::Unclear { .. } => "unclear",
            Self::Unsendable { .. } => "the request cannot be made",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::NoCredentials { message } => format!("no credentials: {message}"),
            Self::ExpiredCredentials { profile, message } => match profile {
                Some(profile) => {
                    format!("the login of profile `{profile}` has expired or is missing: {message}")
                }
                None => format!("the credentials have expired: {message}"),
            },
            Self::RefusedCredentials { message } => {
                format!("AWS does not accept the credentials: {message}")
            }
            Self::NoRegion => "no region is set".to_owned(),
            Self::WrongAccount { expected, actual } => {
                format!("the credentials belong to account {actual}, the file says {expected}")
            }
            Self::AccessDenied(denied) => {
                let AccessDenied { action, resource, message, policy_command: _ } = denied.as_ref();
                if message.contains(action) && message.contains(resource) {
                    format!("access denied: {message}")
                } else {
                    format!("access denied: {action} on {resource}: {message}")
                }
            }
            Self::NotFound { message } => format!("not found: {message}"),
            Self::BadRequest { message } => format!("AWS refuses the request: {message}"),
            Self::Conflict { message } => {
                format!("another client is changing the API: {message}")
            }
            Self::Throttled { message } => format!("still throttled after all attempts: {message}"),
            Self::LimitExceeded { message } => {
                format!("a limit of the account is reached: {message}")
            }
            Self::Unavailable { status, message } => {
                format!("the service answered {status}: {message}")
            }
            Self::Unreachable { endpoint, message } => {
                format!("no connection to {endpoint}: {message}")
            }
            Self::ConnectionLost { message } => format!("the connection was lost: {message}"),
            Self::TimedOut { message } => format!("timed out: {message}"),
            Self::Unreadable { message } => format!("this is not API Gateway's answer: {message}"),
            Self::Unclear { message } => {
                format!("it is unknown whether this was done: {message}")
            }
            Self::Unsendable { message } => format!("the request cannot be made: {message}"),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoCredentials { .. } => {
                "Log in first: set AWS_PROFILE or give --profile NAME, or set AWS_ACCESS_KEY_ID \
                 and AWS_SECRET_ACCESS_KEY; or try it without AWS: --sandbox."
                    .to_owned()
            }
            Self::ExpiredCredentials { profile, .. } => match profile {
                Some(profile) => format!("Log in: `aws sso login --profile {profile}`."),
                None => "Get new credentials, for example with `aws sso login`.".to_owned(),
            },
            Self::RefusedCredentials { .. } => {
                "Check the access key, its session token and this machine's clock: \
                 `aws sts get-caller-identity` must work."
                    .to_owned()
            }
            Self::NoRegion => {
                "Set `region` in the account's table, or AWS_REGION, or give --region NAME."
                    .to_owned()
            }
            Self::WrongAccount { expected, .. } => format!(
                "Use credentials of account {expected} (`profile` or `role_arn` in the account's \
                 table, or --profile NAME), or correct `id` there."
            ),
            Self::AccessDenied(denied) => {
                let AccessDenied { action, resource, message: _, policy_command } = denied.as_ref();
                match policy_command {
                    Some(command) => format!(
                        "Grant `{action}` on `{resource}`; `{command}` prints every permission \
                         that is needed."
                    ),
                    None => format!("Grant `{action}` on `{resource}`."),
                }
            }
            Self::NotFound { .. } => {
                "Check the id, the region and the account: an API is found only in its own."
                    .to_owned()
            }
            Self::Throttled { .. } => {
                "Try again later, or lower `quota_share` in the account's table: others use the \
                 same account's quota."
                    .to_owned()
            }
            Self::LimitExceeded { .. } => {
                "Remove what is no longer needed (`gwr deployments --prune --keep N`), or ask AWS \
                 to raise the limit."
                    .to_owned()
            }
            Self::Conflict { .. } | Self::Unavailable { .. } | Self::ConnectionLost { .. } => {
                "Run it again; what is done already is not done twice.".to_owned()
            }
            Self::Unreachable { .. } => {
                "Check the region's name, the endpoint (`endpoint_url`, --endpoint-url, \
                 AWS_ENDPOINT_URL), the network and HTTPS_PROXY."
                    .to_owned()
            }
            Self::TimedOut { .. } => {
                "Check the endpoint and the network, and run it again.".to_owned()
            }
            Self::Unreadable { .. } => {
                "Check the endpoint (`endpoint_url`, --endpoint-url, AWS_ENDPOINT_URL) and \
                 HTTPS_PROXY: something other than API Gateway seems to answer there."
                    .to_owned()
            }
            Self::Unclear { .. } => "Run `gwr plan`: it reads what is there now.".to_owned(),
            Self::BadRequest { .. } | Self::Unsendable { .. } => return None,
        };
        Some(hint)
    }
}
