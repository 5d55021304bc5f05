//! The control plane and the stages, by what goes in and what comes out.

mod control_plane;
mod exports;
mod hal;
mod network;
mod stages;
mod test_invoke;

use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::control::engine::Engine;
use super::control::route::find;
use super::data::seed::Seed;
use super::options::Options;
use super::stage::invoke::target;
use super::wire::http::{Answer, Body, Request, segments};

/// A sandbox without a network, with one API and the stage `prod`.
struct Bench {
    engine: Engine,
    api: String,
}

/// An answer, taken apart.
#[derive(Debug)]
struct Told {
    status: u16,
    error: Option<String>,
    body: Value,
}

impl Told {
    fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let found = answer.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).expect("a name"),
            HeaderValue::from_str(value).expect("a value"),
        );
    }
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: map,
        body: Body::Read(Bytes::copy_from_slice(body.as_bytes())),
        source_ip: "127.0.0.1".to_owned(),
    }
}

impl Bench {
    fn new(quirks: &[&str]) -> Self {
        let mut options = Options::default();
        for quirk in quirks {
            options.quirks.set(quirk).expect("a quirk");
        }
        let seed =
            Seed { name: "orders".to_owned(), stages: vec!["prod".to_owned()], ..Seed::default() };
        let engine = Engine::new(options, &[seed]).expect("a sandbox");
        let api = engine.store.apis().next().expect("the seed").id.to_string();
        Self { engine, api }
    }

    /// A control-plane call; `~` in the path stands for the API.
    fn call(&mut self, method: &str, url: &str, body: &Value) -> Told {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, url, &text)
    }

    fn send(&mut self, method: &str, url: &str, body: &str) -> Told {
        let answer = self.answer(method, url, &[("accept", "application/json")], body);
        Told {
            status: answer.status,
            error: header(&answer, "x-amzn-ErrorType").map(str::to_owned),
            body: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
        }
    }

    /// The answer as it is, to a call with just these headers.
    fn answer(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = url.replace('~', &format!("/restapis/{}", self.api));
        let request = request(method, &url, headers, body);
        let path = segments(&request.path).expect("UTF-8");
        let found = find(method, &path, &request.query_pairs()).expect("an operation");
        self.engine.call(&found, &request)
    }

    fn get(&mut self, url: &str) -> Value {
        let told = self.call("GET", url, &Value::Null);
        assert_eq!(told.status, 200, "{told:?}");
        told.body
    }

    fn put(&mut self, response_type: &str, body: &Value) {
        let told = self.call("PUT", &format!("~/gatewayresponses/{response_type}"), body);
        assert_eq!(told.status, 201, "{told:?}");
    }

    /// Deploys to a stage and gives the deployment's id.
    fn deploy(&mut self, stage: &str) -> String {
        let told = self.call("POST", "~/deployments", &json!({ "stageName": stage }));
        assert_eq!(told.status, 201, "{told:?}");
        told.body["id"].as_str().expect("an id").to_owned()
    }

    /// A request to the stage `prod`.
    fn visit(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("/_aws/execute-api/{}/prod{path}", self.api);
        let request = request("GET", &url, headers, "");
        let target = target(&request.path, None).expect("a stage");
        self.engine.invoke(&target, &request, ("r".to_owned(), "x".to_owned()))
    }

    fn export(&mut self) -> Value {
        self.get("~/stages/prod/exports/oas30?extensions=apigateway")
    }

    /// What the export says of gateway responses.
    fn exported(&mut self) -> Value {
        self.export()["x-amazon-apigateway-gateway-responses"].take()
    }
}
