//! Signals: the first lets finish what is in flight, the second ends now.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::*;

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it is running");
}

/// Waits until the fault has struck: the call is in flight.
fn in_flight(place: &Place) {
    let begun = Instant::now();
    while place.server.seen() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the call never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts an apply, and waits until the operation is in flight.
fn start(place: &Place, operation: &str, seconds: f64) -> Child {
    place.delay(operation, seconds);
    let child = place.command(&["apply", "--yes"]).spawn().expect("the binary runs");
    in_flight(place);
    child
}

#[test]
fn an_interrupt_lets_finish_what_is_in_flight_and_begins_nothing() {
    let place = Place::new(TWO);
    let child = start(&place, "UpdateGatewayResponse", 0.5);
    send(&child, Signal::INT);
    let run = binary::wait(child);
    run.exits(130);
    assert_eq!(place.writes(), ["UpdateGatewayResponse"]);
    assert!(run.stdout.contains("changed: ACCESS_DENIED"), "{run}");
    assert!(run.stdout.contains("not changed: THROTTLED"), "{run}");
    assert!(run.stdout.contains("\nApply interrupted. 1 change made"), "{run}");
    // Applying again finishes it.
    place.server.faults(&json!([]));
    place.run(&["apply", "--yes"]).exits(0);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
}

/// What an interrupt is answered with where something is written.
const TOLD: &str = "Interrupted: gwr finishes and records the call in flight and starts no \
    other. Press Ctrl-C again to stop at once.";

#[test]
fn for_programs_the_answer_to_an_interrupt_is_an_event() {
    let place = Place::new(ONE);
    place.delay("UpdateGatewayResponse", 0.5);
    let url = place.server.url();
    let apply = ["apply", "--yes", "--progress", "json", "--endpoint-url", url];
    let child = binary::command(place.path(), &apply).spawn().expect("the binary runs");
    in_flight(&place);
    send(&child, Signal::TERM);
    let run = binary::wait(child);
    run.exits(143);
    crate::support::documents::check(&apply, &run);
    let event = json!({"event": "message", "severity": "note", "text": TOLD});
    let events: Vec<Value> =
        run.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(events.contains(&event), "{run}");
}

#[test]
fn an_interrupted_rollback_says_so() {
    let place = Place::new(TWO);
    place.run(&["apply", "--yes", "--record", "r.json"]).exits(0);
    place.delay("UpdateStage", 0.5);
    let child = place.command(&["rollback", "r.json", "--yes"]).spawn().expect("the binary runs");
    in_flight(&place);
    send(&child, Signal::INT);
    let run = binary::wait(child);
    assert!(run.exits(130).tells(TOLD).stdout.contains("\nRollback interrupted."), "{run}");
}

#[test]
fn an_interrupt_after_the_last_change_deploys_nothing() {
    let place = Place::new(ONE);
    let child = start(&place, "UpdateGatewayResponse", 0.5);
    send(&child, Signal::TERM);
    binary::wait(child).exits(143);
    assert_eq!(place.writes(), ["UpdateGatewayResponse"]);
}

#[test]
fn an_interrupt_before_the_second_stage_leaves_it() {
    let place = Place::new(&ONE.replace("[\"prod\"]", "[\"beta\", \"prod\"]"));
    let made = place.server.deployments(API);
    let id = made[0]["id"].as_str().expect("an id");
    place.server.done(
        "POST",
        &format!("/restapis/{API}/stages"),
        &json!({"stageName": "beta", "deploymentId": id}),
    );
    let child = start(&place, "UpdateStage", 0.5);
    send(&child, Signal::INT);
    let run = binary::wait(child);
    run.exits(130);
    assert_eq!(place.server.pointer(API, "prod"), id, "{run}");
    assert_ne!(place.server.pointer(API, "beta"), id, "{run}");
}

#[test]
fn an_interrupt_while_reading_ends_at_once() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let place = Place::new(ONE);
        let child = start(&place, "GetGatewayResponses", 20.0);
        let begun = Instant::now();
        send(&child, signal);
        binary::wait(child).exits(code).tells("nothing was changed");
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(place.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_second_signal_ends_now() {
    let place = Place::new(TWO);
    let mut child = start(&place, "UpdateGatewayResponse", 20.0);
    let begun = Instant::now();
    send(&child, Signal::INT);
    // The first is answered at once, while the call is still held.
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut told = String::new();
    stderr.read_line(&mut told).expect("a line");
    assert_eq!(told.trim_end(), TOLD);
    assert_eq!(child.try_wait().expect("a child"), None, "it waits for the call");
    send(&child, Signal::INT);
    binary::wait(child).exits(130);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_server_that_hangs_can_be_left() {
    let place = Place::new(ONE);
    place.server.faults(&json!([{"operation": "*", "kind": "timeout", "hold_s": 30}]));
    let child = place.command(&["plan"]).spawn().expect("the binary runs");
    in_flight(&place);
    send(&child, Signal::INT);
    binary::wait(child).exits(130);
}

/// Nothing is left behind that the next run could stumble over.
#[test]
fn a_killed_run_is_finished_by_the_next() {
    for operation in ["UpdateGatewayResponse", "CreateDeployment", "UpdateStage"] {
        let place = Place::new(TWO);
        let mut child = start(&place, operation, 0.3);
        child.kill().expect("it is running");
        assert_eq!(binary::wait(child).code, None);
        // The call that was held is still made: nobody takes back what was sent.
        std::thread::sleep(Duration::from_millis(600));
        place.server.faults(&json!([]));
        place.run(&["apply", "--yes"]).exits(0);
        place.run(&["plan", "--detailed-exitcode"]).exits(0);
        let answer = place.server.ask(API, "prod", "ACCESS_DENIED", "application/json");
        assert_eq!(answer.status, 404, "{operation}");
    }
}
