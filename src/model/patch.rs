//! The operations of an UpdateGatewayResponse, exactly as they are sent.
//!
//! Pure data: which operations a difference needs is the planner's business, how
//! they reach the service is `aws`'s.

use std::fmt;

use super::{HeaderName, StatusCode};

/// What an operation does. The service knows more of them (`copy`, `move`, `test`);
/// its table of patch operations admits only these three on a gateway response.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PatchOp {
    Add,
    Replace,
    Remove,
}

impl PatchOp {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

impl fmt::Display for PatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One operation: `{op, path, value?}`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct PatchOperation {
    pub op: PatchOp,
    /// A JSON pointer whose last segment is escaped (RFC 6901).
    pub path: String,
    /// Absent for a removal; never empty, which the service refuses.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
}

impl PatchOperation {
    /// Sets the status: the one operation that `/statusCode` admits.
    #[must_use]
    pub fn replace_status(status: StatusCode) -> Self {
        Self {
            op: PatchOp::Replace,
            path: "/statusCode".to_owned(),
            value: Some(status.to_string()),
        }
    }

    /// The path of a header.
    #[must_use]
    pub fn header_path(name: &HeaderName) -> String {
        format!(
            "/responseParameters/{}",
            escape_pointer(&name.parameter_key())
        )
    }

    /// The path of the template of a media type.
    #[must_use]
    pub fn template_path(media_type: &str) -> String {
        format!("/responseTemplates/{}", escape_pointer(media_type))
    }
}

/// A segment of a JSON pointer: `~` becomes `~0` and `/` becomes `~1` (RFC 6901,
/// section 3; AWS documents only the second, "any slash must be escaped").
#[must_use]
pub fn escape_pointer(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_escaped_tilde_first() {
        assert_eq!(escape_pointer("application/json"), "application~1json");
        assert_eq!(escape_pointer("a~1/b"), "a~01~1b");
        assert_eq!(
            PatchOperation::template_path("application/vnd.a+json"),
            "/responseTemplates/application~1vnd.a+json"
        );
        assert_eq!(
            PatchOperation::header_path(&HeaderName::observed("X-A")),
            "/responseParameters/gatewayresponse.header.X-A"
        );
    }

    #[test]
    fn a_removal_has_no_value_member() {
        let removal = PatchOperation {
            op: PatchOp::Remove,
            path: "/responseTemplates/text~1plain".to_owned(),
            value: None,
        };
        let json = serde_json::to_string(&removal).expect("plain data");
        assert_eq!(
            json,
            r#"{"op":"remove","path":"/responseTemplates/text~1plain"}"#
        );
        assert_eq!(
            serde_json::from_str::<PatchOperation>(&json).expect("its own form"),
            removal
        );
    }
}
