//! Saved plans: exactly what was shown, or nothing.

use std::os::unix::fs::PermissionsExt as _;

use gateway_responses::document_digest;

use super::*;

/// Saves the plan of a place as `plan.json`.
fn save(place: &Place) -> Run {
    place.run(&["plan", "--out", "plan.json"])
}

fn saved(place: &Place) -> Value {
    let text = std::fs::read_to_string(place.path().join("plan.json")).expect("it was saved");
    serde_json::from_str(&text).expect("JSON")
}

/// Writes a document with the digest that belongs to it.
fn reseal(place: &Place, name: &str, mut document: Value) {
    document["digest"] = json!(document_digest(&document));
    place.write(name, document.to_string().as_bytes());
}

#[test]
fn a_saved_plan_shows_what_was_shown_and_does_it_without_the_file() {
    let place = Place::new(TWO);
    let shown = save(&place);
    shown.exits(0);
    let mode = std::fs::metadata(place.path().join("plan.json")).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    std::fs::remove_file(place.path().join("gwr.toml")).expect("it was there");
    let calls = place.server.calls().len();
    assert_eq!(place.run(&["show", "plan.json"]).exits(0).stdout, shown.stdout);
    assert_eq!(document(&place.run(&["show", "plan.json", "-o", "json"])), saved(&place));
    let comment = place.run(&["show", "plan.json", "-o", "markdown"]);
    assert!(comment.exits(0).stdout.starts_with("<!-- gwr:plan sha256:"), "{comment}");
    assert_eq!(place.server.calls().len(), calls, "`show` is offline");

    place.run(&["apply", "plan.json"]).exits(4).tells("--yes");
    assert_eq!(place.writes(), Vec::<String>::new());
    place.run(&["apply", "plan.json", "--yes"]).exits(0);
    assert_eq!(place.server.shown(API, "ACCESS_DENIED")["statusCode"], "404");
    place.write("gwr.toml", TWO.as_bytes());
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
    place.run(&["apply", "plan.json", "--yes"]).exits(4).tells("stale");
}

#[test]
fn of_the_file_only_the_accounts_are_taken() {
    let place = Place::new(ONE);
    save(&place).exits(0);
    place.write("gwr.toml", b"version = 1\n[accounts.default]\nnonsense = 1\n");
    place.run(&["apply", "plan.json", "--yes"]).exits(1).tells("nonsense");
    assert_eq!(place.writes(), Vec::<String>::new());
    place.write("gwr.toml", b"version = 1\n[apis]\nanything = 1\n[accounts.default]\n");
    place.run(&["apply", "plan.json", "--yes"]).exits(0);
}

