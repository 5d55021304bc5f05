//! For programs: every verb writes JSON that a published schema describes, and with
//! `--progress json` there is nothing but JSON on stderr either.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::*;
use crate::support::documents::complaints;

/// As [`binary::run`], which holds every document against its schema.
fn run(place: &Place, arguments: &[&str]) -> Run {
    let url = ["--endpoint-url", place.server.url(), "-o", "json", "--progress", "json"];
    binary::run(place.path(), &[arguments, &url].concat())
}

#[test]
fn every_verb_writes_json_that_a_schema_describes() {
    let place = Place::new(ONE);
    let told = |arguments: &[&str]| {
        let run = run(&place, arguments);
        run.exits(0);
        (arguments[0].to_owned(), document(&run))
    };
    let ran = [
        told(&["plan", "--out", "gwr.plan"]),
        told(&["show", "gwr.plan"]),
        told(&["apply", "gwr.plan", "--yes", "--record", "r.json"]),
        told(&["show", "r.json"]),
        told(&["drift"]),
        told(&["explain"]),
        told(&["explain", "--status", "429"]),
        told(&["deployments"]),
        told(&["deployments", "--prune", "--keep", "5", "--yes"]),
        told(&["rollback", "r.json", "--yes"]),
        told(&["validate"]),
        told(&["validate", "--rules"]),
        told(&["import", "--api-id", API]),
        told(&["policy", "apply"]),
        told(&["init", "-f", "new.toml"]),
        told(&["completions", "zsh"]),
        told(&["man", "apply"]),
        told(&["schema", "plan"]),
        told(&["sandbox", "--quirk", "list"]),
    ];
    let covered: BTreeSet<String> = ran.iter().map(|(verb, _)| verb.clone()).collect();
    let all: BTreeSet<String> = super::shell::commands(place.path()).into_iter().collect();
    assert_eq!(covered, all);
    for (verb, document) in ran {
        match verb.as_str() {
            "schema" => jsonschema::meta::validate(&document).expect("a schema"),
            "show" => {}
            verb => assert_eq!(complaints(verb, &document), Vec::<String>::new()),
        }
    }
}

#[test]
fn a_sandbox_tells_where_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "-o", "json", "-q"];
    let mut child = binary::command(folder.path(), &arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a sandbox");
    let mut line = String::new();
    let read = BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line);
    child.kill().expect("it ends");
    child.wait().expect("it has ended");
    read.expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("JSON in one line");
    assert_eq!(complaints("sandbox", &ready), Vec::<String>::new());
    assert!(ready["url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")));
}

/// What goes wrong is an event, too.
#[test]
fn nothing_but_events_on_stderr() {
    let place = Place::new(ONE);
    place.write("bad.toml", b"version = 1\nverzion = 2\n[apis.\"\xc2\x9b2J\"]\nmatch = {}\n");
    place.write("expiring.toml", format!("{ONE}{EXPIRED}").as_bytes());
    place.server.faults(&json!([
        {"operation": "GetGatewayResponses", "kind": "429", "count": 1, "retry_after": 1},
        {"operation": "GetExport", "kind": "403"},
    ]));
    let events = |code, arguments: &[&str]| {
        let run = run(&place, arguments);
        run.exits(code);
        let lines = run.stderr.lines();
        lines.map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()
    };
    let bad = events(1, &["validate", "--strict", "-f", "expiring.toml"]);
    // Its document holds the findings; which code it is and why stands here as well.
    let bad: Vec<&str> = bad.iter().filter_map(|event| event["text"].as_str()).collect();
    assert!(
        matches!(bad.as_slice(), [one] if one.contains("expiring.toml:9:9: this entry")),
        "{bad:?}"
    );

    let findings = events(1, &["plan", "-f", "bad.toml"]);
    assert_eq!(findings[0]["event"], "finding");
    assert_eq!(findings[0]["finding"]["file"], "bad.toml");
    assert_eq!(findings[0]["finding"]["line"], 2);
    let last = findings.last().expect("an event");
    assert_eq!((&last["event"], &last["severity"]), (&json!("message"), &json!("error")));

    let unread = events(3, &["plan"]);
    let messages: Vec<&str> = unread.iter().filter_map(|event| event["text"].as_str()).collect();
    assert!(
        messages.iter().any(|text| text.contains("its export could not be read")),
        "{unread:?}"
    );
    assert!(unread.iter().any(|event| event["event"] == "waiting"), "{unread:?}");

    let refused = events(4, &["apply"]);
    let refuses =
        |event: &Value| event["text"].as_str().is_some_and(|text| text.contains("refused"));
    assert!(refused.iter().any(refuses), "{refused:?}");
    let usage = events(1, &["apply", "--ja"]);
    assert!(usage[0]["text"].as_str().is_some_and(|text| text.contains("--ja")), "{usage:?}");
}

/// An entry that is over.
const EXPIRED: &str = "[[apis.orders.ignore]]\ntype = \"WAF_FILTERED\"\nreason = \"a\"\n\
                       until = 2020-01-01\n";
