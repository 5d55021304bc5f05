//! An IAM policy that the control plane enforces, for those who want to know whether a
//! policy is enough, and whether it is more than that.
//!
//! Source: "Policy evaluation logic" and "IAM JSON policy elements" of the IAM user guide.
//! Actions are HTTP verbs, resources are request paths (developer guide, "ARN format
//! reference"). What this does not know of the language is refused when a policy is
//! loaded, so that nothing passes for checked that is not.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::sandbox::quirks::{PolicyExport, PolicyStageName, Quirks};
use crate::sandbox::wire::error::{Code, Failure};
use crate::sandbox::wire::http::{ACCOUNT, Request};

/// A policy that cannot be enforced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no IAM policy that the sandbox can enforce: {0}")]
pub struct PolicyError(String);

/// An identity-based policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    document: Value,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: Option<String>,
    id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(default)]
    condition: BTreeMap<Operator, BTreeMap<String, OneOrMany<String>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Operator {
    StringEquals,
    StringEqualsIfExists,
    StringLike,
    StringLikeIfExists,
    Null,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What a call asks for.
struct Asked {
    action: String,
    resource: String,
    /// Condition keys that the call carries, by lower-case name.
    keys: BTreeMap<&'static str, String>,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// When it is none, or uses an element that is not enforced here.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let none = |error: serde_json::Error| PolicyError(error.to_string());
        let document: Value = serde_json::from_str(text).map_err(none)?;
        let Document { version, id: _, statement } =
            serde_json::from_value(document.clone()).map_err(none)?;
        if version.as_deref() != Some("2012-10-17") {
            return Err(PolicyError("its Version must be \"2012-10-17\"".to_owned()));
        }
        Ok(Self { document, statements: statement.as_slice().to_vec() })
    }

    pub(crate) const fn document(&self) -> &Value {
        &self.document
    }

    /// The refusal of a call that it does not allow. An explicit deny wins.
    pub(crate) fn refusal(
        &self,
        operation: &str,
        request: &Request,
        default_region: &str,
        quirks: &Quirks,
    ) -> Option<Failure> {
        let region = signed_region(request).unwrap_or(default_region);
        let asked = Asked::new(operation, request, region, quirks);
        let says = |effect| {
            let mut statements = self.statements.iter();
            statements.any(|one| one.effect == effect && one.is_about(&asked))
        };
        let why = if says(Effect::Deny) {
            "with an explicit deny in an identity-based policy".to_owned()
        } else if says(Effect::Allow) {
            return None;
        } else {
            format!("because no identity-based policy allows the {} action", asked.action)
        };
        Some(denial(&asked.action, &asked.resource, &why))
    }
}

/// AWS's words, as a user has reported them.
pub(crate) fn denial(action: &str, resource: &str, why: &str) -> Failure {
    Failure::new(
        Code::AccessDenied,
        format!(
            "User: arn:aws:iam::{ACCOUNT}:user/sandbox is not authorized to perform: {action} on \
             resource: {resource} {why}"
        ),
    )
}

/// The ARN that a control-plane path is checked as: no account, a double colon.
pub(crate) fn arn(region: &str, path: &str) -> String {
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:apigateway:{region}::{path}")
}

/// The region of the signature: `Credential=KEY/DATE/REGION/apigateway/aws4_request`.
fn signed_region(request: &Request) -> Option<&str> {
    let (_, scope) = request.header("authorization")?.split_once("Credential=")?;
    scope.split('/').nth(2).filter(|region| !region.is_empty())
}

impl Asked {
    fn new(operation: &str, request: &Request, region: &str, quirks: &Quirks) -> Self {
        let mut path = request.path.as_str();
        if operation == "GetExport" && quirks.policy_export == PolicyExport::Stage {
            path = path.split_once("/exports/").map_or(path, |(stage, _)| stage);
        }
        let mut keys = BTreeMap::new();
        if operation == "CreateDeployment" {
            let body: Value = serde_json::from_slice(request.bytes()).unwrap_or_default();
            let stage = body.get("stageName").and_then(Value::as_str).unwrap_or_default();
            if !stage.is_empty() || quirks.policy_stage_name == PolicyStageName::Empty {
                keys.insert("apigateway:request/stagename", stage.to_owned());
            }
        }
        Self { action: format!("apigateway:{}", request.method), resource: arn(region, path), keys }
    }
}

