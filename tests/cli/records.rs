//! Records: what a run left, and the way back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::back::Was;

use super::*;

const STAGES: [&str; 2] = ["beta", "prod"];

fn two_stages() -> Place {
    // What is there to come back to is removed on purpose.
    let file = TWO.replace("[\"prod\"]", "[\"beta\", \"prod\"]\naccept = [\"takeover\"]");
    let place = Place::with(&file, &[seed(API, "orders", &STAGES)]);
    // Something to come back to.
    place.server.put(
        API,
        "THROTTLED",
        &json!({"statusCode": "430", "responseParameters":
        {"gatewayresponse.header.x-old": "'1'"}}),
    );
    place.server.deploy(API, &STAGES);
    place
}

fn only_record(place: &Place) -> PathBuf {
    let runs = place.path().join(".gwr/runs");
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&runs), 0o700);
    let mut found: Vec<_> = std::fs::read_dir(&runs).expect("a folder").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    let path = found.remove(0).expect("an entry").path();
    assert_eq!(mode(&path), 0o600);
    path
}

#[test]
fn an_apply_leaves_a_record_that_takes_it_back() {
    let place = two_stages();
    let was = Was::look(&place.server, API, &STAGES);
    let run = place.run(&["apply", "--yes"]);
    let path = only_record(&place);
    let name = path.strip_prefix(place.path()).expect("below").to_str().expect("a text");
    assert!(run.exits(0).stdout.contains(&format!("gwr rollback {name}")), "{run}");
    let text = std::fs::read_to_string(&path).expect("a record");
    for secret in ["AKIAIOSFODNN7EXAMPLE", "no-secret"] {
        assert!(!text.contains(secret), "{text}");
    }
    let calls = place.server.calls().len();
    let shown = place.run(&["show", name]);
    assert!(shown.exits(0).stdout.contains("moved and verified"), "{shown}");
    let record = document(&place.run(&["show", name, "-o", "json"]));
    assert_eq!(record["status"], "done");
    let comment = place.run(&["show", name, "-o", "markdown"]);
    assert!(comment.exits(0).stdout.starts_with("<!-- gwr:record "), "{comment}");
    assert_eq!(place.server.calls().len(), calls, "`show` is offline");

    place.run(&["rollback", name]).exits(4).tells("--yes");
    let before = place.writes().len();
    let back = place.run(&["rollback", name, "--yes", "--record", "back.json"]);
    back.exits(0);
    assert_eq!(was.complaint(&place.server, API), None);
    let writes = place.writes().split_off(before);
    assert_eq!(
        writes,
        [
            "UpdateStage",
            "UpdateStage",
            "UpdateDeployment",
            "UpdateDeployment",
            "DeleteGatewayResponse",
            "UpdateGatewayResponse",
        ]
    );
    // Once more there is nothing to do, and a rollback can be taken back itself.
    place.run(&["rollback", name, "--yes"]).exits(0);
    assert_eq!(place.writes().len(), before + 6);
    place.run(&["rollback", "back.json", "--yes"]).exits(0);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn without_a_record_nothing_is_applied() {
    let place = Place::new(ONE);
    place
        .run(&["apply", "--yes", "--record", "gwr.toml/r.json"])
        .exits(1)
        .tells("nothing is applied");
    place.write(".gwr", b"a file where the folder should be");
    place.run(&["apply", "--yes"]).exits(1).tells("nothing is applied");
    assert_eq!(place.writes(), Vec::<String>::new());
}

#[test]
fn an_earlier_record_is_kept() {
    let place = Place::new(ONE);
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
    place.write("gwr.toml", TWO.as_bytes());
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0).tells("r.json.1");
    place.run(&["rollback", "r.json", "--yes"]).exits(0);
    place.run(&["rollback", "r.json.1", "--yes"]).exits(0);
    assert_eq!(place.server.customized(API), Vec::<Value>::new());
}

