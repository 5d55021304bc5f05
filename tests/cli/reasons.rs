//! Whatever makes the exit code other than 0 or 2 is on stderr with the API and the reason,
//! also with `-q`, in every output format, and as JSON with `--progress json`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::support::documents;

const OTHER: &str = "fghij67890";

/// Two APIs with one change each, at no pace that a test would wait for.
const BOTH: &str = "version = 1\n[accounts.main]\nregion = \"us-east-1\"\nquota_share = 1.0\n\
                    deploy_interval = 0.05\n[defaults]\nstages = [\"prod\"]\n\
                    [apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                    responses.THROTTLED.headers.Retry-After = \"2\"\n\
                    [apis.users]\nmatch = { id = \"fghij67890\" }\n\
                    responses.UNAUTHORIZED.status = 404\n";

const ORDERS: &str = "orders (abcde12345)";
const USERS: &str = "users (fghij67890)";

/// A run that must not end well.
struct Case {
    about: &'static str,
    file: &'static str,
    prepare: fn(&Place),
    arguments: &'static [&'static str],
    code: i32,
    /// How its one message begins: with the API, where there is one.
    whose: &'static str,
    /// What else is in the message.
    tells: &'static [&'static str],
}

fn nothing(_: &Place) {}

fn refuse(place: &Place, operation: &str, kind: &str) {
    place.server.faults(&json!([{"operation": operation, "kind": kind}]));
}

fn refuse_for(place: &Place, operation: &str, api: &str) {
    place.server.faults(&json!([{"operation": operation, "rest_api_id": api, "kind": "403"}]));
}

/// As the file wants it, deployed by another client: only an export shows that.
fn in_sync_by_others(place: &Place) {
    let headers = json!({"responseParameters": {"gatewayresponse.header.Retry-After": "'2'"}});
    place.server.put(API, "THROTTLED", &headers);
    place.server.deploy(API, &["prod"]);
}

fn without_exports(place: &Place) {
    in_sync_by_others(place);
    refuse(place, "GetExport", "403");
}

fn saved(place: &Place) {
    place.run(&["plan", "--out", "a.plan"]).exits(0);
}

fn edited(place: &Place, change: impl Fn(&mut Value)) {
    saved(place);
    let path = place.path().join("a.plan");
    let text = std::fs::read_to_string(&path).expect("a plan");
    let mut plan: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut plan);
    plan["digest"] = json!(gateway_responses::document_digest(&plan));
    place.write("a.plan", plan.to_string().as_bytes());
}

fn applied(place: &Place) {
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
}

/// An undeployed change of another client.
fn undeployed(place: &Place) {
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
}

fn cors_of_the_family(place: &Place) {
    let cors = "gatewayresponse.header.Access-Control-Allow-Origin";
    place.server.put(API, "DEFAULT_4XX", &json!({"responseParameters": {cors: "'*'"}}));
    place.server.deploy(API, &["prod"]);
}

const ROLLBACK: &[&str] = &["rollback", "r.json", "--yes"];
const STAGE_BACK: &[&str] = &["rollback", "--api", "orders", "--stage", "prod", "--yes"];

