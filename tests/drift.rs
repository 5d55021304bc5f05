//! `gwr drift` and `gwr deployments` against a server: what they say, how they end, and
//! that looking never writes.

use serde_json::{Value, json};

use crate::support::binary::{self, Run};
use crate::support::server::{Row, Server, seed};

pub const API: &str = "abcde12345";

/// A file that wants three types on `prod`.
pub const FILE: &str = r#"version = 1
[apis.orders]
match = { id = "abcde12345" }
stages = ["prod"]
account = "main"
foreign_changes = "allow"
allow = [
    { rule = "shadowed-cors", reason = "only machines call it" },
    { rule = "flattened-status", reason = "they try again on 503" },
]
[apis.orders.responses]
THROTTLED = { headers = { Retry-After = "2" } }
INTEGRATION_FAILURE = { status = 503 }
DEFAULT_4XX = { headers = { Access-Control-Allow-Origin = "*" } }
"#;

/// A server with `orders` on `prod`, and a folder with a file.
pub struct Scene {
    pub server: Server,
    folder: tempfile::TempDir,
}

impl Scene {
    pub fn new(quirks: &[&str], file: &str) -> Self {
        let server = Server::start(quirks, &[seed(API, "orders", &["prod"])]);
        let scene = Self { server, folder: tempfile::tempdir().expect("a folder") };
        scene.write("gwr.toml", file);
        scene
    }

    /// The same on `beta` and `prod`.
    pub fn two_stages(file: &str) -> Self {
        let server = Server::start(&[], &[seed(API, "orders", &["beta", "prod"])]);
        let scene = Self { server, folder: tempfile::tempdir().expect("a folder") };
        scene.write("gwr.toml", &file.replace("[\"prod\"]", "[\"beta\", \"prod\"]"));
        scene
    }

    pub fn write(&self, name: &str, text: &str) {
        // The whole quota, so that a test does not wait like a cron job.
        let account = format!(
            "\n[accounts.main]\nregion = \"us-east-1\"\nendpoint_url = {:?}\nquota_share = 1.0\n\
             deploy_interval = 0.01\n",
            self.server.url()
        );
        std::fs::write(self.folder.path().join(name), format!("{text}{account}")).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).expect("a file")
    }

    pub fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let arguments = [arguments, &["--progress", "never"]].concat();
        binary::run(self.folder.path(), &arguments)
    }

    pub fn apply(&self, arguments: &[&str]) -> Run {
        self.run(&[&["apply", "--yes"], arguments].concat())
    }

    /// `drift -o json`, which must end so.
    #[track_caller]
    pub fn drift(&self, code: i32) -> Value {
        let run = self.run(&["drift", "-o", "json"]);
        run.exits(code);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
    }

    /// Does something, and tells the operations that it took, sorted.
    pub fn calls_of(&self, act: impl FnOnce()) -> Vec<String> {
        let before = self.server.calls().len();
        act();
        let mut calls: Vec<String> =
            self.server.calls().into_iter().skip(before).map(|row| row.operation).collect();
        calls.sort();
        calls
    }
}

/// The operations that change something.
fn writes(rows: &[Row]) -> Vec<&Row> {
    rows.iter().filter(|row| !row.operation.starts_with("Get")).collect()
}

pub const EXPORTS: [&str; 2] = ["export=snapshot", "export=mirror"];

#[test]
fn from_nothing_to_clean_whatever_exports_show() {
    for quirk in EXPORTS {
        let scene = Scene::new(&[quirk], FILE);
        let report = scene.drift(2);
        assert_eq!(
            report["summary"],
            json!({"apis": 1, "in_sync": 0, "drifted": 1, "unknown": 0, "stages_behind": 0}),
            "{quirk}"
        );
        scene.apply(&[]).exits(0);
        let report = scene.drift(0);
        assert_eq!(report["apis"][0]["status"], "in_sync", "{quirk}");
        assert_eq!(report["apis"][0]["stages"][0]["status"], "current", "{quirk}");
        let (evidence, words) = if quirk.ends_with("mirror") {
            ("digest", "the deployment's digest")
        } else {
            ("export", "the stage export")
        };
        assert_eq!(report["apis"][0]["stages"][0]["evidence"], evidence, "{quirk}");
        let text = scene.run(&["drift"]);
        text.exits(0);
        assert_eq!(
            text.stdout,
            format!(
                "Clean: no drift; 1 API matches the file, its stage serves it \
                 (verified from {words}).\n"
            )
        );
    }
}

