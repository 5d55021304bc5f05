//! Cases as data: each folder under `tests/cases` is a scenario.
//!
//! - `gwr.toml`: what is wanted.
//! - `case.json`: what is there, what goes wrong, and how the runs must end.
//! - `plan.txt`, `plan.json`, `apply.txt`, `calls.txt`: what comes of it. They are
//!   written anew with `GWR_BLESS=1`.
//!
//! A case that is `like` another differs from it in its faults only; the other's folder has
//! the file and the plan of both. `cargo test cases::mirror` runs one case.
//!
//! Each is run twice: an apply that did not finish is finished by the next one, and
//! after an apply that did, a plan finds nothing and makes only the reads that it
//! must. Ids that vary are replaced by names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gateway_responses::Seed;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::binary::{Run, run};
use crate::support::named::named_tests;
use crate::support::server::{Row, Server};

/// `case.json`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case is there for, for whoever reads it.
    #[serde(rename = "about")]
    _about: String,
    apis: Vec<Api>,
    #[serde(default)]
    quirks: Vec<String>,
    /// In force during the first apply.
    #[serde(default)]
    faults: Vec<Value>,
    /// Further arguments of `plan` and of `apply`.
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    plan_args: Vec<String>,
    #[serde(default)]
    plan_exit: i32,
    #[serde(default)]
    apply_exit: i32,
    /// How an apply after the first one ends, once nothing goes wrong any more.
    #[serde(default)]
    again_exit: i32,
}

/// An API as it is before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    id: String,
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    stages: Vec<String>,
    /// Bodies of PutGatewayResponse, deployed to the stages.
    #[serde(default)]
    served: BTreeMap<String, Value>,
    /// The same, not deployed; absent: what is served.
    configured: Option<BTreeMap<String, Value>>,
    /// Stages that keep the deployment they had before.
    #[serde(default)]
    behind: Vec<String>,
    /// A stage that gets a canary.
    canary: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

named_tests! {
    check(folder());
    api_missing canary cors_by_family create_builtin create_patch create_under_family
    deploy_never fault_400_create_deployment fault_400_second_change fault_403_export
    fault_403_export_refused fault_403_first_change fault_403_read fault_403_update_stage
    fault_409_create_deployment fault_409_delete fault_409_patch fault_409_update_stage
    fault_429_bare_put fault_429_create_deployment fault_429_patch fault_429_reads
    fault_500_delete fault_500_patch fault_503_create_deployment fault_503_put
    fault_delay_everything fault_one_of_two fault_reset_after_create_deployment
    fault_reset_after_delete fault_reset_after_patch fault_reset_after_update_stage
    fault_reset_before_create_deployment fault_reset_before_patch fault_reset_reads
    fault_timeout_patch fault_truncate_create_deployment fault_truncate_patch
    fault_truncate_put header_case integration_failure_unset limit lost_cors lost_cors_accepted
    match_by_name match_by_tags mirror mirror_not_compared name_matches_none name_matches_two
    nothing_to_do replace_unset_status reset second_stage_behind skip_served stage_behind
    stage_missing takeover takeover_accepted takeover_deploy_never two_apis two_stages
    unlisted_reset unmanaged update_members
}

/// Fails with everything that is wrong with a case.
#[track_caller]
fn check(name: &str) {
    let folder = folder().join(name);
    let (case, base) = load(name);
    let (server, known) = prepare(&case);
    let place = tempfile::tempdir().expect("a folder");
    let source = base.as_ref().unwrap_or(&folder);
    fs::copy(source.join("gwr.toml"), place.path().join("gwr.toml")).expect("gwr.toml");
    let gwr = |verb: &[&str], more: &[String]| {
        let mut arguments: Vec<&str> = verb.to_vec();
        arguments.extend(["--endpoint-url", server.url(), "--progress", "never"]);
        arguments.extend(more.iter().map(String::as_str));
        run(place.path(), &arguments)
    };
    let mut golden = Golden { folder: &folder, complaints: Vec::new() };

    let both: Vec<String> = case.args.iter().chain(&case.plan_args).cloned().collect();
    if base.is_none() {
        let plan = gwr(&["plan"], &both);
        golden.code("plan", &plan, case.plan_exit);
        let names = Names::of(&server, &case, &known);
        golden.is("plan.txt", &told(&plan, &names));
        let document = gwr(&["plan", "-o", "json"], &both);
        golden.code("plan -o json", &document, case.plan_exit);
        golden.is("plan.json", &names.replace(&without_varying(&document.stdout)));
    }

    let before = server.calls().len();
    server.faults(&json!(case.faults));
    let apply = gwr(&["apply", "--yes"], &case.args);
    golden.code("apply", &apply, case.apply_exit);
    let hits = server.hits();
    if case.apply_exit != 4 && hits.contains(&0) {
        golden.complaints.push(format!("a fault never struck: {hits:?}"));
    }
    server.faults(&json!([]));
    let calls = server.calls().split_off(before);
    let names = Names::of(&server, &case, &known);
    golden.is("apply.txt", &told(&apply, &names));
    golden.is("calls.txt", &names.replace(&listed(&calls)));
    golden.complaints.extend(too_many_deployments(&server, &case));

    if case.apply_exit != case.again_exit {
        golden.code("the second apply", &gwr(&["apply", "--yes"], &case.args), case.again_exit);
        golden.complaints.extend(too_many_deployments(&server, &case).into_iter().filter(|_| {
            // A deployment whose stage could not be moved may be followed by another.
            case.faults.iter().all(|fault| fault["operation"] != "UpdateStage")
        }));
    }
    if case.again_exit == 0 {
        let before = server.calls().len();
        let rest = gwr(&["plan", "--detailed-exitcode"], &both);
        golden.code("the last plan", &rest, 0);
        let calls = server.calls().split_off(before);
        golden.complaints.extend(more_than_the_reads(&calls, &case));
    }
    assert!(golden.complaints.is_empty(), "{}", golden.complaints.join("\n"));
}

