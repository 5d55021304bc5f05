//! `gwr validate` as people and jobs run it: what it finds, repairs, and writes for code
//! scanning; and what of it a plan shows.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::binary::{Run, run};

const SOUND: &str = "version = 1\n\
    [apis.orders]\n\
    match = { id = \"abcde12345\" }\n\
    stages = [\"prod\"]\n\
    [apis.orders.responses.UNAUTHORIZED]\n\
    templates.\"application/json\" = '{\"message\":$context.error.messageString}'\n";

const SHADOWED: &str = "# ours\nversion = 1\n\
    [apis.orders]\n\
    match  = { id = \"abcde12345\" } # eu\n\
    stages = [\"prod\"]\n\n\
    [apis.orders.responses.DEFAULT_4XX]\n\
    headers = { Access-Control-Allow-Origin = \"*\" }\n\n\
    [apis.orders.responses.UNAUTHORIZED]\n\
    status  = 401 # said twice, never mind\n";

fn broken() -> String {
    SOUND.replace("$context.error.messageString", "\"$context.error.messageString\"")
}

fn folder(text: &str) -> tempfile::TempDir {
    folder_with("gwr.toml", text)
}

fn folder_with(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(name), text).expect("a file");
    folder
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

#[test]
fn sound_files_are_silent() {
    let folder = folder(SOUND);
    let said = run(folder.path(), &["validate", "--strict"]);
    said.exits(0);
    assert_eq!(said.stderr, "");
    let document = json_of(run(folder.path(), &["validate", "-o", "json"]).exits(0));
    assert_eq!(document, json!({"format_version": 1, "valid": true, "diagnostics": []}));
}

#[test]
fn a_warning_leaves_the_exit_code_and_an_error_does_not() {
    let shadowed = folder(SHADOWED);
    run(shadowed.path(), &["validate"]).exits(0).tells("warning[shadowed-cors]");
    run(shadowed.path(), &["validate", "--strict"]).exits(1).tells("error: 1 warning");
    let broken = folder(&broken());
    run(broken.path(), &["validate"])
        .exits(1)
        .tells("error[doubled-message-string]")
        .tells("gwr validate --fix");
    let document = json_of(run(broken.path(), &["validate", "-o", "json"]).exits(1));
    let found = &document["diagnostics"][0];
    assert_eq!(
        [&found["rule"], &found["severity"], &found["file"], &found["line"], &found["column"]],
        [
            &json!("doubled-message-string"),
            &json!("error"),
            &json!("gwr.toml"),
            &json!(6),
            &json!(32)
        ]
    );
}

#[test]
fn a_repair_shows_what_it_changes_and_happens_once() {
    let folder = folder(SHADOWED);
    let path = folder.path().join("gwr.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    let first = run(folder.path(), &["validate", "--fix"]);
    first.exits(0);
    let added = "headers = { Access-Control-Allow-Origin = \"*\" }\n";
    assert!(first.stdout.contains(&format!("+{added}")), "{first}");
    assert!(first.stdout.contains("Repaired 1 finding in 1 file."), "{first}");
    let repaired = fs::read_to_string(&path).expect("the file");
    assert_eq!(repaired, format!("{SHADOWED}{added}"));
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o640);
    let again = run(folder.path(), &["validate", "--fix", "--strict"]);
    again.exits(0);
    assert!(again.stdout.contains("Nothing was repaired."), "{again}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), repaired);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn repairs_are_in_the_document_too() {
    let folder = folder(&broken());
    let document = json_of(run(folder.path(), &["validate", "--fix", "-o", "json"]).exits(0));
    assert_eq!(document["valid"], true);
    assert_eq!(document["fixed"][0]["rule"], "doubled-message-string");
    assert_eq!(fs::read_to_string(folder.path().join("gwr.toml")).expect("the file"), SOUND);
}

#[test]
fn what_is_not_valid_or_no_file_is_not_repaired() {
    let wrong = folder(&(broken() + "colour = 1\n"));
    run(wrong.path(), &["validate", "--fix"]).exits(1).tells("unknown key `colour`");
    let kept = fs::read_to_string(wrong.path().join("gwr.toml")).expect("the file");
    assert!(kept.contains("\"$context"));
    let read_only = folder(SHADOWED);
    let path = read_only.path().join("gwr.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a mode");
    run(read_only.path(), &["validate", "--fix"]).exits(1).tells("was not repaired");
    assert_eq!(fs::read_to_string(&path).expect("the file"), SHADOWED);
}

/// The members that the standard requires, and those by which GitHub places a finding.
#[test]
fn code_scanning_gets_a_log_with_its_rules() {
    let folder = folder(&broken());
    let log = json_of(run(folder.path(), &["validate", "-o", "sarif"]).exits(1));
    assert_eq!(log["version"], "2.1.0");
    let run_ = &log["runs"][0];
    let driver = &run_["tool"]["driver"];
    assert_eq!(driver["name"], "gwr");
    let rules = driver["rules"].as_array().expect("rules");
    let ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids.len(), rules.len());
    assert!(rules.iter().all(|rule| rule["shortDescription"]["text"].is_string()));
    let levels = ["error", "warning", "note"].map(Value::from);
    assert!(rules.iter().all(|rule| levels.contains(&rule["defaultConfiguration"]["level"])));
    let [result] = run_["results"].as_array().expect("results").as_slice() else { panic!("{log}") };
    let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(result["ruleId"], ids[index]);
    assert_eq!(result["level"], "error");
    assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("twice")));
    assert_eq!(
        result["locations"][0]["physicalLocation"],
        json!({
            "artifactLocation": {"uri": "gwr.toml"},
            "region": {"startLine": 6, "startColumn": 32, "endLine": 6, "endColumn": 76},
        })
    );

    let wrong = folder_with("a b.toml", "version = 2\n");
    let log = json_of(run(wrong.path(), &["validate", "-f", "a b.toml", "-o", "sarif"]).exits(1));
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert!(results.iter().all(|result| result["ruleId"] == "invalid-file"));
    let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "a%20b.toml");
    run(wrong.path(), &["plan", "-o", "sarif"])
        .exits(1)
        .tells("only `gwr validate` can write SARIF");
}

