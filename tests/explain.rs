//! `gwr explain` against a server: what it says a client gets is what a client gets, and
//! what nobody can know it does not claim.

use serde_json::{Value, json};

use crate::drift::{API, Scene};
use crate::support::oracle::KINDS;

/// A file that wants nothing, so that what others configured is all there is.
const NOTHING: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                       stages = [\"prod\"]\naccount = \"main\"\n";

/// `explain -o json` with more arguments, which must end so.
#[track_caller]
fn explain(scene: &Scene, arguments: &[&str], code: i32) -> Vec<Value> {
    let run = scene.run(&[&["explain", "-o", "json"], arguments].concat());
    run.exits(code);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

#[track_caller]
fn answer<'a>(answers: &'a [Value], of: &str, response_type: &str) -> &'a Value {
    answers
        .iter()
        .find(|one| one["of"] == of && one["response_type"] == response_type)
        .unwrap_or_else(|| panic!("nothing is {of} of {response_type}"))
}

fn notes(answer: &Value) -> String {
    let notes = answer["notes"].as_array().expect("a list");
    notes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// What may be customised in many ways: by itself, by its family, with and without a
/// status.
fn states() -> Vec<Vec<(&'static str, Value)>> {
    let header = json!({"gatewayresponse.header.X-Own": "'yes'"});
    let template = json!({"application/json": "{\"type\":\"$context.error.responseType\"}"});
    vec![
        vec![],
        vec![("INTEGRATION_FAILURE", json!({}))],
        vec![("INTEGRATION_FAILURE", json!({"statusCode": "504"}))],
        vec![
            ("DEFAULT_4XX", json!({"statusCode": "418", "responseParameters": header})),
            ("DEFAULT_5XX", json!({"statusCode": "518", "responseTemplates": template})),
            ("THROTTLED", json!({})),
            ("INTEGRATION_FAILURE", json!({"responseParameters": header})),
            ("REQUEST_TOO_LARGE", json!({"statusCode": "418"})),
        ],
        vec![
            ("DEFAULT_4XX", json!({"responseTemplates": template})),
            ("DEFAULT_5XX", json!({"responseParameters": header})),
            ("ACCESS_DENIED", json!({"statusCode": "404"})),
        ],
    ]
}

/// The promise of the verb, held against the stage itself, whatever the service does where
/// nobody knows.
#[test]
fn what_is_told_of_a_stage_is_what_a_client_gets() {
    let quirks: [&[&str]; 5] = [
        &[],
        &["runtime-status=family"],
        &["export-status=resolved", "export-templates=resolved"],
        &["malformed-proxy=INTEGRATION_FAILURE"],
        &["export-status=resolved", "runtime-status=family"],
    ];
    for quirks in quirks {
        for state in states() {
            let scene = Scene::new(quirks, NOTHING);
            for (response_type, body) in &state {
                scene.server.put(API, response_type, body);
            }
            scene.server.deploy(API, &["prod"]);
            let answers = explain(&scene, &["--of", "served"], 0);
            assert_eq!(answers.len(), 21);
            for kind in &KINDS {
                let told = answer(&answers, "served", kind.name);
                assert_eq!((&told["api"], &told["stage"]), (&json!("orders"), &json!("prod")));
                let got = scene.server.ask(API, "prod", kind.name, "application/json");
                let at = format!("{} under {quirks:?} with {state:?}", kind.name);
                let statuses = told["runtime_statuses"].as_array().expect("a list");
                // What an unset status exports as where it is filled in is not told apart.
                let filled_in = quirks.contains(&"export-status=resolved")
                    && kind.name == "INTEGRATION_FAILURE"
                    && told["source"] == "own";
                assert!(filled_in || statuses.contains(&json!(got.status)), "{at}: {told} {got:?}");
                let own = if told["headers"].get("X-Own").is_some() { vec!["yes"] } else { vec![] };
                assert_eq!(got.header("x-own"), own, "{at}");
                let body: Value = serde_json::from_str(
                    told["bodies"]["application/json"].as_str().expect("a body"),
                )
                .expect("JSON");
                let guessed = ["INVALID_SIGNATURE"].contains(&kind.name);
                assert!(guessed || got.json() == body, "{at}: {body} {got:?}");
                let error_type = &told["causes"][0]["error_type"];
                assert_eq!(json!(got.header("x-amzn-errortype")), json!([error_type]), "{at}");
            }
        }
    }
}

#[test]
fn integration_failure_is_three_statuses_until_one_is_set() {
    let scene = Scene::new(&[], NOTHING);
    let look = |scene: &Scene| explain(scene, &["INTEGRATION_FAILURE"], 0);
    let by_cause = json!([500, 502, 504]);

    let answers = look(&scene);
    assert_eq!(answers.len(), 3, "desired, configured, served: {answers:?}");
    for one in &answers {
        assert_eq!((&one["status"], &one["runtime_statuses"]), (&Value::Null, &by_cause));
        assert_eq!(one["source"], "builtin");
        assert!(notes(one).contains("500, 502 or 504"), "{one}");
    }

    // Customised and not deployed: clients still get what they got.
    scene.server.put(API, "INTEGRATION_FAILURE", &json!({"statusCode": "429"}));
    let answers = look(&scene);
    let configured = answer(&answers, "configured", "INTEGRATION_FAILURE");
    assert_eq!(configured["runtime_statuses"], json!([429]));
    assert!(notes(configured).contains("with one code"), "{configured}");
    assert_eq!(answer(&answers, "served", "INTEGRATION_FAILURE")["runtime_statuses"], by_cause);

    scene.server.deploy(API, &["prod"]);
    let answers = look(&scene);
    assert_eq!(answer(&answers, "served", "INTEGRATION_FAILURE")["status"], 429);

    // Taken away and not deployed: as in the thread, the other way round.
    scene.server.delete(API, "INTEGRATION_FAILURE");
    let answers = look(&scene);
    assert_eq!(answer(&answers, "configured", "INTEGRATION_FAILURE")["runtime_statuses"], by_cause);
    assert_eq!(answer(&answers, "served", "INTEGRATION_FAILURE")["status"], 429);
}

#[test]
fn a_504_that_may_be_unset_is_not_claimed() {
    let scene = Scene::new(&[], NOTHING);
    scene.server.put(API, "INTEGRATION_FAILURE", &json!({"statusCode": "504"}));
    let answers = explain(&scene, &["INTEGRATION_FAILURE", "--of", "configured"], 0);
    let configured = &answers[0];
    assert_eq!(configured["status"], Value::Null);
    assert!(notes(configured).contains("whether it is set or not"), "{configured}");
    // Once deployed, the stage's export tells.
    scene.server.deploy(API, &["prod"]);
    let answers = explain(&scene, &["INTEGRATION_FAILURE", "--of", "configured"], 0);
    assert_eq!(answers[0]["runtime_statuses"], json!([504]));
}

#[test]
fn an_export_that_mirrors_the_configuration_is_no_evidence() {
    let file = NOTHING.to_owned() + "responses.THROTTLED.status = 430\n";
    let scene = Scene::new(&["export=mirror"], &file);
    // Nothing has proven anything yet, and that is said.
    let answers = explain(&scene, &["--of", "served"], 0);
    let throttled = answer(&answers, "served", "THROTTLED");
    assert!(notes(throttled).contains("nothing here has proven"), "{throttled}");
    let stopped = scene.apply(&[]);
    let (_, digest) = stopped.exits(3).stdout.split_once("--accept-foreign ").expect("a way out");
    let digest: String = digest.chars().take("sha256:".len() + 64).collect();
    scene.apply(&["--accept-foreign", &digest]).exits(0);
    // The digest of the deployment says that it is what is configured.
    let answers = explain(&scene, &["--of", "served"], 0);
    assert_eq!(answer(&answers, "served", "THROTTLED")["status"], 430);
    // Now it says that it is something else; what, nobody knows.
    scene.server.put(API, "THROTTLED", &json!({"statusCode": "431"}));
    let run = scene.run(&["explain", "--of", "served", "-o", "json"]);
    run.exits(3).tells("unknown");
    assert_eq!(run.stdout.trim(), "[]");
    let run = scene.run(&["explain"]);
    run.exits(3);
    assert!(run.stdout.contains("? served by prod: unknown"), "{run}");
}

#[test]
fn what_the_control_plane_hides_is_said() {
    let scene = Scene::new(&[], NOTHING);
    scene.server.put(
        API,
        "DEFAULT_4XX",
        &json!({"responseParameters": {
            "gatewayresponse.header.Access-Control-Allow-Origin": "'*'"
        }}),
    );
    scene.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
    scene.server.put(API, "REQUEST_TOO_LARGE", &json!({"statusCode": "430"}));
    scene.server.put(API, "DEFAULT_5XX", &json!({"statusCode": "599"}));
    let answers = explain(&scene, &["--of", "configured"], 0);
    for (response_type, source, status, note) in [
        ("THROTTLED", "own", json!(430), "inherits nothing from DEFAULT_4XX"),
        ("UNAUTHORIZED", "DEFAULT_4XX", json!(401), ""),
        ("REQUEST_TOO_LARGE", "builtin", json!(413), "ignores"),
        ("WAF_FILTERED", "DEFAULT_4XX", json!(403), "that one wins"),
        ("DEFAULT_4XX", "own", Value::Null, "by itself for errors that have no type"),
        ("INTEGRATION_FAILURE", "DEFAULT_5XX", json!(599), "with one code"),
    ] {
        let one = answer(&answers, "configured", response_type);
        assert_eq!((&one["source"], &one["status"]), (&json!(source), &status), "{one}");
        assert!(notes(one).contains(note), "{one}");
    }
    scene.server.delete(API, "DEFAULT_4XX");
    let answers = explain(&scene, &["access-denied", "--of", "configured"], 0);
    assert!(notes(&answers[0]).contains("capital M"));
    assert!(
        answers[0]["bodies"]["application/json"].as_str().is_some_and(|b| b.contains("Message"))
    );
}

#[test]
fn backwards_from_an_answer_to_what_can_have_given_it() {
    let scene = Scene::new(&[], NOTHING);
    let types = |arguments: &[&str]| -> Vec<String> {
        let answers = explain(&scene, &[&["--of", "served"], arguments].concat(), 0);
        answers
            .iter()
            .map(|one| one["response_type"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(types(&["--status", "504"]), ["INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"]);
    // A malformed proxy answer: nobody knows whose it is, so each is named.
    assert_eq!(
        types(&["--status", "502"]),
        ["API_CONFIGURATION_ERROR", "DEFAULT_5XX", "INTEGRATION_FAILURE"]
    );
    assert_eq!(types(&["--error-type", "forbiddenexception"]), ["INVALID_API_KEY", "WAF_FILTERED"]);
    assert_eq!(
        types(&["--status", "500", "--error-type", "ForbiddenException"]),
        Vec::<String>::new()
    );
    scene.server.put(API, "DEFAULT_5XX", &json!({"statusCode": "500"}));
    scene.server.deploy(API, &["prod"]);
    assert_eq!(types(&["--status", "504"]), Vec::<String>::new());
    assert!(types(&["--status", "500"]).contains(&"INTEGRATION_TIMEOUT".to_owned()));

    let run = scene.run(&["explain", "--status", "403", "--error-type", "ForbiddenException"]);
    run.exits(0);
    for text in ["missing stage", "custom domain without a mapping", "TLS", "integration's own"] {
        assert!(run.stdout.contains(text), "no {text:?} in {run}");
    }
    let run = scene.run(&["explain", "--error-type", "ForbidenException"]);
    run.exits(0).tells("did you mean `ForbiddenException`?");
    assert!(run.stdout.contains("no gateway response of this API gives this answer"), "{run}");
}

#[test]
fn the_file_alone_needs_no_server() {
    let file = NOTHING.to_owned()
        + "responses.THROTTLED = { status = 430, headers = { A = \"1\" } }\n\
           responses.UNAUTHORIZED = { reset = true }\n";
    let scene = Scene::new(&[], &file);
    let calls = scene.calls_of(|| {
        let answers = explain(&scene, &["--of", "desired"], 0);
        assert_eq!(answers.len(), 21);
        let throttled = answer(&answers, "desired", "THROTTLED");
        assert_eq!((&throttled["status"], &throttled["source"]), (&json!(430), &json!("own")));
        assert_eq!(throttled["headers"], json!({"A": "'1'"}));
        assert_eq!(notes(throttled), "");
        assert!(notes(answer(&answers, "desired", "EXPIRED_TOKEN")).contains("unmanaged"));
        // At its default, which is DEFAULT_4XX's, of which the file says nothing.
        assert!(notes(answer(&answers, "desired", "UNAUTHORIZED")).contains("follows DEFAULT_4XX"));
    });
    assert_eq!(calls, Vec::<String>::new());
    // With what is configured at hand, nothing is assumed.
    scene.server.put(API, "DEFAULT_4XX", &json!({"statusCode": "418"}));
    let answers = explain(&scene, &[], 0);
    let unauthorized = answer(&answers, "desired", "UNAUTHORIZED");
    assert_eq!(
        (&unauthorized["status"], &unauthorized["source"]),
        (&json!(418), &json!("DEFAULT_4XX"))
    );
}

#[test]
fn it_never_writes_and_ends_as_promised() {
    let two =
        NOTHING.to_owned() + "[apis.gone]\nmatch = { id = \"zzzzz99999\" }\naccount = \"main\"\n";
    let scene = Scene::new(&[], &two);
    scene.write("one.toml", NOTHING);
    let calls = scene.calls_of(|| {
        scene.run(&["explain"]).exits(3).tells("zzzzz99999");
        scene.run(&["explain", "-f", "one.toml"]).exits(0);
        scene.run(&["explain", "--api", "gone"]).exits(1);
        scene.run(&["explain", "NO_SUCH_TYPE"]).exits(1).tells("not a gateway response type");
        scene.run(&["explain", "THROTLED"]).exits(1).tells("did you mean THROTTLED?");
        scene.run(&["explain", "--status", "99"]).exits(1);
        scene.run(&["plan", "-o", "html"]).exits(1).tells("only `gwr explain`");
    });
    assert!(calls.iter().all(|operation| operation.starts_with("Get")), "{calls:?}");
    scene.server.faults(&json!([{"operation": "GetExport", "kind": "403"}]));
    scene.run(&["explain", "-f", "one.toml"]).exits(3);
    scene.run(&["explain", "-f", "one.toml", "--of", "configured"]).exits(0);
}

/// One type in depth ends with a piece of the file that says what clients get: applied, it
/// changes nothing that a client sees.
#[test]
fn the_snippet_is_what_clients_get() {
    let scene = Scene::new(&[], NOTHING);
    scene.server.put(
        API,
        "DEFAULT_4XX",
        &json!({
            "statusCode": "418",
            "responseParameters": {
                "gatewayresponse.header.A": "'context.stage'",
                "gatewayresponse.header.B": "context.stage",
                "gatewayresponse.header.C.d": "'it is \"so\"'",
            },
            "responseTemplates": {"application/json": "{\"m\":$context.error.messageString}\n'''"},
        }),
    );
    scene.server.deploy(API, &["prod"]);
    let run = scene.run(&["explain", "THROTTLED"]);
    run.exits(0);
    let change = run.stdout.split("how to change it\n").nth(1).expect("a snippet");
    let lines = change.lines().map_while(|line| line.strip_prefix("      "));
    let snippet = lines.collect::<Vec<_>>().join("\n");
    scene.write("gwr.toml", &format!("{NOTHING}{snippet}"));
    let run = scene.run(&["explain", "THROTTLED", "-o", "json"]);
    run.exits(0);
    let answers: Vec<Value> = serde_json::from_str(&run.stdout).expect("JSON");
    for member in ["runtime_statuses", "headers", "templates"] {
        assert_eq!(answers[0][member], answers[2][member], "{snippet}");
    }
}

#[test]
fn hostile_text_commands_no_terminal_and_leaves_no_fence() {
    let scene = Scene::new(&[], NOTHING);
    let template = "\u{1b}[2J```\n</details><script>alert(1)</script>\u{202e}";
    scene.server.put(
        API,
        "THROTTLED",
        &json!({"responseTemplates": {"application/json": template}}),
    );
    scene.server.deploy(API, &["prod"]);
    for arguments in
        [&["explain"][..], &["explain", "THROTTLED"], &["explain", "THROTTLED", "-o", "markdown"]]
    {
        let run = scene.run(arguments);
        run.exits(0);
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{run}");
    }
    let run = scene.run(&["explain", "THROTTLED", "-o", "markdown"]);
    assert!(run.stdout.starts_with("<!-- gwr:explain sha256:"), "{run}");
    assert!(run.stdout.contains("\n````diff\n"), "the fence is longer than any inside: {run}");
}
