//! The patch operations of UpdateGatewayResponse.
//!
//! What the service takes is narrower than its documentation: `/statusCode`
//! accepts `replace` only (recorded on AWS: `add` and `remove` are answered
//! `Invalid patch path /statusCode`), a header or template that is there wants
//! `replace`, one that is not wants `add` (recorded: `replace` of a missing header
//! is answered `Invalid parameter name specified`).

use std::fmt;

use super::{HeaderName, StatusCode};

/// What a patch operation does; the three of the service's six that work here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatchOp {
    Add,
    Replace,
    Remove,
}

impl PatchOp {
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

/// One operation, exactly as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchOperation {
    pub op: PatchOp,
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
}

/// The path of the status.
pub const STATUS_PATH: &str = "/statusCode";

impl PatchOperation {
    /// Sets the status: always `replace`, also where none was set.
    #[must_use]
    pub fn set_status(status: StatusCode) -> Self {
        Self { op: PatchOp::Replace, path: STATUS_PATH.to_owned(), value: Some(status.to_string()) }
    }
}

/// The path of a header's value.
#[must_use]
pub fn header_path(name: &HeaderName) -> String {
    format!("/responseParameters/{}", escape_pointer(&name.parameter_key()))
}

/// The path of a template.
#[must_use]
pub fn template_path(media_type: &str) -> String {
    format!("/responseTemplates/{}", escape_pointer(media_type))
}

/// Escapes one reference token of a JSON Pointer (RFC 6901): `~` as `~0`, `/` as `~1`.
#[must_use]
pub fn escape_pointer(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_escaped_and_a_tilde_first() {
        assert_eq!(template_path("application/xml"), "/responseTemplates/application~1xml");
        assert_eq!(escape_pointer("a~/b"), "a~0~1b");
    }
}