#[test]
fn rules_can_be_read_at_the_terminal() {
    let here = Path::new(".");
    let list = run(here, &["validate", "--rules"]);
    list.exits(0);
    assert!(list.stdout.contains("shadowed-cors "), "{list}");
    let one = run(here, &["validate", "--explain", "shadowed-cors"]);
    one.exits(0);
    assert!(one.stdout.contains("[[apis.NAME.allow]]"), "{one}");
    run(here, &["validate", "--explain", "shadowd-cors"]).exits(1).tells("`shadowed-cors`");
    let all = json_of(run(here, &["validate", "--rules", "-o", "json"]).exits(0));
    assert!(all["rules"].as_array().is_some_and(|rules| rules.len() > 15));
}

#[test]
fn a_plan_shows_findings_and_refuses_nothing_over_them() {
    let folder = folder(SHADOWED);
    let plan = json_of(run(folder.path(), &["plan", "--sandbox", "-o", "json"]).exits(0));
    let hazards = plan["apis"][0]["hazards"].as_array().expect("hazards");
    let shadowed: Vec<&Value> =
        hazards.iter().filter(|hazard| hazard["id"] == "shadowed-cors").collect();
    assert_eq!(shadowed.len(), 1, "{plan}");
    assert_eq!(shadowed[0]["refuses"], false);
    run(folder.path(), &["apply", "--sandbox", "--yes"]).exits(0);
    // What is done is not told for ever.
    let again = run(folder.path(), &["plan", "--sandbox"]);
    assert!(!again.exits(0).stdout.contains("shadowed-cors"), "{again}");
    run(folder.path(), &["plan", "--sandbox", "--accept", "shadowed-cors"])
        .exits(1)
        .tells("[[apis.NAME.allow]]");
    let changed = SHADOWED.replace("401 #", "403 #");
    let allowed = format!(
        "{changed}[[apis.orders.allow]]\nrule = \"shadowed-cors\"\nreason = \"machines\"\n"
    );
    fs::write(folder.path().join("gwr.toml"), allowed).expect("the file");
    let quiet = run(folder.path(), &["plan", "--sandbox"]);
    assert!(!quiet.exits(0).stdout.contains("shadowed-cors"), "{quiet}");
    fs::write(folder.path().join("gwr.toml"), changed).expect("the file");
    let told = run(folder.path(), &["plan", "--sandbox"]);
    assert!(told.exits(0).stdout.contains("[shadowed-cors]"), "{told}");
}

/// One fact, one name: with a live family default it is `lost-cors` that tells.
#[test]
fn nothing_is_said_twice_in_a_plan() {
    let folder = folder(SHADOWED);
    let family =
        SHADOWED.split("\n[apis.orders.responses.UNAUTHORIZED]").next().unwrap_or_default();
    fs::write(folder.path().join("gwr.toml"), family).expect("the file");
    run(folder.path(), &["apply", "--sandbox", "--yes"]).exits(0);
    let more = format!(
        "{SHADOWED}[apis.orders.responses.WAF_FILTERED]\n\
         headers.Access-Control-Allow-Origin = \"*\"\n\
         [apis.orders.responses.REQUEST_TOO_LARGE]\nstatus = 400\n"
    );
    fs::write(folder.path().join("gwr.toml"), more).expect("the file");
    let plan = json_of(run(folder.path(), &["plan", "--sandbox", "-o", "json"]).exits(0));
    let hazards = plan["apis"][0]["hazards"].as_array().expect("hazards");
    let mut ids: Vec<&str> = hazards.iter().filter_map(|hazard| hazard["id"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["lost-cors", "not-customisable", "waf-wins"]);
}

/// What is sound stays silent on its way through an OpenAPI document and back.
#[test]
fn what_is_imported_from_exports_of_sound_files_is_silent() {
    let sound = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/sound");
    for entry in fs::read_dir(sound).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a file");
        let folder = folder(&text);
        let export = run(folder.path(), &["drift", "--emit", "openapi"]);
        fs::write(folder.path().join("openapi.json"), &export.exits(0).stdout).expect("a file");
        let imported = run(folder.path(), &["import", "--from-openapi", "openapi.json"]);
        fs::write(folder.path().join("imported.toml"), &imported.exits(0).stdout).expect("a file");
        let said = run(folder.path(), &["validate", "--strict", "-f", "imported.toml"]);
        said.exits(0);
        assert!(!said.stderr.contains('['), "{}: {said}", path.display());
    }
}
