//! The plan as a document: field by field what the contract promises, and safe to show.

use super::*;
use crate::support::documents::complaints;

/// A value has these members. Formats only ever grow: it may have others.
#[track_caller]
fn has_members(value: &Value, needed: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for name in needed {
        assert!(object.contains_key(*name), "no {name} in {value}");
    }
}

fn is_digest(value: &Value) -> bool {
    let hex = value.as_str().and_then(|text| text.strip_prefix("sha256:")).unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
}

#[test]
fn a_plan_has_every_field_that_is_promised() {
    let text = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\nstages = [\"prod\"]\n\
                [apis.orders.responses]\nTHROTTLED = { status = 420, headers = { A = \"1\" } }\n\
                UNAUTHORIZED = {}\nWAF_FILTERED = { reset = true }\n\
                INTEGRATION_FAILURE = { status = 503 }\n\
                [apis.gone]\nmatch = { id = \"zzzzz99999\" }\nresponses.THROTTLED = {}\n";
    let place = Place::new(text);
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
    place.server.put(API, "ACCESS_DENIED", &json!({}));
    place.server.put(API, "INTEGRATION_FAILURE", &json!({"statusCode": "500"}));
    let run = place.run(&["plan", "-o", "json"]);
    run.exits(3);
    let plan = document(&run);
    has_members(
        &plan,
        &["format_version", "tool", "created_at", "desired_digest", "summary", "apis", "digest"],
    );
    assert_eq!(plan["format_version"], 1);
    assert_eq!(plan["tool"]["name"], "gwr");
    assert_eq!(plan["tool"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(plan["created_at"], "2026-01-01T00:00:00Z");
    assert!(is_digest(&plan["desired_digest"]) && is_digest(&plan["digest"]));
    let summary = &plan["summary"];
    has_members(
        summary,
        &[
            "apis",
            "changes",
            "create",
            "update",
            "replace",
            "reset",
            "deployments",
            "calls",
            "seconds",
        ],
    );
    for (name, number) in [
        ("apis", 2),
        ("changes", 4),
        ("create", 2),
        ("update", 1),
        ("replace", 0),
        ("reset", 1),
        ("deployments", 1),
    ] {
        assert_eq!(summary[name], number, "{name}");
    }
    let [gone, orders] = plan["apis"].as_array().expect("a list").as_slice() else {
        panic!("two APIs: {plan}");
    };
    let api_members = [
        "name",
        "account",
        "region",
        "rest_api_id",
        "desired_digest",
        "base_digest",
        "changes",
        "effects",
        "unmanaged",
        "hazards",
        "stages",
    ];
    for api in [gone, orders] {
        has_members(api, &api_members);
    }
    assert_eq!((&gone["name"], gone["error"].is_string()), (&json!("gone"), true));
    assert_eq!((&orders["name"], orders.get("error")), (&json!("orders"), None));
    assert_eq!(orders["rest_api_id"], API);
    assert_eq!(orders["region"], "us-east-1");
    assert_eq!(orders["unmanaged"], json!(["ACCESS_DENIED"]));
    assert!(is_digest(&orders["base_digest"]) && is_digest(&orders["desired_digest"]));

    let builtin = json!({"application/json": "{\"message\":$context.error.messageString}"});
    let path = |name: &str| format!("/responseParameters/gatewayresponse.header.{name}");
    let expected = [
        json!({
            "response_type": "INTEGRATION_FAILURE", "action": "update", "call": "patch",
            "operations": [{"op": "replace", "path": "/statusCode", "value": "503"}],
            "before": {"status": 500, "headers": {}, "templates": builtin},
            "after": {"status": 503, "headers": {}, "templates": builtin},
        }),
        json!({
            "response_type": "THROTTLED", "action": "create", "call": "patch",
            "operations": [
                {"op": "replace", "path": "/statusCode", "value": "420"},
                {"op": "add", "path": path("A"), "value": "'1'"},
            ],
            "before": null,
            "after": {"status": 420, "headers": {"A": "'1'"}, "templates": builtin},
        }),
        json!({
            "response_type": "UNAUTHORIZED", "action": "create", "call": "put", "operations": [],
            "before": null,
            "after": {"status": 401, "headers": {}, "templates": builtin},
        }),
        json!({
            "response_type": "WAF_FILTERED", "action": "reset", "call": "delete", "operations": [],
            "before": {"status": 418, "headers": {}, "templates": builtin},
            "after": null,
        }),
    ];
    let mut changes = orders["changes"].as_array().expect("a list").clone();
    for change in &mut changes {
        change.as_object_mut().expect("an object").remove("body");
    }
    assert_eq!(changes, expected);

    for effect in orders["effects"].as_array().expect("a list") {
        has_members(effect, &["response_type", "before", "after"]);
        for side in ["before", "after"] {
            has_members(&effect[side], &["status", "source", "headers", "templates"]);
        }
    }
    let stage = &orders["stages"][0];
    has_members(stage, &["name", "action", "reason", "foreign_changes"]);
    assert_eq!((&stage["name"], &stage["action"]), (&json!("prod"), &json!("deploy")));
    assert_eq!(stage["deployment_id"], place.server.pointer(API, "prod"));
}

#[test]
fn the_same_state_gives_the_same_bytes() {
    let place = Place::new(TWO);
    for form in ["json", "markdown", "text"] {
        let (one, two) = (place.run(&["plan", "-o", form]), place.run(&["plan", "-o", form]));
        one.exits(0);
        assert!(!one.stdout.is_empty());
        assert_eq!(one.stdout, two.stdout, "{form}");
    }
}

/// The other tests hold every document against its schema; here it is seen to bite.
#[test]
fn a_document_that_its_schema_does_not_describe_is_found() {
    let place = Place::new(ONE);
    let plan = document(&place.run(&["plan", "-o", "json"]));
    assert_eq!(complaints("plan", &plan), Vec::<String>::new());
    let mut more = plan.clone();
    more["apis"][0]["changes"][0]["operations"][0]["more"] = json!(1);
    assert_eq!(complaints("plan", &more).len(), 1);
    let mut less = plan;
    less["summary"].as_object_mut().expect("an object").remove("calls");
    assert_eq!(complaints("plan", &less).len(), 1);
}

#[test]
fn progress_is_one_object_a_line() {
    let place = Place::new(ONE);
    let run = binary::run(
        place.path(),
        &["apply", "--yes", "--progress", "json", "--endpoint-url", place.server.url()],
    );
    let events: Vec<Value> = run
        .exits(0)
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    for wanted in ["read", "changing", "deployed", "stage-moved", "stage-verified", "ended"] {
        assert!(names.contains(&wanted), "no {wanted} in {names:?}");
    }
    assert_eq!(events.last().expect("an event")["status"], "done");
}

#[test]
fn every_comment_begins_with_its_marker_and_folds_what_others_wrote() {
    let file = ONE.replace("[apis.orders]", "[apis.\"</details> @team ```\"]");
    let place = Place::new(&file);
    for (arguments, marker) in [
        (&["plan"][..], "<!-- gwr:plan sha256:"),
        (&["apply", "--yes", "--record", "r.json"], "<!-- gwr:record "),
        (&["drift"], "<!-- gwr:drift sha256:"),
        (&["deployments"], "<!-- gwr:deployments -->"),
        (&["validate"], "<!-- gwr:validate -->"),
        (&["rollback", "r.json", "--yes"], "<!-- gwr:record "),
    ] {
        let run = place.run(&[arguments, &["-o", "markdown"]].concat());
        assert!(run.stdout.starts_with(marker), "{arguments:?}: {run}");
        let mut fence = None;
        for line in run.stdout.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                None if ticks >= 3 => fence = Some(ticks),
                Some(open) if ticks >= open => fence = None,
                Some(_) => {}
                None => assert!(
                    !line.contains("@team") || line.starts_with("<details><summary><code>&lt;"),
                    "{line} in {run}"
                ),
            }
        }
        assert_eq!(fence, None, "{run}");
    }
}

#[test]
fn markdown_fits_a_comment() {
    let mut text = String::from("version = 1\n[limits]\nmax_changes = 1000\n");
    let mut seeds = Vec::new();
    for number in 0..12 {
        let id = format!("abcde{number:05}");
        text += &format!("[apis.api-{number}]\nmatch = {{ id = {id:?} }}\n");
        for name in ["THROTTLED", "UNAUTHORIZED", "ACCESS_DENIED"] {
            let template = format!("``` {}\n</details>", "x".repeat(60)).repeat(40);
            text += &format!(
                "[apis.api-{number}.responses.{name}.templates]\n\"application/json\" = {template:?}\n"
            );
        }
        seeds.push(seed(&id, &format!("api-{number}"), &[]));
    }
    let server = Server::start(&[], &seeds);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), text).expect("a file");
    let plan = ["plan", "-o", "markdown", "--endpoint-url", server.url()];
    let run = binary::run(folder.path(), &plan);
    run.exits(0);
    let characters = run.stdout.chars().count();
    assert!((50_000..=60_000).contains(&characters), "{characters} characters");
    assert!(run.stdout.starts_with("<!-- gwr:plan "), "{}", &run.stdout[..80]);
    // The fences are longer than anything inside: each is closed once.
    let lines = |wanted: &str| run.stdout.lines().filter(|line| *line == wanted).count();
    assert!(lines("````diff") > 1);
    assert_eq!(lines("````diff"), lines("````"));
    assert_eq!(lines("````diff"), 12, "each API has its share: {run}");
    assert!(run.stdout.contains(" more lines\n"), "{run}");
}