const CASES: &[Case] = &[
    Case {
        about: "plan: one of two APIs cannot be read",
        file: BOTH,
        prepare: |place| refuse_for(place, "GetGatewayResponses", OTHER),
        arguments: &["plan"],
        code: 3,
        whose: USERS,
        tells: &["GetGatewayResponses", "access denied", "hint: Grant"],
    },
    Case {
        about: "plan: nothing can be read",
        file: ONE,
        prepare: |place| refuse(place, "GetGatewayResponses", "403"),
        arguments: &["plan"],
        code: 1,
        whose: ORDERS,
        tells: &["GetGatewayResponses", "access denied"],
    },
    Case {
        about: "plan: what a stage serves is unknown",
        file: ONE,
        prepare: without_exports,
        arguments: &["plan"],
        code: 3,
        whose: ORDERS,
        tells: &["stage prod", "unknown", "export could not be read", "hint: Grant"],
    },
    Case {
        about: "plan: what a deployment would ship cannot be compared",
        file: ONE,
        prepare: |place| refuse(place, "GetResources", "403"),
        arguments: &["plan"],
        code: 3,
        whose: ORDERS,
        tells: &["GetResources", "cannot be compared", "hint: Grant"],
    },
    Case {
        about: "plan: a file that is not there",
        file: ONE,
        prepare: nothing,
        arguments: &["plan", "-f", "missing.toml"],
        code: 1,
        whose: "the file has 1 error",
        tells: &["nothing was read or changed"],
    },
    Case {
        about: "plan: a bad argument",
        file: ONE,
        prepare: nothing,
        arguments: &["plan", "--accept", "nothing-of-this-name"],
        code: 1,
        whose: "--accept",
        tells: &["nothing-of-this-name"],
    },
    Case {
        about: "apply: the first change is refused",
        file: ONE,
        prepare: |place| refuse(place, "UpdateGatewayResponse", "403"),
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["failed", "access denied", "THROTTLED", "nothing was written to it", "hint: run"],
    },
    Case {
        about: "apply: the second change fails",
        file: TWO,
        prepare: |place| {
            place.server.faults(&json!([
                {"operation": "UpdateGatewayResponse", "kind": "400", "nth": 2}
            ]));
        },
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &[
            "Injected fault",
            "; changed: ACCESS_DENIED; not changed: THROTTLED",
            "not deployed",
        ],
    },
    Case {
        about: "apply: the deployment fails",
        file: ONE,
        prepare: |place| refuse(place, "CreateDeployment", "400"),
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["CreateDeployment", "Injected fault", "changed: THROTTLED", "not deployed"],
    },
    Case {
        about: "apply: the stage cannot be moved",
        file: ONE,
        prepare: |place| refuse(place, "UpdateStage", "403"),
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["stage `prod` was not moved", "UpdateStage", "was deleted again", "hint: Grant"],
    },
    Case {
        about: "apply: the configuration cannot be read before the deployment",
        file: ONE,
        prepare: |place| {
            place.server.faults(&json!([
                {"operation": "GetGatewayResponses", "kind": "403", "nth": 3}
            ]));
        },
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["GetGatewayResponses", "access denied", "changed: THROTTLED"],
    },
    Case {
        about: "apply: the configuration cannot be verified",
        file: ONE,
        prepare: |place| {
            place.server.faults(&json!([
                {"operation": "GetGatewayResponses", "kind": "403", "nth": 4}
            ]));
        },
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &[
            "not verified",
            "access denied",
            "; changed: THROTTLED",
            "; stage prod: deployment",
        ],
    },
    Case {
        about: "apply: the stage cannot be verified",
        file: ONE,
        prepare: |place| {
            place.server.faults(&json!([{"operation": "GetExport", "kind": "403", "nth": 3}]));
        },
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["not verified", "stage `prod`", "GetExport failed", "hint: Grant", "moved back"],
    },
    Case {
        about: "apply: one of two APIs cannot be read",
        file: BOTH,
        prepare: |place| refuse_for(place, "GetGatewayResponses", OTHER),
        arguments: &["apply", "--yes"],
        code: 3,
        whose: USERS,
        tells: &["GetGatewayResponses", "access denied", "nothing was written to it"],
    },
    Case {
        about: "apply: nothing to do, as far as is known",
        file: ONE,
        prepare: without_exports,
        arguments: &["apply", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["stage prod", "unknown", "export could not be read"],
    },
    Case {
        about: "apply: a hazard",
        file: ONE,
        prepare: cors_of_the_family,
        arguments: &["apply", "--yes"],
        code: 4,
        whose: ORDERS,
        tells: &["refused", "THROTTLED", "nothing was written to it", "--accept lost-cors"],
    },
    Case {
        about: "apply: a hazard and undeployed work of others",
        file: ONE,
        prepare: |place| {
            cors_of_the_family(place);
            undeployed(place);
        },
        arguments: &["apply", "--yes"],
        code: 4,
        whose: ORDERS,
        tells: &["refused", "THROTTLED", "WAF_FILTERED", "--accept lost-cors", "--accept-foreign"],
    },
    Case {
        about: "apply: a limit",
        file: "version = 1\nlimits = { max_changes = 0 }\n[apis.orders]\n\
               match = { id = \"abcde12345\" }\nresponses.THROTTLED.status = 420\n",
        prepare: nothing,
        arguments: &["apply", "--yes"],
        code: 4,
        whose: "refused",
        tells: &["more than the limit of 0", "nothing was changed", "max_changes"],
    },
    Case {
        about: "apply: without approval",
        file: ONE,
        prepare: nothing,
        arguments: &["apply"],
        code: 4,
        whose: "refused",
        tells: &["ask for confirmation", "Nothing was written", "--yes"],
    },
    Case {
        // Incomplete comes before refused.
        about: "apply: one of two APIs cannot be read, and without approval",
        file: BOTH,
        prepare: |place| refuse_for(place, "GetGatewayResponses", OTHER),
        arguments: &["apply"],
        code: 3,
        whose: USERS,
        tells: &["access denied", "nothing was written to it"],
    },
    Case {
        about: "apply: no record can be written",
        file: ONE,
        prepare: |place| place.write(".gwr", b"a file where the folder should be"),
        arguments: &["apply", "--yes"],
        code: 1,
        whose: "the record .gwr/runs",
        tells: &["nothing is applied", "--record FILE"],
    },
    Case {
        about: "saved plan: stale",
        file: ONE,
        prepare: |place| {
            saved(place);
            undeployed(place);
        },
        arguments: &["apply", "a.plan", "--yes"],
        code: 4,
        whose: ORDERS,
        tells: &["stale, skipped", "nothing was written to it", "gwr plan"],
    },
    Case {
        about: "saved plan: edited",
        file: ONE,
        prepare: |place| {
            edited(place, |plan| plan["apis"][0]["stages"][0]["action"] = json!("none"));
        },
        arguments: &["apply", "a.plan", "--yes"],
        code: 4,
        whose: "a.plan is refused",
        tells: &["nothing was changed", "hint: "],
    },
    Case {
        about: "saved plan: of another account",
        file: "version = 1\n[accounts.main]\nid = \"123456789012\"\n[apis.orders]\n\
               match = { id = \"abcde12345\" }\nstages = [\"prod\"]\nresponses.THROTTLED.status = 420\n",
        prepare: |place| {
            edited(place, |plan| plan["apis"][0]["account_id"] = json!("999999999999"));
        },
        arguments: &["apply", "a.plan", "--yes"],
        code: 4,
        whose: ORDERS,
        tells: &["999999999999", "123456789012", "nothing was written to it"],
    },
    Case {
        about: "saved plan: one API cannot be read again",
        file: BOTH,
        prepare: |place| {
            saved(place);
            refuse_for(place, "GetGatewayResponses", OTHER);
        },
        arguments: &["apply", "a.plan", "--yes"],
        code: 3,
        whose: USERS,
        tells: &["access denied", "nothing was written to it"],
    },
    Case {
        about: "rollback of a record: changed by another client since",
        file: ONE,
        prepare: |place| {
            applied(place);
            place.server.put(API, "THROTTLED", &json!({"statusCode": "421"}));
        },
        arguments: ROLLBACK,
        code: 3,
        whose: ORDERS,
        tells: &["not fully rolled back", "THROTTLED", "stage prod was moved"],
    },
    Case {
        about: "rollback of a record: the stage cannot be moved",
        file: ONE,
        prepare: |place| {
            applied(place);
            refuse(place, "UpdateStage", "403");
        },
        arguments: ROLLBACK,
        code: 3,
        whose: ORDERS,
        tells: &[
            "stage prod was not moved",
            "access denied",
            "not changed back: THROTTLED",
            "Grant",
        ],
    },
    Case {
        about: "rollback of a record: nothing can be read",
        file: ONE,
        prepare: |place| {
            applied(place);
            refuse(place, "GetGatewayResponses", "403");
        },
        arguments: ROLLBACK,
        code: 1,
        whose: ORDERS,
        tells: &["access denied", "nothing of it is rolled back"],
    },
    Case {
        about: "rollback of a record: without approval",
        file: ONE,
        prepare: applied,
        arguments: &["rollback", "r.json"],
        code: 4,
        whose: "refused",
        tells: &["ask for confirmation", "--yes"],
    },
    Case {
        about: "rollback of a record: none",
        file: ONE,
        prepare: nothing,
        arguments: &["rollback", "nowhere.json", "--yes"],
        code: 1,
        whose: "nowhere.json could not be read",
        tells: &["nothing was changed"],
    },
    Case {
        about: "rollback of a stage: what it serves cannot be read",
        file: ONE,
        prepare: |place| {
            applied(place);
            refuse(place, "GetExport", "403");
        },
        arguments: STAGE_BACK,
        code: 3,
        whose: ORDERS,
        tells: &["configuration was not touched", "export could not be read", "hint: Grant"],
    },
    Case {
        about: "deployments: nothing can be read",
        file: ONE,
        prepare: |place| refuse(place, "GetDeployments", "403"),
        arguments: &["deployments"],
        code: 1,
        whose: ORDERS,
        tells: &["GetDeployments", "access denied"],
    },
    Case {
        about: "deployments: an old one cannot be removed",
        file: ONE,
        prepare: |place| {
            place.server.deploy(API, &[]);
            place.server.deploy(API, &["prod"]);
            refuse(place, "DeleteDeployment", "403");
        },
        arguments: &["deployments", "--prune", "--keep", "1", "--all-owners", "--yes"],
        code: 3,
        whose: ORDERS,
        tells: &["was not removed", "access denied", "nothing was removed", "hint: Grant"],
    },
    Case {
        about: "drift: what a stage serves is unknown",
        file: ONE,
        prepare: without_exports,
        arguments: &["drift"],
        code: 3,
        whose: ORDERS,
        tells: &["stage prod", "unknown", "export could not be read", "hint: Grant"],
    },
    Case {
        about: "drift: one of two APIs cannot be read",
        file: BOTH,
        prepare: |place| refuse_for(place, "GetGatewayResponses", OTHER),
        arguments: &["drift"],
        code: 3,
        whose: USERS,
        tells: &["GetGatewayResponses", "access denied"],
    },
    Case {
        about: "drift: the metrics cannot be written",
        file: ONE,
        prepare: in_sync_by_others,
        arguments: &["drift", "--metrics", "nowhere/m.prom"],
        code: 3,
        whose: "the metrics could not be written",
        tells: &["nowhere/m.prom"],
    },
    Case {
        about: "explain: what a stage serves is unknown",
        file: ONE,
        prepare: without_exports,
        arguments: &["explain"],
        code: 3,
        whose: ORDERS,
        tells: &["stage prod", "unknown", "export could not be read", "hint: Grant"],
    },
    Case {
        about: "explain: nothing can be read",
        file: ONE,
        prepare: |place| refuse(place, "GetGatewayResponses", "403"),
        arguments: &["explain"],
        code: 1,
        whose: ORDERS,
        tells: &["access denied"],
    },
    Case {
        about: "import: one of two APIs cannot be read",
        file: ONE,
        prepare: |place| refuse_for(place, "GetGatewayResponses", OTHER),
        arguments: &["import", "--all"],
        code: 3,
        whose: USERS,
        tells: &["access denied"],
    },
    Case {
        about: "import: an export cannot be read",
        file: ONE,
        prepare: |place| {
            in_sync_by_others(place);
            refuse_for(place, "GetExport", API);
        },
        arguments: &["import", "--all"],
        code: 3,
        whose: "orders",
        tells: &["stage prod is left out", "export could not be read", "hint: Grant"],
    },
    Case {
        about: "validate: a lint error",
        file: "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n[[apis.orders.ignore]]\n\
               type = \"WAF_FILTERED\"\nreason = \"a\"\nuntil = 2020-01-01\n",
        prepare: nothing,
        arguments: &["validate"],
        code: 1,
        whose: "",
        tells: &["1 `ignore` entry has expired"],
    },
    Case {
        about: "policy: the ids cannot be read",
        file: "version = 1\n[apis.orders]\nmatch = { name = \"orders\" }\n",
        prepare: |place| refuse(place, "GetRestApis", "403"),
        arguments: &["policy", "plan", "--resolve"],
        code: 1,
        whose: "orders",
        tells: &["GetRestApis", "access denied"],
    },
    Case {
        about: "show: no document",
        file: ONE,
        prepare: nothing,
        arguments: &["show", "gwr.toml"],
        code: 1,
        whose: "gwr.toml is not a gwr document",
        tells: &["hint: "],
    },
];

/// How a run is asked to speak.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Quiet(&'static str),
    Events,
}

