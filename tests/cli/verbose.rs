//! `-v`: each call to AWS on stderr; `-vv`: also waits, files, accounts and profiles.

use super::*;

fn operations(place: &Place) -> Vec<String> {
    place.server.calls().into_iter().map(|row| row.operation).collect()
}

#[test]
fn each_call_is_a_line_and_results_stay_the_same() {
    let place = Place::new(ONE);
    let plain = place.run(&["plan"]);
    assert_eq!(plain.stderr, "");
    let before = operations(&place).len();
    let run = place.run(&["plan", "-v"]);
    run.exits(0);
    assert_eq!(run.stdout, plain.stdout);
    let mut told: Vec<&str> =
        run.stderr.lines().filter_map(|line| line.split(' ').next()).collect();
    let mut sent = operations(&place).split_off(before);
    told.sort_unstable();
    sent.sort_unstable();
    assert_eq!(told, sent);
    for line in run.stderr.lines() {
        let rest = line.split_once(" on API abcde12345 in us-east-1: 200, attempt 1, ");
        let (_, rest) = rest.unwrap_or_else(|| panic!("{line}"));
        assert!(rest.contains(" ms, request id "), "{line}");
    }
    assert_eq!(place.run(&["plan", "-v", "-q"]).stderr, "");
}

#[test]
fn each_attempt_is_an_event() {
    let place = Place::new(ONE);
    place.server.faults(&json!([{"operation": "CreateDeployment", "kind": "429", "count": 1}]));
    let url = place.server.url();
    let arguments =
        ["apply", "--yes", "-v", "--progress", "json", "-o", "json", "--endpoint-url", url];
    let run = binary::run(place.path(), &arguments);
    run.exits(0);
    let events = run.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let calls: Vec<Value> = events.filter(|event: &Value| event["event"] == "call").collect();
    assert_eq!(calls.len(), operations(&place).len(), "{run}");
    let deployments: Vec<(u64, u64)> = calls
        .iter()
        .filter(|call| call["operation"] == "CreateDeployment")
        .map(|call| (call["attempt"].as_u64().unwrap(), call["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(deployments, [(1, 429), (2, 201)], "{run}");
    assert!(calls.iter().all(|call| call["request_id"].is_string()), "{run}");
}

#[test]
fn twice_tells_files_accounts_and_waits_but_no_credentials() {
    let text = format!("{ONE}[accounts.main]\nquota_share = 0.25\n");
    let place = Place::new(&text);
    place.write("more.toml", b"version = 1\n");
    let run = place.run(&["plan", "-vv", "-f", "gwr.toml", "-f", "more.toml"]);
    run.exits(0)
        .tells("files, later ones win: gwr.toml, more.toml")
        .tells("account `main`: region us-east-1, endpoint http://127.0.0.1:")
        .tells(" ms for ");
    for secret in ["AKIAIOSFODNN7EXAMPLE", "no-secret", "Retry-After"] {
        assert!(!run.stderr.contains(secret), "{run}");
    }
}
