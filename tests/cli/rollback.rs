//! `gwr rollback` of one stage, run again after a fault, a kill, an interrupt or a success:
//! it finishes, or reports that nothing is left to do, and never goes further back.

use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::*;

const PROD: [&str; 6] = ["rollback", "--api", "orders", "--stage", "prod", "--yes"];

/// How many places the cases of one test are spread over: they mostly wait.
const PLACES: usize = 10;

fn file(status: u16) -> String {
    format!(
        "version = 1\n[apis.orders]\nmatch = {{ id = \"{API}\" }}\nstages = [\"prod\"]\n\
         foreign_changes = \"allow\"\nresponses.THROTTLED.status = {status}\n"
    )
}

/// A stage to which 430, 431 and 432 were applied.
struct Three {
    place: Place,
    /// The deployments of 430, 431 and 432.
    ids: [String; 3],
}

impl Three {
    fn new(quirks: &[&str]) -> Self {
        let place = Place::under(quirks, &file(430), &[seed(API, "orders", &["prod"])]);
        let mut last: Option<String> = None;
        let ids = [430, 431, 432].map(|status| {
            // Under `deployment-list=late`, only the last deployment may be missing there.
            while last.as_ref().is_some_and(|id| !is_listed(&place, id)) {
                thread::sleep(Duration::from_millis(10));
            }
            place.write("gwr.toml", file(status).as_bytes());
            place.run(&["apply", "--yes", "--record", &format!("{status}.json")]).exits(0);
            last.insert(place.server.pointer(API, "prod")).clone()
        });
        Self { place, ids }
    }

    /// Deploys 432 again, where it was rolled back.
    fn apply_again(&mut self) {
        self.place.server.faults(&json!([]));
        self.place.run(&["apply", "--yes", "--record", "432.json"]).exits(0);
        self.ids[2] = self.place.server.pointer(API, "prod");
    }

    fn pointer(&self) -> String {
        self.place.server.pointer(API, "prod")
    }

    fn configured(&self) -> Value {
        self.place.server.shown(API, "THROTTLED")["statusCode"].clone()
    }

    /// Fails where the stage is further back than at 431.
    #[track_caller]
    fn is_not_too_far(&self, case: &str) {
        let served = self.place.server.ask(API, "prod", "THROTTLED", "application/json").status;
        assert!([431, 432].contains(&served), "{case}: prod serves {served}");
        assert!(self.ids[1..].contains(&self.pointer()), "{case}");
    }

    /// Fails unless the stage and the configuration are at 431, and the command says so.
    #[track_caller]
    fn is_rolled_back(&self, case: &str) {
        self.is_at_431(case);
        let writes = self.place.writes();
        let again = self.place.run(&PROD);
        assert_eq!(again.code, Some(0), "{case}: {again}");
        self.says_already(&again);
        assert_eq!(self.place.writes(), writes, "{case}");
        self.is_at_431(case);
    }

    #[track_caller]
    fn is_at_431(&self, case: &str) {
        assert_eq!(self.pointer(), self.ids[1], "{case}");
        assert_eq!(self.configured(), "431", "{case}");
        let served = self.place.server.ask(API, "prod", "THROTTLED", "application/json").status;
        assert_eq!(served, 431, "{case}");
    }

    #[track_caller]
    fn says_already(&self, run: &Run) {
        let [further, ..] = &self.ids;
        let url = self.place.server.url();
        for text in [
            format!("already rolled back; to go further: --to {further}\n"),
            format!(
                "`gwr rollback --api orders --stage prod --endpoint-url {url} --to {further}`\n"
            ),
            "Nothing was changed.".to_owned(),
        ] {
            assert!(run.stdout.contains(&text), "no {text:?} in\n{run}");
        }
    }

