//! Faults that can be injected into the control plane.
//!
//! The list is tried in its order for each call; a fault counts the calls that
//! match it and reach it, and at most one strikes a call.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One fault to inject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// AWS's name of an operation, or `*` for every control-plane operation.
    pub operation: String,
    /// Only calls on this API.
    #[serde(default)]
    pub rest_api_id: Option<String>,
    /// The first matching call that is struck, counted from 1.
    #[serde(default = "first", deserialize_with = "nth_or_first")]
    pub nth: u64,
    /// How many in a row are struck from there; none means all.
    #[serde(default)]
    pub count: Option<u64>,
    /// What happens.
    pub kind: FaultKind,
    /// Seconds, sent as `Retry-After` by the kinds that answer.
    #[serde(default)]
    pub retry_after: Option<Seconds>,
    /// How long `timeout` and `delay` hold a call.
    #[serde(default = "ten_seconds", deserialize_with = "hold_or_ten")]
    pub hold_s: Seconds,
}

/// What a fault does to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// Throttled, with AWS's error.
    #[serde(rename = "429")]
    Throttled,
    /// Throttled, without body or error type.
    #[serde(rename = "429-bare")]
    ThrottledBare,
    /// `InternalFailure`.
    #[serde(rename = "500")]
    InternalFailure,
    /// `ServiceUnavailableException`.
    #[serde(rename = "503")]
    Unavailable,
    /// `ConflictException`.
    #[serde(rename = "409")]
    Conflict,
    /// `BadRequestException`.
    #[serde(rename = "400")]
    BadRequest,
    /// `AccessDeniedException`.
    #[serde(rename = "403")]
    AccessDenied,
    /// The connection is reset; the operation is not done.
    #[serde(rename = "reset-before")]
    ResetBefore,
    /// The connection is reset; the operation is done.
    #[serde(rename = "reset-after")]
    ResetAfter,
    /// Half of the answer; the operation is done.
    #[serde(rename = "truncate")]
    Truncate,
    /// Nothing for a while, then the end; the operation is not done.
    #[serde(rename = "timeout")]
    Timeout,
    /// The right answer, late; the operation is done after the wait.
    #[serde(rename = "delay")]
    Delay,
}

impl FaultKind {
    /// The name in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "429",
            Self::ThrottledBare => "429-bare",
            Self::InternalFailure => "500",
            Self::Unavailable => "503",
            Self::Conflict => "409",
            Self::BadRequest => "400",
            Self::AccessDenied => "403",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::Truncate => "truncate",
            Self::Timeout => "timeout",
            Self::Delay => "delay",
        }
    }
}

/// A number of seconds, kept as it was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Seconds(serde_json::Number);

impl Seconds {
    /// The same as a duration.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let seconds = self.0.as_f64().unwrap_or_default();
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// The text of a `Retry-After` header.
    #[must_use]
    pub fn header(&self) -> String {
        self.0.to_string()
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        match number.as_f64() {
            Some(seconds) if (0.0..=1e9).contains(&seconds) => Ok(Self(number)),
            _ => Err(serde::de::Error::custom(format!("{number} is no number of seconds"))),
        }
    }
}

fn first() -> u64 {
    1
}

fn ten_seconds() -> Seconds {
    Seconds(serde_json::Number::from(10))
}

fn nth_or_first<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Option::<u64>::deserialize(deserializer)? {
        None => Ok(1),
        Some(0) => Err(serde::de::Error::custom("nth counts from 1")),
        Some(nth) => Ok(nth),
    }
}

fn hold_or_ten<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Seconds, D::Error> {
    Ok(Option::<Seconds>::deserialize(deserializer)?.unwrap_or_else(ten_seconds))
}

/// A text that is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no fault: {reason}")]
pub struct FaultError {
    text: String,
    reason: String,
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads a JSON object, or `operation=NAME,kind=KIND,nth=2,…`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = |reason: String| FaultError { text: text.to_owned(), reason };
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| wrong(error.to_string()));
        }
        let mut members = Map::new();
        for part in text.split(',') {
            let (name, value) = part
                .split_once('=')
                .map(|(name, value)| (name.trim(), value.trim()))
                .ok_or_else(|| wrong(format!("`{part}` is not NAME=VALUE")))?;
            let value = match name {
                "nth" | "count" | "retry_after" | "hold_s" => serde_json::from_str(value)
                    .map_err(|_| wrong(format!("{name} is a number, not `{value}`")))?,
                _ => Value::from(value),
            };
            if members.insert(name.to_owned(), value).is_some() {
                return Err(wrong(format!("{name} stands twice")));
            }
        }
        serde_json::from_value(Value::Object(members)).map_err(|error| wrong(error.to_string()))
    }
}