/// Kills an apply while its `nth` call of an operation is held; the call is still made.
fn killed(operation: &str, nth: u64) -> (Place, Was) {
    let place = two_stages();
    let was = Was::look(&place.server, API, &STAGES);
    place.server.faults(&json!([
        {"operation": operation, "kind": "delay", "hold_s": 0.6, "nth": nth, "count": 1}
    ]));
    let mut child =
        place.command(&["apply", "--yes", "--record", "r.json"]).spawn().expect("the binary runs");
    place.in_flight(nth);
    child.kill().expect("it is running");
    assert_eq!(binary::wait(child).code, None);
    std::thread::sleep(Duration::from_millis(900));
    place.server.faults(&json!([]));
    (place, was)
}

/// Where an apply of two changes to two stages can be killed.
const POINTS: [(&str, u64); 7] = [
    ("UpdateGatewayResponse", 1),
    ("PutGatewayResponse", 1),
    ("CreateDeployment", 1),
    ("GetStage", 1),
    ("UpdateStage", 1),
    ("UpdateStage", 2),
    // Everything is done, and is being verified.
    ("GetGatewayResponses", 3),
];

#[test]
fn a_killed_apply_can_be_told_and_rolled_back() {
    for (operation, nth) in POINTS {
        let (place, was) = killed(operation, nth);
        let told = place.run(&["show", "r.json"]);
        assert!(told.exits(0).stdout.contains("not ended: it is"), "{operation} {nth}: {told}");
        let in_flight = !operation.starts_with("Get");
        assert!(!in_flight || told.stdout.contains("in flight"), "{operation} {nth}: {told}");
        let back = place.run(&["rollback", "r.json", "--yes"]);
        back.exits(0).tells("has not ended");
        if let Some(wrong) = was.complaint(&place.server, API) {
            panic!("{operation} {nth}: {wrong}\n{told}\n{back}");
        }
    }
}

#[test]
fn a_killed_apply_can_be_finished() {
    for (operation, nth) in POINTS {
        let (place, _) = killed(operation, nth);
        place.run(&["apply", "--yes"]).exits(0);
        place.run(&["plan", "--detailed-exitcode"]).exits(0);
        assert_eq!(place.server.shown(API, "ACCESS_DENIED")["statusCode"], "404");
    }
}

/// An API that was written and not deployed looks done where exports mirror the
/// configuration; the record of the run knows better. What that run was to ship, the next
/// one ships, and nothing that came since.
#[test]
fn an_interrupted_apply_is_finished_by_the_next_one_also_beside_a_mirror() {
    for quirk in ["export=mirror", "export=snapshot"] {
        for foreign in [false, true] {
            let place = Place::under(&[quirk], TWO, &[seed(API, "orders", &["prod"])]);
            let old = place.server.pointer(API, "prod");
            place.server.faults(&json!([{"operation": "CreateDeployment", "kind": "400"}]));
            let run = place.run(&["apply", "--yes"]);
            if quirk == "export=mirror" {
                let (_, digest) =
                    run.exits(3).stdout.split_once("--accept-foreign ").expect("a way out");
                let digest: String = digest.chars().take("sha256:".len() + 64).collect();
                place.run(&["apply", "--yes", "--accept-foreign", &digest]).exits(3);
            }
            place.server.faults(&json!([]));
            place.run(&["plan", "--detailed-exitcode"]).exits(2);
            if foreign {
                place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
                place.run(&["apply", "--yes"]).exits(4);
                assert_eq!(place.server.pointer(API, "prod"), old, "{quirk}");
                continue;
            }
            place.run(&["apply", "--yes"]).exits(0);
            assert_ne!(place.server.pointer(API, "prod"), old, "{quirk}");
            place.run(&["plan", "--detailed-exitcode"]).exits(0);
            assert_eq!(place.server.deployments(API).len(), 2, "{quirk}");
        }
    }
}

#[test]
fn what_somebody_else_has_changed_since_is_left_alone() {
    let place = two_stages();
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
    let theirs = place.server.deploy(API, &["prod"]);
    place.server.put(API, "THROTTLED", &json!({"statusCode": "421"}));
    let back = place.run(&["rollback", "r.json", "--yes"]);
    back.exits(3);
    assert!(back.stdout.contains("left unchanged"), "{back}");
    assert_eq!(place.server.pointer(API, "prod"), theirs);
    assert_eq!(place.server.shown(API, "THROTTLED")["statusCode"], "421");
    assert_eq!(place.server.shown(API, "ACCESS_DENIED")["defaultResponse"], true);
}

