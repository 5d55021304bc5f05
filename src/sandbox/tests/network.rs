use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::*;
use crate::sandbox::Background;

/// What came back, and whether the connection was reset.
fn exchange(sandbox: &Background, method: &str, path: &str, body: &str) -> (String, bool) {
    let mut stream = TcpStream::connect(sandbox.addr()).expect("a connection");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: sandbox\r\nAccept: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    let reset = match stream.read_to_end(&mut answer) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            true
        }
    };
    (String::from_utf8(answer).expect("UTF-8"), reset)
}

fn json_of(sandbox: &Background, path: &str) -> Value {
    let (answer, _) = exchange(sandbox, "GET", path, "");
    let body = answer.split_once("\r\n\r\n").expect("an answer").1;
    serde_json::from_str(body).expect("JSON")
}

fn start() -> (Background, String) {
    let seed =
        Seed { name: "orders".to_owned(), stages: vec!["prod".to_owned()], ..Seed::default() };
    let listen = "127.0.0.1:0".parse().expect("an address");
    let sandbox = Background::start(listen, Options::default(), &[seed]).expect("a sandbox");
    let api = json_of(&sandbox, "/restapis")["item"][0]["id"].as_str().expect("an id").to_owned();
    (sandbox, format!("/restapis/{api}"))
}

#[test]
fn each_fault_is_what_its_caller_sees() {
    let (sandbox, api) = start();
    let path = format!("{api}/gatewayresponses/THROTTLED");
    for (kind, begins, is_reset, done, status) in [
        ("429", "HTTP/1.1 429", false, false, 429),
        ("429-bare", "HTTP/1.1 429", false, false, 429),
        ("500", "HTTP/1.1 500", false, false, 500),
        ("503", "HTTP/1.1 503", false, false, 503),
        ("409", "HTTP/1.1 409", false, false, 409),
        ("400", "HTTP/1.1 400", false, false, 400),
        ("403", "HTTP/1.1 403", false, false, 403),
        ("reset-before", "", true, false, 0),
        ("reset-after", "", true, true, 0),
        ("truncate", "HTTP/1.1 201", false, true, 201),
        ("timeout", "", false, false, 0),
        ("delay", "HTTP/1.1 201", false, true, 201),
    ] {
        let fault = json!({"faults": [{"operation": "PutGatewayResponse", "kind": kind, "count": 1, "retry_after": 3, "hold_s": 0.05}]});
        let (armed, _) = exchange(&sandbox, "POST", "/_sandbox/faults", &fault.to_string());
        assert!(armed.starts_with("HTTP/1.1 200"), "{armed}");
        let (answer, reset) = exchange(&sandbox, "PUT", &path, "{\"statusCode\":\"430\"}");
        assert!(answer.starts_with(begins) && reset == is_reset, "{kind}: {answer} {reset}");
        assert_eq!(answer.is_empty(), begins.is_empty(), "{kind}: {answer}");
        assert_eq!(answer.contains("retry-after: 3"), kind.starts_with(['4', '5']), "{kind}");
        if kind == "truncate" {
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.expect("a length").parse().expect("a number");
            assert_eq!(body.len(), length / 2);
        }
        let stored = json_of(&sandbox, &path);
        assert_eq!(stored["defaultResponse"] == false, done, "{kind}");
        let calls = json_of(&sandbox, "/_sandbox/calls");
        let row = calls
            .as_array()
            .expect("a list")
            .iter()
            .rfind(|row| row["fault"] == kind)
            .expect("a row");
        assert_eq!(
            (&row["status"], &row["operation"]),
            (&json!(status), &json!("PutGatewayResponse"))
        );
        let faults = json_of(&sandbox, "/_sandbox/faults");
        assert_eq!(
            (&faults["faults"][0]["seen"], &faults["faults"][0]["hits"]),
            (&json!(1), &json!(1))
        );
        exchange(&sandbox, "DELETE", &path, "");
    }
    let calls = json_of(&sandbox, "/_sandbox/calls");
    for (index, row) in calls.as_array().expect("a list").iter().enumerate() {
        assert_eq!(row["n"], json!(index + 1));
    }
}

