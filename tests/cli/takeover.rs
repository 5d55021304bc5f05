//! The hazard `takeover`: the first time gwr works on an API, it does not quietly remove what
//! others configured there.

use super::*;

const OTHER: &str = "users12345";

/// An entry that names one header of each type.
const FILE: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
    stages = [\"prod\"]\n[apis.orders.responses]\n\
    DEFAULT_5XX = { headers = { Access-Control-Allow-Origin = \"*\" } }\n\
    THROTTLED = { headers = { Retry-After = \"2\" } }\n";

/// What the message lists of [`configured`] with [`FILE`].
const LIST: &str = "DEFAULT_5XX (status 599, header X-Frame-Options, template application/json), \
                    THROTTLED (status 430, header x-old)";

/// Configures and deploys what others want.
fn configured(server: &Server, api: &str) {
    server.put(
        api,
        "DEFAULT_5XX",
        &json!({
            "statusCode": "599",
            "responseParameters": {"gatewayresponse.header.X-Frame-Options": "'DENY'"},
            "responseTemplates": {"application/json": "{\"error\":\"$context.error.responseType\"}"},
        }),
    );
    server.put(
        api,
        "THROTTLED",
        &json!({
            "statusCode": "430",
            "responseParameters": {
                "gatewayresponse.header.Retry-After": "'1'",
                "gatewayresponse.header.x-old": "'1'",
            },
        }),
    );
    server.deploy(api, &["prod"]);
}

fn place(file: &str) -> Place {
    let place = Place::new(file);
    configured(&place.server, API);
    place
}

/// The `takeover` hazards of a document of `plan` or `drift`.
fn takeovers(run: &Run) -> Vec<Value> {
    let document = document(run);
    let apis = document["apis"].as_array().expect("a list").clone();
    apis.iter()
        .flat_map(|api| api["hazards"].as_array().expect("a list").clone())
        .filter(|hazard| hazard["id"] == "takeover")
        .collect()
}

/// Whether apply would refuse; `None` where there is no such hazard.
fn refuses(place: &Place, arguments: &[&str]) -> Option<bool> {
    let found = takeovers(&place.run(&[&["plan", "-o", "json"], arguments].concat()));
    assert!(found.len() < 2, "{found:?}");
    found.first().map(|hazard| hazard["refuses"].as_bool().expect("a bool"))
}

#[test]
fn apply_refuses_to_remove_what_others_configured() {
    for quirk in ["export=snapshot", "export=mirror"] {
        let file = FILE.replace("stages =", "foreign_changes = \"allow\"\nstages =");
        let place = Place::under(&[quirk], &file, &[seed(API, "orders", &["prod"])]);
        configured(&place.server, API);
        let before = (place.server.customized(API), place.server.pointer(API, "prod"));
        let writes = place.writes();

        let text = place.run(&["plan"]);
        let words = text.exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "! apply blocked [takeover] ",
            LIST,
            "copy it into the file (`gwr import --api-id abcde12345` prints it)",
            "None of the API's deployments was made by gwr.",
            " --accept takeover`.",
        ] {
            assert!(words.contains(part), "{quirk}: no {part:?} in {words}");
        }
        let comment = place.run(&["plan", "-o", "markdown"]);
        assert!(comment.exits(0).stdout.contains("[takeover]"), "{comment}");
        assert_eq!(refuses(&place, &[]), Some(true), "{quirk}");
        let drift = place.run(&["drift", "-o", "json"]);
        drift.exits(2);
        let message = takeovers(&drift)[0]["message"].as_str().expect("a text").to_owned();
        assert!(message.contains(LIST), "{message}");

        let refused = place.run(&["apply", "--yes"]);
        refused.exits(4).tells(LIST);
        refused.tells("`--accept takeover` or `accept = [\"takeover\"]` in the file");
        assert_eq!((place.server.customized(API), place.server.pointer(API, "prod")), before);
        assert_eq!(place.writes(), writes, "{quirk}");

        assert_eq!(refuses(&place, &["--accept", "takeover"]), Some(false), "{quirk}");
        place.run(&["apply", "--yes", "--accept", "takeover"]).exits(0);
        place.run(&["plan", "--detailed-exitcode"]).exits(0);

        // From now on leaving a key out is what the file means.
        place.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
        place.server.deploy(API, &["prod"]);
        assert_eq!(refuses(&place, &[]), None, "{quirk}");
        place.run(&["apply", "--yes"]).exits(0);
        assert_eq!(place.server.shown(API, "THROTTLED")["statusCode"], "429");
    }
}

