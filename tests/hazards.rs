//! What apply refuses, and how it is accepted; and other owners of the same API.

use serde_json::{Value, json};

use crate::drift::{API, EXPORTS, FILE, Scene};
use crate::support::binary::{self, Run};

/// The ids of the plan's hazards, each with whether it refuses.
fn hazards(scene: &Scene, arguments: &[&str]) -> Vec<(String, bool)> {
    let run = scene.run(&[&["plan", "-o", "json"], arguments].concat());
    let plan: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run}"));
    plan["apis"][0]["hazards"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|hazard| {
            let id = hazard["id"].as_str().expect("an id").to_owned();
            (id, hazard["refuses"].as_bool().expect("a bool"))
        })
        .collect()
}

fn refuses(id: &str) -> (String, bool) {
    (id.to_owned(), true)
}

fn tells(id: &str) -> (String, bool) {
    (id.to_owned(), false)
}

#[test]
fn a_stage_that_is_moved_back_is_told_once_and_refused_again() {
    for quirk in EXPORTS {
        moved_back_again(quirk);
    }
}

fn moved_back_again(quirk: &str) {
    let scene = Scene::new(&[quirk], FILE);
    let old = scene.server.pointer(API, "prod");
    scene.apply(&[]).exits(0);

    scene.server.point(API, "prod", &old);
    assert_eq!(hazards(&scene, &[]), [tells("moved-back")]);
    let report = scene.drift(2);
    let stage = &report["apis"][0]["stages"][0];
    assert_eq!((&stage["status"], &stage["deployment_id"]), (&json!("behind"), &json!(old)));
    assert!(stage["note"].as_str().expect("a note").contains("moved back"), "{stage}");
    let message = report["apis"][0]["hazards"][0]["message"].as_str().expect("a text");
    for way in ["ignore_changes = [deployment_id]", "desired_digest", "--emit openapi --api orders"]
    {
        assert!(message.contains(way), "no {way:?} in {message}");
    }
    scene.apply(&[]).exits(0);
    assert_ne!(scene.server.pointer(API, "prod"), old);
    assert_eq!(hazards(&scene, &[]), []);

    scene.server.point(API, "prod", &old);
    assert_eq!(hazards(&scene, &[]), [refuses("moved-back")]);
    let run = scene.apply(&[]);
    run.exits(4).tells("`--accept moved-back` or `accept = [\"moved-back\"]` in the file");
    assert_eq!(scene.server.pointer(API, "prod"), old, "nothing is written");
    assert_eq!(hazards(&scene, &["--accept", "moved-back"]), [tells("moved-back")]);
    scene.apply(&["--accept", "moved-back"]).exits(0);
    assert_ne!(scene.server.pointer(API, "prod"), old);
}

/// Each time gets a deployment of its own, also where another stage has one that fits: so
/// it is counted.
#[test]
fn a_stage_that_is_moved_back_beside_another_is_refused_again() {
    let scene = Scene::two_stages(FILE);
    let old = scene.server.pointer(API, "prod");
    scene.apply(&[]).exits(0);
    scene.server.point(API, "prod", &old);
    assert_eq!(hazards(&scene, &[]), [tells("moved-back")]);
    scene.apply(&[]).exits(0);
    scene.server.point(API, "prod", &old);
    assert_eq!(hazards(&scene, &[]), [refuses("moved-back")]);
    scene.apply(&[]).exits(4);
}

/// The record of a run tells what it never came to.
#[test]
fn a_move_that_never_took_place_is_nobodys_quarrel() {
    let scene = Scene::new(&[], FILE);
    for _ in 0..2 {
        scene.server.faults(&json!([
            {"operation": "UpdateStage", "kind": "500", "count": null},
            {"operation": "DeleteDeployment", "kind": "403", "count": null},
        ]));
        scene.apply(&[]).exits(3);
        scene.server.faults(&json!([]));
        assert_eq!(hazards(&scene, &[]), []);
    }
    scene.apply(&[]).exits(0);
    scene.drift(0);
}