#[test]
fn a_delayed_call_is_done_when_its_caller_has_gone() {
    let (sandbox, api) = start();
    let path = format!("{api}/gatewayresponses/THROTTLED");
    let fault = r#"{"faults": [{"operation": "*", "kind": "delay", "hold_s": 0.1, "count": 1}]}"#;
    exchange(&sandbox, "POST", "/_sandbox/faults", fault);
    let mut stream = TcpStream::connect(sandbox.addr()).expect("a connection");
    write!(stream, "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}")
        .expect("sent");
    // Another call, which is served meanwhile, shows that the first has come in.
    let until = Instant::now() + Duration::from_secs(10);
    while json_of(&sandbox, "/_sandbox/faults")["faults"][0]["hits"] == 0 {
        assert!(Instant::now() < until, "the call never came in");
    }
    stream.shutdown(Shutdown::Both).expect("gone");
    drop(stream);
    while json_of(&sandbox, &path)["defaultResponse"] == true {
        assert!(Instant::now() < until, "the call was never done");
    }
    let calls = json_of(&sandbox, "/_sandbox/calls");
    let row = calls
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["fault"] == "delay")
        .expect("a row");
    assert_eq!(row["status"], 0);
}

#[test]
fn mistakes_change_nothing() {
    let (sandbox, api) = start();
    let good = r#"{"faults": [{"operation": "GetStages", "kind": "500"}]}"#;
    exchange(&sandbox, "POST", "/_sandbox/faults", good);
    for body in ["", "[]", "{}", r#"{"faults": [{}]}"#, r#"{"faults": [], "more": 1}"#] {
        let (answer, _) = exchange(&sandbox, "POST", "/_sandbox/faults", body);
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains("\"message\""),
            "{body}: {answer}"
        );
    }
    assert_eq!(json_of(&sandbox, "/_sandbox/faults")["faults"][0]["kind"], "500");
    assert!(exchange(&sandbox, "GET", "/restapis/%ff", "").0.starts_with("HTTP/1.1 400"));
    assert!(exchange(&sandbox, "GET", "/nowhere", "").0.starts_with("HTTP/1.1 404"));
    exchange(&sandbox, "POST", "/_sandbox/reset", "");
    assert_eq!(json_of(&sandbox, "/_sandbox/faults"), json!({"faults": []}));
    assert_eq!(json_of(&sandbox, "/_sandbox/calls"), json!([]));
    assert_eq!(json_of(&sandbox, "/restapis")["item"].as_array().map(Vec::len), Some(1));
    assert!(exchange(&sandbox, "GET", &api, "").0.starts_with("HTTP/1.1 404"), "a new id");
}

#[test]
fn health_the_page_and_the_caller_s_identity() {
    let (sandbox, _) = start();
    assert_eq!(json_of(&sandbox, "/_sandbox/health")["counts"]["apis"], 1);
    assert!(exchange(&sandbox, "GET", "/", "").0.contains("orders"));
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    assert!(exchange(&sandbox, "POST", "/", body).0.contains("<Account>123456789012</Account>"));
    assert_eq!(json_of(&sandbox, "/_sandbox/calls").as_array().map(Vec::len), Some(1));
}

#[test]
fn over_the_quota_calls_are_refused_and_listed() {
    let options = Options { quota: "0.01,2,60".parse().expect("a quota"), ..Options::default() };
    let listen = "127.0.0.1:0".parse().expect("an address");
    let sandbox = Background::start(listen, options, &[]).expect("a sandbox");
    let statuses: Vec<bool> = (0..3)
        .map(|_| exchange(&sandbox, "GET", "/restapis", "").0.starts_with("HTTP/1.1 429"))
        .collect();
    assert_eq!(statuses, [false, false, true]);
    let calls = json_of(&sandbox, "/_sandbox/calls");
    assert_eq!(calls[2]["status"], 429);
    assert!(calls[2].get("fault").is_none());
}
