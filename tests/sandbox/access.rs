//! `Host` and `Origin`: a page must not drive the sandbox, and every client still can.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use gateway_responses::{Background, SandboxOptions};
use serde_json::{Value, json};

use crate::support::binary;
use crate::support::http::{Answer, send, send_raw};
use crate::support::server::{Server, seed};

const API: &str = "abcde12345";

fn server() -> Server {
    Server::start(&[], &[seed(API, "orders", &["prod"])])
}

/// What is not a stage: the control plane, `/_sandbox`, the page and STS.
const GUARDED: [(&str, &str); 8] = [
    ("GET", "/restapis"),
    ("POST", "/restapis"),
    ("OPTIONS", "/restapis"),
    ("DELETE", "/restapis/abcde12345"),
    ("GET", "/_sandbox/calls"),
    ("POST", "/_sandbox/reset"),
    ("GET", "/"),
    ("POST", "/"),
];

fn with_host(addr: SocketAddr, method: &str, path: &str, host: &str) -> Answer {
    let lines = if host.is_empty() { String::new() } else { format!("host: {host}\r\n") };
    send_raw(addr, &format!("{method} {path} HTTP/1.1\r\n{lines}connection: close\r\n\r\n"))
}

#[test]
fn a_rebound_name_reaches_nothing() {
    let server = server();
    let stage = format!("/_aws/execute-api/{API}/prod/");
    for (method, path) in GUARDED.into_iter().chain([("GET", stage.as_str())]) {
        let answer = with_host(server.addr(), method, path, "evil.example:4567");
        assert_eq!(answer.status, 421, "{method} {path}: {answer:?}");
        let message = answer.json()["message"].as_str().expect("a message").to_owned();
        assert!(message.contains("--allow-host evil.example"), "{message}");
    }
    assert_eq!(server.calls(), []);
    assert_eq!(server.done("GET", "/restapis", &Value::Null)["item"][0]["id"], API);
}

#[test]
fn hosts_that_clients_use_are_answered() {
    let server = server();
    let port = server.addr().port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        "LOCALHOST".to_owned(),
        "localhost.:80".to_owned(),
        format!("[::1]:{port}"),
        "[::ffff:127.0.0.1]".to_owned(),
        "127.8.9.10".to_owned(),
        "sandbox:4567".to_owned(),
        "orders.localhost".to_owned(),
        "host.docker.internal:4567".to_owned(),
    ] {
        let answer = with_host(server.addr(), "GET", "/restapis", &host);
        assert_eq!(answer.status, 200, "{host}: {answer:?}");
    }
    for (host, status) in [
        ("", 400),
        ("localhost\r\nhost: localhost", 400),
        ("user@localhost", 400),
        ("localhost:port", 400),
        ("0.0.0.0", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.nip.io", 421),
        ("localhost.localstack.cloud:4566", 421),
    ] {
        let answer = with_host(server.addr(), "GET", "/restapis", host);
        assert_eq!(answer.status, status, "{host:?}: {answer:?}");
        assert!(answer.json()["message"].is_string(), "{answer:?}");
    }
}

#[test]
fn the_target_counts_as_well_as_the_header() {
    let server = server();
    let of = |target: &str, host: &str| with_host(server.addr(), "GET", target, host).status;
    assert_eq!(of("http://localhost/restapis", "localhost"), 200);
    assert_eq!(of("http://evil.example/restapis", "localhost"), 421);
    assert_eq!(of("http://localhost/restapis", "evil.example"), 421);
    let old = send_raw(server.addr(), "GET /restapis HTTP/1.0\r\n\r\n");
    assert_eq!(old.status, 400, "{old:?}");
}