const MODES: [Mode; 4] =
    [Mode::Quiet("text"), Mode::Quiet("json"), Mode::Quiet("markdown"), Mode::Events];

impl Mode {
    fn run(self, place: &Place, arguments: &[&str]) -> Run {
        let mut all = arguments.to_vec();
        all.extend(["--endpoint-url", place.server.url()]);
        match self {
            Self::Quiet(output) => all.extend(["-q", "-o", output]),
            Self::Events => all.extend(["--progress", "json"]),
        }
        let run = binary::run(place.path(), &all);
        documents::check(&all, &run);
        run
    }

    /// The errors on stderr, each with its hints.
    fn errors(self, run: &Run) -> Vec<String> {
        match self {
            Self::Quiet(_) => {
                run.stderr.split("error: ").skip(1).map(|text| text.trim_end().to_owned()).collect()
            }
            Self::Events => run
                .stderr
                .lines()
                .map(|line| serde_json::from_str(line).expect("an event a line"))
                .filter(|event: &Value| event["event"] == "message" && event["severity"] == "error")
                .map(|event| event["text"].as_str().expect("a text").to_owned())
                .collect(),
        }
    }
}

#[test]
fn every_bad_end_is_on_stderr_with_the_api_and_the_reason() {
    let runs: Vec<(&Case, Mode)> =
        CASES.iter().flat_map(|case| MODES.map(|mode| (case, mode))).collect();
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    // Most of a run's time is waiting, for processes and for pauses.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some((case, mode)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = std::panic::catch_unwind(|| complaints_of(case, *mode));
                    let found = found.unwrap_or_else(|panic| {
                        let text = panic.downcast_ref::<String>().cloned();
                        vec![text.unwrap_or_else(|| "panicked".to_owned())]
                    });
                    let found = found.into_iter();
                    let named = found.map(|one| format!("== {}, {mode:?}: {one}", case.about));
                    complaints.lock().expect("no panic here").extend(named);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no panic here");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn complaints_of(case: &Case, mode: Mode) -> Vec<String> {
    let Case { about: _, file, prepare, arguments, code, whose, tells } = case;
    let place =
        Place::with(file, &[seed(API, "orders", &["prod"]), seed(OTHER, "users", &["prod"])]);
    prepare(&place);
    let run = mode.run(&place, arguments);
    run.exits(*code);
    let mut found = Vec::new();
    let errors = mode.errors(&run);
    let own: Vec<&String> = errors.iter().filter(|error| error.starts_with(whose)).collect();
    match own.as_slice() {
        [error] => {
            for text in tells.iter().filter(|text| !error.contains(**text)) {
                found.push(format!("no {text:?} in {error:?}"));
            }
        }
        [] => found.push(format!("no error of {whose:?}: {run}")),
        several => found.push(format!("{} errors of {whose:?}: {run}", several.len())),
    }
    for error in &errors {
        found.extend(bad_style(error).map(|what| format!("{what} in {error:?}")));
    }
    found
}