/// Names and texts of others must not command the terminal that shows them.
#[test]
fn control_characters_are_never_shown_raw() {
    let place = Place::new(
        "version = 1\n[apis.orders]\nmatch = { tags = { team = \"shop\" } }\nstages = [\"prod\"]\n\
         responses.THROTTLED.templates.\"application/json\" = \"b\\u001b[31m\\u009b\\u202e\"\n",
    );
    let evil = "o\u{1b}[31m\u{1b}]0;title\u{7}\u{202e}";
    let operation =
        |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
    let named = json!({"patchOperations": [operation("/name", evil)]});
    place.server.done("PATCH", &format!("/restapis/{API}"), &named);
    let arn = format!("arn:aws:apigateway:us-east-1::/restapis/{API}")
        .replace(':', "%3A")
        .replace('/', "%2F");
    place.server.done("PUT", &format!("/tags/{arn}"), &json!({"tags": {"team": "shop"}}));
    place.server.put(
        API,
        "THROTTLED",
        &json!({"responseTemplates": {"application/json": "a\u{1b}[2Jx"}}),
    );
    for arguments in [
        &["plan"][..],
        &["plan", "-o", "json"],
        &["plan", "-o", "markdown"],
        &["plan", "--stage", "x\u{1b}[31m"],
        &["apply", "--yes"],
        &["plan"],
    ] {
        let run = place.run(arguments);
        assert!(!run.stderr.contains("panicked"), "{run}");
        for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
            let raw = text
                .chars()
                .find(|c| (c.is_control() && *c != '\n' && *c != '\t') || *c == '\u{202e}');
            // JSON escapes what commands a terminal; a mark of direction is data there.
            let raw = raw.filter(|c| *c != '\u{202e}' || arguments.get(2) != Some(&"json"));
            assert_eq!(raw, None, "{arguments:?} on {stream}: {text:?}");
        }
    }
}

