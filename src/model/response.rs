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

/// A customisation as written: every member may be unset.
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

    /// `status 430, header X: 'y'`: enough to know whose it is. The built-in template is
    /// no news, and of another only the media type is told.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self::Customized(GatewayResponse { status, headers, templates }) = self else {
            return "at its default".to_owned();
        };
        let status = match status {
            Some(status) => format!("status {status}"),
            None => "no status of its own".to_owned(),
        };
        let headers = headers
            .iter()
            .map(|(name, value)| format!("header {}: {}", name.as_str(), value.as_str()));
        let templates = templates
            .iter()
            .filter(|(media_type, text)| {
                media_type.as_str() != BUILTIN_MEDIA_TYPE || text.as_str() != BUILTIN_TEMPLATE
            })
            .map(|(media_type, _)| format!("a template for {media_type}"));
        std::iter::once(status).chain(headers).chain(templates).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_a_response_by_what_differs_from_the_built_in_one() {
        assert_eq!(Live::Default.in_words(), "at its default");
        let builtin = GatewayResponse::builtin(ResponseType::Default4xx);
        assert_eq!(Live::Customized(builtin).in_words(), "no status of its own");
        let mut response = GatewayResponse::builtin(ResponseType::Throttled);
        response.headers.insert(HeaderName::observed("X-Y"), HeaderValue::literal("y"));
        response.templates.insert("text/plain".to_owned(), "no".to_owned());
        let words = "status 429, header X-Y: 'y', a template for text/plain";
        assert_eq!(Live::Customized(response).in_words(), words);
    }
}