/// What no message should look like.
fn bad_style(text: &str) -> Option<&'static str> {
    let is_glued = |line: &str| line.contains("hint:") && !line.starts_with("hint: ");
    [".;", "?;", ";;", ". .", ".. "]
        .into_iter()
        .find(|mark| text.contains(mark))
        .or_else(|| text.ends_with("..").then_some(".."))
        .or_else(|| text.lines().any(is_glued).then_some("a hint inside a sentence"))
}

#[test]
fn what_ends_well_says_nothing_with_q() {
    let place = Place::new(ONE);
    place.run(&["plan", "-q", "--detailed-exitcode"]).exits(2).is_silent();
    place.run(&["apply", "--yes", "-q", "--record", "r.json"]).exits(0).is_silent();
    let drift = place.run(&["drift", "-q"]);
    drift.exits(0).is_silent();
    assert_eq!(drift.stdout, "", "cron mails every output: {drift}");
    assert!(!place.run(&["drift", "-q", "-o", "json"]).exits(0).stdout.is_empty());
    // A warning that decides nothing.
    place.server.faults(&json!([{"operation": "GetExport", "kind": "403"}]));
    place.run(&["drift"]).exits(0).tells("warning: ");
    place.run(&["drift", "-q"]).exits(0).is_silent();
    place.server.faults(&json!([]));
    place.run(&["rollback", "r.json", "--yes", "-q"]).exits(0).is_silent();
    let drift = place.run(&["drift", "-q"]);
    assert!(!drift.exits(2).stdout.is_empty(), "{drift}");
    drift.is_silent();
}

