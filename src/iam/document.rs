//! Permissions as an IAM policy document, as short as it can be without allowing more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::calls::{Permission, Purpose, permissions};
use super::{Grantee, Verb};
use crate::partition::control_plane_arn;

/// "Managed policies cannot exceed 6,144 characters"; blanks are not counted.
pub const LARGEST_MANAGED_POLICY: usize = 6_144;

/// The condition key of CreateDeployment.
const STAGE_NAME: &str = "apigateway:Request/StageName";

/// An identity-based policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: String,
    effect: &'static str,
    action: Vec<String>,
    resource: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

/// A call that carries no stage is allowed, and one that carries one of these: right
/// whether a CreateDeployment without a stage carries no such key or an empty one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    string_equals_if_exists: BTreeMap<&'static str, Vec<String>>,
}

/// What the resources of one statement have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Common {
    purpose: Purpose,
    actions: BTreeSet<String>,
    stages: Vec<String>,
}

impl Document {
    /// The least policy with which a verb works on some APIs.
    #[must_use]
    pub fn new(verb: Verb, apis: &[Grantee]) -> Self {
        // The actions on each resource, then the resources with the same actions.
        let mut resources: BTreeMap<(Purpose, String, Vec<String>), BTreeSet<String>> =
            BTreeMap::new();
        for api in apis {
            let region = api.region.as_deref().unwrap_or("*");
            for Permission { purpose, verb, path, stages } in permissions(verb, api) {
                resources
                    .entry((purpose, control_plane_arn(region, &path), stages))
                    .or_default()
                    .insert(format!("apigateway:{verb}"));
            }
        }
        let mut statements: BTreeMap<Common, BTreeSet<String>> = BTreeMap::new();
        for ((purpose, resource, stages), actions) in resources {
            let common = Common { purpose, actions, stages };
            statements.entry(common).or_default().insert(resource);
        }
        let mut numbers: BTreeMap<Purpose, usize> = BTreeMap::new();
        let statement = statements
            .into_iter()
            .map(|(common, resources)| {
                let number = numbers.entry(common.purpose).or_default();
                *number += 1;
                statement(common, *number, resources)
            })
            .collect();
        Self { version: "2012-10-17", statement }
    }

    /// Its length as IAM counts it.
    #[must_use]
    pub fn length(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len())
    }
}

fn statement(common: Common, number: usize, resources: BTreeSet<String>) -> Statement {
    let Common { purpose, actions, stages } = common;
    let number = if number == 1 { String::new() } else { number.to_string() };
    let condition = (purpose == Purpose::Deploy).then(|| Condition {
        string_equals_if_exists: BTreeMap::from([(
            STAGE_NAME,
            std::iter::once(String::new()).chain(stages).collect(),
        )]),
    });
    Statement {
        sid: format!("{}{number}", purpose.sid()),
        effect: "Allow",
        action: actions.into_iter().collect(),
        resource: resources.into_iter().collect(),
        condition,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::model::ResponseType;

    fn api() -> Grantee {
        Grantee {
            key: "orders".to_owned(),
            account: "default".to_owned(),
            region: Some("eu-west-1".to_owned()),
            rest_api_id: Some("abc".to_owned()),
            found_by: None,
            stages: vec!["prod".to_owned()],
            deploys: true,
            customized: BTreeSet::from([ResponseType::Throttled]),
            reset: BTreeSet::new(),
            resets_unlisted: false,
        }
    }

    fn document(verb: Verb, apis: &[Grantee]) -> Value {
        serde_json::to_value(Document::new(verb, apis)).expect("JSON")
    }

    #[test]
    fn an_apply_is_allowed_its_types_its_stage_and_no_more() {
        let arn = |path: &str| format!("arn:aws:apigateway:eu-west-1::/restapis/abc{path}");
        let found = document(Verb::Apply, &[api()]);
        assert_eq!(
            found,
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": ["apigateway:GET"], "Resource": [
                    arn(""), arn("/deployments"), arn("/deployments/*"), arn("/gatewayresponses"),
                    arn("/resources"), arn("/stages"), arn("/stages/prod"),
                    arn("/stages/prod/exports/*"),
                ]},
                {"Sid": "CustomizeResponses", "Effect": "Allow",
                    "Action": ["apigateway:PATCH", "apigateway:PUT"],
                    "Resource": [arn("/gatewayresponses/THROTTLED")]},
                {"Sid": "Deploy", "Effect": "Allow", "Action": ["apigateway:POST"],
                    "Resource": [arn("/deployments")],
                    "Condition": {"StringEqualsIfExists":
                        {"apigateway:Request/StageName": ["", "prod"]}}},
                {"Sid": "MoveStages", "Effect": "Allow", "Action": ["apigateway:PATCH"],
                    "Resource": [arn("/stages/prod")]},
                {"Sid": "RemoveDeployments", "Effect": "Allow", "Action": ["apigateway:DELETE"],
                    "Resource": [arn("/deployments/*")]},
            ]})
        );
    }

    #[test]
    fn a_verb_that_only_reads_is_allowed_only_that() {
        for verb in [Verb::Plan, Verb::Drift, Verb::Explain, Verb::Import, Verb::Deployments] {
            assert!(verb.only_reads());
            let reset = Grantee { resets_unlisted: true, ..api() };
            let found = document(verb, &[reset]);
            for statement in found["Statement"].as_array().expect("a list") {
                assert_eq!(statement["Action"], json!(["apigateway:GET"]), "{verb:?}");
            }
        }
    }

    #[test]
    fn what_is_not_deployed_needs_no_leave_to_deploy() {
        let never = Grantee { deploys: false, ..api() };
        let text = document(Verb::Apply, &[never]).to_string();
        assert!(!text.contains("POST") && !text.contains("MoveStages"), "{text}");
    }

    #[test]
    fn the_partition_and_what_is_unknown_are_in_the_resources() {
        let of = |region: Option<&str>| {
            let api = Grantee {
                region: region.map(str::to_owned),
                rest_api_id: None,
                found_by: Some("its name"),
                ..api()
            };
            document(Verb::Plan, &[api]).to_string()
        };
        assert!(of(Some("cn-north-1")).contains("arn:aws-cn:apigateway:cn-north-1::/restapis/*/"));
        assert!(of(Some("us-gov-west-1")).contains("arn:aws-us-gov:apigateway:us-gov-west-1::"));
        assert!(of(None).contains("\"arn:aws:apigateway:*::/restapis\""));
    }
}