#[test]
fn what_is_configured_and_not_deployed_is_drift_and_a_stage_behind() {
    for quirk in EXPORTS {
        let scene = Scene::new(&[quirk], FILE);
        scene.apply(&[]).exits(0);
        scene.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
        let report = scene.drift(2);
        let api = &report["apis"][0];
        let throttled = api["responses"].as_array().expect("a list").iter();
        let throttled: Vec<&Value> =
            throttled.filter(|one| one["response_type"] == "THROTTLED").collect();
        assert_eq!(throttled[0]["status"], "drifted", "{quirk}");
        assert_eq!(throttled[0]["desired"]["headers"], json!({"Retry-After": "'2'"}));
        assert_eq!(throttled[0]["configured"]["status"], 430);
        assert_eq!(api["stages"][0]["status"], "behind", "{quirk}");
        assert!(api["stages"][0]["deployed_at"].is_string(), "{quirk}");
        let behind = if quirk.ends_with("mirror") { json!([]) } else { json!(["THROTTLED"]) };
        assert_eq!(api["stages"][0]["behind"], behind, "{quirk}");
        let text = scene.run(&["drift"]).stdout;
        for line in [
            "~ THROTTLED drifted",
            "status: configured 430, desired built-in (429)",
            "header Retry-After: absent, desired '2'",
            "~ stage prod behind:",
            "Drift: 1 of 1 API drifted, 1 stage behind.",
        ] {
            assert!(text.contains(line), "{quirk}: no {line:?} in\n{text}");
        }
    }
}

/// The promise of the verb: whatever it finds, it only reads; and what is clean costs one
/// read for the API and one for the stage once it is known what exports show.
#[test]
fn looking_never_writes_and_costs_little() {
    for quirk in EXPORTS {
        let scene = Scene::new(&[quirk], FILE);
        scene.apply(&[]).exits(0);
        let first = scene.server.pointer(API, "prod");
        let before = writes(&scene.server.calls()).len();
        let clean = scene.calls_of(|| {
            scene.drift(0);
        });
        assert_eq!(
            clean,
            ["GetDeployments", "GetExport", "GetGatewayResponses", "GetStages"],
            "{quirk}: nothing else proves what exports show"
        );
        let skipped = scene.calls_of(|| {
            scene.run(&["drift", "--skip-served"]).exits(0);
        });
        assert_eq!(skipped, ["GetGatewayResponses"], "{quirk}");
        assert_eq!(writes(&scene.server.calls()).len(), before, "{quirk}");

        scene.server.put(API, "THROTTLED", &json!({"statusCode": "430"}));
        scene.server.deploy(API, &["prod"]);
        scene.server.point(API, "prod", &first);
        let before = writes(&scene.server.calls()).len();
        for arguments in [
            &["drift"][..],
            &["drift", "-o", "markdown"],
            &["drift", "--skip-served"],
            &["drift", "--metrics", "m.prom"],
            &["drift", "--emit", "openapi"],
            &["deployments"],
            &["plan"],
        ] {
            let run = scene.run(arguments);
            assert!(matches!(run.code, Some(0 | 2 | 3)), "{run}");
        }
        assert_eq!(writes(&scene.server.calls()).len(), before, "{quirk}");
    }
}