/// Whatever the path, such a host leads to a stage, so it is no way to the control plane.
#[test]
fn the_host_of_a_stage_leads_to_stages_only() {
    let server = server();
    for host in [
        format!("{API}.execute-api.us-east-1.amazonaws.com"),
        format!("{}.EXECUTE-API.us-east-1.AmazonAWS.com.:443", API.to_uppercase()),
        format!("{API}.execute-api.cn-north-1.amazonaws.com.cn"),
        format!("{API}.execute-api.localhost:4567"),
    ] {
        assert_eq!(with_host(server.addr(), "GET", "/prod/", &host).status, 200, "{host}");
        for (method, path) in GUARDED {
            let answer = with_host(server.addr(), method, path, &host);
            assert_eq!(answer.status, 403, "{method} {path} {host}: {answer:?}");
            assert_eq!(answer.json(), json!({"message": "Forbidden"}), "{method} {path} {host}");
        }
    }
    let evil = format!("{API}.execute-api.localhost.evil.example");
    assert_eq!(with_host(server.addr(), "GET", "/prod/", &evil).status, 421);
    assert_eq!(server.calls(), []);
}

#[test]
fn pages_of_other_origins_are_refused() {
    let server = server();
    let port = server.addr().port();
    for (host, origin) in [
        (server.addr().to_string(), "https://evil.example".to_owned()),
        (server.addr().to_string(), "null".to_owned()),
        (server.addr().to_string(), String::new()),
        (server.addr().to_string(), format!("https://127.0.0.1:{port}")),
        (server.addr().to_string(), format!("http://127.0.0.1:{port}.evil.example")),
        (server.addr().to_string(), "http://localhost:1".to_owned()),
        (server.addr().to_string(), "http://localhost".to_owned()),
        // Here the origin agrees with `Host`, as after a DNS rebinding.
        (format!("intranet:{port}"), format!("http://intranet:{port}")),
        ("localhost:1".to_owned(), "http://localhost:1".to_owned()),
        // A stage under a host of its own.
        (format!("localhost:{port}"), format!("http://{API}.execute-api.localhost:{port}")),
    ] {
        for (method, path) in GUARDED {
            let answer = send_raw(
                server.addr(),
                &format!(
                    "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n\
                     connection: close\r\n\r\n"
                ),
            );
            assert_eq!(answer.status, 403, "{method} {path} {host} {origin}: {answer:?}");
            if method != "HEAD" {
                let message = answer.json()["message"].as_str().expect("a message").to_owned();
                assert!(message.contains(&format!("{origin:?}")), "{message}");
            }
            assert!(!allows_pages(&answer), "{answer:?}");
        }
    }
    assert_eq!(server.calls(), []);
    assert_eq!(server.done("GET", "/restapis", &Value::Null)["item"][0]["id"], API);
}

