//! Hazards: what could go wrong, as data; and the one table of those that there are.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A finding about a plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hazard {
    /// A [`HazardId`], or the rule of a lint finding.
    pub id: String,
    pub message: String,
    /// Whether apply refuses: the id is one that refuses, and nobody has accepted it.
    pub refuses: bool,
}

/// The hazards that there are. Those that refuse come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HazardId {
    /// A stage that gwr moves was moved back, again.
    MovedBack,
    /// Several managed types are back at their default at once.
    Wiped,
    /// A change takes CORS headers away from what clients get.
    LostCors,
    /// The first changes of gwr to an API remove settings that the file does not mention.
    Takeover,
    /// A change of a family default changes other types' answers too.
    FamilyDefault,
    /// `INTEGRATION_FAILURE` reads 504, which may be set or not.
    StatusUnknowable,
    /// A CloudFormation stack owns the API.
    CloudformationOwned,
    /// AWS WAF's own responses come before `WAF_FILTERED`.
    WafWins,
    /// The service accepts the customisation and ignores it.
    NotCustomisable,
    /// The credentials end before the work may be done.
    ExpiringCredentials,
}

impl HazardId {
    pub const ALL: [Self; 10] = [
        Self::MovedBack,
        Self::Wiped,
        Self::LostCors,
        Self::Takeover,
        Self::FamilyDefault,
        Self::StatusUnknowable,
        Self::CloudformationOwned,
        Self::WafWins,
        Self::NotCustomisable,
        Self::ExpiringCredentials,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MovedBack => "moved-back",
            Self::Wiped => "wiped",
            Self::LostCors => "lost-cors",
            Self::Takeover => "takeover",
            Self::FamilyDefault => "family-default",
            Self::StatusUnknowable => "status-unknowable",
            Self::CloudformationOwned => "cloudformation-owned",
            Self::WafWins => "waf-wins",
            Self::NotCustomisable => "not-customisable",
            Self::ExpiringCredentials => "expiring-credentials",
        }
    }

    /// When it is found, for the reference.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::MovedBack => {
                "A stage points at an older deployment than the one that gwr moved it to. It \
                 informs the first time, and refuses from the second time on."
            }
            Self::Wiped => "Several managed types are back at their defaults at once.",
            Self::LostCors => "A change removes CORS headers from what clients get.",
            Self::Takeover => {
                "gwr has not deployed the API before, and a change removes a configured status, \
                 header or template that the file only leaves out. `reset = true`, \
                 `status = \"default\"`, `NAME = false` and `unlisted = \"reset\"` remove \
                 explicitly; another value is not a removal. With `deploy = \"never\"` it informs."
            }
            Self::FamilyDefault => {
                "A change of `DEFAULT_4XX` or `DEFAULT_5XX` also changes the answers of types \
                 that are not customised."
            }
            Self::StatusUnknowable => {
                "`INTEGRATION_FAILURE` reads 504, and it is unknown whether that status is set."
            }
            Self::CloudformationOwned => "A CloudFormation stack owns the API.",
            Self::WafWins => "A custom response of AWS WAF takes precedence over `WAF_FILTERED`.",
            Self::NotCustomisable => "AWS stores the customisation and does not serve it.",
            Self::ExpiringCredentials => "The credentials may expire before the work is done.",
        }
    }

    /// Whether apply refuses over it. Accepting one that only informs is allowed, and
    /// says that it is known.
    #[must_use]
    pub const fn refuses(self) -> bool {
        match self {
            Self::MovedBack | Self::Wiped | Self::LostCors | Self::Takeover => true,
            Self::FamilyDefault
            | Self::StatusUnknowable
            | Self::CloudformationOwned
            | Self::WafWins
            | Self::NotCustomisable
            | Self::ExpiringCredentials => false,
        }
    }

    /// The hazard with what is to be said of it. `accepted` are the ids that are fine.
    #[must_use]
    pub fn hazard(self, message: String, accepted: &BTreeSet<String>) -> Hazard {
        let refuses = self.refuses() && !accepted.contains(self.as_str());
        Hazard { id: self.as_str().to_owned(), message, refuses }
    }

    /// The same as a remark, which refuses nothing.
    #[must_use]
    pub fn remark(self, message: String) -> Hazard {
        Hazard { id: self.as_str().to_owned(), message, refuses: false }
    }
}

impl fmt::Display for HazardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is the id of no hazard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no hazard has the id {0:?}")]
pub struct NoHazard(String);

impl FromStr for HazardId {
    type Err = NoHazard;

    fn from_str(text: &str) -> Result<Self, NoHazard> {
        Self::ALL
            .into_iter()
            .find(|id| id.as_str() == text)
            .ok_or_else(|| NoHazard(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_and_those_that_refuse_come_first() {
        for id in HazardId::ALL {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        assert!("moved".parse::<HazardId>().is_err());
        assert!(HazardId::ALL.is_sorted_by_key(|id| !id.refuses()));
    }

    #[test]
    fn what_is_accepted_refuses_nothing() {
        let none = BTreeSet::new();
        let accepted = BTreeSet::from(["wiped".to_owned()]);
        assert!(HazardId::Wiped.hazard(String::new(), &none).refuses);
        assert!(!HazardId::Wiped.hazard(String::new(), &accepted).refuses);
        assert!(HazardId::LostCors.hazard(String::new(), &accepted).refuses);
        assert!(!HazardId::WafWins.hazard(String::new(), &none).refuses);
    }
}