/// What others add is theirs to deploy.
#[test]
fn an_unmanaged_type_makes_no_stage_behind_beside_a_mirror() {
    let scene = Scene::new(&["export=mirror"], FILE);
    scene.apply(&[]).exits(0);
    scene.server.put(API, "UNAUTHORIZED", &json!({"statusCode": "418"}));
    scene.drift(0);
    scene.run(&["plan", "--detailed-exitcode"]).exits(0);
    assert!(scene.run(&["drift"]).stdout.contains("unmanaged"), "it is told");
}

/// What gwr takes back itself is nobody's quarrel with it, and no wipe.
#[test]
fn a_rollback_of_gwrs_own_is_not_taken_for_somebody_elses_work() {
    for quirk in EXPORTS {
        let scene = Scene::new(&[quirk], FILE);
        for round in ["1", "2", "3"] {
            let record = format!("{round}.json");
            scene.apply(&["--record", &record]).exits(0);
            scene.drift(0);
            scene.run(&["rollback", &record, "--yes"]).exits(0);
            assert_eq!(hazards(&scene, &[]), [tells("family-default")], "{quirk} {round}");
        }
        let old = scene.server.pointer(API, "prod");
        scene.apply(&[]).exits(0);
        // What somebody else does is still seen.
        scene.server.point(API, "prod", &old);
        assert_eq!(hazards(&scene, &[]), [tells("moved-back")], "{quirk}");
    }
}

#[test]
fn an_import_that_wipes_is_told_and_refused() {
    for quirk in EXPORTS {
        for deploys in [true, false] {
            let scene = Scene::new(&[quirk], FILE);
            assert_eq!(hazards(&scene, &[]), [tells("family-default")], "the first time is none");
            scene.apply(&[]).exits(0);
            scene.server.done(
                "PUT",
                &format!("/restapis/{API}?mode=overwrite"),
                &json!({
                    "openapi": "3.0.1",
                    "info": {"title": "orders", "version": "1"},
                    "paths": {"/": {"get": {
                        "responses": {"200": {"description": "ok"}},
                        "x-amazon-apigateway-integration": {
                            "type": "mock",
                            "requestTemplates": {"application/json": "{\"statusCode\":200}"},
                            "responses": {"default": {"statusCode": "200"}},
                        },
                    }}},
                }),
            );
            if deploys {
                scene.server.deploy(API, &["prod"]);
            }
            let report = scene.drift(if quirk.ends_with("mirror") && deploys { 3 } else { 2 });
            let wiped = &report["apis"][0]["hazards"][0];
            assert_eq!((&wiped["id"], &wiped["refuses"]), (&json!("wiped"), &json!(true)));
            let message = wiped["message"].as_str().expect("a text");
            for text in ["THROTTLED", "OpenAPI import", "--emit openapi --api orders"] {
                assert!(message.contains(text), "{quirk}: no {text:?} in {message}");
            }
            let before = scene.server.deployments(API).len();
            scene.apply(&[]).exits(4).tells("--accept wiped");
            assert_eq!(scene.server.customized(API), [Value::Null; 0]);
            assert_eq!(scene.server.deployments(API).len(), before);
            scene.write(
                "gwr.toml",
                &FILE.replace(
                    "[apis.orders.responses]",
                    "accept = [\"wiped\"]\n[apis.orders.responses]",
                ),
            );
            scene.apply(&[]).exits(0);
            assert_eq!(scene.server.customized(API).len(), 3);
            scene.drift(0);
        }
    }
}

#[test]
fn one_type_that_is_gone_is_no_wipe() {
    for quirk in EXPORTS {
        let scene = Scene::new(&[quirk], FILE);
        scene.apply(&[]).exits(0);
        scene.server.delete(API, "THROTTLED");
        assert_eq!(hazards(&scene, &[]), [], "{quirk}");
        scene.write(
            "gwr.toml",
            &FILE.replace("THROTTLED =", "INTEGRATION_TIMEOUT = {}\nTHROTTLED ="),
        );
        let found = hazards(&scene, &[]);
        assert!(!found.contains(&refuses("wiped")), "{quirk}: one was never there: {found:?}");
    }
}

