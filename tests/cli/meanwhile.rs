//! What others write while a run writes, or after it: told, counted, and never taken
//! for gwr's own.

use super::*;

const TYPE: &str = "MISSING_AUTHENTICATION_TOKEN";

/// One type that is live with one status and wanted with another, and one that is next.
fn two_statuses() -> Place {
    let place = Place::new(
        "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\nstages = [\"prod\"]\n\
         responses.MISSING_AUTHENTICATION_TOKEN.status = 411\nresponses.THROTTLED.status = 431\n",
    );
    place.server.put(API, TYPE, &json!({"statusCode": "404"}));
    place.server.deploy(API, &["prod"]);
    place
}

fn status(place: &Place) -> Value {
    place.server.shown(API, TYPE)["statusCode"].clone()
}

/// Applies while every patch is met by a fault, which is gone afterwards.
fn apply_against(place: &Place, faults: &Value) -> Run {
    place.server.faults(faults);
    let run = place.run(&["apply", "--yes", "--record", "r.json"]);
    place.server.faults(&json!([]));
    run
}

/// Somebody's Put comes while gwr's patch is on its way, and the patch goes on top of it.
#[test]
fn a_write_on_top_of_somebody_elses_counts_and_nothing_more_is_written() {
    let place = two_statuses();
    place.server.faults(&json!([
        {"operation": "UpdateGatewayResponse", "kind": "delay", "hold_s": 1.5, "count": 1}
    ]));
    let apply = place.command(&["apply", "--yes", "--record", "r.json"]).spawn();
    place.in_flight(1);
    let theirs = json!({"statusCode": "455",
        "responseParameters": {"gatewayresponse.header.X": "'y'"}});
    place.server.put(API, TYPE, &theirs);
    let run = binary::wait(apply.expect("the binary runs"));
    run.exits(3);
    for text in [
        "another client changed it while gwr was writing",
        "it is now status 411, header X: 'y'. Nothing more was written, nothing was deployed.",
        "changed: MISSING_AUTHENTICATION_TOKEN\n",
        "not changed: THROTTLED\n",
        "1 change made, 0 deployments created",
        "stale, stopped",
    ] {
        assert!(run.stdout.contains(text), "{text}: {run}");
    }
    assert_eq!(place.server.shown(API, TYPE)["responseParameters"], theirs["responseParameters"]);
    assert_eq!(place.server.deployments(API).len(), 2, "{run}");
    assert_eq!(place.server.shown(API, "THROTTLED")["defaultResponse"], true);

    let record = document(&place.run(&["show", "r.json", "-o", "json"]));
    let changes = record["apis"][0]["changes"].as_array().expect("changes");
    assert_eq!(changes[0]["status"], "done", "{record}");
    assert_eq!(changes[1]["status"], "planned", "{record}");
    // Their work is in it: it is not taken away.
    let writes = place.writes();
    let back = place.run(&["rollback", "r.json", "--yes"]);
    assert!(back.exits(3).stdout.contains("left unchanged"), "{back}");
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_run_that_was_refused_has_nothing_to_take_back() {
    for kind in ["403", "400"] {
        let place = two_statuses();
        let faults = json!([{"operation": "UpdateGatewayResponse", "kind": kind}]);
        let run = apply_against(&place, &faults);
        let told = "Record: r.json; nothing was written, so there is nothing to undo";
        assert!(run.exits(3).stdout.contains(told), "{run}");
        place.server.put(API, TYPE, &json!({"statusCode": "417"}));
        let writes = place.writes();
        for arguments in [&["show", "r.json"][..], &["rollback", "r.json", "--yes"]] {
            let run = place.run(arguments);
            assert!(run.exits(0).stdout.contains("Nothing to undo"), "{run}");
        }
        assert_eq!(place.writes(), writes);
        assert_eq!(status(&place), "417", "{kind}");
    }
}

/// Also what somebody else has set to just what gwr wanted.
#[test]
fn of_a_run_only_what_it_has_written_is_taken_back() {
    let place = two_statuses();
    let faults = json!([{"operation": "UpdateGatewayResponse", "kind": "403", "nth": 2}]);
    apply_against(&place, &faults).exits(3);
    place.server.put(API, "THROTTLED", &json!({"statusCode": "431"}));
    place.run(&["rollback", "r.json", "--yes"]).exits(0);
    assert_eq!(status(&place), "404");
    assert_eq!(place.server.shown(API, "THROTTLED")["statusCode"], "431");
}

/// The write is done, its answer is lost, and nothing can be read any more.
#[test]
fn after_an_unclear_end_what_is_gwrs_is_taken_back_and_what_is_not_is_left() {
    for (theirs, exit, is) in [(None, 0, "404"), (Some("417"), 3, "417")] {
        let place = two_statuses();
        let faults = json!([
            {"operation": "UpdateGatewayResponse", "kind": "reset-after"},
            {"operation": "GetGatewayResponses", "kind": "403", "nth": 3}
        ]);
        let run = apply_against(&place, &faults);
        assert!(run.exits(3).stdout.contains("to undo: `gwr rollback r.json"), "{run}");
        assert!(run.stdout.contains(&format!("unknown whether changed: {TYPE}")), "{run}");
        assert_eq!(status(&place), "411");
        if let Some(theirs) = theirs {
            place.server.put(API, TYPE, &json!({"statusCode": theirs}));
        }
        place.run(&["rollback", "r.json", "--yes"]).exits(exit);
        assert_eq!(status(&place), is);
    }
}

/// Its export cannot be read after the move, so that it would be reverted; but another client
/// has moved it by then.
#[test]
fn a_stage_that_another_client_has_moved_is_not_reverted() {
    let place = two_statuses();
    place.run(&["apply", "--yes"]).exits(0);
    let text = std::fs::read_to_string(place.path().join("gwr.toml")).expect("a file");
    place.write("gwr.toml", text.replace("411", "412").as_bytes());
    place.server.faults(&json!([
        {"operation": "GetExport", "kind": "delay", "hold_s": 1.5, "nth": 2, "count": 1}
    ]));
    let apply = place.command(&["apply", "--yes"]).spawn();
    place.in_flight(2);
    let theirs = place.server.deploy(API, &["prod"]);
    place.server.faults(&json!([{"operation": "GetExport", "kind": "403", "count": null}]));
    let run = binary::wait(apply.expect("the binary runs"));
    let told = "could not be moved back: another client has moved it: it is at deployment";
    assert!(run.exits(3).stdout.contains(told), "{run}");
    assert_eq!(place.server.pointer(API, "prod"), theirs, "{run}");
}

/// Earlier versions wrote `failed` for a refusal as for a lost answer.
#[test]
fn a_record_of_an_earlier_version_takes_nothing_of_others_away() {
    let place = two_statuses();
    let faults = json!([{"operation": "UpdateGatewayResponse", "kind": "403"}]);
    apply_against(&place, &faults).exits(3);
    let text = std::fs::read_to_string(place.path().join("r.json")).expect("a record");
    let mut record: Value = serde_json::from_str(&text).expect("JSON");
    record["apis"][0]["changes"][0]["status"] = json!("failed");
    record["digest"] = json!(gateway_responses::document_digest(&record));
    place.write("old.json", record.to_string().as_bytes());
    place.server.put(API, TYPE, &json!({"statusCode": "417"}));
    let back = place.run(&["rollback", "old.json", "--yes"]);
    assert!(back.exits(3).stdout.contains("left unchanged"), "{back}");
    assert_eq!(status(&place), "417");
}

/// What others write beside gwr's own types while it writes is shipped by no deployment.
#[test]
fn what_others_write_beside_is_not_deployed() {
    let place = two_statuses();
    let pointed = place.server.pointer(API, "prod");
    let deployments = place.server.deployments(API).len();
    place.server.faults(&json!([
        {"operation": "UpdateGatewayResponse", "kind": "delay", "hold_s": 1.5, "count": 1}
    ]));
    let apply = place.command(&["apply", "--yes"]).spawn();
    place.in_flight(1);
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "402"}));
    let run = binary::wait(apply.expect("the binary runs"));
    run.exits(3);
    assert!(
        run.stdout.contains("another client changed this API while gwr was applying")
            && run.stdout.contains("gateway response added (WAF_FILTERED)"),
        "{run}"
    );
    assert_eq!(place.server.pointer(API, "prod"), pointed);
    assert_eq!(place.server.deployments(API).len(), deployments, "{run}");
}

