//! The closed set of gateway response types.
//!
//! Source: "Gateway response types for API Gateway" in the developer guide, and
//! the `GatewayResponseType` enum of the service model, which agree on 21 names.
//! A name outside the set is never managed: it is reported and left unchanged.

use std::fmt;
use std::str::FromStr;

/// One of the 21 gateway response types of a REST API.
///
/// Ordered by name, which is the order in which the service lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResponseType {
    AccessDenied,
    ApiConfigurationError,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestBody,
    BadRequestParameters,
    Default4xx,
    Default5xx,
    ExpiredToken,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    InvalidSignature,
    MissingAuthenticationToken,
    QuotaExceeded,
    RequestTooLarge,
    ResourceNotFound,
    Throttled,
    Unauthorized,
    UnsupportedMediaType,
    WafFiltered,
}

/// The family whose default an un-customised type falls back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Client errors; falls back to `DEFAULT_4XX`.
    Client,
    /// Server errors; falls back to `DEFAULT_5XX`.
    Server,
}

impl Family {
    /// The type that answers for the whole family.
    #[must_use]
    pub const fn default_type(self) -> ResponseType {
        match self {
            Self::Client => ResponseType::Default4xx,
            Self::Server => ResponseType::Default5xx,
        }
    }
}

impl ResponseType {
    /// Every type, by name.
    pub const ALL: [Self; 21] = [
        Self::AccessDenied,
        Self::ApiConfigurationError,
        Self::AuthorizerConfigurationError,
        Self::AuthorizerFailure,
        Self::BadRequestBody,
        Self::BadRequestParameters,
        Self::Default4xx,
        Self::Default5xx,
        Self::ExpiredToken,
        Self::IntegrationFailure,
        Self::IntegrationTimeout,
        Self::InvalidApiKey,
        Self::InvalidSignature,
        Self::MissingAuthenticationToken,
        Self::QuotaExceeded,
        Self::RequestTooLarge,
        Self::ResourceNotFound,
        Self::Throttled,
        Self::Unauthorized,
        Self::UnsupportedMediaType,
        Self::WafFiltered,
    ];

    /// AWS's name of the type, as it stands in paths and documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "ACCESS_DENIED",
            Self::ApiConfigurationError => "API_CONFIGURATION_ERROR",
            Self::AuthorizerConfigurationError => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::BadRequestBody => "BAD_REQUEST_BODY",
            Self::BadRequestParameters => "BAD_REQUEST_PARAMETERS",
            Self::Default4xx => "DEFAULT_4XX",
            Self::Default5xx => "DEFAULT_5XX",
            Self::ExpiredToken => "EXPIRED_TOKEN",
            Self::IntegrationFailure => "INTEGRATION_FAILURE",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
            Self::InvalidApiKey => "INVALID_API_KEY",
            Self::InvalidSignature => "INVALID_SIGNATURE",
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Self::Throttled => "THROTTLED",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::WafFiltered => "WAF_FILTERED",
        }
    }

    /// The family the type belongs to. `UNAUTHORIZED` lacks the sentence in the
    /// documentation's table, yet falls back to `DEFAULT_4XX` like its siblings.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::ApiConfigurationError
            | Self::AuthorizerConfigurationError
            | Self::AuthorizerFailure
            | Self::Default5xx
            | Self::IntegrationFailure
            | Self::IntegrationTimeout => Family::Server,
            Self::AccessDenied
            | Self::BadRequestBody
            | Self::BadRequestParameters
            | Self::Default4xx
            | Self::ExpiredToken
            | Self::InvalidApiKey
            | Self::InvalidSignature
            | Self::MissingAuthenticationToken
            | Self::QuotaExceeded
            | Self::RequestTooLarge
            | Self::ResourceNotFound
            | Self::Throttled
            | Self::Unauthorized
            | Self::UnsupportedMediaType
            | Self::WafFiltered => Family::Client,
        }
    }

    /// Whether this is `DEFAULT_4XX` or `DEFAULT_5XX`.
    #[must_use]
    pub const fn is_family_default(self) -> bool {
        matches!(self, Self::Default4xx | Self::Default5xx)
    }

    /// The status that the control plane shows for the type while none is set;
    /// `None` for the family defaults, whose `statusCode` is absent.
    ///
    /// For `INTEGRATION_FAILURE` this is only what is *shown*: with no explicit
    /// status a stage answers 500, 502 or 504 by what went wrong.
    #[must_use]
    pub const fn builtin_status(self) -> Option<u16> {
        match self {
            Self::BadRequestBody | Self::BadRequestParameters => Some(400),
            Self::Unauthorized => Some(401),
            Self::AccessDenied
            | Self::ExpiredToken
            | Self::InvalidApiKey
            | Self::InvalidSignature
            | Self::MissingAuthenticationToken
            | Self::WafFiltered => Some(403),
            Self::ResourceNotFound => Some(404),
            Self::RequestTooLarge => Some(413),
            Self::UnsupportedMediaType => Some(415),
            Self::QuotaExceeded | Self::Throttled => Some(429),
            Self::ApiConfigurationError
            | Self::AuthorizerConfigurationError
            | Self::AuthorizerFailure => Some(500),
            Self::IntegrationFailure | Self::IntegrationTimeout => Some(504),
            Self::Default4xx | Self::Default5xx => None,
        }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not one of the 21 names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a gateway response type")]
pub struct UnknownResponseType(pub String);

impl FromStr for ResponseType {
    type Err = UnknownResponseType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| UnknownResponseType(text.to_owned()))
    }
}

impl serde::Serialize for ResponseType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for ResponseType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_unique_and_parse_back() {
        let names: Vec<_> = ResponseType::ALL.map(ResponseType::as_str).to_vec();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for known in ResponseType::ALL {
            assert_eq!(known.as_str().parse(), Ok(known));
        }
        assert!("throttled".parse::<ResponseType>().is_err());
    }

    #[test]
    fn families_have_fifteen_and_six_members() {
        let of = |family| ResponseType::ALL.iter().filter(|t| t.family() == family).count();
        assert_eq!((of(Family::Client), of(Family::Server)), (15, 6));
    }
}