#[test]
fn cors_that_clients_lose_is_refused_directly_and_by_the_family() {
    let start = "THROTTLED = { headers = { Retry-After = \"2\" } }";
    let table = [
        // The type's own entry takes the place of what it inherited.
        ("own entry", FILE.replace(start, &format!("{start}\nUNAUTHORIZED = {{ status = 418 }}")), true),
        ("with the header", FILE.replace(start, &format!(
            "{start}\nUNAUTHORIZED = {{ headers = {{ access-control-allow-origin = \"*\" }} }}")), false),
        ("the family default goes", FILE.replace(
            "DEFAULT_4XX = { headers = { Access-Control-Allow-Origin = \"*\" } }",
            "DEFAULT_4XX = { reset = true }"), true),
        ("another value", FILE.replace("\"*\"", "\"https://example.org\""), false),
        ("another header goes", FILE.replace(start, "THROTTLED = {}"), false),
    ];
    for quirk in EXPORTS {
        for (name, file, refused) in &table {
            let scene = Scene::new(&[quirk], FILE);
            scene.apply(&[]).exits(0);
            scene.write("gwr.toml", file);
            let found = hazards(&scene, &[]);
            assert_eq!(
                found.contains(&refuses("lost-cors")),
                *refused,
                "{quirk}, {name}: {found:?}"
            );
            if *refused {
                let before = scene.server.customized(API);
                scene.apply(&[]).exits(4).tells("clients lose Access-Control-Allow-Origin on");
                assert_eq!(scene.server.customized(API), before);
                assert_eq!(hazards(&scene, &["--accept", "lost-cors"])[0], tells("lost-cors"));
                scene.apply(&["--accept", "lost-cors"]).exits(0);
            } else {
                scene.apply(&[]).exits(0);
            }
        }
    }
}

#[test]
fn what_only_informs_refuses_nothing() {
    let file = "version = 1\n[apis.orders]\nmatch = { tags = { team = \"x\" } }\n\
                stages = [\"prod\"]\naccount = \"main\"\n[apis.orders.responses]\n\
                WAF_FILTERED = { status = 418 }\nREQUEST_TOO_LARGE = { status = 418 }\n\
                DEFAULT_5XX = { status = 599 }\n";
    let scene = Scene::new(&[], file);
    let arn = "arn:aws:apigateway:us-east-1::/restapis/abcde12345";
    let path = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    let tags = json!({"tags": {"team": "x", "aws:cloudformation:stack-name": "shop"}});
    let answer = scene.server.call("PUT", &path, &tags);
    let mut expected = vec![tells("family-default"), tells("not-customisable"), tells("waf-wins")];
    if answer.status < 300 {
        expected.insert(1, tells("cloudformation-owned"));
    } else {
        scene.server.done("PUT", &path, &json!({"tags": {"team": "x"}}));
    }
    assert_eq!(hazards(&scene, &[]), expected);
    scene.apply(&[]).exits(0);
    assert_eq!(hazards(&scene, &[]), [], "what is done is not told for ever");
}

/// A login that lasts for five more minutes is told of; one for hours is not.
#[test]
fn credentials_that_end_too_soon_are_told() {
    let scene = Scene::new(&[], FILE);
    let config = scene.path().join("aws-config");
    let process = "[profile brief]\ncredential_process = cat keys.json\n";
    std::fs::write(&config, process).expect("a file");
    for (minutes, told) in [(5, true), (180, false)] {
        let end = time::OffsetDateTime::now_utc() + time::Duration::minutes(minutes);
        let end = end.format(&time::format_description::well_known::Rfc3339).expect("a date");
        let keys = json!({
            "Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "no-secret",
            "SessionToken": "none", "Expiration": end,
        });
        std::fs::write(scene.path().join("keys.json"), keys.to_string()).expect("a file");
        let run = binary::command(scene.path(), &["plan", "--profile", "brief"])
            .env("AWS_CONFIG_FILE", &config)
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .output();
        let run = Run::new(run.expect("the binary runs"));
        let is_told = run.exits(0).stdout.contains("[expiring-credentials]");
        assert_eq!(is_told, told, "{minutes} minutes: {run}");
    }
}

#[test]
fn an_id_that_is_none_is_an_error_with_the_near_one() {
    let scene = Scene::new(&[], FILE);
    for verb in ["plan", "apply", "drift"] {
        let run = scene.run(&[verb, "--accept", "wipe"]);
        run.exits(1).tells("did you mean `wiped`?");
    }
    assert!(scene.server.calls().is_empty());
}