#[test]
fn a_fleet_is_proven_by_one_of_its_apis() {
    let mut file = "version = 1\n[defaults]\naccount = \"main\"\nstages = [\"prod\"]\n".to_owned();
    let ids = ["aaaaa00001", "aaaaa00002", "aaaaa00003", "aaaaa00004"];
    for id in ids {
        file += &format!(
            "[apis.{id}]\nmatch = {{ id = \"{id}\" }}\nresponses.THROTTLED.headers.Retry-After = \"2\"\n"
        );
    }
    let seeds: Vec<_> = ids.iter().map(|id| seed(id, id, &["prod"])).collect();
    let server = Server::start(&[], &seeds);
    let scene = Scene { server, folder: tempfile::tempdir().expect("a folder") };
    scene.write("gwr.toml", &file);
    scene.apply(&[]).exits(0);
    let calls = scene.calls_of(|| {
        scene.drift(0);
    });
    let count = |operation: &str| calls.iter().filter(|call| *call == operation).count();
    assert_eq!(count("GetGatewayResponses"), 4);
    assert_eq!(count("GetExport"), 4);
    assert_eq!((count("GetStages"), count("GetDeployments"), calls.len()), (1, 1, 10));
}

#[test]
fn unknown_is_never_clean() {
    let two = format!(
        "{FILE}[apis.gone]\nmatch = {{ name = \"nobody\" }}\naccount = \"main\"\n\
         responses.THROTTLED = {{}}\n"
    );
    let scene = Scene::new(&[], &two);
    scene.apply(&["--api", "orders"]).exits(0);
    let report = scene.drift(3);
    assert_eq!(
        report["summary"],
        json!({"apis": 2, "in_sync": 1, "drifted": 0, "unknown": 1, "stages_behind": 0})
    );
    assert_eq!(report["apis"][0]["status"], "unknown");
    assert!(report["apis"][0]["error"].is_string());
    scene.run(&["drift", "--api", "gone"]).exits(1).tells("is named \"nobody\"");

    let scene = Scene::new(&[], FILE);
    scene.apply(&[]).exits(0);
    scene.server.faults(&json!([{"operation": "GetExport", "kind": "403"}]));
    let report = scene.drift(0);
    assert_eq!(report["apis"][0]["stages"][0]["evidence"], "digest", "its description tells");
    for verb in ["drift", "explain", "plan"] {
        let run = scene.run(&[verb]);
        run.exits(0)
            .tells("warning: orders (abcde12345), stage prod: its export could not be read (access")
            .tells("; only the digest of its deployment shows what it serves\nhint: Grant `apig")
            .tells(&format!("; `gwr policy {verb}` prints every permission that is needed."));
    }
    scene.server.deploy(API, &["prod"]);
    let report = scene.drift(3);
    assert_eq!(report["apis"][0]["status"], "unknown");
    assert_eq!(report["apis"][0]["stages"][0]["status"], "unknown");
    assert!(
        report["apis"][0]["stages"][0]["note"]
            .as_str()
            .expect("why")
            .contains("export could not be read")
    );

    let ignored = format!(
        "{FILE}[[apis.orders.ignore]]\nstage = \"prod\"\nreason = \"no leave to export\"\n\
         until = 2999-01-01\n"
    );
    scene.write("gwr.toml", &ignored);
    let run = scene.run(&["drift"]);
    run.exits(0);
    let line = "stage prod ignored until 2999-01-01: no leave to export";
    assert!(run.stdout.contains(line), "{run}");
}

