//! UpdateStage: patch operations on a stage.
//!
//! Recorded in LocalStack's validated snapshots: the list of paths in the message,
//! `Deployment id does not exist`, and the rules for promoting a canary.

use super::operations::stages::set_cache;
use super::patch_operation::{PatchOperation, typed};
use crate::sandbox::data::state::{Canary, Stage};
use crate::sandbox::quirks::{CanaryReplace, Quirks};
use crate::sandbox::wire::error::Failure;

/// The list in the message, with AWS's own punctuation.
const PATHS: &str = "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, \
/clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, \
/accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, \
/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, \
/{resourcePath}/{httpMethod}/throttling/burstLimit\
/{resourcePath}/{httpMethod}/throttling/rateLimit\
/{resourcePath}/{httpMethod}/caching/ttlInSeconds, \
/{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, \
/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, \
/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, \
/*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, \
/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, \
/*/*/caching/enabled, /*/*/caching/dataEncrypted, \
/*/*/caching/requireAuthorizationForCacheControl, \
/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]";

/// Applies all operations, or tells why not; `known` says whether a deployment exists.
pub(crate) fn apply(
    stage: &mut Stage,
    operations: &[PatchOperation],
    known: &dyn Fn(&str) -> bool,
    quirks: &Quirks,
) -> Result<(), Failure> {
    operations.iter().try_for_each(|operation| apply_one(stage, operation, known, quirks))
}

fn apply_one(
    stage: &mut Stage,
    operation: &PatchOperation,
    known: &dyn Fn(&str) -> bool,
    quirks: &Quirks,
) -> Result<(), Failure> {
    let invalid = || {
        Failure::bad_request(format!(
            "Invalid method setting path: {}. Must be one of: {PATHS}",
            operation.shown_path()
        ))
    };
    let segments = operation.segments().ok_or_else(invalid)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let value = operation.value.clone();
    let text = || operation.filled_value().map(str::to_owned);
    match (operation.op(), segments.as_slice()) {
        ("copy", _) => copy(stage, operation),
        ("add", ["canarySettings", ..]) => Err(Failure::bad_request(format!(
            "Invalid add operation with path: {}",
            operation.shown_path()
        ))),
        ("remove", ["canarySettings"]) => {
            stage.canary_settings = None;
            Ok(())
        }
        ("replace" | "remove", ["canarySettings", rest @ ..]) => {
            patch_canary(stage, rest, operation, known).ok_or_else(invalid)?
        }
        ("replace", ["deploymentId"]) => {
            if stage.canary_settings.is_some() && quirks.canary_replace == CanaryReplace::Refuse {
                return Err(Failure::bad_request(format!(
                    "Deployment of stage {} cannot be replaced because Canary is enabled",
                    stage.stage_name
                )));
            }
            let id = value.filter(|id| known(id)).ok_or_else(unknown_deployment)?;
            stage.deployment_id = id;
            Ok(())
        }
        ("replace" | "add", ["description"]) => {
            stage.description = text();
            Ok(())
        }
        ("replace" | "add", ["clientCertificateId"]) => {
            stage.client_certificate_id = text();
            Ok(())
        }
        ("replace" | "add", ["documentationVersion"]) => {
            stage.documentation_version = text();
            Ok(())
        }
        ("replace" | "add", ["cacheClusterSize"]) => {
            stage.cache_cluster_size = text();
            Ok(())
        }
        ("replace" | "add", [flag @ ("cacheClusterEnabled" | "tracingEnabled")]) => {
            let on = value.as_deref() == Some("true");
            if *flag == "tracingEnabled" {
                stage.tracing_enabled = on;
            } else {
                set_cache(stage, on);
            }
            Ok(())
        }
        ("remove", [member]) => remove_member(stage, member).ok_or_else(invalid),
        (op, ["variables", name]) => {
            if op == "remove" {
                stage.variables.remove(*name);
            } else {
                stage.variables.insert((*name).to_owned(), value.unwrap_or_default());
            }
            Ok(())
        }
        (op, ["accessLogSettings", name @ ("destinationArn" | "format")]) => {
            if op == "remove" {
                stage.access_log_settings.remove(*name);
            } else {
                stage.access_log_settings.insert((*name).to_owned(), value.unwrap_or_default());
            }
            Ok(())
        }
        (op, [path @ .., verb, group, member]) if !path.is_empty() => {
            let key = format!("{}/{verb}", path.join("/").trim_start_matches('/'));
            set_method(stage, &key, op, (group, member), value.as_deref()).ok_or_else(invalid)
        }
        (op @ "remove", [path @ .., verb]) if !path.is_empty() && op == "remove" => {
            let key = format!("{}/{verb}", path.join("/").trim_start_matches('/'));
            stage.method_settings.remove(&key);
            Ok(())
        }
        _ => Err(invalid()),
    }
}

