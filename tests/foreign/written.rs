//! Gateway responses that another client writes while gwr applies, and the stage that one
//! left unknown.

use super::*;

/// What a client of the stage gets for a type.
fn served(scene: &Scene, response_type: &str) -> u16 {
    scene.server.ask(&scene.api, "prod", response_type, "application/json").status
}

/// One API that gwr deployed, and an apply that changes it again.
fn deployed(quirks: &[&str], settings: &str) -> Scene {
    let scene = Scene::by_hand(quirks);
    scene.write("2", settings);
    scene.first_apply(&[]);
    scene.write("3", settings);
    scene
}

/// The edit comes after the plan and before the snapshot is taken: nothing but the look at
/// all 21 types after CreateDeployment can find it.
#[test]
fn responses_written_during_an_apply_are_never_deployed() {
    for policy in ["", "foreign_changes = \"warn\"", "foreign_changes = \"allow\""] {
        for (response_type, quirk) in [
            ("INVALID_API_KEY", "export=snapshot"),
            ("INVALID_API_KEY", "export=mirror"),
            // Managed: gwr has just written it.
            ("THROTTLED", "export=snapshot"),
        ] {
            let scene = deployed(&[quirk], policy);
            let pointer = scene.server.pointer(&scene.api, "prod");
            let deployments = scene.server.deployments(&scene.api).len();
            let run = scene.apply_while("CreateDeployment", &[], |scene| {
                scene.server.put(&scene.api, response_type, &json!({"statusCode": "599"}));
            });
            run.exits(3);
            assert!(run.stdout.contains("another client changed this API"), "{run}");
            assert!(run.stdout.contains(&format!("({response_type})")), "{run}");
            assert_eq!(scene.server.pointer(&scene.api, "prod"), pointer, "{run}");
            assert_eq!(scene.server.deployments(&scene.api).len(), deployments, "{run}");
            assert_ne!(served(&scene, response_type), 599, "{policy} {quirk}: {run}");
        }
    }
}

/// Held in the read that compares, the stage is already known not to have moved.
#[test]
fn a_comparison_that_fails_removes_the_deployment() {
    let scene = deployed(&[], "");
    let pointer = scene.server.pointer(&scene.api, "prod");
    let deployments = scene.server.deployments(&scene.api).len();
    // Before the first write, and after CreateDeployment.
    scene.server.faults(&json!([
        {"operation": "GetGatewayResponses", "kind": "403", "nth": 3, "count": 1},
    ]));
    let run = scene.gwr(&["apply", "--yes"]);
    scene.server.faults(&json!([]));
    run.exits(3);
    assert_eq!(scene.server.pointer(&scene.api, "prod"), pointer, "{run}");
    assert_eq!(scene.server.deployments(&scene.api).len(), deployments, "{run}");
    scene.gwr(&["apply", "--yes"]).exits(0);
}

/// Written and taken back around the snapshot, an edit shows in the stage's export alone.
#[test]
fn what_shows_only_after_the_move_is_moved_back_at_once() {
    for policy in ["", "foreign_changes = \"allow\""] {
        let scene = deployed(&[], policy);
        let pointer = scene.server.pointer(&scene.api, "prod");
        let begun = Instant::now();
        let run = scene.apply_while("CreateDeployment", &[], |scene| {
            scene.server.put(&scene.api, "INVALID_API_KEY", &json!({"statusCode": "599"}));
            let made =
                || scene.server.calls().iter().any(|row| row.operation == "CreateDeployment");
            let before = scene.server.deployments(&scene.api).len();
            while scene.server.deployments(&scene.api).len() == before {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert!(made());
            scene.server.delete(&scene.api, "INVALID_API_KEY");
        });
        run.exits(3);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert!(run.stdout.contains("INVALID_API_KEY"), "{run}");
        assert_eq!(scene.server.pointer(&scene.api, "prod"), pointer, "{run}");
        assert_ne!(served(&scene, "INVALID_API_KEY"), 599, "{run}");
        scene.gwr(&["apply", "--yes"]).exits(0);
    }
}

/// The description of the stage's deployment and the stage's export disagree, for whatever
/// reason: here another client replaced the description.
fn contradicted(settings: &str) -> Scene {
    let scene = deployed(&[], settings);
    scene.gwr(&["apply", "--yes"]).exits(0);
    let id = scene.server.pointer(&scene.api, "prod");
    let all = scene.server.deployments(&scene.api);
    let told = all.iter().find(|one| one["id"] == id.as_str()).expect("the deployment");
    let digest = |text: &str| text.split(' ').nth(1).expect("a digest").to_owned();
    let description = text(told, "description");
    let other = all
        .iter()
        .filter_map(|one| one["description"].as_str())
        .find(|text| text.starts_with("gwr/1 ") && digest(text) != digest(&description))
        .map(digest)
        .expect("an older deployment of gwr's");
    let forged = description.replace(&digest(&description), &other);
    scene.patch(&scene.path(&format!("/deployments/{id}")), &replace("/description", &forged));
    scene
}

#[test]
fn a_stage_whose_description_and_export_disagree_has_a_way_out() {
    let scene = contradicted("");
    scene.gwr(&["drift"]).exits(3);
    let plan = scene.gwr(&["plan"]);
    assert!(plan.exits(3).stdout.contains("contradict each other"), "{plan}");
    assert!(plan.stdout.contains("--accept-foreign sha256:"), "{plan}");
    let writes = scene.writes();
    let refused = scene.gwr(&["apply", "--yes"]);
    assert!(refused.exits(3).stderr.contains("--accept-foreign sha256:"), "{refused}");
    assert_eq!(scene.writes(), writes, "{refused}");
    let digest = accepts(&scene.stage());
    scene.gwr(&["apply", "--yes", "--accept-foreign", &digest]).exits(0);
    scene.gwr(&["drift"]).exits(0);
    scene.gwr(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_stage_that_is_unknown_heals_from_a_saved_plan_and_where_foreign_changes_are_allowed() {
    let scene = contradicted("");
    scene.gwr(&["plan", "--out", "plan.json"]).exits(3);
    let digest = accepts(&scene.stage());
    scene.gwr(&["apply", "plan.json", "--yes"]).exits(3);
    scene.gwr(&["apply", "plan.json", "--yes", "--accept-foreign", &digest]).exits(0);
    scene.gwr(&["drift"]).exits(0);

    let scene = contradicted("foreign_changes = \"allow\"");
    scene.gwr(&["apply", "--yes"]).exits(0);
    scene.gwr(&["drift"]).exits(0);
}
