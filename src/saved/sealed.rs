//! Documents that carry their own digest: saved plans and records.
//!
//! The digest is that of the document as it stands in the file, without `digest`,
//! `created_at` and `tool`: also of members that this version does not know. It finds
//! accidents (an edit, a merge, half a download), not attackers: whoever reads a
//! document checks once more that what it says belongs together.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::state::digest::Digest;

/// The version of both formats.
pub const FORMAT_VERSION: u32 = 1;

/// What is not part of the digest.
const OUTSIDE: [&str; 3] = ["digest", "created_at", "tool"];

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plan,
    Record,
}

/// Why a document is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("it is not JSON: {0}")]
    NoJson(String),
    #[error("it is JSON, but neither a plan (`gwr plan --out FILE`) nor a record of gwr")]
    NotOurs,
    #[error(
        "its format_version is {0}, and this gwr {version} reads {FORMAT_VERSION}",
        version = env!("CARGO_PKG_VERSION")
    )]
    Version(String),
    #[error("it was changed after it was written: it says {said}, its content has {is}")]
    Edited { said: String, is: String },
    #[error("it is not as gwr writes one: {0}")]
    Malformed(String),
}

impl Broken {
    /// Whether it is a document of gwr that is refused, and not another file.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        match self {
            Self::Version(_) | Self::Edited { .. } | Self::Malformed(_) => true,
            Self::NoJson(_) | Self::NotOurs => false,
        }
    }
}

/// A document whose digest was found right.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    pub kind: Kind,
    value: Value,
}

/// Takes a text for a document: its kind, its version, its digest.
///
/// # Errors
/// When it is not a document of gwr, of another version, or not as it was written.
pub fn open(text: &str) -> Result<Sealed, Broken> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| Broken::NoJson(error.to_string()))?;
    let members = value.as_object().ok_or(Broken::NotOurs)?;
    let kind = kind_of(members).ok_or(Broken::NotOurs)?;
    let version = members.get("format_version").ok_or(Broken::NotOurs)?;
    if *version != FORMAT_VERSION {
        return Err(Broken::Version(version.to_string()));
    }
    let said = members.get("digest").and_then(Value::as_str).ok_or(Broken::NotOurs)?.to_owned();
    let is = digest(&value);
    if said != is.as_str() {
        return Err(Broken::Edited { said, is: is.to_string() });
    }
    Ok(Sealed { kind, value })
}

/// What a text is, or was before it was edited.
#[must_use]
pub fn kind(text: &str) -> Option<Kind> {
    kind_of(serde_json::from_str::<Value>(text).ok()?.as_object()?)
}

fn kind_of(members: &Map<String, Value>) -> Option<Kind> {
    match members.get("kind").map(Value::as_str) {
        Some(Some("record")) => Some(Kind::Record),
        None if members.contains_key("apis") => Some(Kind::Plan),
        Some(_) | None => None,
    }
}

impl Sealed {
    /// The document in its type.
    ///
    /// # Errors
    /// When a member is missing or of another type.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Broken> {
        serde_json::from_value(self.value).map_err(|error| Broken::Malformed(error.to_string()))
    }
}

/// The digest of a document, without what is outside of it.
#[must_use]
pub fn digest(document: &impl Serialize) -> Digest {
    // Our documents are tables with text keys, which always have such a value.
    let mut value = serde_json::to_value(document).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        for name in OUTSIDE {
            members.remove(name);
        }
    }
    Digest::of(&value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sealed(mut document: Value) -> String {
        document["digest"] = json!(digest(&document));
        document.to_string()
    }

    #[test]
    fn what_is_as_it_was_written_opens() {
        let text = sealed(json!({"format_version": 1, "apis": [], "later": {"grown": 1}}));
        assert_eq!(open(&text).map(|sealed| sealed.kind), Ok(Kind::Plan));
        let text = sealed(json!({"format_version": 1, "kind": "record", "apis": []}));
        assert_eq!(open(&text).map(|sealed| sealed.kind), Ok(Kind::Record));
    }

    #[test]
    fn date_and_tool_are_outside_and_everything_else_inside() {
        let document = json!({"format_version": 1, "apis": [], "created_at": "a", "tool": 1});
        let text = sealed(document.clone());
        let mut other = document;
        other["created_at"] = json!("b");
        other["tool"] = json!(2);
        let mut changed: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(digest(&other), digest(&changed));
        changed["unknown"] = json!(true);
        assert!(matches!(open(&changed.to_string()), Err(Broken::Edited { .. })));
    }

    #[test]
    fn what_is_not_ours_is_told_apart_from_what_is_refused() {
        for text in ["", "{", "[]", "{}", "{\"format_version\":1,\"summary\":{}}"] {
            assert!(open(text).is_err_and(|broken| !broken.is_refused()), "{text}");
        }
        for version in [json!(2), json!("1"), json!(null), json!(1.5)] {
            let text = sealed(json!({"format_version": version, "apis": []}));
            assert!(matches!(open(&text), Err(Broken::Version(_))), "{text}");
        }
    }
}