#[test]
fn an_interrupted_apply_says_with_q_what_is_done_and_what_is_not() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let place = Place::new(TWO);
        place.delay("UpdateGatewayResponse", 0.5);
        let child = place.command(&["apply", "--yes", "-q"]).spawn().expect("the binary runs");
        place.in_flight(1);
        kill_process(Pid::from_child(&child), signal).expect("it is running");
        let run = binary::wait(child);
        run.exits(code)
            .tells("error: orders (abcde12345): interrupted; changed: ACCESS_DENIED; not changed: ")
            .tells("error: interrupted: ");
    }
}

#[test]
fn an_interrupt_before_any_write_says_so_with_q() {
    for arguments in [&["plan", "-q"][..], &["drift", "-q"], &["apply", "--yes", "-q"]] {
        let place = Place::new(ONE);
        place.delay("GetGatewayResponses", 20.0);
        let child = place.command(arguments).spawn().expect("the binary runs");
        place.in_flight(1);
        kill_process(Pid::from_child(&child), Signal::INT).expect("it is running");
        binary::wait(child).exits(130).tells("error: interrupted: nothing was changed\n");
    }
}

#[test]
fn a_sandbox_that_is_stopped_says_so_with_q() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "-q"];
    let mut child = binary::command(folder.path(), &arguments).spawn().expect("a sandbox");
    // It serves once it has said where.
    let mut first = [0];
    let stdout = child.stdout.as_mut().expect("a pipe");
    std::io::Read::read_exact(stdout, &mut first).expect("its address");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it is running");
    binary::wait(child).exits(143).tells("error: interrupted: the sandbox has stopped\n");
}