#[test]
fn the_file_accepts_it_or_keeps_or_removes_explicitly() {
    let explicit = [
        (
            "DEFAULT_5XX",
            "{ status = \"default\", headers = { x-frame-options = false, \
           Access-Control-Allow-Origin = \"*\" }, templates = { \"application/json\" = false } }",
        ),
        ("THROTTLED", "{ status = \"default\", headers = { Retry-After = \"2\", X-Old = false } }"),
    ];
    let with = |responses: &[(&str, &str)], setting: &str| {
        let lines: Vec<String> = responses
            .iter()
            .map(|(response_type, entry)| format!("{response_type} = {entry}"))
            .collect();
        let lines = lines.join("\n");
        format!(
            "version = 1\n[apis.orders]\nmatch = {{ id = \"abcde12345\" }}\nstages = [\"prod\"]\n\
             {setting}\n[apis.orders.responses]\n{lines}"
        )
    };
    let kept = "{ status = 599, headers = { X-Frame-Options = \"SAMEORIGIN\" }, templates = \
                { \"application/json\" = \"{}\" } }";
    let presets = "[presets.gone.THROTTLED]\nstatus = \"default\"\nheaders = { X-OLD = false }\n";
    let one_more = ("THROTTLED", "{ headers = { RETRY-AFTER = \"2\" } }");
    let by_preset = format!("{}\n{presets}", with(&[explicit[0], one_more], "use = [\"gone\"]"));
    for (name, file, expected) in [
        ("left out", FILE.to_owned(), Some(true)),
        ("accepted", FILE.replace("stages =", "accept = [\"takeover\"]\nstages ="), Some(false)),
        ("removed explicitly", with(&explicit, ""), None),
        ("removed by a preset", by_preset.clone(), None),
        ("the preset is not used", by_preset.replace("use = [\"gone\"]", ""), Some(true)),
        ("one of two types", with(&[explicit[0], ("THROTTLED", "{}")], ""), Some(true)),
        ("reset", with(&[explicit[0], ("THROTTLED", "{ reset = true }")], ""), None),
        ("not named", with(&[explicit[0]], ""), None),
        ("unlisted = reset", with(&[explicit[0]], "unlisted = \"reset\""), None),
        (
            "`false`, unlisted = reset",
            with(&[explicit[0], ("THROTTLED", "false")], "unlisted = \"reset\""),
            None,
        ),
        ("other values", with(&[("DEFAULT_5XX", kept), explicit[1]], ""), None),
    ] {
        let place = place(&file);
        assert_eq!(refuses(&place, &[]), expected, "{name}");
        place.run(&["apply", "--yes"]).exits(if expected == Some(true) { 4 } else { 0 });
    }
}

/// The other API is done: exit 3, and the record of the run is of that one.
#[test]
fn only_the_api_that_would_lose_something_is_refused() {
    let both = FILE.replace("orders", "users").replace(API, OTHER).replace("version = 1\n", "");
    let seeds = [seed(API, "orders", &["prod"]), seed(OTHER, "users", &["prod"])];
    let place = Place::with(&format!("{FILE}{both}"), &seeds);
    configured(&place.server, OTHER);
    let before = place.server.customized(OTHER);
    let run = place.run(&["apply", "--yes"]);
    run.exits(3).tells("users (users12345): refused: ");
    assert_eq!(place.server.customized(OTHER), before);
    assert_eq!(place.server.customized(API).len(), 2);
    place.run(&["apply", "--yes"]).exits(4);
}

