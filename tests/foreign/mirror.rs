//! Exports that mirror the configuration: found out by an apply, they void what was
//! compared by them.

use super::*;

fn served(scene: &Scene, response_type: &str) -> u16 {
    scene.server.ask(&scene.api, "prod", response_type, "application/json").status
}

/// Another client left a response undeployed; nothing has proven yet what exports show.
fn undeployed() -> Scene {
    let scene = Scene::by_hand(&["export=mirror"]);
    scene.server.put(&scene.api, "WAF_FILTERED", &json!({"statusCode": "418"}));
    scene
}

#[test]
fn a_mirror_that_is_found_out_before_the_deployment_stops_it() {
    for policy in ["", "foreign_changes = \"warn\""] {
        let scene = undeployed();
        scene.write("2", policy);
        let pointer = scene.server.pointer(&scene.api, "prod");
        let deployments = scene.server.deployments(&scene.api).len();
        let run = scene.gwr(&["apply", "--yes"]);
        assert!(run.exits(3).stdout.contains("not compared"), "{run}");
        assert_eq!(scene.server.pointer(&scene.api, "prod"), pointer, "{run}");
        assert_eq!(scene.server.deployments(&scene.api).len(), deployments, "{run}");
        assert_eq!(served(&scene, "WAF_FILTERED"), 403);
        if policy.is_empty() {
            // The record proves what exports show: the next run does not believe them either.
            let again = scene.gwr(&["apply", "--yes"]);
            again.exits(4);
            assert_eq!(asked_for(&run.stdout), asked_for(&again.stderr), "{run}{again}");
            assert_eq!(served(&scene, "WAF_FILTERED"), 403);
        }
        let digest = asked_for(&run.stdout);
        scene.gwr(&["apply", "--yes", "--accept-foreign", &digest]).exits(0);
        assert_eq!(served(&scene, "WAF_FILTERED"), 418);
        scene.gwr(&["plan", "--detailed-exitcode"]).exits(0);
    }
}

/// Whoever accepts beforehand is not stopped.
#[test]
fn what_is_accepted_or_allowed_is_deployed_by_the_first_apply() {
    let digest = asked_for(&undeployed().gwr(&["apply", "--yes"]).stdout);
    let scene = undeployed();
    scene.gwr(&["apply", "--yes", "--accept-foreign", &digest]).exits(0);
    let scene = undeployed();
    scene.write("2", "foreign_changes = \"allow\"");
    scene.gwr(&["apply", "--yes"]).exits(0);
}

/// Interrupted after the write, the run leaves a configuration that exports show as served.
#[test]
fn a_run_that_was_interrupted_before_it_looked_ships_nothing_unseen() {
    let scene = undeployed();
    scene.server.faults(&json!([
        {"operation": "GetExport", "kind": "403", "nth": 2, "count": 1},
        {"operation": "CreateDeployment", "kind": "403", "count": 1},
    ]));
    scene.gwr(&["apply", "--yes"]).exits(3);
    scene.server.faults(&json!([]));
    let again = scene.gwr(&["apply", "--yes"]);
    assert_eq!(served(&scene, "WAF_FILTERED"), 403, "{again}");
    again.exits(4);
    scene.gwr(&["apply", "--yes", "--accept-foreign", &asked_for(&again.stderr)]).exits(0);
    assert_eq!(scene.stage()["action"], "none");
}

/// What gwr itself wrote and did not deploy is not the work of others: also where the file
/// no longer names a type that the stage's deployment was made with.
#[test]
fn an_interrupted_apply_is_finished_by_the_next_one() {
    let scene = Scene::by_hand(&["export=mirror"]);
    let both = "responses.WAF_FILTERED.status = 418";
    scene.write("2", both);
    let first = scene.gwr(&["apply", "--yes"]);
    let digest = asked_for(&first.exits(3).stdout);
    scene.gwr(&["apply", "--yes", "--accept-foreign", &digest]).exits(0);
    // WAF_FILTERED is no longer managed.
    scene.write("3", "");
    scene.server.faults(&json!([{"operation": "CreateDeployment", "kind": "403", "count": 1}]));
    scene.gwr(&["apply", "--yes"]).exits(3);
    scene.server.faults(&json!([]));
    scene.gwr(&["apply", "--yes"]).exits(0);
    assert_eq!(served(&scene, "WAF_FILTERED"), 418);
    scene.gwr(&["plan", "--detailed-exitcode"]).exits(0);
    // Another client's edit on top of an interrupted run is not taken for gwr's.
    scene.write("4", "");
    scene.server.faults(&json!([{"operation": "CreateDeployment", "kind": "403", "count": 1}]));
    scene.gwr(&["apply", "--yes"]).exits(3);
    scene.server.faults(&json!([]));
    scene.server.put(&scene.api, "ACCESS_DENIED", &json!({"statusCode": "419"}));
    scene.gwr(&["apply", "--yes"]).exits(4);
    assert_eq!(served(&scene, "ACCESS_DENIED"), 403);
}
