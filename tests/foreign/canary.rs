//! A stage with a canary: refused, deployed to where that is asked for, and taken back.

use super::*;

#[test]
fn a_canary_gets_the_deployment_and_keeps_its_settings() {
    for quirks in [
        &[][..],
        &["export-canary=canary"],
        &["canary-replace=refuse"],
        &["export=mirror"],
        &["export=mirror-all", "export-canary=canary"],
    ] {
        let scene = Scene::by_hand(quirks);
        let path = scene.path("/deployments");
        let settings = json!({
            "percentTraffic": 12.5, "stageVariableOverrides": {"host": "canary"},
            "useStageCache": false,
        });
        let canary = json!({"stageName": "prod", "canarySettings": settings});
        let first = text(&scene.server.done("POST", &path, &canary), "id");
        let own = scene.server.pointer(&scene.api, "prod");

        let writes = scene.writes();
        scene.gwr(&["apply", "--yes"]).exits(4).tells("canary settings (12.5 percent");
        assert_eq!(scene.writes(), writes);
        let mut run = scene.gwr(&["apply", "--yes", "--canary"]);
        if quirks.iter().any(|quirk| quirk.starts_with("export=mirror")) {
            let digest = asked_for(&run.exits(3).stdout);
            run = scene.gwr(&["apply", "--yes", "--canary", "--accept-foreign", &digest]);
        }
        run.exits(0);
        assert!(run.stdout.contains("path=/deploymentId"), "promotion is explained: {run}");

        let stage = scene.server.done("GET", &scene.path("/stages/prod"), &Value::Null);
        let now = text(&stage["canarySettings"], "deploymentId");
        assert_ne!(now, first, "{quirks:?}");
        assert_eq!(stage["deploymentId"], own.as_str(), "{quirks:?}");
        for (member, value) in settings.as_object().expect("settings") {
            assert_eq!(stage["canarySettings"][member], *value, "{quirks:?}");
        }
        let deployments = scene.server.deployments(&scene.api);
        let made = deployments.iter().find(|one| one["id"] == now.as_str()).expect("it");
        let description = text(made, "description");
        let previous = format!(" prev=prod:{first},prod:{own}");
        assert!(description.contains(&previous), "{description}");

        // Nothing is left to do for the canary.
        let writes = scene.writes();
        scene.gwr(&["apply", "--yes", "--canary"]);
        assert_eq!(scene.writes(), writes, "{quirks:?}");
    }
}

/// Under either quirk the stage's own deployment and the canary's settings stay.
#[test]
fn a_canary_goes_back_by_the_record_and_by_name() {
    for quirks in [&[][..], &["export-canary=canary"], &["export=mirror"]] {
        for by_record in [true, false] {
            let scene = Scene::by_hand(quirks);
            let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}});
            scene.server.done("POST", &scene.path("/deployments"), &canary);
            let look = || {
                let stage = scene.server.done("GET", &scene.path("/stages/prod"), &Value::Null);
                let pointed = |value: &Value| value["deploymentId"].clone();
                (
                    pointed(&stage),
                    pointed(&stage["canarySettings"]),
                    stage["canarySettings"].clone(),
                )
            };
            let before = (look(), scene.server.customized(&scene.api));
            // What a mirroring export leaves uncompared is the same list everywhere.
            let digest =
                asked_for(&Scene::by_hand(&["export=mirror"]).gwr(&["apply", "--yes"]).stdout);
            let apply = ["apply", "--yes", "--canary", "--record", "r.json"];
            scene.gwr(&[&apply[..], &["--accept-foreign", &digest]].concat()).exits(0);
            assert_ne!(look().1, before.0.1);
            let api = scene.api.clone();
            if by_record {
                scene.gwr(&["rollback", "r.json", "--yes"]).exits(0);
                assert_eq!(scene.server.customized(&api), before.1, "{quirks:?}");
            } else {
                // What a canary exports is not proven: the configuration stays, and that is told.
                let back = scene.gwr(&["rollback", "--api", "orders", "--stage", "prod", "--yes"]);
                back.exits(3);
                assert!(back.stdout.contains("The configuration was not touched"), "{back}");
            }
            assert_eq!(look(), before.0, "{quirks:?} {by_record}");
        }
    }
}

#[test]
fn a_canary_that_others_touch_meanwhile_is_left_alone() {
    let scene = Scene::by_hand(&[]);
    let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}});
    scene.server.done("POST", &scene.path("/deployments"), &canary);
    let run = scene.apply_while("CreateDeployment", &["--canary"], |scene| {
        let remove = json!([{"op": "remove", "path": "/canarySettings"}]);
        scene.patch(&scene.path("/stages/prod"), &remove);
    });
    run.exits(3);
    let stage = scene.server.done("GET", &scene.path("/stages/prod"), &Value::Null);
    assert!(stage.get("canarySettings").is_none(), "{stage}");
    assert_eq!(scene.server.deployments(&scene.api).len(), 2, "the unused one is deleted");
}

/// The rest of the traffic stays where it was, and nobody is to believe otherwise.
#[test]
fn progress_says_that_it_is_the_canary() {
    for progress in ["auto", "json"] {
        let scene = Scene::by_hand(&[]);
        let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}});
        scene.server.done("POST", &scene.path("/deployments"), &canary);
        let url = scene.server.url();
        let apply = ["apply", "--yes", "--canary", "--progress", progress, "--endpoint-url", url];
        let run = binary::run(scene.folder.path(), &apply);
        run.exits(0);
        if progress == "auto" {
            run.tells("orders: canary of stage prod moved to ");
            run.tells("orders: canary of stage prod serves it\n");
            assert!(!run.stderr.contains(": stage prod"), "{run}");
        } else {
            let events: Vec<Value> =
                run.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            for name in ["stage-moved", "stage-verified"] {
                let event = events.iter().find(|event| event["event"] == name).expect("told");
                assert_eq!(event["canary"], true, "{event}");
            }
        }
    }
}

/// Where it was before nobody knows: said of the canary, with the commands to choose.
#[test]
fn a_canary_of_others_is_told_as_a_canary_by_rollback() {
    let scene = Scene::by_hand(&[]);
    let own = scene.server.pointer(&scene.api, "prod");
    let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 50.0}});
    let theirs = text(&scene.server.done("POST", &scene.path("/deployments"), &canary), "id");
    let writes = scene.writes();
    let run = scene.gwr(&["rollback", "--api", "orders", "--stage", "prod", "--yes"]);
    let command = format!(
        "`gwr rollback --api orders --stage prod --endpoint-url {} --to",
        scene.server.url()
    );
    for told in [
        "what the canary of stage `prod` (50 percent of its traffic) served before is unknown"
            .to_owned(),
        format!("deployment {theirs}, which it serves, was not made by gwr"),
        format!("; the stage itself is at deployment {own}; nothing was changed"),
        format!("{command} DEPLOYMENT`"),
        format!("{command} {own}`"),
    ] {
        run.exits(1).tells(&told);
    }
    assert_eq!(scene.writes(), writes);
    // The command that was told does it.
    scene.gwr(&["rollback", "--api", "orders", "--stage", "prod", "--to", &own, "--yes"]);
    let stage = scene.server.done("GET", &scene.path("/stages/prod"), &Value::Null);
    assert_eq!(stage["canarySettings"]["deploymentId"], own.as_str(), "{stage}");
    assert_eq!(stage["deploymentId"], own.as_str(), "{stage}");
}
