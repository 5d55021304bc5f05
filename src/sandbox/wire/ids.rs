//! Ids: those of APIs and deployments, which are parts of file names and are therefore
//! checked when they are parsed, and the two that every answer carries.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::sandbox::data::excerpt::excerpt;

/// The longest id of an API, so that it fits into a file name with a deployment's.
const LONGEST_API: usize = 128;

/// The longest id that the sandbox could have made; those of AWS have 6 or 10 characters.
const LONGEST_MADE: usize = 64;

/// A text that is not a valid id.
#[derive(Debug, thiserror::Error)]
#[error("{} is not a valid {kind} id: it must be 1 to {longest} {alphabet}", excerpt(text))]
pub(crate) struct InvalidId {
    kind: &'static str,
    text: String,
    longest: usize,
    alphabet: &'static str,
}

/// The id of a REST API. A configuration file may name any id with `match = { id = "…" }`,
/// so it may also have capitals, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ApiId(String);

/// The id of a deployment. It has no `-`, so the name of a snapshot's file, `API-DEPLOYMENT`,
/// belongs to one API only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DeploymentId(String);

impl ApiId {
    /// A new id, as AWS makes them.
    pub(crate) fn random() -> Self {
        Self(random_id(10))
    }
}

impl TryFrom<String> for ApiId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        let fits =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if fits && (1..=LONGEST_API).contains(&text.len()) {
            return Ok(Self(text));
        }
        let alphabet = "ASCII letters, digits, `-` or `_`";
        Err(InvalidId { kind: "API", text, longest: LONGEST_API, alphabet })
    }
}

impl DeploymentId {
    /// A new id, as AWS makes them.
    pub(crate) fn random() -> Self {
        Self(random_id(6))
    }
}

impl TryFrom<String> for DeploymentId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        check_made("deployment", &text).map(|()| Self(text))
    }
}

/// Checks an id that only the sandbox makes: of a deployment, a resource, an authorizer, a
/// model or a request validator.
pub(crate) fn check_made(kind: &'static str, text: &str) -> Result<(), InvalidId> {
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if fits && (1..=LONGEST_MADE).contains(&text.len()) {
        return Ok(());
    }
    let alphabet = "lower-case ASCII letters or digits";
    Err(InvalidId { kind, text: text.to_owned(), longest: LONGEST_MADE, alphabet })
}

/// What every id can do; only parsing and making one differ.
macro_rules! id {
    ($name:ident) => {
        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }
    };
}

id!(ApiId);
id!(DeploymentId);

/// Lower-case letters and digits, as AWS makes ids.
pub(crate) fn random_id(length: usize) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..length).map(|_| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())])).collect()
}

/// A random UUID, as `x-amzn-RequestId`.
pub(crate) fn request_id() -> String {
    let bits = fastrand::u128(..);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        (bits >> 96) & 0xffff_ffff,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xfff,
        ((bits >> 48) & 0x3fff) | 0x8000,
        bits & 0xffff_ffff_ffff
    )
}

/// As `x-amz-apigw-id`.
pub(crate) fn extended_request_id() -> String {
    format!("{}=", random_id(15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(text: &str) -> bool {
        ApiId::try_from(text.to_owned()).is_ok()
    }

    fn deployment(text: &str) -> bool {
        DeploymentId::try_from(text.to_owned()).is_ok()
    }

    #[test]
    fn an_id_cannot_leave_its_folder() {
        for text in [
            "",
            ".",
            "..",
            "/",
            "a/b",
            "../a",
            "/../../../../../victim/package",
            "a\0",
            "a\n",
            "a b",
            "a.b",
            "a\\b",
            "C:a",
            "%2e%2e",
            "ä",
            "a\u{202e}",
            "~",
            "a*",
        ] {
            assert!(!api(text) && !deployment(text), "{text:?}");
        }
    }

    #[test]
    fn what_0_1_0_wrote_is_valid() {
        for text in [&ApiId::random() as &str, "abcde12345", "a", "My_Api-1", &"a".repeat(128)] {
            assert!(api(text), "{text}");
        }
        for text in [&DeploymentId::random() as &str, "dep001", &"a".repeat(64)] {
            assert!(deployment(text), "{text}");
        }
        assert!(!api(&"a".repeat(129)) && !deployment(&"a".repeat(65)));
        assert!(!deployment("a-b") && !deployment("Abc"));
    }

    #[test]
    fn ids_are_checked_when_json_is_read() {
        let read = |text: &str| serde_json::from_str::<DeploymentId>(text);
        assert_eq!(read("\"dep001\"").expect("an id").to_string(), "dep001");
        let error = read("\"/../../victim\"").expect_err("no id").to_string();
        assert!(error.contains("\"/../../victim\" is not a valid deployment id"), "{error}");
        let long = read(&format!("\"{}\"", "A".repeat(5_000))).expect_err("no id").to_string();
        assert!(long.len() < 250, "{long}");
    }
}
