//! A sandbox, and what a test does to it over its wire.

use std::net::SocketAddr;

use gateway_responses::{Background, Quirks, SandboxOptions, Seed};
use serde_json::{Value, json};

use super::http::{self, Answer};

/// A sandbox on a port of its own; it stops when this is dropped.
pub struct Server {
    background: Background,
}

/// One row of `/_sandbox/calls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub operation: String,
    pub path: String,
    pub status: u64,
    pub fault: Option<String>,
}

impl Server {
    /// In memory, with the quirks given as `NAME=VALUE`.
    pub fn start(quirks: &[&str], seeds: &[Seed]) -> Self {
        let mut chosen = Quirks::default();
        for quirk in quirks {
            chosen.set(quirk).expect("a quirk that there is");
        }
        Self::with(SandboxOptions { quirks: chosen, ..SandboxOptions::default() }, seeds)
    }

    pub fn with(options: SandboxOptions, seeds: &[Seed]) -> Self {
        let background = Background::start(([127, 0, 0, 1], 0).into(), options, seeds)
            .expect("a sandbox that starts");
        Self { background }
    }

    pub fn addr(&self) -> SocketAddr {
        self.background.addr()
    }

    pub fn url(&self) -> &str {
        self.background.endpoint()
    }

    /// A call to the control plane, whatever comes of it.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("accept", "application/json"), ("content-type", "application/json")];
        http::send(self.addr(), method, path, &headers, &text)
    }

    /// A call that must succeed.
    pub fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.call(method, path, body);
        assert!(answer.status < 300, "{method} {path} {body}: {answer:?}");
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    pub fn put(&self, api: &str, response_type: &str, body: &Value) {
        self.done("PUT", &response_path(api, response_type), body);
    }

    pub fn delete(&self, api: &str, response_type: &str) {
        self.done("DELETE", &response_path(api, response_type), &Value::Null);
    }

    /// The live entry as GetGatewayResponse shows it.
    pub fn shown(&self, api: &str, response_type: &str) -> Value {
        self.done("GET", &response_path(api, response_type), &Value::Null)
    }

    /// Everything customised, by type.
    pub fn customized(&self, api: &str) -> Vec<Value> {
        let path = format!("/restapis/{api}/gatewayresponses");
        let all = self.done("GET", &path, &Value::Null);
        let all = all["item"].as_array().expect("a list").iter();
        all.filter(|item| item["defaultResponse"] == false).cloned().collect()
    }

    /// Deploys as others do: without a word in the description.
    pub fn deploy(&self, api: &str, stages: &[&str]) -> String {
        let made = self.done("POST", &format!("/restapis/{api}/deployments"), &json!({}));
        let id = made["id"].as_str().expect("an id").to_owned();
        for stage in stages {
            self.point(api, stage, &id);
        }
        id
    }

    pub fn point(&self, api: &str, stage: &str, deployment: &str) {
        let operation = json!({"op": "replace", "path": "/deploymentId", "value": deployment});
        let path = format!("/restapis/{api}/stages/{stage}");
        self.done("PATCH", &path, &json!({"patchOperations": [operation]}));
    }

    /// Where a stage points.
    pub fn pointer(&self, api: &str, stage: &str) -> String {
        let path = format!("/restapis/{api}/stages/{stage}");
        let stage = self.done("GET", &path, &Value::Null);
        stage["deploymentId"].as_str().expect("a deployment").to_owned()
    }

    pub fn deployments(&self, api: &str) -> Vec<Value> {
        let path = format!("/restapis/{api}/deployments?limit=500");
        self.done("GET", &path, &Value::Null)["item"].as_array().expect("a list").clone()
    }

    pub fn faults(&self, faults: &Value) {
        self.done("POST", "/_sandbox/faults", &json!({ "faults": faults }));
    }

    /// How often each fault has struck.
    pub fn hits(&self) -> Vec<u64> {
        let listed = self.done("GET", "/_sandbox/faults", &Value::Null);
        let listed = listed["faults"].as_array().expect("a list");
        listed.iter().map(|fault| fault["hits"].as_u64().expect("a number")).collect()
    }

    /// How many calls the faults have counted, those still held included.
    pub fn seen(&self) -> u64 {
        let listed = self.done("GET", "/_sandbox/faults", &Value::Null);
        let listed = listed["faults"].as_array().expect("a list");
        listed.iter().map(|fault| fault["seen"].as_u64().expect("a number")).sum()
    }

    /// The control-plane calls so far.
    pub fn calls(&self) -> Vec<Row> {
        let rows = self.done("GET", "/_sandbox/calls", &Value::Null);
        rows.as_array()
            .expect("a list")
            .iter()
            .filter_map(|row| {
                Some(Row {
                    operation: row["operation"].as_str()?.to_owned(),
                    path: row["path"].as_str().expect("a path").to_owned(),
                    status: row["status"].as_u64().expect("a status"),
                    fault: row["fault"].as_str().map(str::to_owned),
                })
            })
            .collect()
    }

    /// What a client of a stage gets for an error of the type.
    pub fn ask(&self, api: &str, stage: &str, response_type: &str, accept: &str) -> Answer {
        let path = format!("/_aws/execute-api/{api}/{stage}/?gwr-error={response_type}");
        http::send(self.addr(), "GET", &path, &[("accept", accept), ("x-probe", "seen")], "")
    }
}

fn response_path(api: &str, response_type: &str) -> String {
    format!("/restapis/{api}/gatewayresponses/{response_type}")
}

/// An API with a MOCK method, at its defaults, deployed to the stages.
pub fn seed(id: &str, name: &str, stages: &[&str]) -> Seed {
    Seed {
        rest_api_id: Some(id.to_owned()),
        name: name.to_owned(),
        stages: stages.iter().map(|stage| (*stage).to_owned()).collect(),
        ..Seed::default()
    }
}
