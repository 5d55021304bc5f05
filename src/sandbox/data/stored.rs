//! Checks of what a data folder says of an API, before any of it is used.
//!
//! A folder may come from a checkout or from another machine, so it is foreign input. What is
//! checked is what the sandbox relies on and has always kept: ids, names that are keys,
//! references between stages and deployments, and numbers that it calculates with.
//!
//! Deliberately absent: checks of texts that any client may set (names, templates, header
//! values). They are as harmless here as in a request.

use super::excerpt::excerpt;
use super::state::{Api, Configuration, Deployment, Stage};
use crate::sandbox::control::constraints::is_status;
use crate::sandbox::control::operations::{methods, stages};
use crate::sandbox::wire::ids::{InvalidId, check_made};

/// The last second of the year 9999, the latest that texts of times can show.
const LATEST_SECOND: i64 = 253_402_300_799;

/// More deployments than an API can ever have; counting on from here cannot overflow.
const LAST_SEQUENCE: u64 = 1 << 53;

/// What is wrong with an API in a data folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Defect {
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error("the {kind} under the key {} calls itself {}", excerpt(key), excerpt(inside))]
    Key { kind: &'static str, key: String, inside: String },
    #[error("{} is not a valid stage name", excerpt(.0))]
    StageName(String),
    #[error(
        "the stage {} uses the deployment {}, which the API does not have",
        excerpt(stage),
        excerpt(deployment)
    )]
    NoDeployment { stage: String, deployment: String },
    #[error("{} is not an HTTP method of API Gateway", excerpt(.0))]
    Verb(String),
    #[error("{} is not a valid status of a gateway response", excerpt(.0))]
    Status(String),
    #[error("{number} is not a valid {member}")]
    Number { member: &'static str, number: String },
}

pub(crate) fn check(api: &Api) -> Result<(), Defect> {
    check_made("root resource", &api.root_resource_id)?;
    check_time("createdDate", api.created_date, 1)?;
    check_sequence(api.sequence, LAST_SEQUENCE)?;
    for (key, deployment) in &api.deployments {
        let Deployment { id, created_millis, sequence, description: _, snapshot: _ } = deployment;
        check_key("deployment", key, id)?;
        check_time("createdMillis", *created_millis, 1000)?;
        check_sequence(*sequence, api.sequence)?;
    }
    for (key, stage) in &api.stages {
        check_stage(api, key, stage)?;
    }
    check_configuration(&api.config)
}

fn check_stage(api: &Api, key: &str, stage: &Stage) -> Result<(), Defect> {
    check_key("stage", key, &stage.stage_name)?;
    if stages::check_name(key).is_err() {
        return Err(Defect::StageName(key.to_owned()));
    }
    check_time("createdDate", stage.created_date, 1)?;
    check_time("lastUpdatedDate", stage.last_updated_date, 1)?;
    let canary = stage.canary_settings.as_ref().map(|canary| &canary.deployment_id);
    match [Some(&stage.deployment_id), canary]
        .into_iter()
        .flatten()
        .find(|id| !api.deployments.contains_key(id.as_str()))
    {
        Some(unknown) => {
            Err(Defect::NoDeployment { stage: key.to_owned(), deployment: unknown.clone() })
        }
        None => Ok(()),
    }
}

/// Checks what an API is configured to do, or what a deployment captured of it.
pub(crate) fn check_configuration(config: &Configuration) -> Result<(), Defect> {
    for (key, resource) in &config.resources {
        check_made("resource", key)?;
        check_key("resource", key, &resource.id)?;
        if let Some(parent) = &resource.parent_id {
            check_made("resource", parent)?;
        }
        for (verb, method) in &resource.methods {
            check_key("method", verb, &method.http_method)?;
            if !methods::is_verb(verb) {
                return Err(Defect::Verb(verb.clone()));
            }
        }
    }
    for (key, authorizer) in &config.authorizers {
        check_made("authorizer", key)?;
        check_key("authorizer", key, &authorizer.id)?;
    }
    for (key, validator) in &config.request_validators {
        check_made("request validator", key)?;
        check_key("request validator", key, &validator.id)?;
    }
    for (key, model) in &config.models {
        check_made("model", &model.id)?;
        check_key("model", key, &model.name)?;
    }
    let statuses = config.gateway_responses.values().filter_map(|one| one.status_code.as_ref());
    // PutGatewayResponse takes the text "null", as AWS's constraint does.
    match statuses.into_iter().find(|status| !is_status(status) && *status != "null") {
        Some(wrong) => Err(Defect::Status(wrong.clone())),
        None => Ok(()),
    }
}

fn check_key(kind: &'static str, key: &str, inside: &str) -> Result<(), Defect> {
    if key == inside {
        return Ok(());
    }
    Err(Defect::Key { kind, key: key.to_owned(), inside: inside.to_owned() })
}

fn check_time(member: &'static str, time: i64, per_second: i64) -> Result<(), Defect> {
    if (0..=LATEST_SECOND).contains(&time.div_euclid(per_second)) {
        return Ok(());
    }
    Err(Defect::Number { member, number: time.to_string() })
}