    /// Runs the command that an output names for finishing, if it names one.
    fn finish(&self, run: &Run) -> Option<Run> {
        let (_, rest) = run.stdout.split_once("To finish: `gwr ")?;
        let (command, _) = rest.split_once('`')?;
        let words: Vec<&str> = command.split(' ').chain(["--progress", "never"]).collect();
        assert!(words.contains(&"--yes"), "{run}");
        Some(binary::run(self.place.path(), &words))
    }
}

fn is_listed(place: &Place, deployment: &str) -> bool {
    place.server.deployments(API).iter().any(|one| one["id"] == deployment)
}

/// The calls of an undisturbed rollback.
fn calls(arguments: &[&str]) -> Vec<String> {
    let three = Three::new(&[]);
    let before = three.place.server.calls().len();
    three.place.run(arguments).exits(0);
    let calls = three.place.server.calls().into_iter().skip(before);
    calls.map(|row| row.operation).collect()
}

/// Checks something at every call of a rollback, side by side.
fn at_every_call(
    quirks: &[&str],
    arguments: &[&str],
    check: impl Fn(&mut Three, usize, &str) + Sync,
) {
    let calls = calls(arguments);
    assert!(calls.len() >= 10, "{calls:?}");
    let (calls, check) = (&calls, &check);
    thread::scope(|scope| {
        for first in 0..PLACES {
            scope.spawn(move || {
                let mut three = Three::new(quirks);
                for (index, operation) in calls.iter().enumerate().skip(first).step_by(PLACES) {
                    if three.pointer() != three.ids[2] {
                        three.apply_again();
                    }
                    let number = index + 1;
                    check(&mut three, number, &format!("call {number}, {operation}"));
                }
            });
        }
    });
}

/// The case from the field.
#[test]
fn a_rollback_that_could_not_read_the_stage_is_finished_by_the_same_command() {
    let three = Three::new(&[]);
    three.place.server.faults(&json!([
        {"operation": "GetExport", "nth": 2, "kind": "timeout", "hold_s": 20}
    ]));
    let run = three.place.run(&PROD);
    three.place.server.faults(&json!([]));
    let url = three.place.server.url();
    let command = format!(
        "To finish: `gwr rollback --yes --api orders --stage prod --endpoint-url {url} --to {}`\n",
        three.ids[1]
    );
    assert!(run.exits(3).stdout.contains(&command), "{run}");
    assert_eq!((three.pointer(), three.configured()), (three.ids[1].clone(), json!("432")));
    let run = three.place.run(&PROD);
    assert!(run.exits(0).stdout.contains("changed back: THROTTLED"), "{run}");
    assert!(run.stdout.contains("is at deployment"), "{run}");
    three.is_rolled_back("after the fault");
}

#[test]
fn a_rollback_that_was_refused_at_any_call_is_finished_by_the_same_command() {
    for count in [json!(1), Value::Null] {
        at_every_call(&[], &PROD, |three, number, case| {
            three.place.server.faults(&json!([
                {"operation": "*", "nth": number, "count": count, "kind": "403"}
            ]));
            let run = three.place.run(&PROD);
            assert!(matches!(run.code, Some(0 | 1 | 3)), "{case}: {run}");
            three.place.server.faults(&json!([]));
            three.is_not_too_far(case);
            let is_moved = three.pointer() == three.ids[1];
            let finished = three.finish(&run);
            assert!(run.code != Some(3) || finished.is_some(), "{case}: {run}");
            let again = finished.unwrap_or_else(|| three.place.run(&PROD));
            assert_eq!(again.code, Some(0), "{case}: {again}");
            assert_eq!(is_moved, !again.stdout.contains("1 stage moved back"), "{case}: {again}");
            three.is_rolled_back(case);
        });
    }
}

/// Kills a rollback in one of its calls. What is sent is done all the same.
fn kill(three: &Three, arguments: &[&str], number: usize, case: &str) {
    three.place.server.faults(&json!([
        {"operation": "*", "nth": number, "count": 1, "kind": "delay", "hold_s": 0.3}
    ]));
    let mut child = three.place.command(arguments).spawn().expect("the binary runs");
    three.place.in_flight(number as u64);
    child.kill().expect("it is running");
    assert_eq!(binary::wait(child).code, None, "{case}");
    thread::sleep(Duration::from_millis(600));
    three.place.server.faults(&json!([]));
    three.is_not_too_far(case);
}