#[test]
fn a_second_signal_says_with_q_that_a_call_may_have_been_made() {
    let place = Place::new(TWO);
    place.delay("UpdateGatewayResponse", 20.0);
    let url = place.server.url();
    let apply = ["apply", "--yes", "-q", "--progress", "json", "--endpoint-url", url];
    let child = binary::command(place.path(), &apply).spawn().expect("the binary runs");
    place.in_flight(1);
    // Two different ones: of the same, two could count as one. Either can be taken last.
    for signal in [Signal::INT, Signal::TERM] {
        kill_process(Pid::from_child(&child), signal).expect("it is running");
    }
    let run = binary::wait(child);
    assert!(matches!(run.code, Some(130 | 143)), "{run}");
    let last: Value = serde_json::from_str(run.stderr.trim_end()).expect("one event");
    assert_eq!(last["severity"], "error", "{run}");
    assert!(
        last["text"].as_str().is_some_and(|text| text.contains("it is unknown whether the call"))
    );
}

/// A record that lacks steps cannot take them back: that is no good end.
#[test]
fn a_record_that_is_lost_on_the_way_makes_the_run_incomplete() {
    let place = Place::new(ONE);
    std::fs::create_dir(place.path().join("runs")).expect("a folder");
    place.delay("UpdateGatewayResponse", 0.5);
    let apply = ["apply", "--yes", "-q", "--record", "runs/r.json"];
    let child = place.command(&apply).spawn().expect("the binary runs");
    place.in_flight(1);
    std::fs::remove_dir_all(place.path().join("runs")).expect("it was there");
    let run = binary::wait(child);
    run.exits(3)
        .tells("error: the record runs/r.json could not be written: ")
        .tells("error: orders (abcde12345): failed: ");
}