fn check_sequence(sequence: u64, last: u64) -> Result<(), Defect> {
    if sequence <= last {
        return Ok(());
    }
    Err(Defect::Number { member: "sequence", number: sequence.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A whole API, as 0.1.0 wrote it.
    fn sound() -> Value {
        json!({
            "id": "abcde12345",
            "createdDate": 1_700_000_000,
            "rootResourceId": "root000001",
            "sequence": 2,
            "config": {
                "name": "orders",
                "resources": {
                    "root000001": {"id": "root000001", "path": "/", "resourceMethods": {
                        "GET": {"httpMethod": "GET", "authorizerId": "whatever the client sent"},
                    }},
                    "res001": {"id": "res001", "parentId": "root000001", "path": "/a"},
                },
                "authorizers": {"aut001": {"id": "aut001", "name": "../a", "type": "TOKEN"}},
                "requestValidators": {"val001": {"id": "val001"}},
                "models": {"A.B": {"id": "mod001", "name": "A.B"}},
                "gatewayResponses": {"THROTTLED": {"statusCode": "430"}},
            },
            "deployments": {
                "dep001": {"id": "dep001", "createdMillis": 1_700_000_000_000_i64, "sequence": 1},
            },
            "stages": {
                "prod": {"stageName": "prod", "deploymentId": "dep001",
                    "canarySettings": {"deploymentId": "dep001"}},
            },
        })
    }

    fn defect(document: &Value) -> Option<String> {
        let read: Result<Api, _> = serde_json::from_value(document.clone());
        match read {
            Ok(api) => check(&api).err().map(|defect| defect.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }

    #[test]
    fn every_id_and_reference_is_checked() {
        assert_eq!(defect(&sound()), None);
        let hostile = "/../../../../../victim/package";
        for (at, value, expected) in [
            ("/id", hostile, "not a valid API id"),
            ("/rootResourceId", hostile, "not a valid root resource id"),
            ("/deployments/dep001/id", hostile, "not a valid deployment id"),
            ("/deployments/dep001/id", "dep002", "the deployment under the key \"dep001\""),
            ("/stages/prod/stageName", "beta", "the stage under the key \"prod\""),
            ("/stages/prod/deploymentId", "dep002", "uses the deployment \"dep002\""),
            ("/stages/prod/canarySettings/deploymentId", hostile, "uses the deployment"),
            ("/config/resources/res001/id", "res002", "the resource under the key"),
            ("/config/resources/res001/parentId", hostile, "not a valid resource id"),
            ("/config/resources/root000001/resourceMethods/GET/httpMethod", "PUT", "the method"),
            ("/config/authorizers/aut001/id", "aut002", "the authorizer under the key"),
            ("/config/requestValidators/val001/id", "val002", "the request validator"),
            ("/config/models/A.B/id", hostile, "not a valid model id"),
            ("/config/models/A.B/name", "C", "the model under the key \"A.B\""),
            ("/config/gatewayResponses/THROTTLED/statusCode", "999", "not a valid status"),
        ] {
            let mut document = sound();
            *document.pointer_mut(at).expect("a member") = json!(value);
            let found = defect(&document).unwrap_or_default();
            assert!(found.contains(expected), "{at}: {found:?}");
        }
    }

    #[test]
    fn keys_are_ids_too() {
        let id = "/../../../../../victim/package";
        for (map, mut entry, member, expected) in [
            ("/deployments", json!({}), "id", "not a valid deployment id"),
            ("/stages", json!({"deploymentId": "dep001"}), "stageName", "not a valid stage name"),
            ("/config/resources", json!({"path": "/b"}), "id", "not a valid resource id"),
            ("/config/authorizers", json!({}), "id", "not a valid authorizer id"),
            ("/config/requestValidators", json!({}), "id", "not a valid request validator id"),
            (
                "/config/resources/res001/resourceMethods",
                json!({}),
                "httpMethod",
                "not an HTTP method",
            ),
        ] {
            let mut document = sound();
            document["config"]["resources"]["res001"]["resourceMethods"] = json!({});
            entry[member] = json!(id);
            document.pointer_mut(map).expect("a map")[id] = entry;
            let found = defect(&document).unwrap_or_default();
            assert!(found.contains(expected), "{map}: {found:?}");
        }
    }

    #[test]
    fn numbers_that_are_calculated_with_are_in_range() {
        for (at, value) in [
            ("/createdDate", json!(-1)),
            ("/createdDate", json!(i64::MAX)),
            ("/sequence", json!(u64::MAX)),
            ("/deployments/dep001/createdMillis", json!(i64::MIN)),
            ("/deployments/dep001/sequence", json!(3)),
        ] {
            let mut document = sound();
            *document.pointer_mut(at).expect("a member") = value;
            let found = defect(&document).unwrap_or_default();
            assert!(found.contains("is not a valid"), "{at}: {found:?}");
        }
    }
}