#[test]
fn the_description_of_a_deployment_is_the_journal() {
    let place = Place::new(ONE);
    let old = place.server.pointer(API, "prod");
    let long = format!("ticket 12\u{7} {}", "ü".repeat(2000));
    place.run(&["apply", "--yes", "--message", &long]).exits(0);
    let made = place.server.pointer(API, "prod");
    let deployments = place.server.deployments(API);
    let one = deployments.iter().find(|one| one["id"] == *made).expect("it is listed");
    let description = one["description"].as_str().expect("a description");
    assert_eq!(description.chars().count(), 1024);
    let words: Vec<&str> = description.splitn(6, ' ').collect();
    assert_eq!(words[0], "gwr/1");
    assert!(is_digest(&json!(words[1])), "{description}");
    let run = words[2].strip_prefix("run=").unwrap_or_default();
    assert!(!run.is_empty() && run.bytes().all(|c| c.is_ascii_alphanumeric()), "{description}");
    // Between the change and the deployment the export still showed what is served.
    assert_eq!(words[3], "export=snapshot");
    assert_eq!(words[4], format!("prev=prod:{old}"));
    // Words of gwr's own may come before the message.
    assert!(words[5].contains("ticket 12  ü"), "{description}");
}

#[test]
fn an_apply_is_a_document_too() {
    let place = Place::new(ONE);
    let run = place.run(&["apply", "--yes", "-o", "json"]);
    run.exits(0);
    let applied = document(&run);
    assert_eq!(applied["format_version"], 1);
    let stage = &applied["apis"][0]["stages"][0];
    assert_eq!(applied["apis"][0]["status"], "done");
    assert_eq!(stage["to"], place.server.pointer(API, "prod"));
    assert_eq!((&stage["status"], &stage["evidence"]), (&json!("current"), &json!("export")));
    // Nothing to do is a document as well.
    document(place.run(&["apply", "--yes", "-o", "json"]).exits(0));
}