#[test]
fn what_has_changed_since_is_stale() {
    let stale = |change: &dyn Fn(&Place)| {
        let place = Place::new(ONE);
        save(&place).exits(0);
        change(&place);
        let writes = place.writes();
        place.run(&["apply", "plan.json", "--yes"]).exits(4).tells("stale");
        assert_eq!(place.writes(), writes);
    };
    // A type that the plan does not touch counts too.
    stale(&|place| place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"})));
    stale(&|place| {
        place.server.deploy(API, &["prod"]);
    });
    stale(&|place| {
        let patch = json!({"patchOperations": [
            {"op": "add", "path": "/binaryMediaTypes/image~1png"}
        ]});
        place.server.done("PATCH", &format!("/restapis/{API}"), &patch);
    });
    stale(&|place| {
        place.server.done("DELETE", &format!("/restapis/{API}/stages/prod"), &Value::Null);
    });
}

#[test]
fn a_plan_that_did_not_look_deploys_nothing() {
    let place = Place::new(ONE);
    let run = place.run(&["plan", "--out", "plan.json", "--skip-served"]);
    run.exits(0).tells("`gwr apply` does not accept it");
    assert!(!run.stdout.contains("apply plan.json"), "{run}");
    place.run(&["apply", "plan.json", "--yes"]).exits(4).tells("--skip-served");
    assert_eq!(place.writes(), Vec::<String>::new());
}

#[test]
fn the_others_go_on() {
    const OTHER: &str = "other12345";
    let file = format!(
        "{ONE}[apis.other]\nmatch = {{ id = {OTHER:?} }}\nstages = [\"prod\"]\n\
         responses.THROTTLED.status = 420\n"
    );
    let place = Place::with(&file, &[seed(API, "orders", &["prod"]), seed(OTHER, "o", &["prod"])]);
    save(&place).exits(0);
    place.server.put(API, "WAF_FILTERED", &json!({}));
    let run = place.run(&["apply", "plan.json", "--yes", "-o", "json"]);
    run.exits(3).tells("stale");
    let applied = document(&run);
    let status = |number: usize| applied["apis"][number]["status"].clone();
    assert_eq!((status(0), status(1)), (json!("stale"), json!("done")), "{run}");
    assert_eq!(place.server.shown(OTHER, "THROTTLED")["statusCode"], "420");
}

#[test]
fn a_stage_that_is_moved_while_others_are_written_is_left_alone() {
    let place = Place::new(ONE);
    let theirs = place.server.deploy(API, &[]);
    save(&place).exits(0);
    place.delay("CreateDeployment", 1.0);
    let child = place.command(&["apply", "plan.json", "--yes"]).spawn().expect("the binary runs");
    place.in_flight(1);
    place.server.point(API, "prod", &theirs);
    binary::wait(child).exits(3);
    assert_eq!(place.server.pointer(API, "prod"), theirs);
    assert_eq!(place.server.deployments(API).len(), 2, "the unused one is gone");
}

#[test]
fn what_is_not_as_it_was_written_is_refused() {
    let place = Place::new(TWO);
    save(&place).exits(0);
    let plan = saved(&place);
    let refused = |name: &str, code: i32, words: &str| {
        place.run(&["apply", name, "--yes"]).exits(code).tells(words);
        assert_eq!(place.writes(), Vec::<String>::new());
        place.run(&["show", name]).exits(1).tells(words);
    };

    let mut edited = plan.clone();
    edited["apis"][0]["changes"][0]["after"]["status"] = json!(405);
    place.write("edited.json", edited.to_string().as_bytes());
    refused("edited.json", 4, "was changed after it was written");
    let edits: [(&str, Value); 7] = [
        ("/apis/0/changes/0/after/status", json!(405)),
        ("/apis/0/changes/0/operations/0/value", json!("405")),
        ("/apis/0/changes/0/operations/0/path", json!("/responseTemplates/a")),
        ("/apis/0/changes/0/call", json!("put")),
        ("/apis/0/changes/0/action", json!("reset")),
        ("/apis/0/changes/1/response_type", json!("ACCESS_DENIED")),
        ("/apis/0/stages/0/action", json!("none")),
    ];
    for (path, value) in edits {
        let mut edited = plan.clone();
        *edited.pointer_mut(path).expect("a member") = value;
        reseal(&place, "edited.json", edited);
        refused("edited.json", 4, "is refused");
    }
    let mut later = plan.clone();
    later["format_version"] = json!(2);
    reseal(&place, "later.json", later);
    refused("later.json", 4, "format_version is 2");
    // Formats grow: what is not known here is not minded.
    let mut grown = plan.clone();
    grown["apis"][0]["grown"] = json!({"a": 1});
    reseal(&place, "grown.json", grown);
    place.run(&["show", "grown.json"]).exits(0);

    place.write("half.json", &plan.to_string().as_bytes()[..200]);
    refused("half.json", 1, "not a gwr document");
    refused("gwr.toml", 1, "not a gwr document");
    refused("nowhere.json", 1, "could not be read");
    for (flag, value) in [("--api", "x"), ("--stage", "x"), ("--rewrite", "THROTTLED")] {
        let run = place.run(&["apply", "plan.json", "--yes", flag, value]);
        run.exits(1).tells("cannot be used with");
    }
    assert_eq!(place.writes(), Vec::<String>::new());
}

#[test]
fn a_plan_that_cannot_be_saved_is_told() {
    let place = Place::new(ONE);
    place.run(&["plan", "--out", "no/such/plan.json"]).exits(1).tells("not saved");
    place.run(&["plan", "--out", "."]).exits(1).tells("not saved");
}

/// The digest of gwr 0.1 was over the sentences of `foreign_changes`.
#[test]
fn an_old_digest_of_undeployed_work_is_shown_and_never_applied() {
    let place = Place::new(ONE);
    save(&place).exits(0);
    let mut plan = saved(&place);
    plan["tool"]["version"] = json!("0.1.1");
    let stage = &mut plan["apis"][0]["stages"][0];
    assert_eq!(stage["action"], "deploy");
    stage["foreign_changes"] =
        json!([{"what": "route added", "where": "GET /new", "after": {"authorization": "NONE"}}]);
    // `printf %s JSON | sha256sum`, of the canonical JSON of the list.
    stage["foreign_digest"] =
        json!("sha256:4fee08a51e958cde2fa207d424457b867f3d7c4f454301929683f948f415344d");
    reseal(&place, "old.json", plan.clone());
    let shown = place.run(&["show", "old.json"]);
    assert!(shown.exits(0).stdout.contains("+ route GET /new"), "{shown}");
    let run = place.run(&["apply", "old.json", "--yes"]);
    run.exits(4).tells("gwr 0.1.1 computed the digest").tells("make a new plan");
    assert_eq!(place.writes(), Vec::<String>::new());

    plan["apis"][0]["stages"][0]["foreign_changes"][0]["where"] = json!("GET /other");
    reseal(&place, "old.json", plan);
    place.run(&["show", "old.json"]).exits(1).tells("is of other changes");
}

#[test]
fn an_old_plan_is_still_read() {
    let place = Place::new(ONE);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    for name in ["plan-v1", "record-v1"] {
        let run = binary::run(place.path(), &["show", &format!("{folder}/{name}.json")]);
        let expected = std::fs::read_to_string(format!("{folder}/{name}.txt")).expect("a text");
        assert_eq!(run.exits(0).stdout.replace(folder, "FOLDER"), expected);
    }
}