#[test]
fn a_deployment_that_is_left_over_is_counted_and_named() {
    let place = Place::new(ONE);
    let before = place.server.deployments(API).len();
    place.server.faults(&json!([
        {"operation": "UpdateStage", "kind": "403"}, {"operation": "DeleteDeployment", "kind": "403"}
    ]));
    let run = place.run(&["apply", "--yes"]);
    run.exits(3);
    let now = place.server.deployments(API);
    assert_eq!(now.len(), before + 1, "{run}");
    let pointed = place.server.pointer(API, "prod");
    let ids: Vec<&str> = now.iter().filter_map(|one| one["id"].as_str()).collect();
    let left = ids.iter().find(|id| **id != pointed).expect("one that is not served");
    run.tells(left);
    let sum = format!("1 deployment created ({left}, which no stage uses, could not be deleted)");
    assert!(run.stdout.contains(&sum), "{run}");
    assert!(run.stdout.contains("\nWhat was done is kept. Fix the cause"), "{run}");
}

#[test]
fn where_nothing_was_done_nothing_is_said_to_stay() {
    let place = Place::new(ONE);
    place.server.faults(&json!([{"operation": "UpdateGatewayResponse", "kind": "403"}]));
    let run = place.run(&["apply", "--yes"]);
    assert!(run.exits(3).stdout.contains("0 changes made, 0 deployments created"), "{run}");
    assert!(run.stdout.contains("\nFix the cause above, then run `gwr apply"), "{run}");
    assert!(!run.stdout.contains("What was done is kept"), "{run}");
}

#[test]
fn the_stages_that_a_deployment_did_not_come_to_are_named() {
    let file = ONE.replace("[\"prod\"]", "[\"beta\", \"prod\"]");
    let place = Place::with(&file, &[seed(API, "orders", &["beta", "prod"])]);
    place.server.faults(&json!([{"operation": "UpdateStage", "kind": "403", "nth": 2}]));
    let run = place.run(&["apply", "--yes", "-q"]);
    run.exits(3).tells("stage beta: deployment ").tells("stage `prod` was not moved");
    let place = Place::with(&file, &[seed(API, "orders", &["beta", "prod"])]);
    place.server.faults(&json!([{"operation": "UpdateStage", "kind": "403"}]));
    let run = place.run(&["apply", "--yes", "-q"]);
    run.exits(3).tells("stage `beta` was not moved").tells("; stage prod: not moved\n");
}

/// What is unknown of one stage keeps the others from nothing.
#[test]
fn an_api_that_is_written_is_not_said_to_be_untouched() {
    let file = ONE.replace("[\"prod\"]", "[\"beta\", \"prod\"]");
    let place = Place::with(&file, &[seed(API, "orders", &["beta", "prod"])]);
    let headers = json!({"responseParameters": {"gatewayresponse.header.Retry-After": "'2'"}});
    place.server.put(API, "THROTTLED", &headers);
    // Which half of a stage with a canary an export shows is not proven.
    let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}});
    place.server.done("POST", &format!("/restapis/{API}/deployments"), &canary);
    let beta = place.server.pointer(API, "beta");
    let run = place.run(&["apply", "--yes", "-q"]);
    run.exits(3).tells("error: orders (abcde12345): what stage prod serves is unknown: ");
    assert_ne!(place.server.pointer(API, "beta"), beta, "{run}");
    assert!(!run.stderr.contains("nothing was written"), "{run}");
}