/// A case, and the folder of the case that it is like.
fn load(name: &str) -> (Case, Option<PathBuf>) {
    let read = |name: &str| -> Map<String, Value> {
        let text = fs::read_to_string(folder().join(name).join("case.json")).expect("case.json");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let mut case = read(name);
    let base = case.remove("like").map(|like| like.as_str().expect("a case").to_owned());
    if let Some(base) = &base {
        for (key, value) in read(base) {
            if !["about", "faults", "apply_exit", "again_exit"].contains(&key.as_str()) {
                assert!(case.insert(key.clone(), value).is_none(), "{name}: {key} is from {base}");
            }
        }
    }
    let case = serde_json::from_value(case.into());
    let case = case.unwrap_or_else(|error| panic!("{name}: {error}"));
    (case, base.map(|base| folder().join(base)))
}

/// Starts a server that holds what the case says, and tells the deployments that were
/// made, in their order.
fn prepare(case: &Case) -> (Server, Vec<String>) {
    let seeds: Vec<Seed> = case
        .apis
        .iter()
        .map(|api| Seed {
            rest_api_id: Some(api.id.clone()),
            name: api.name.clone(),
            tags: api.tags.clone(),
            stages: api.stages.clone(),
        })
        .collect();
    let quirks: Vec<&str> = case.quirks.iter().map(String::as_str).collect();
    let server = Server::start(&quirks, &seeds);
    let mut known = Vec::new();
    for api in &case.apis {
        known.extend(ids(&server, &api.id));
        for (response_type, body) in &api.served {
            server.put(&api.id, response_type, body);
        }
        if !api.served.is_empty() {
            let moved: Vec<&str> = api
                .stages
                .iter()
                .filter(|stage| !api.behind.contains(stage))
                .map(String::as_str)
                .collect();
            known.push(server.deploy(&api.id, &moved));
        }
        if let Some(configured) = &api.configured {
            for response_type in api.served.keys() {
                server.delete(&api.id, response_type);
            }
            for (response_type, body) in configured {
                server.put(&api.id, response_type, body);
            }
        }
        if let Some(stage) = &api.canary {
            let settings = json!({"stageName": stage, "canarySettings": {"percentTraffic": 10.0}});
            server.done("POST", &format!("/restapis/{}/deployments", api.id), &settings);
        }
    }
    (server, known)
}

fn ids(server: &Server, api: &str) -> Vec<String> {
    let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
    server.deployments(api).iter().map(id).collect()
}

/// Compares with what is written, or writes it.
struct Golden<'a> {
    folder: &'a Path,
    complaints: Vec<String>,
}

impl Golden<'_> {
    fn is(&mut self, file: &str, found: &str) {
        let path = self.folder.join(file);
        if std::env::var_os("GWR_BLESS").is_some() {
            fs::write(&path, found).expect("a golden file");
            return;
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        if written != found {
            let diff = similar::TextDiff::from_lines(written.as_str(), found);
            let diff = diff.unified_diff().header("as written", "as found").to_string();
            self.complaints.push(format!("{file} (GWR_BLESS=1 writes it anew)\n{diff}"));
        }
    }

    fn code(&mut self, what: &str, run: &Run, code: i32) {
        if run.code != Some(code) || run.stderr.contains("panicked") {
            self.complaints.push(format!("{what} should exit {code}: {run}"));
        }
    }
}

/// Names for the ids that vary from run to run.
struct Names(Vec<(String, String)>);