fn unknown_deployment() -> Failure {
    Failure::bad_request("Deployment id does not exist")
}

fn remove_member(stage: &mut Stage, member: &str) -> Option<()> {
    match member {
        "description" => stage.description = None,
        "clientCertificateId" => stage.client_certificate_id = None,
        "documentationVersion" => stage.documentation_version = None,
        "accessLogSettings" => stage.access_log_settings.clear(),
        "variables" => stage.variables.clear(),
        _ => return None,
    }
    Some(())
}

/// `None` where the path is none of a canary's.
fn patch_canary(
    stage: &mut Stage,
    path: &[&str],
    operation: &PatchOperation,
    known: &dyn Fn(&str) -> bool,
) -> Option<Result<(), Failure>> {
    let value = operation.value.as_deref().unwrap_or_default();
    let mut canary = stage.canary_settings.clone().unwrap_or_else(|| Canary {
        deployment_id: stage.deployment_id.clone(),
        ..Canary::default()
    });
    match (operation.op(), path) {
        ("replace", ["percentTraffic"]) => {
            let percent =
                value.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
            let Some(percent) = percent else {
                return Some(Err(Failure::bad_request(format!(
                    "Percent traffic {value} must be between 0 and 100"
                ))));
            };
            canary.percent_traffic = percent;
        }
        ("replace", ["deploymentId"]) => {
            if !known(value) {
                return Some(Err(unknown_deployment()));
            }
            value.clone_into(&mut canary.deployment_id);
        }
        ("replace", ["useStageCache"]) => canary.use_stage_cache = value == "true",
        ("replace", ["stageVariableOverrides", name]) => {
            canary.stage_variable_overrides.insert((*name).to_owned(), value.to_owned());
        }
        ("remove", ["stageVariableOverrides"]) => canary.stage_variable_overrides.clear(),
        ("remove", ["stageVariableOverrides", name]) => {
            canary.stage_variable_overrides.remove(*name);
        }
        _ => return None,
    }
    stage.canary_settings = Some(canary);
    Some(Ok(()))
}

/// Promotion: the canary's deployment or variables become the stage's.
fn copy(stage: &mut Stage, operation: &PatchOperation) -> Result<(), Failure> {
    let from = operation.from.as_deref().unwrap_or("null");
    let pair = (operation.shown_path(), from);
    let valid = matches!(
        pair,
        ("/deploymentId", "/canarySettings/deploymentId")
            | ("/variables", "/canarySettings/stageVariableOverrides")
    );
    if !valid {
        return Err(Failure::bad_request(format!(
            "Invalid copy operation with path: {} and from {from}. Valid copy:path are \
             [/deploymentId, /variables] and valid copy:from are \
             [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]",
            operation.shown_path()
        )));
    }
    let Some(canary) = &stage.canary_settings else {
        return Err(Failure::bad_request("Promotion not available. Canary does not exist."));
    };
    if pair.0 == "/deploymentId" {
        stage.deployment_id.clone_from(&canary.deployment_id);
    } else {
        stage.variables.extend(canary.stage_variable_overrides.clone());
    }
    Ok(())
}

/// `/~1pets/GET/throttling/rateLimit`, or `/*/*/…` for every method.
fn set_method(
    stage: &mut Stage,
    key: &str,
    op: &str,
    (group, member): (&str, &str),
    value: Option<&str>,
) -> Option<()> {
    let name = match (group, member) {
        ("metrics", "enabled") => "metricsEnabled",
        ("logging", "dataTrace") => "dataTraceEnabled",
        ("logging", "loglevel") => "loggingLevel",
        ("throttling", "burstLimit") => "throttlingBurstLimit",
        ("throttling", "rateLimit") => "throttlingRateLimit",
        ("caching", "enabled") => "cachingEnabled",
        ("caching", "ttlInSeconds") => "cacheTtlInSeconds",
        ("caching", "dataEncrypted") => "cacheDataEncrypted",
        ("caching", "requireAuthorizationForCacheControl") => "requireAuthorizationForCacheControl",
        ("caching", "unauthorizedCacheControlHeaderStrategy") => {
            "unauthorizedCacheControlHeaderStrategy"
        }
        _ => return None,
    };
    let settings = stage.method_settings.entry(key.to_owned()).or_default();
    if op == "remove" {
        settings.remove(name);
    } else {
        settings.insert(name.to_owned(), typed(name, value.unwrap_or_default())?);
    }
    if settings.is_empty() {
        stage.method_settings.remove(key);
    }
    Some(())
}