#[test]
fn metrics_replace_the_file_and_a_folder_that_is_not_there_is_told() {
    let scene = Scene::new(&[], FILE);
    scene.write("m.prom", "old");
    scene.run(&["drift", "--metrics", "m.prom"]).exits(2);
    let text = scene.read("m.prom");
    assert!(text.contains("\ngwr_drifted_types{api=\"orders\","), "{text}");
    assert!(text.ends_with("# EOF\n") && !text.contains("old"), "{text}");
    let run = scene.run(&["drift", "--metrics", "nowhere/m.prom"]);
    run.exits(3).tells("the metrics could not be written to nowhere/m.prom");
    assert!(run.stdout.contains("Drift:"), "the report is there all the same: {run}");
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let file = FILE.replace(
        "THROTTLED = { headers = { Retry-After = \"2\" } }",
        "THROTTLED = { headers = { Retry-After = \"```` </details> \\u2028\" } }",
    );
    let scene = Scene::new(&[], &file);
    scene.server.put(
        API,
        "THROTTLED",
        &json!({"responseParameters": {"gatewayresponse.header.X": "'`````'"}}),
    );
    let run = scene.run(&["drift", "-o", "markdown"]);
    run.exits(2);
    assert!(run.stdout.starts_with("<!-- gwr:drift sha256:"), "{run}");
    assert!(run.stdout.contains("\n``````diff\n"), "{run}");
    assert!(run.stdout.chars().count() <= 60_000);
    let inside = run.stdout.split("``````").nth(1).expect("a fence");
    assert!(inside.contains("</details>"), "shown, inside the fence: {run}");
}

/// What `--emit openapi` prints is taken by an import, and then nothing is left to do.
#[test]
fn what_is_emitted_can_be_imported() {
    let scene = Scene::new(&[], FILE);
    let run = scene.run(&["drift", "--emit", "openapi"]);
    run.exits(0);
    let fragment: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert!(scene.server.calls().is_empty(), "nothing is asked of AWS");
    let mut document = json!({
        "openapi": "3.0.1",
        "info": {"title": "orders", "version": "1"},
        "paths": {"/": {"get": {
            "responses": {"200": {"description": "ok"}},
            "x-amazon-apigateway-integration": {"type": "mock"},
        }}},
    });
    let key = "x-amazon-apigateway-gateway-responses";
    document[key] = fragment[key].clone();
    scene.server.done("PUT", &format!("/restapis/{API}?mode=overwrite"), &document);
    scene.server.deploy(API, &["prod"]);
    let report = scene.drift(0);
    assert_eq!(report["apis"][0]["status"], "in_sync");
}

