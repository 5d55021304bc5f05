//! Permissions as an IAM policy document, as short as it can be without allowing more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::calls::{Permission, Purpose, permissions};
use super::grantee::{Grantee, Verb};

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
            for Permission { purpose, verb, path, stages } in permissions(verb, api) {
                resources
                    .entry((purpose, api.place.arn(&path), stages))
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
