//! The errors of the control plane, as they go over the wire.
//!
//! Source: the service model for names and statuses; messages are those recorded
//! on AWS where there is a recording.

/// An error answer: its name, status and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// What the operation did to its API before it failed.
    pub(crate) changes: Changes,
}

/// Whether a failed operation leaves anything behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    Dropped,
    Kept,
}

/// What `x-amzn-ErrorType` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BadRequest,
    Validation,
    Serialization,
    AccessDenied,
    NotFound,
    UnknownOperation,
    Conflict,
    TooManyRequests,
    InternalFailure,
    NotImplemented,
    ServiceUnavailable,
}

impl Code {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequestException",
            Self::Validation => "ValidationException",
            Self::Serialization => "SerializationException",
            Self::AccessDenied => "AccessDeniedException",
            Self::NotFound => "NotFoundException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::Conflict => "ConflictException",
            Self::TooManyRequests => "TooManyRequestsException",
            Self::InternalFailure => "InternalFailure",
            Self::NotImplemented => "NotImplementedException",
            Self::ServiceUnavailable => "ServiceUnavailableException",
        }
    }

    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::Validation | Self::Serialization => 400,
            Self::AccessDenied => 403,
            Self::NotFound | Self::UnknownOperation => 404,
            Self::Conflict => 409,
            Self::TooManyRequests => 429,
            Self::InternalFailure => 500,
            Self::NotImplemented => 501,
            Self::ServiceUnavailable => 503,
        }
    }
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), changes: Changes::Dropped }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    /// The failure of a call whose earlier part stays done.
    pub(crate) fn keeping_changes(self) -> Self {
        Self { changes: Changes::Kept, ..self }
    }

    /// `N validation errors detected: …; …`, as AWS joins them.
    pub(crate) fn constraints(found: &[String]) -> Self {
        let plural = if found.len() == 1 { "error" } else { "errors" };
        Self::new(
            Code::Validation,
            format!("{} validation {plural} detected: {}", found.len(), found.join("; ")),
        )
    }
}
