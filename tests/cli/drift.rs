//! `gwr drift`, and the hazards that refuse.

use super::*;

/// Three managed types.
const THREE: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                     stages = [\"prod\"]\nresponses.ACCESS_DENIED.status = 404\n\
                     responses.THROTTLED.status = 420\nresponses.UNAUTHORIZED.status = 404\n\
                     [[apis.orders.ignore]]\ntype = \"WAF_FILTERED\"\nreason = \"theirs\"\n";

#[test]
fn drift_tells_the_three_truths_apart() {
    let place = Place::new(THREE);
    place.run(&["apply", "--yes"]).exits(0);
    let clean = place.run(&["drift", "-o", "json"]);
    clean.exits(0);
    let clean = document(&clean);
    assert_eq!(clean["format_version"], 1);
    assert_eq!(
        clean["summary"],
        json!({"apis": 1, "in_sync": 1, "drifted": 0, "unknown": 0, "stages_behind": 0})
    );

    place.server.put(API, "THROTTLED", &json!({"statusCode": "421"}));
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
    place.server.put(API, "EXPIRED_TOKEN", &json!({"statusCode": "418"}));
    let before = place.writes().len();
    let run = place.run(&["drift", "-o", "json"]);
    run.exits(2);
    let drift = document(&run);
    let summary = &drift["summary"];
    assert_eq!(
        *summary,
        json!({"apis": 1, "in_sync": 0, "drifted": 1, "unknown": 0, "stages_behind": 1})
    );
    let api = &drift["apis"][0];
    for name in ["name", "rest_api_id", "status", "responses", "stages", "hazards"] {
        assert!(api.get(name).is_some(), "no {name} in {api}");
    }
    assert_eq!((&api["name"], &api["status"]), (&json!("orders"), &json!("drifted")));
    let status = |wanted: &str| {
        let all = api["responses"].as_array().expect("a list");
        let one = all.iter().find(|one| one["response_type"] == wanted);
        one.map(|one| one["status"].clone())
    };
    assert_eq!(status("THROTTLED"), Some(json!("drifted")));
    assert_eq!(status("ACCESS_DENIED"), Some(json!("in_sync")));
    assert_eq!(status("WAF_FILTERED"), Some(json!("ignored")));
    assert_eq!(status("EXPIRED_TOKEN"), Some(json!("unmanaged")));
    let throttled = api["responses"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["response_type"] == "THROTTLED"))
        .expect("it is listed");
    assert_eq!(throttled["desired"]["status"], 420);
    assert_eq!(throttled["configured"]["status"], 421);
    let stage = &api["stages"][0];
    assert_eq!((&stage["name"], &stage["status"]), (&json!("prod"), &json!("behind")));
    assert_eq!(stage["evidence"], "export");
    // Managed types only.
    assert_eq!(stage["behind"], json!(["THROTTLED"]));
    assert_eq!(place.writes().len(), before, "drift writes nothing");
    // The configuration alone.
    place.run(&["drift", "--skip-served"]).exits(2);
}

#[test]
fn unknown_is_never_clean() {
    let place = Place::new(THREE);
    place.run(&["apply", "--yes"]).exits(0);
    place.server.faults(&json!([{"operation": "GetGatewayResponses", "kind": "403"}]));
    place.run(&["drift"]).exits(1);
    let second = "[apis.gone]\nmatch = { id = \"zzzzz99999\" }\nresponses.THROTTLED = {}\n";
    place.server.faults(&json!([]));
    place.write("gwr.toml", format!("{THREE}{second}").as_bytes());
    let run = place.run(&["drift", "-o", "json"]);
    run.exits(3);
    assert_eq!(document(&run)["summary"]["unknown"], 1);
}

/// An import of somebody else's that took everything away: not put back every night.
#[test]
fn several_types_gone_at_once_are_refused() {
    let place = Place::new(THREE);
    place.run(&["apply", "--yes"]).exits(0);
    for name in ["ACCESS_DENIED", "THROTTLED", "UNAUTHORIZED"] {
        place.server.delete(API, name);
    }
    let before = place.writes().len();
    place.run(&["apply", "--yes"]).exits(4).tells("--accept wiped");
    assert_eq!(place.writes().len(), before);
    let plan = document(&place.run(&["plan", "-o", "json"]));
    let hazard = &plan["apis"][0]["hazards"][0];
    assert_eq!((&hazard["id"], &hazard["refuses"]), (&json!("wiped"), &json!(true)));
    assert!(hazard["message"].is_string());
    place.run(&["apply", "--yes", "--accept", "wiped"]).exits(0);
    place.run(&["drift"]).exits(0);
}

#[test]
fn a_stage_that_is_moved_back_again_is_refused() {
    let place = Place::new(THREE);
    let old = place.server.pointer(API, "prod");
    place.run(&["apply", "--yes"]).exits(0);
    place.server.point(API, "prod", &old);
    let told = place.run(&["plan"]);
    told.exits(0);
    assert!(told.stdout.contains("moved-back"), "{told}");
    place.run(&["apply", "--yes"]).exits(0);
    place.server.point(API, "prod", &old);
    place.run(&["apply", "--yes"]).exits(4).tells("--accept moved-back");
    assert_eq!(place.server.pointer(API, "prod"), old);
    place.run(&["apply", "--yes", "--accept", "moved-back"]).exits(0);
    assert_ne!(place.server.pointer(API, "prod"), old);
}

/// A pipe that nobody reads holds neither the run nor its signals, and a link stays one.
#[test]
fn metrics_go_where_they_are_asked_to_go() {
    let place = Place::new(ONE);
    place.write("real.prom", b"");
    std::os::unix::fs::symlink("real.prom", place.path().join("link.prom")).expect("a link");
    place.run(&["drift", "--metrics", "link.prom", "-q"]).exits(2);
    let link = place.path().join("link.prom");
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    assert!(std::fs::read_to_string(link).expect("text").ends_with("# EOF\n"));

    let run = place.run(&["drift", "--metrics", "/dev/stdout", "-q"]);
    assert!(run.exits(2).stdout.ends_with("# EOF\n"), "{run}");

    let fifo = place.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let before = place.server.calls().len();
    let child = place.command(&["drift", "--metrics", "fifo"]).spawn().expect("it runs");
    while place.server.calls().len() < before + 2 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
    binary::wait(child).exits(143);
}

/// Of several APIs JSON is one document, too.
#[test]
fn fragments_of_several_apis_are_one_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = "version = 1\n[apis.a]\nmatch = { id = \"aaaaa11111\" }\nresponses.THROTTLED = {}\n\
                [apis.b]\nmatch = { id = \"bbbbb11111\" }\nresponses.THROTTLED.status = 430\n";
    std::fs::write(folder.path().join("gwr.toml"), file).expect("a file");
    let list = document(&binary::run(folder.path(), &["drift", "--emit", "openapi", "-o", "json"]));
    assert_eq!(list[0]["api"], "a");
    let member = "x-amazon-apigateway-gateway-responses";
    assert_eq!(list[1][member]["THROTTLED"]["statusCode"], "430");
}
