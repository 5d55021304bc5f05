//! `/_sandbox/…`: for tests and for people, not part of the API.

use std::collections::BTreeMap;

use serde_json::json;

use super::engine::Engine;
use super::faults::{FaultList, Faults};
use super::policy::Policy;
use crate::sandbox::wire::http::{Answer, Request};

pub(crate) fn answer(engine: &mut Engine, request: &Request) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", "/_sandbox/health") => health(engine),
        ("GET" | "HEAD", "/_sandbox/calls") => Answer::ok(engine.audit.rows()),
        ("GET" | "HEAD", "/_sandbox/faults") => faults(engine),
        ("POST", "/_sandbox/faults") => match serde_json::from_slice(request.bytes()) {
            Ok(FaultList { faults: list }) => {
                engine.faults = Faults::new(list);
                faults(engine)
            }
            Err(error) => told(400, &format!("These are no faults: {error}")),
        },
        ("GET" | "HEAD", "/_sandbox/policy") => policy(engine),
        ("POST", "/_sandbox/policy") => match read_policy(request.bytes()) {
            Ok(read) => {
                engine.policy = read;
                policy(engine)
            }
            Err(error) => told(400, &error),
        },
        ("POST", "/_sandbox/reset") => match engine.reset() {
            Ok(()) => Answer::ok(&json!({ "status": "ok" })),
            Err(failure) => failure.into(),
        },
        (method, path) => told(
            404,
            &format!(
                "There is no {method} {path}; there are GET /_sandbox/health, GET /_sandbox/calls, \
                 POST /_sandbox/reset, GET and POST /_sandbox/faults, GET and POST /_sandbox/policy"
            ),
        ),
    }
}

fn told(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message }))
}

fn faults(engine: &Engine) -> Answer {
    Answer::ok(&json!({ "faults": engine.faults.list() }))
}

fn policy(engine: &Engine) -> Answer {
    Answer::ok(&json!({ "policy": engine.policy.as_ref().map(Policy::document) }))
}

/// A policy; with an empty body or `null` everything is allowed again.
fn read_policy(body: &[u8]) -> Result<Option<Policy>, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?.trim();
    match text {
        "" | "null" => Ok(None),
        text => Policy::parse(text).map(Some).map_err(|error| error.to_string()),
    }
}

fn health(engine: &Engine) -> Answer {
    let apis = || engine.store.apis();
    let quirks: BTreeMap<_, _> = engine.options.quirks.chosen().into_iter().collect();
    Answer::ok(&json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "region": engine.options.region,
        "data": engine.options.data,
        "quota": engine.options.quota.to_string(),
        "quirks": quirks,
        "policy": engine.policy.is_some(),
        "counts": {
            "apis": apis().count(),
            "stages": apis().map(|api| api.stages.len()).sum::<usize>(),
            "deployments": apis().map(|api| api.deployments.len()).sum::<usize>(),
            "calls": engine.audit.rows().len(),
        },
    }))
}