#[test]
fn a_rollback_that_was_killed_at_any_call_is_finished_by_the_same_command() {
    at_every_call(&[], &PROD, |three, number, case| {
        kill(three, &PROD, number, case);
        let again = three.place.run(&PROD);
        assert_eq!(again.code, Some(0), "{case}: {again}");
        three.is_rolled_back(case);
    });
}

/// Where the stage cannot be asked what it serves, the same command keeps the stage.
#[test]
fn a_rollback_that_was_killed_where_exports_mirror_goes_no_further() {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    at_every_call(&["export=mirror"], &PROD, |three, number, case| {
        // It makes fewer calls here: the stage is not asked after the move.
        if number > 10 {
            return;
        }
        kill(three, &PROD, number, case);
        for _ in 0..2 {
            let again = three.place.run(&PROD);
            assert_eq!(again.code, Some(3), "{case}: {again}");
            assert_eq!(three.pointer(), three.ids[1], "{case}: {again}");
        }
        three.place.run(&["rollback", "432.json", "--yes"]).exits(0);
        three.is_rolled_back(case);
        seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(seen.into_inner(), 10);
}

#[test]
fn a_rollback_that_was_interrupted_at_any_call_is_finished_by_the_same_command() {
    at_every_call(&[], &PROD, |three, number, case| {
        three.place.server.faults(&json!([
            {"operation": "*", "nth": number, "count": 1, "kind": "delay", "hold_s": 0.4}
        ]));
        let child = three.place.command(&PROD).spawn().expect("the binary runs");
        three.place.in_flight(number as u64);
        kill_process(Pid::from_child(&child), Signal::INT).expect("it is running");
        let run = binary::wait(child);
        // One that was interrupted in its last call has nothing more to begin.
        assert_eq!(run.code, Some(130), "{case}: {run}");
        three.place.server.faults(&json!([]));
        three.is_not_too_far(case);
        let finished = three.finish(&run);
        let is_done = three.pointer() == three.ids[1] && three.configured() == "431";
        let has_begun = three.pointer() == three.ids[1];
        assert!(finished.is_some() || is_done || !has_begun, "{case}: {run}");
        let again = finished.unwrap_or_else(|| three.place.run(&PROD));
        assert_eq!(again.code, Some(0), "{case}: {again}");
        three.is_rolled_back(case);
    });
}

#[test]
fn a_rollback_by_record_is_finished_by_the_same_command() {
    let arguments = ["rollback", "432.json", "--yes"];
    at_every_call(&[], &arguments, |three, number, case| {
        three.place.server.faults(&json!([
            {"operation": "*", "nth": number, "count": 1, "kind": "403"}
        ]));
        let run = three.place.run(&arguments);
        three.place.server.faults(&json!([]));
        let finished = three.finish(&run);
        assert!(run.code != Some(3) || finished.is_some(), "{case}: {run}");
        let again = finished.unwrap_or_else(|| three.place.run(&arguments));
        assert_eq!(again.code, Some(0), "{case}: {again}");
        three.is_rolled_back(case);

        three.apply_again();
        kill(three, &arguments, number, case);
        let again = three.place.run(&arguments);
        assert_eq!(again.code, Some(0), "{case}: {again}");
        three.is_at_431(case);
        let writes = three.place.writes();
        let again = three.place.run(&arguments);
        assert!(again.exits(0).stdout.contains("nothing to roll back"), "{case}: {again}");
        assert_eq!(three.place.writes(), writes, "{case}");
        three.is_rolled_back(case);
    });
}

#[test]
fn the_record_of_an_unfinished_rollback_names_the_command_that_finishes_it() {
    let three = Three::new(&[]);
    three.place.server.faults(&json!([
        {"operation": "GetExport", "nth": 2, "count": null, "kind": "403"}
    ]));
    let run = three.place.run(&[&PROD[..], &["--record", "back.json", "-o", "markdown"]].concat());
    three.place.server.faults(&json!([]));
    let url = three.place.server.url();
    let command = format!(
        "`gwr rollback --api orders --stage prod --endpoint-url {url} --to {}`",
        three.ids[1]
    );
    assert!(run.exits(3).stdout.contains(&command), "{run}");
    assert!(run.stdout.contains("To finish: `gwr rollback --yes "), "{run}");
    let shown = three.place.run(&["show", "back.json"]);
    assert!(shown.exits(0).stdout.contains(&format!("Run {command} to do the rest")), "{shown}");
}

#[test]
fn a_record_with_nothing_to_take_back_is_reported_in_every_format() {
    let place = Place::new(&file(430));
    place.server.faults(&json!([{"operation": "UpdateGatewayResponse", "kind": "403"}]));
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(3);
    let run = place.run(&["rollback", "r.json", "--yes", "-o", "json"]);
    let document = document(run.exits(0));
    assert_eq!((&document["apis"], &document["record"]), (&json!([]), &Value::Null));
    let run = place.run(&["rollback", "r.json", "--yes", "-o", "markdown"]);
    assert!(run.exits(0).stdout.starts_with("<!-- gwr:rollback -->\n"), "{run}");
}

#[test]
fn a_finished_rollback_changes_nothing_in_any_format() {
    let three = Three::new(&[]);
    three.place.run(&PROD).exits(0);
    three.is_rolled_back("at once");
    let records = || std::fs::read_dir(three.place.path().join(".gwr/runs")).expect("it").count();
    let before = records();
    let run = three.place.run(&[&PROD[..], &["-o", "json"]].concat());
    let document = document(run.exits(0));
    assert_eq!(document["record"], Value::Null, "{document}");
    assert_eq!(document["apis"][0]["status"], "done", "{document}");
    assert_eq!(document["apis"][0]["stages"], json!([]), "{document}");
    let note = document["note"].as_str().expect("a note");
    assert!(note.starts_with("already rolled back; to go further: --to "), "{note}");
    let run = three.place.run(&[&PROD[..], &["-o", "markdown"]].concat());
    assert!(run.exits(0).stdout.starts_with("<!-- gwr:rollback -->\n"), "{run}");
    three.says_already(&run);
    assert_eq!(records(), before, "a run that wrote nothing has no record");
    // It is not asked about either.
    three.says_already(three.place.run(&PROD[..5]).exits(0));
    // The same with the deployment named, and the named one goes further.
    let there = [&PROD[..], &["--to", &three.ids[1]]].concat();
    three.says_already(three.place.run(&there).exits(0));
    let further = [&PROD[..], &["--to", &three.ids[0]]].concat();
    three.place.run(&further).exits(0);
    assert_eq!((three.pointer(), three.configured()), (three.ids[0].clone(), json!("430")));
    // From there it is not moved without being told, too.
    let run = three.place.run(&PROD);
    assert!(run.exits(0).stdout.contains("already rolled back; to go further: --to "), "{run}");
    assert_eq!(three.pointer(), three.ids[0]);
}

#[test]
fn after_a_new_apply_a_rollback_goes_back_from_that_one() {
    let mut three = Three::new(&[]);
    three.place.run(&PROD).exits(0);
    three.apply_again();
    three.place.run(&PROD).exits(0);
    three.is_rolled_back("the second time");
}

/// The newest deployment is not listed while the stage does not serve it; the record of
/// the rollback names it.
#[test]
fn a_list_that_is_behind_does_not_take_a_rollback_further() {
    let mut three = Three::new(&["deployment-list=late"]);
    for _ in 0..5 {
        three.place.server.faults(&json!([
            {"operation": "GetExport", "nth": 2, "count": null, "kind": "403"}
        ]));
        three.place.run(&PROD).exits(3);
        three.place.server.faults(&json!([]));
        let is_behind = !is_listed(&three.place, &three.ids[2]);
        three.place.run(&PROD).exits(0);
        three.is_rolled_back("while 432 is not listed");
        if is_behind {
            return;
        }
        three.apply_again();
    }
    panic!("432 was listed each time: this machine is too slow for this test");
}

/// For 2 seconds the stage answers 431 and 432 by turns.
#[test]
fn a_stage_that_has_not_settled_is_not_taken_for_finished() {
    let three = Three::new(&["settle=flapping"]);
    three.place.server.faults(&json!([
        {"operation": "GetExport", "nth": 2, "count": null, "kind": "403"}
    ]));
    three.place.run(&PROD).exits(3);
    three.place.server.faults(&json!([]));
    three.place.run(&PROD).exits(0);
    three.is_rolled_back("after it settled");
}

#[test]
fn where_exports_mirror_a_rollback_goes_no_further_and_names_the_way_out() {
    for quirk in ["export=mirror", "export=mirror-all"] {
        let three = Three::new(&[quirk]);
        let run = three.place.run(&PROD);
        let way_out = "The record of the apply restores it: `gwr rollback RECORD`.";
        assert!(run.exits(3).stdout.contains(way_out), "{run}");
        let writes = three.place.writes();
        for format in ["text", "json", "markdown"] {
            let run = three.place.run(&[&PROD[..], &["-o", format]].concat());
            run.exits(3).tells("The configuration was not touched").tells(way_out);
        }
        assert_eq!(three.place.writes(), writes);
        assert_eq!((three.pointer(), three.configured()), (three.ids[1].clone(), json!("432")));
        three.place.run(&["rollback", "432.json", "--yes"]).exits(0);
        // The description of the deployment says what it serves.
        three.is_rolled_back(quirk);
    }
}

#[test]
fn where_exports_mirror_the_record_that_restores_the_configuration_is_named() {
    let place = Place::under(&["export=mirror"], &file(430), &[seed(API, "orders", &["prod"])]);
    for status in [430, 431] {
        place.write("gwr.toml", file(status).as_bytes());
        place.run(&["apply", "--yes"]).exits(0);
    }
    let run = place.run(&PROD);
    let (_, command) = run
        .exits(3)
        .stdout
        .split_once("The record of the apply restores it: `gwr ")
        .expect("a command");
    let (command, _) = command.split_once('`').expect("its end");
    assert!(command.contains("rollback .gwr/runs/"), "{run}");
    let words: Vec<&str> = command.split(' ').chain(["--yes"]).collect();
    binary::run(place.path(), &words).exits(0);
    assert_eq!(place.server.shown(API, "THROTTLED")["statusCode"], "430");
    assert!(place.run(&PROD).exits(0).stdout.contains("already rolled back"));
}

/// The deployment before gwr's first one: nothing describes it, and it serves the defaults.
#[test]
fn a_rollback_of_the_first_apply_is_finished() {
    let place = Place::new(&file(430));
    let old = place.server.pointer(API, "prod");
    place.run(&["apply", "--yes"]).exits(0);
    place.server.faults(&json!([
        {"operation": "GetExport", "nth": 2, "count": null, "kind": "403"}
    ]));
    place.run(&PROD).exits(3);
    place.server.faults(&json!([]));
    assert_eq!(place.server.shown(API, "THROTTLED")["defaultResponse"], false);
    place.run(&PROD).exits(0);
    assert_eq!(place.server.pointer(API, "prod"), old);
    assert_eq!(place.server.customized(API), Vec::<Value>::new());
    let writes = place.writes();
    let run = place.run(&PROD);
    let told = "already rolled back; to go further: --to DEPLOYMENT\n";
    assert!(run.exits(0).stdout.contains(told), "{run}");
    assert!(run.stdout.contains("its deployments, newest first"), "{run}");
    assert_eq!(place.writes(), writes);
}

/// An apply whose stage was never moved: its configuration is what is undone.
#[test]
fn a_stage_that_was_never_moved_stays_and_the_configuration_is_undone() {
    let three = Three::new(&[]);
    three.place.write("gwr.toml", file(433).as_bytes());
    three.place.server.faults(&json!([
        {"operation": "UpdateStage", "kind": "403", "count": null},
        {"operation": "DeleteDeployment", "kind": "403", "count": null}
    ]));
    three.place.run(&["apply", "--yes"]).exits(3);
    three.place.server.faults(&json!([]));
    assert_eq!(three.configured(), "433");
    // Without an answer nothing is written, and what would be is shown.
    let run = three.place.run(&PROD[..5]);
    assert!(run.exits(4).stdout.contains("433 → 432"), "{run}");
    assert!(run.tells("Nothing was written").stdout.contains("configured differently"), "{run}");
    assert_eq!(three.configured(), "433");
    three.place.run(&PROD).exits(0);
    assert_eq!((three.pointer(), three.configured()), (three.ids[2].clone(), json!("432")));
    // The deployment that was left over is noted, so that no one is blamed for a move.
    let plan = three.place.run(&["plan", "-o", "json"]);
    let plan = document(&plan);
    let hazards = plan["apis"][0]["hazards"].as_array().expect("a list");
    assert!(hazards.iter().all(|hazard| hazard["id"] != "moved-back"), "{plan}");
}

/// An interrupted rollback notes its move later: the next apply is not refused for it.
#[test]
fn a_move_that_was_not_noted_is_noted_by_the_run_that_finishes() {
    let three = Three::new(&[]);
    three.place.server.faults(&json!([
        {"operation": "UpdateDeployment", "kind": "403", "count": null},
        {"operation": "UpdateGatewayResponse", "kind": "403", "count": null}
    ]));
    three.place.run(&PROD).exits(3);
    three.place.server.faults(&json!([]));
    let noted = || {
        let all = three.place.server.deployments(API);
        all.iter().any(|one| one["description"].to_string().contains("reverted=prod"))
    };
    assert!(!noted());
    three.place.run(&PROD).exits(0);
    assert!(noted());
    three.is_rolled_back("with its note");
}

#[test]
fn another_clients_deployment_is_not_taken_for_a_rollback() {
    let three = Three::new(&[]);
    let theirs = three.place.server.deploy(API, &["prod"]);
    let writes = three.place.writes();
    three.place.run(&PROD).exits(1).tells("was not made by gwr").tells("--to DEPLOYMENT");
    assert_eq!((three.pointer(), three.place.writes()), (theirs, writes));
}

#[test]
fn a_deployment_before_that_is_gone_is_named() {
    let three = Three::new(&[]);
    let gone = &three.ids[1];
    three.place.server.done("DELETE", &format!("/restapis/{API}/deployments/{gone}"), &Value::Null);
    let writes = three.place.writes();
    let told = format!("it served deployment {gone} before, and that deployment is gone");
    three.place.run(&PROD).exits(1).tells(&told).tells("choose one: ");
    assert_eq!(three.place.writes(), writes);
}

/// Makes a route, and deploys it with the next apply.
fn add_route(place: &Place, path: &str) {
    let all = place.server.done("GET", &format!("/restapis/{API}/resources"), &Value::Null);
    let root = all["item"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["path"] == "/"))
        .and_then(|root| root["id"].as_str())
        .expect("a root");
    let made = place.server.done(
        "POST",
        &format!("/restapis/{API}/resources/{root}"),
        &json!({"pathPart": path}),
    );
    let id = made["id"].as_str().expect("an id");
    let method = format!("/restapis/{API}/resources/{id}/methods/GET");
    place.server.done("PUT", &method, &json!({"authorizationType": "NONE"}));
    let integration = json!({"type": "MOCK", "requestTemplates": {"application/json": "{}"}});
    place.server.done("PUT", &format!("{method}/integration"), &integration);
}

#[test]
fn what_the_stage_goes_to_is_shown_and_refuses_nothing() {
    let mut three = Three::new(&[]);
    three.place.run(&PROD).exits(0);
    add_route(&three.place, "new");
    three.place.run(&["apply", "--yes", "--message", "ticket 12"]).exits(0);
    three.ids[2] = three.pointer();
    let asked = three.place.run(&PROD[..5]);
    let lost = "    routes that the stage would lose: GET /new\n";
    assert!(asked.exits(4).stdout.contains(lost), "{asked}");
    let date = format!("    {}  20", three.ids[1]);
    assert!(asked.stdout.contains(&date), "{asked}");
    // The summaries cannot be read: that is shown, and the stage goes back all the same.
    three.place.server.faults(&json!([
        {"operation": "GetDeployment", "count": 2, "kind": "403"}
    ]));
    let run = three.place.run(&PROD);
    let unknown = "    routes that the stage would lose: unknown: ";
    assert!(run.exits(0).stdout.contains(unknown), "{run}");
    three.place.server.faults(&json!([]));
    three.is_rolled_back("without the summaries");
}

/// A canary made by hand, and gwr's deployment to it.
#[test]
fn a_canary_is_rolled_back_once() {
    let place = Place::new(&file(430));
    let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}});
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
    let made = place.server.done("POST", &format!("/restapis/{API}/deployments"), &canary);
    let first = made["id"].as_str().expect("an id").to_owned();
    let look = || {
        let path = format!("/restapis/{API}/stages/prod");
        let stage = place.server.done("GET", &path, &Value::Null);
        (stage["deploymentId"].clone(), stage["canarySettings"]["deploymentId"].clone())
    };
    let (own, _) = look();
    place.run(&["apply", "--yes", "--canary", "--record", "r.json"]).exits(0);
    assert_ne!(look().1, first.as_str());
    place.run(&PROD).exits(3);
    assert_eq!(look(), (own.clone(), json!(first)));
    let writes = place.writes();
    place.run(&PROD).exits(3).tells("is at deployment").tells("which half of a stage");
    assert_eq!((look(), place.writes()), ((own, json!(first)), writes));
}