#[test]
fn the_history_names_what_is_served_and_prune_keeps_the_way_back() {
    let scene = Scene::new(&[], FILE);
    let seeded = scene.server.pointer(API, "prod");
    for seconds in 2..6 {
        scene.write("gwr.toml", &FILE.replace("\"2\"", &format!("\"{seconds}\"")));
        scene.apply(&["--message", &format!("ticket {seconds}")]).exits(0);
    }
    let by_hand = scene.server.deploy(API, &[]);
    let run = scene.run(&["deployments", "-o", "json"]);
    run.exits(0);
    let history: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let api = &history["apis"][0];
    assert_eq!(api["stages"][0]["name"], "prod");
    let listed = api["deployments"].as_array().expect("a list");
    assert_eq!(listed.len(), 6);
    let served = scene.server.pointer(API, "prod");
    let now = listed.iter().find(|one| one["id"] == served.as_str()).expect("the served one");
    assert_eq!((&now["stages"], &now["made_by_gwr"]), (&json!(["prod"]), &json!(true)));
    assert_eq!(now["message"], "ticket 5");
    let back = now["previous"]["prod"].as_str().expect("the way back").to_owned();
    let text = scene.run(&["deployments"]).stdout;
    assert!(text.contains("stage prod") && text.contains("ticket 5"), "{text}");

    scene.run(&["deployments", "--prune"]).exits(1);
    scene
        .run(&["deployments", "--prune", "--keep", "1"])
        .exits(4)
        .tells("cannot ask for confirmation");
    assert_eq!(scene.server.deployments(API).len(), 6);
    let left = |scene: &Scene| -> Vec<String> {
        let deployments = scene.server.deployments(API);
        let mut ids: Vec<String> =
            deployments.iter().filter_map(|one| Some(one["id"].as_str()?.to_owned())).collect();
        ids.sort();
        ids
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    scene.run(&["deployments", "--prune", "--keep", "0", "--yes"]).exits(0);
    let expected = vec![served.clone(), back.clone(), by_hand, seeded];
    assert_eq!(left(&scene), sorted(expected), "those of others stay");
    let run = scene.run(&[
        "deployments",
        "--prune",
        "--keep",
        "0",
        "--all-owners",
        "--yes",
        "-o",
        "json",
    ]);
    run.exits(0);
    let done: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(done["pruned"].as_array().expect("a list").len(), 2);
    assert_eq!(left(&scene), sorted(vec![served, back]));
    scene.run(&["deployments", "--prune", "--keep", "0", "--all-owners"]).exits(0);
}

/// A deployment that somebody puts to use between the look and the removal is refused by
/// AWS, and told.
#[test]
fn a_deployment_in_use_is_never_removed() {
    let scene = Scene::new(&["canary-delete=allow"], FILE);
    for seconds in 2..5 {
        scene.write("gwr.toml", &FILE.replace("\"2\"", &format!("\"{seconds}\"")));
        scene.apply(&[]).exits(0);
    }
    let before = scene.server.deployments(API).len();
    scene.server.faults(&json!([{"operation": "DeleteDeployment", "kind": "400"}]));
    let run = scene.run(&["deployments", "--prune", "--keep", "0", "--yes"]);
    run.exits(3).tells("was not removed: it is in use");
    scene.server.faults(&json!([]));
    assert_eq!(scene.server.deployments(API).len(), before);

    let history = scene.run(&["deployments", "-o", "json"]);
    let history: Value = serde_json::from_str(&history.stdout).expect("JSON");
    let all = history["apis"][0]["deployments"].as_array().expect("a list");
    let served = scene.server.pointer(API, "prod");
    let back = all.iter().find(|one| one["id"] == served.as_str()).expect("it")["previous"]["prod"]
        .as_str()
        .expect("an id")
        .to_owned();
    scene.server.done(
        "POST",
        &format!("/restapis/{API}/deployments"),
        &json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}}),
    );
    scene.run(&["deployments", "--prune", "--keep", "0", "--all-owners", "--yes"]).exits(0);
    assert_eq!(scene.server.deployments(API).len(), 3, "{served}, {back} and the canary's");
}

/// A canary that others made is not taken for clean, and the text says why.
#[test]
fn what_a_canary_serves_is_told_where_it_is_not_compared() {
    let scene = Scene::new(&[], FILE);
    scene.apply(&[]).exits(0);
    scene.run(&["drift"]).exits(0);
    let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 50.0}});
    scene.server.done("POST", &format!("/restapis/{API}/deployments"), &canary);
    let run = scene.run(&["drift"]);
    assert!(run.exits(3).stdout.contains("it has a canary (50 percent of its traffic"), "{run}");
    assert!(run.stdout.contains("what the canary serves was not compared"), "{run}");
    assert_eq!(scene.drift(3)["summary"]["unknown"], 1);
}

/// No plan settles what gwr does not deploy.
#[test]
fn a_stage_that_only_its_owner_deploys_is_not_a_matter_for_a_plan() {
    let never = FILE.replace("stages =", "deploy = \"never\"\nstages =");
    let scene = Scene::new(&[], &never);
    scene.apply(&[]).exits(0);
    let told = "gwr does not deploy this API (deploy = \"never\"): ask its owner to deploy it.";
    let run = scene.run(&["drift"]);
    let line = format!("Drift: 1 stage behind. {told}\n");
    assert!(run.exits(2).stdout.ends_with(&line), "{run}");
    let comment = scene.run(&["drift", "-o", "markdown"]);
    assert!(comment.exits(2).stdout.contains(told), "{comment}");
    assert!(!comment.stdout.contains("would fix"), "{comment}");
    // What is not configured as the file says is.
    scene.server.delete(API, "THROTTLED");
    let run = scene.run(&["drift"]);
    assert!(run.exits(2).stdout.contains("Run `gwr plan` to see what would fix it"), "{run}");
    assert!(run.stdout.contains(told), "{run}");
}
