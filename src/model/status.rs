//! The status code of a gateway response.

use std::fmt;

/// An HTTP status that a gateway response can answer with: 100 to 599.
///
/// The service's own pattern is `[1-5]\d\d`; 444 and 599 were accepted by AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct StatusCode(u16);

/// The number is no status a gateway response can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a valid status code: it must be from 100 to 599")]
pub struct StatusOutOfRange(pub i64);

impl StatusCode {
    /// The number, from 100 to 599.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<i64> for StatusCode {
    type Error = StatusOutOfRange;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        u16::try_from(number)
            .ok()
            .filter(|status| (100..=599).contains(status))
            .map(Self)
            .ok_or(StatusOutOfRange(number))
    }
}

impl<'de> serde::Deserialize<'de> for StatusCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