#[test]
fn a_stage_that_cannot_be_moved_back_keeps_its_configuration() {
    let place = Place::new(ONE);
    let old = place.server.pointer(API, "prod");
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
    place.server.done("DELETE", &format!("/restapis/{API}/deployments/{old}"), &Value::Null);
    let back = place.run(&["rollback", "r.json", "--yes"]);
    back.exits(3);
    assert!(back.stdout.contains("configuration was not begun"), "{back}");
    assert_eq!(place.server.shown(API, "THROTTLED")["defaultResponse"], false);
}

#[test]
fn a_stage_goes_back_to_the_deployment_before_and_the_configuration_with_it() {
    let place = two_stages();
    let was = Was::look(&place.server, API, &["prod"]);
    place.run(&["apply", "--yes"]).exits(0);
    let prod = ["rollback", "--api", "orders", "--stage", "prod", "--yes"];
    place.run(&prod).exits(0);
    assert_eq!(was.complaint(&place.server, API), None);
    // What the stage served before that one is unknown: the deployments are listed.
    let writes = place.writes().len();
    let newest = place.server.pointer(API, "beta");
    let again = place.run(&prod);
    let out = &again.exits(0).stdout;
    assert!(out.contains("already rolled back; to go further: --to DEPLOYMENT"), "{again}");
    assert!(out.contains(&newest), "{again}");
    assert_eq!(place.writes().len(), writes);
    place.run(&[&prod[..], &["--to", &newest]].concat()).exits(0);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
    place.run(&[&prod[..], &["--to", "zzzzzz"]].concat()).exits(1).tells("no deployment zzzzzz");
    // Without a file the API is found by its name.
    std::fs::remove_file(place.path().join("gwr.toml")).expect("it was there");
    place.run(&prod).exits(0);
    assert_eq!(was.complaint(&place.server, API), None);
}

#[test]
fn where_exports_mirror_the_configuration_is_not_touched() {
    let place = Place::under(&["export=mirror"], ONE, &[seed(API, "orders", &["prod"])]);
    let old = place.server.pointer(API, "prod");
    // Others made what is served: under a mirror nothing tells what that ships.
    let file = format!("{ONE}foreign_changes = \"allow\"\n");
    place.write("gwr.toml", file.as_bytes());
    place.run(&["apply", "--yes"]).exits(0);
    let run = place.run(&["rollback", "--api", "orders", "--stage", "prod", "--yes"]);
    run.exits(3);
    assert!(run.stdout.contains("The configuration was not touched"), "{run}");
    assert_eq!(place.server.pointer(API, "prod"), old);
    assert_eq!(place.server.shown(API, "THROTTLED")["defaultResponse"], false);
}

#[test]
fn what_a_record_says_commands_neither_a_terminal_nor_markdown() {
    let place = Place::new(ONE);
    let evil = "\u{1b}[2J\u{202e}````\n--> <script>";
    place.run(&["apply", "--yes", "--record", "r.json", "--message", evil]).exits(0);
    let text = std::fs::read_to_string(place.path().join("r.json")).expect("a record");
    let mut record: Value = serde_json::from_str(&text).expect("JSON");
    record["run"] = json!(evil);
    record["apis"][0]["name"] = json!(evil);
    record["apis"][0]["error"] = json!(evil);
    record["apis"][0]["stages"][0]["name"] = json!(evil);
    record["digest"] = json!(gateway_responses::document_digest(&record));
    place.write("evil.json", record.to_string().as_bytes());
    for format in ["text", "markdown"] {
        let shown = place.run(&["show", "evil.json", "-o", format]);
        let out = &shown.exits(0).stdout;
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{shown}");
        if format == "markdown" {
            let (head, rest) = out.split_once("\n`````diff\n").expect("a long fence");
            let (_, tail) = rest.rsplit_once("\n`````\n").expect("its end");
            for part in [head, tail] {
                assert!(!part.contains("<script>") && !part.contains("````"), "{shown}");
            }
        }
    }
    place.run(&["rollback", "evil.json", "--yes"]).exits(3);
}