/// The faults in force, with their counters.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Armed>);

/// A fault with its counters, as `GET /_sandbox/faults` shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Armed {
    #[serde(flatten)]
    fault: Fault,
    seen: u64,
    hits: u64,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| Armed { fault, seen: 0, hits: 0 }).collect())
    }

    pub(crate) fn list(&self) -> &[Armed] {
        &self.0
    }

    /// The fault that strikes this call, if one does.
    pub(crate) fn strike(&mut self, operation: &str, rest_api_id: Option<&str>) -> Option<Fault> {
        for Armed { fault, seen, hits } in &mut self.0 {
            let called = fault.operation == "*" || fault.operation == operation;
            let on_api = fault.rest_api_id.is_none() || fault.rest_api_id.as_deref() == rest_api_id;
            if !(called && on_api) {
                continue;
            }
            *seen += 1;
            let spent = fault.count.is_some_and(|count| *seen >= fault.nth.saturating_add(count));
            if *seen >= fault.nth && !spent {
                *hits += 1;
                return Some(fault.clone());
            }
        }
        None
    }
}

/// The body of `POST /_sandbox/faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultList {
    pub(crate) faults: Vec<Fault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let short: Fault = "operation=UpdateGatewayResponse,kind=429,nth=2,count=3,retry_after=1,rest_api_id=abc,hold_s=0.5"
            .parse()
            .expect("the short form");
        let long: Fault = r#"{"operation": "UpdateGatewayResponse", "rest_api_id": "abc", "nth": 2, "count": 3, "kind": "429", "retry_after": 1, "hold_s": 0.5}"#
            .parse()
            .expect("JSON");
        assert_eq!(short, long);
        assert_eq!(long.hold_s.duration(), Duration::from_millis(500));
    }

    #[test]
    fn nulls_are_defaults_and_mistakes_are_refused() {
        let fault: Fault = r#"{"operation": "*", "rest_api_id": null, "nth": null, "count": null, "kind": "delay", "retry_after": null, "hold_s": null}"#
            .parse()
            .expect("nulls");
        assert_eq!((fault.nth, fault.count), (1, None));
        assert_eq!(fault.hold_s.duration(), Duration::from_secs(10));
        for wrong in [
            r#"{"operation": "*"}"#,
            r#"{"kind": "429"}"#,
            r#"{"operation": "*", "kind": "418"}"#,
            r#"{"operation": "*", "kind": 429}"#,
            r#"{"operation": "*", "kind": "429", "nth": 0}"#,
            r#"{"operation": "*", "kind": "429", "nth": "1"}"#,
            r#"{"operation": "*", "kind": "429", "count": -1}"#,
            r#"{"operation": "*", "kind": "delay", "hold_s": -1}"#,
            r#"{"operation": "*", "kind": "429", "times": 1}"#,
            "operation=*,kind=429,kind=500",
            "kind",
        ] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_struck_call_does_not_reach_later_faults() {
        let fault = |text: &str| text.parse::<Fault>().expect("a fault");
        let mut faults = Faults::new(vec![
            fault("operation=GetStage,kind=429,nth=2,count=2"),
            fault("operation=*,kind=500,rest_api_id=a"),
        ]);
        let mut kinds = Vec::new();
        for api in [Some("a"), Some("a"), None, Some("b"), Some("a")] {
            kinds.push(faults.strike("GetStage", api).map(|fault| fault.kind.as_str()));
        }
        assert_eq!(kinds, [Some("500"), Some("429"), Some("429"), None, Some("500")]);
        let counts: Vec<_> = faults.list().iter().map(|armed| (armed.seen, armed.hits)).collect();
        assert_eq!(counts, [(5, 2), (2, 2)]);
    }
}
