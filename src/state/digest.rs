//! Digests of responses, of the desired state, and of documents.
//!
//! `sha256:` and 64 hexadecimal digits over the canonical JSON of RFC 8785. They
//! are held for ever by fixtures: plans, deployment descriptions and other tools'
//! triggers depend on them. They find accidents, not attackers.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::desired::{DeployPolicy, DesiredApi, DesiredResponse, Ignored, Unlisted};
use crate::model::{Customization, GatewayResponse, Headers, ResponseType};

/// `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// The text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 hexadecimal digits")]
pub struct NoDigest;

impl Digest {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(7..19).unwrap_or(&self.0)
    }

    /// The digest of any document.
    #[must_use]
    pub fn of(document: &impl Serialize) -> Self {
        // Our documents hold texts, integers, lists and tables with text keys, all of
        // which canonical JSON can write; should one ever not, nothing equals it.
        let bytes = serde_json_canonicalizer::to_vec(document).unwrap_or_default();
        let mut text = String::from("sha256:");
        for byte in Sha256::digest(&bytes) {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let hex = text.strip_prefix("sha256:").ok_or(NoDigest)?;
        let lower_hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() == 64 && hex.bytes().all(lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoDigest)
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize)]
struct CanonicalResponse<'a> {
    headers: BTreeMap<String, &'a str>,
    status: Option<String>,
    templates: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a GatewayResponse> for CanonicalResponse<'a> {
    fn from(response: &'a GatewayResponse) -> Self {
        let GatewayResponse { status, headers, templates } = response;
        Self {
            headers: lower_case(headers),
            status: status.map(|status| status.to_string()),
            templates,
        }
    }
}

fn lower_case(headers: &Headers) -> BTreeMap<String, &str> {
    headers.iter().map(|(name, value)| (name.lower(), value.as_str())).collect()
}

/// The digest of customised responses, built-ins filled in, so that what
/// GetGatewayResponses and what an export says of the same state is the same.
#[must_use]
pub fn of_responses<'a>(
    customized: impl IntoIterator<Item = (ResponseType, &'a GatewayResponse)>,
) -> Digest {
    let canonical: BTreeMap<&str, CanonicalResponse<'_>> = customized
        .into_iter()
        .map(|(response_type, response)| (response_type.as_str(), response.into()))
        .collect();
    Digest::of(&canonical)
}

/// The digest of what the file says of an API: the merged responses with template
/// files read in, `unlisted`, `deploy`, `stages`, `ignore`; not accounts, limits,
/// comments or file names.
#[must_use]
pub fn of_desired(api: &DesiredApi) -> Digest {
    Digest::of(&canonical_desired(api))
}

/// The digest of what the file says of several APIs.
#[must_use]
pub fn of_all_desired<'a>(apis: impl IntoIterator<Item = &'a DesiredApi>) -> Digest {
    let all: BTreeMap<&str, serde_json::Value> =
        apis.into_iter().map(|api| (api.key.as_str(), canonical_desired(api))).collect();
    Digest::of(&all)
}

fn canonical_desired(api: &DesiredApi) -> serde_json::Value {
    let responses: serde_json::Map<String, serde_json::Value> = api
        .responses
        .iter()
        .map(|(response_type, desired)| {
            let value = match desired {
                DesiredResponse::Default => serde_json::Value::Null,
                DesiredResponse::Customized(customization) => {
                    let Customization { status, headers, templates } = customization;
                    serde_json::json!({
                        "status": status.map(|status| status.to_string()),
                        "headers": lower_case(headers),
                        "templates": templates,
                    })
                }
            };
            (response_type.to_string(), value)
        })
        .collect();
    let ignores: Vec<serde_json::Value> = api
        .ignores
        .iter()
        .map(|ignore| {
            let (kind, name) = match &ignore.what {
                Ignored::Type(response_type) => ("type", response_type.to_string()),
                Ignored::Stage(stage) => ("stage", stage.clone()),
            };
            serde_json::json!({
                kind: name,
                "reason": ignore.reason,
                "until": ignore.until.map(|day| day.to_string()),
            })
        })
        .collect();
    serde_json::json!({
        "responses": responses,
        "unlisted": match api.unlisted { Unlisted::Keep => "keep", Unlisted::Reset => "reset" },
        "deploy": match api.deploy { DeployPolicy::Auto => "auto", DeployPolicy::Never => "never" },
        "stages": api.stages,
        "ignore": ignores,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderName, HeaderValue};

    #[test]
    fn digests_never_change() {
        assert_eq!(
            of_responses([]).as_str(),
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        let throttled = Customization {
            headers: [(HeaderName::observed("Retry-After"), HeaderValue::literal("2"))].into(),
            ..Customization::default()
        }
        .settle(ResponseType::Throttled);
        let digest = of_responses([(ResponseType::Throttled, &throttled)]);
        let by_hand = serde_json::json!({"THROTTLED": {
            "headers": {"retry-after": "'2'"},
            "status": "429",
            "templates": {"application/json": "{\"message\":$context.error.messageString}"},
        }});
        assert_eq!(digest, Digest::of(&by_hand));
        assert_eq!(
            digest.as_str(),
            "sha256:f9dc91ee74c39ab755675c3aeff16aa240744110ee3aeac05f1d96222c083807"
        );
    }

    #[test]
    fn digests_ignore_the_case_of_header_names() {
        let spelled = |name: &str| {
            let response = Customization {
                headers: [(HeaderName::observed(name), HeaderValue::literal("2"))].into(),
                ..Customization::default()
            }
            .settle(ResponseType::Throttled);
            of_responses([(ResponseType::Throttled, &response)])
        };
        assert_eq!(spelled("Retry-After"), spelled("retry-after"));
        assert_ne!(spelled("Retry-After"), spelled("Retry"));
    }

    /// Other tools' triggers depend on this digest: a removal that is written down changes
    /// nothing of what is wanted.
    #[test]
    fn digests_ignore_explicit_removals() {
        let matching = crate::state::desired::Matching::Id("abc".to_owned());
        let mut api = DesiredApi::unmanaged("orders".to_owned(), matching);
        api.responses
            .insert(ResponseType::Throttled, DesiredResponse::Customized(Customization::default()));
        let before = of_desired(&api);
        let removals = [crate::state::desired::Removal::Status].into();
        api.removals.insert(ResponseType::Throttled, removals);
        assert_eq!(of_desired(&api), before);
    }

    #[test]
    fn parses_only_digests() {
        let digest = Digest::of(&1);
        assert_eq!(digest.as_str().parse(), Ok(digest.clone()));
        assert!("sha256:12".parse::<Digest>().is_err());
        assert!(digest.as_str().to_uppercase().parse::<Digest>().is_err());
    }
}