/// Two deployments to a canary whose export shows what it serves.
#[test]
fn a_canarys_configuration_is_finished_by_the_same_command() {
    let place =
        Place::under(&["export-canary=canary"], &file(430), &[seed(API, "orders", &["prod"])]);
    let canary = json!({"stageName": "prod", "canarySettings": {"percentTraffic": 10.0}});
    place.server.put(API, "WAF_FILTERED", &json!({"statusCode": "418"}));
    place.server.done("POST", &format!("/restapis/{API}/deployments"), &canary);
    let at = || {
        let path = format!("/restapis/{API}/stages/prod");
        let stage = place.server.done("GET", &path, &Value::Null);
        stage["canarySettings"]["deploymentId"].as_str().expect("a deployment").to_owned()
    };
    let ids = [430, 431].map(|status| {
        let before = at();
        place.write("gwr.toml", file(status).as_bytes());
        place.run(&["apply", "--yes", "--canary"]).exits(0);
        before
    });
    place.server.faults(&json!([{"operation": "UpdateGatewayResponse", "kind": "403"}]));
    place.run(&PROD).exits(3);
    place.server.faults(&json!([]));
    assert_eq!(at(), ids[1]);
    place.run(&PROD).exits(0);
    assert_eq!(at(), ids[1]);
    assert_eq!(place.server.shown(API, "THROTTLED")["statusCode"], "430");
    let run = place.run(&PROD);
    let already = format!("already rolled back; to go further: --to {}\n", ids[0]);
    assert!(run.exits(0).stdout.contains(&already), "{run}");
}