impl Names {
    fn of(server: &Server, case: &Case, known: &[String]) -> Self {
        let mut names = vec![(server.url().to_owned(), "<endpoint>".to_owned())];
        for (number, id) in known.iter().enumerate() {
            names.push((id.clone(), format!("<deployment-{}>", number + 1)));
        }
        let new = |id: &String| !known.contains(id);
        for api in &case.apis {
            for id in ids(server, &api.id).into_iter().filter(new) {
                names.push((id, format!("<new-deployment-of-{}>", api.name)));
            }
        }
        for row in server.calls().iter().filter(|row| row.operation == "DeleteDeployment") {
            let id = row.path.rsplit('/').next().unwrap_or_default().to_owned();
            names.push((id, "<deleted-deployment>".to_owned()));
        }
        Self(names)
    }

    fn replace(&self, text: &str) -> String {
        let known = self.0.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name));
        let known = between(&known, "(request id ", ")", "<id>");
        between(&known, ".gwr/runs/", ".json", "<record>")
    }
}

/// What stands between two texts, replaced wherever they stand.
fn between(text: &str, before: &str, after: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(before) {
        let (kept, id) = rest.split_at(at + before.len());
        out.push_str(kept);
        out.push_str(name);
        rest = id.find(after).map_or("", |end| &id[end..]);
    }
    out + rest
}

fn told(run: &Run, names: &Names) -> String {
    let Run { code, stdout, stderr } = run;
    let stderr = if stderr.is_empty() { String::new() } else { format!("--- stderr\n{stderr}") };
    names.replace(&format!("{stdout}{stderr}--- exit {}\n", code.unwrap_or(-1)))
}

/// The document without its own digest and the program's version. A digest over ids
/// that vary varies too.
fn without_varying(text: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    document["digest"] = json!("<digest>");
    document["tool"]["version"] = json!("<version>");
    serde_json::to_string_pretty(&document).expect("a document") + "\n"
}

/// The calls, API by API; reads that follow each other are made at the same time, so
/// that their order says nothing.
fn listed(calls: &[Row]) -> String {
    let api = |row: &Row| row.path.split('/').nth(2).unwrap_or_default().to_owned();
    // Once an API's responses cannot be read, its exports are not waited for.
    let unread = |row: &Row| row.operation == "GetGatewayResponses" && row.status >= 400;
    let given_up: Vec<String> =
        calls.iter().filter(|row| unread(row) && row.status < 429).map(api).collect();
    let calls =
        calls.iter().filter(|row| row.operation != "GetExport" || !given_up.contains(&api(row)));
    let mut by_api: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut reads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in calls {
        let path = row.path.split('?').next().unwrap_or_default();
        let fault = row.fault.as_ref().map(|kind| format!("  ! {kind}")).unwrap_or_default();
        let line = format!("{} {path} {}{fault}\n", row.operation, row.status);
        let key = api(row);
        if row.operation.starts_with("Get") {
            reads.entry(key).or_default().push(line);
        } else {
            let mut before = reads.remove(&key).unwrap_or_default();
            before.sort();
            let lines = by_api.entry(key).or_default();
            lines.append(&mut before);
            lines.push(line);
        }
    }
    for (key, mut last) in reads {
        last.sort();
        by_api.entry(key).or_default().append(&mut last);
    }
    by_api.into_values().flatten().collect()
}

/// No API gets two deployments from one apply, whatever goes wrong.
fn too_many_deployments(server: &Server, case: &Case) -> Vec<String> {
    case.apis
        .iter()
        .filter_map(|api| {
            let ours = server
                .deployments(&api.id)
                .iter()
                .filter(|one| one["description"].as_str().is_some_and(|d| d.starts_with("gwr/1 ")))
                .count();
            (ours > 1).then(|| format!("{} has {ours} deployments of gwr's", api.id))
        })
        .collect()
}

/// Rule 5.2: one GetGatewayResponses per API, one GetExport per stage, GetRestApis
/// once per account where names or tags are matched, and nothing else.
fn more_than_the_reads(calls: &[Row], case: &Case) -> Vec<String> {
    let count = |operation: &str| calls.iter().filter(|row| row.operation == operation).count();
    let apis = count("GetGatewayResponses");
    let stages: usize = case.apis.iter().map(|api| api.stages.len()).sum();
    // The histories of at most three APIs tell what exports show.
    let witnesses = count("GetDeployments").min(3);
    let needed = apis + count("GetExport") + count("GetRestApis") + 2 * witnesses;
    let extra = calls.len() != needed
        || apis > case.apis.len()
        || count("GetExport") > stages
        || count("GetRestApis") > 1;
    if extra { vec![format!("the last plan made these calls:\n{}", listed(calls))] } else { vec![] }
}