/// A conflict passes, and is looked at again: also on the way back, and where old deployments go.
#[test]
fn a_conflict_is_waited_out_by_every_verb() {
    let place = Place::new(ONE);
    let conflict = |operation: &str| {
        place.server.faults(&json!([{"operation": operation, "kind": "409", "count": 1}]));
    };
    conflict("CreateDeployment");
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
    let made = place.server.pointer(API, "prod");
    conflict("UpdateStage");
    place.run(&["rollback", "r.json", "--yes"]).exits(0);
    assert_ne!(place.server.pointer(API, "prod"), made);
    place.server.deploy(API, &["prod"]);
    let before = place.server.deployments(API).len();
    conflict("DeleteDeployment");
    let prune = ["deployments", "--prune", "--keep", "1", "--all-owners", "--yes"];
    place.run(&prune).exits(0);
    assert_eq!(place.server.hits(), [1]);
    // Which of those made in one second is the newest, no date says.
    assert!(place.server.deployments(API).len() < before);
}

/// AWS says when it wants to be asked again, also where it is read again in between.
#[test]
fn retry_after_is_heeded_between_two_looks() {
    let place = Place::new(ONE);
    place.server.faults(&json!([
        {"operation": "UpdateGatewayResponse", "kind": "503", "count": 1, "retry_after": 2}
    ]));
    let begun = std::time::Instant::now();
    place.run(&["apply", "--yes"]).exits(0);
    assert!(begun.elapsed() >= std::time::Duration::from_secs(2));
}