#[test]
fn a_saved_plan_is_refused_too() {
    let place = place(FILE);
    let writes = place.writes();
    place.run(&["plan", "--out", "plan.json"]).exits(0);
    place.run(&["apply", "plan.json", "--yes"]).exits(4).tells(LIST);
    place.run(&["apply", "plan.json", "--yes", "--accept", "wiped"]).exits(4);
    assert_eq!(place.writes(), writes);
    place.run(&["apply", "plan.json", "--yes", "--accept", "takeover"]).exits(0);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn where_gwr_does_not_deploy_it_informs() {
    let file = FILE.replace("stages =", "deploy = \"never\"\nstages =");
    let place = place(&file);
    assert_eq!(refuses(&place, &[]), Some(false));
    place.run(&["apply", "--yes"]).exits(0);
    assert_eq!(place.server.shown(API, "THROTTLED")["statusCode"], "429");
}

/// Without a stage to deploy to, the history is read only for this.
#[test]
fn an_api_without_stages_is_guarded_and_its_history_is_read() {
    let without = FILE.replace("stages = [\"prod\"]", "stages = []");
    let place = place(&without);
    assert_eq!(refuses(&place, &[]), Some(true));
    place.run(&["apply", "--yes"]).exits(4);
    assert_eq!(takeovers(&place.run(&["drift", "-o", "json"])).len(), 1);

    let writes = place.writes();
    let denied = json!([{"operation": "GetDeployments", "kind": "403", "count": null}]);
    place.server.faults(&denied);
    place.run(&["apply", "--yes", "--accept", "takeover"]).exits(1).tells("GetDeployments");
    assert_eq!(place.writes(), writes, "nothing is written while the history is unknown");
    place.server.faults(&json!([]));

    // An earlier deployment by gwr counts, whatever the file says now.
    place.write("gwr.toml", FILE.as_bytes());
    place.run(&["apply", "--yes", "--accept", "takeover"]).exits(0);
    place.write("gwr.toml", without.as_bytes());
    place.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
    for verb in [
        &["plan", "-o", "json"][..],
        &["drift", "-o", "json"],
        &["drift", "-o", "json", "--skip-served"],
    ] {
        assert_eq!(takeovers(&place.run(verb)), Vec::<Value>::new(), "{verb:?}");
    }
    place.run(&["apply", "--yes"]).exits(0);
}

/// Not to look at the stages is not to forget what gwr deployed.
#[test]
fn the_history_is_read_where_the_stages_are_not() {
    for verb in ["plan", "drift"] {
        let arguments = [verb, "--skip-served", "-o", "json"];
        let place = place(FILE);
        let found = takeovers(&place.run(&arguments));
        assert_eq!(found.len(), 1, "{verb}");
        assert!(
            found[0]["message"].as_str().expect("a text").contains("None of the API's deployments")
        );
        place.run(&["apply", "--yes", "--accept", "takeover"]).exits(0);
        place.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
        assert_eq!(takeovers(&place.run(&arguments)), Vec::<Value>::new(), "{verb}");
    }
}

/// A rollback removes what the deployment that it returns to does not have.
#[test]
fn a_rollback_is_never_a_takeover() {
    let place = Place::new(FILE);
    let first = place.server.pointer(API, "prod");
    configured(&place.server, API);
    place.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
    let second = place.server.deploy(API, &["prod"]);
    place.server.put(
        API,
        "THROTTLED",
        &json!({"responseParameters": {"gatewayresponse.header.x-new": "'1'"}}),
    );
    place.server.deploy(API, &["prod"]);
    for to in [second, first] {
        let run =
            place.run(&["rollback", "--api", "orders", "--stage", "prod", "--to", &to, "--yes"]);
        run.exits(0);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("takeover"), "{run}");
    }
    assert_eq!(place.server.customized(API), Vec::<Value>::new());

    configured(&place.server, API);
    let was = place.server.customized(API);
    place.run(&["apply", "--yes", "--accept", "takeover", "--record", "r.json"]).exits(0);
    place.run(&["rollback", "r.json", "--yes"]).exits(0);
    assert_eq!(place.server.customized(API), was);
}

/// The sandbox makes the API with defaults: there is nothing to take over.
#[test]
fn the_first_run_in_the_sandbox_is_no_takeover() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |text: &str| std::fs::write(folder.path().join("gwr.toml"), text).expect("a file");
    file(FILE);
    binary::run(folder.path(), &["apply", "--sandbox", "--yes"]).exits(0);
    file(&FILE.replace("{ headers = { Retry-After = \"2\" } }", "{}"));
    binary::run(folder.path(), &["apply", "--sandbox", "--yes"]).exits(0);
}