/// Bytes that are no text are an origin, too.
#[test]
fn an_origin_that_is_not_text_is_refused() {
    use std::io::{Read as _, Write as _};

    let server = server();
    let mut stream = std::net::TcpStream::connect(server.addr()).expect("the server is there");
    let head = b"POST /_sandbox/reset HTTP/1.1\r\nhost: localhost\r\norigin: http://\xff\r\n\
                 connection: close\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(head).expect("the request is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

fn allows_pages(answer: &Answer) -> bool {
    answer.headers.iter().any(|(name, _)| name.starts_with("access-control-"))
}

#[test]
fn the_own_origin_may_call_and_no_answer_allows_another() {
    let server = server();
    let port = server.addr().port();
    for origin in ["127.0.0.1", "localhost", "[::1]"] {
        let origin = format!("http://{origin}:{port}");
        for (method, path) in [
            ("GET", "/restapis"),
            ("GET", "/restapis/abcde12345/gatewayresponses"),
            ("GET", "/restapis/abcde12345/stages/prod/exports/oas30"),
            ("OPTIONS", "/restapis"),
            ("GET", "/nowhere"),
            ("GET", "/_sandbox/health"),
            ("GET", "/"),
            ("POST", "/"),
        ] {
            let answer = send(server.addr(), method, path, &[("origin", &origin)], "");
            assert_ne!(answer.status, 403, "{method} {path} {origin}: {answer:?}");
            assert!(!allows_pages(&answer), "{method} {path}: {answer:?}");
        }
    }
}

#[test]
fn stages_answer_every_origin() {
    let server = server();
    let path = format!("/_aws/execute-api/{API}/prod/");
    for origin in ["https://shop.example", "null", "http://localhost:3000"] {
        let answer = send(server.addr(), "GET", &path, &[("origin", origin)], "");
        assert_eq!(answer.status, 200, "{origin}: {answer:?}");
        let answer = send_raw(
            server.addr(),
            &format!(
                "GET /prod/ HTTP/1.1\r\nhost: {API}.execute-api.us-east-1.amazonaws.com\r\n\
                 origin: {origin}\r\nconnection: close\r\n\r\n"
            ),
        );
        assert_eq!(answer.status, 200, "{origin}: {answer:?}");
    }
}

/// Other machines reach it under names that it cannot know.
#[test]
fn beyond_loopback_hosts_are_not_checked_and_origins_are() {
    let background = Background::start(([0, 0, 0, 0], 0).into(), SandboxOptions::default(), &[])
        .expect("a sandbox that starts");
    let addr: SocketAddr = ([127, 0, 0, 1], background.addr().port()).into();
    let answer = with_host(addr, "GET", "/restapis", "sandbox.example");
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = send(addr, "GET", "/restapis", &[("origin", "https://evil.example")], "");
    assert_eq!(answer.status, 403, "{answer:?}");
}

/// `gwr sandbox` on a free port; it ends with this.
struct Started {
    child: Child,
    addr: SocketAddr,
    folder: tempfile::TempDir,
}

impl Started {
    fn new(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut all = vec!["sandbox", "--listen", "127.0.0.1:0", "-o", "json", "-q"];
        all.extend(arguments);
        let mut child = binary::command(folder.path(), &all).spawn().expect("a sandbox");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("JSON in one line");
        let url = ready["url"].as_str().expect("a URL");
        let addr = url.strip_prefix("http://").expect("a URL").parse().expect("an address");
        Self { child, addr, folder }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_allowed_host_is_answered() {
    let started = Started::new(&["--allow-host", "Sandbox.Example", "--allow-host", "192.168.1.5"]);
    for host in ["sandbox.example", "SANDBOX.EXAMPLE.:8080", "192.168.1.5:4567"] {
        let answer = with_host(started.addr, "GET", "/restapis", host);
        assert_eq!(answer.status, 200, "{host}: {answer:?}");
    }
    for host in ["a.sandbox.example", "192.168.1.6"] {
        assert_eq!(with_host(started.addr, "GET", "/restapis", host).status, 421, "{host}");
    }
    let own = format!("http://sandbox.example:{}", started.addr.port());
    let answer = send(started.addr, "GET", "/restapis", &[("origin", &own)], "");
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn a_client_by_name_works_unmodified() {
    let started = Started::new(&[]);
    let url = format!("http://localhost:{}", started.addr.port());
    let made = send(started.addr, "POST", "/restapis", &[], r#"{"name": "orders"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let file = "version = 1\n[apis.orders]\nmatch = { name = \"orders\" }\n\
                responses.THROTTLED.headers.Retry-After = \"2\"\n";
    std::fs::write(started.folder.path().join("gwr.toml"), file).expect("a file");
    let plan = binary::run(started.folder.path(), &["plan", "--endpoint-url", &url, "-o", "json"]);
    plan.exits(0);
    assert!(plan.stdout.contains("\"THROTTLED\""), "{plan}");
}

#[test]
fn an_allowed_host_is_a_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for wrong in ["http://sandbox.example", "sandbox.example:80", "*.example", "", "a/b", "::1"] {
        let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--allow-host", wrong];
        let child = binary::command(folder.path(), &arguments)
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        binary::wait(child).exits(1).tells("--allow-host").tells("is not a host name");
    }
}