impl Statement {
    fn is_about(&self, asked: &Asked) -> bool {
        let Self { _sid: _, effect: _, action, resource, condition } = self;
        let action_matches = |pattern: &String| {
            like(&pattern.to_ascii_lowercase(), &asked.action.to_ascii_lowercase())
        };
        action.as_slice().iter().any(action_matches)
            && resource.as_slice().iter().any(|pattern| like(pattern, &asked.resource))
            && condition.iter().all(|(operator, keys)| {
                keys.iter().all(|(key, values)| operator.holds(key, values.as_slice(), asked))
            })
    }
}

impl Operator {
    fn holds(self, key: &str, values: &[String], asked: &Asked) -> bool {
        let carried = asked.keys.get(key.to_ascii_lowercase().as_str());
        match (self, carried) {
            (Self::Null, carried) => {
                values.iter().any(|value| (value == "true") == carried.is_none())
            }
            (Self::StringEqualsIfExists | Self::StringLikeIfExists, None) => true,
            (Self::StringEquals | Self::StringLike, None) => false,
            (Self::StringEquals | Self::StringEqualsIfExists, Some(carried)) => {
                values.contains(carried)
            }
            (Self::StringLike | Self::StringLikeIfExists, Some(carried)) => {
                values.iter().any(|pattern| like(pattern, carried))
            }
        }
    }
}

/// IAM's patterns: `*` is any text, slashes included, `?` any one character.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statement: &str) -> Result<Policy, PolicyError> {
        Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#))
    }

    fn asked(action: &str, resource: &str) -> Asked {
        Asked { action: action.to_owned(), resource: resource.to_owned(), keys: BTreeMap::new() }
    }

    #[test]
    fn patterns_are_those_of_iam() {
        for (pattern, text, is_like) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("arn:aws:x::/restapis/*/stages/prod", "arn:aws:x::/restapis/a/b/stages/prod", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b", "xaxxab", true),
            ("a", "A", false),
        ] {
            assert_eq!(like(pattern, text), is_like, "{pattern} {text}");
        }
    }

    #[test]
    fn conditions_count_where_the_call_carries_the_key() {
        let stages = r#"{"apigateway:Request/StageName":["","beta"]}"#;
        let holds = |operator: &str, stage: Option<&str>| {
            let text = format!(
                r#"{{"Effect":"Allow","Action":"apigateway:POST","Resource":"*","Condition":{{"{operator}":{stages}}}}}"#
            );
            let policy = policy(&text).expect("a policy");
            let mut asked = asked("apigateway:POST", "r");
            asked.keys.extend(stage.map(|s| ("apigateway:request/stagename", s.to_owned())));
            policy.statements[0].is_about(&asked)
        };
        for operator in ["StringEqualsIfExists", "StringLikeIfExists"] {
            assert!(holds(operator, None) && holds(operator, Some("")));
            assert!(holds(operator, Some("beta")) && !holds(operator, Some("prod")));
        }
        assert!(!holds("StringEquals", None) && holds("StringEquals", Some("beta")));
    }

    #[test]
    fn what_is_not_enforced_is_refused() {
        for statement in [
            r#"{"Effect":"Allow","NotAction":"x","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"x"}"#,
            r#"{"Effect":"Allow","Action":"x","Resource":"*","Condition":{"IpAddress":{"a":"b"}}}"#,
            r#"{"Effect":"Maybe","Action":"x","Resource":"*"}"#,
        ] {
            assert!(policy(statement).is_err(), "{statement}");
        }
        assert!(Policy::parse(r#"{"Statement":[]}"#).is_err());
        assert!(policy("[]").is_ok());
    }

    #[test]
    fn the_partition_follows_the_region() {
        assert_eq!(arn("cn-north-1", "/a"), "arn:aws-cn:apigateway:cn-north-1::/a");
        assert_eq!(arn("us-gov-west-1", "/a"), "arn:aws-us-gov:apigateway:us-gov-west-1::/a");
    }
}
