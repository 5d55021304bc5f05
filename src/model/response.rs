//! A gateway response: as it was written, as it settles, and as it is found live.
//!
//! *Unset is not empty.* A customised type inherits nothing from its family's
//! default: what it leaves unset is its own built-in value. (Recorded on AWS: a
//! type put with one header only reads its own status and the built-in template,
//! while its family default has another status and another template.)

use std::collections::BTreeMap;

use super::{HeaderName, HeaderValue, ResponseType, StatusCode};

/// The headers of a response, by name.
pub type Headers = BTreeMap<HeaderName, HeaderValue>;

/// The templates of a response, by media type.
pub type Templates = BTreeMap<String, String>;

/// The media type of the built-in template.
pub const BUILTIN_MEDIA_TYPE: &str = "application/json";

/// The built-in template of every type, as AWS lists it.
pub const BUILTIN_TEMPLATE: &str = "{\"message\":$context.error.messageString}";

/// The templates that a type has while none are set.
#[must_use]
pub fn builtin_templates() -> Templates {
    Templates::from([(BUILTIN_MEDIA_TYPE.to_owned(), BUILTIN_TEMPLATE.to_owned())])
}

/// What somebody wrote: every member may be unset.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Customization {
    /// `None`: the type's own built-in status.
    pub status: Option<StatusCode>,
    pub headers: Headers,
    /// Empty: the built-in template.
    pub templates: Templates,
}

impl Customization {
    /// Fills in the built-in values of the type, once and for all.
    #[must_use]
    pub fn settle(&self, response_type: ResponseType) -> GatewayResponse {
        GatewayResponse {
            status: self.status.or_else(|| builtin_status(response_type)),
            headers: self.headers.clone(),
            templates: if self.templates.is_empty() {
                builtin_templates()
            } else {
                self.templates.clone()
            },
        }
    }
}

fn builtin_status(response_type: ResponseType) -> Option<StatusCode> {
    response_type.builtin_status().and_then(|status| StatusCode::try_from(i64::from(status)).ok())
}

/// A response with nothing left to fill in, as GetGatewayResponses shows one.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayResponse {
    /// `None` only for the family defaults, whose unset status leaves each error its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<StatusCode>,
    pub headers: Headers,
    pub templates: Templates,
}

impl GatewayResponse {
    /// What a type is created from: its status, no header, the built-in template.
    #[must_use]
    pub fn builtin(response_type: ResponseType) -> Self {
        Customization::default().settle(response_type)
    }
}

/// A type as the service holds it.
///
/// The service lists un-customised types with values inherited from their family
/// default; those are dropped at the door, for they are no state of the type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Live {
    /// Not customised (`defaultResponse: true`).
    #[default]
    Default,
    /// Customised, if only with built-in values (`defaultResponse: false`).
    Customized(GatewayResponse),
}

impl Live {
    #[must_use]
    pub fn customized(&self) -> Option<&GatewayResponse> {
        match self {
            Self::Default => None,
            Self::Customized(response) => Some(response),
        }
    }
}
