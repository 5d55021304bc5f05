//! A person at a terminal: only `yes` is accepted.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// A terminal: what is typed, and the end that a program reads from.
fn terminal() -> (File, File) {
    let typed: OwnedFd =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&typed).expect("a pseudo-terminal");
    unlockpt(&typed).expect("a pseudo-terminal");
    let name = ptsname(&typed, Vec::new()).expect("its name");
    let name = name.into_string().expect("UTF-8");
    let read = File::options().read(true).write(true).open(name).expect("its other end");
    (File::from(typed), read)
}

fn start(place: &Place) -> (File, Child) {
    let (typed, read) = terminal();
    let child = place.command(&["apply"]).stdin(read).spawn().expect("the binary runs");
    (typed, child)
}

#[test]
fn only_yes_is_yes() {
    for (answer, code) in [("no\n", 4), ("y\n", 4), ("YES\n", 4), ("\n", 4), ("yes\n", 0)] {
        let place = Place::new(ONE);
        let (mut typed, child) = start(&place);
        typed.write_all(answer.as_bytes()).expect("it is typed");
        let run = binary::wait(child);
        run.exits(code).tells("Only `yes` is accepted");
        if code == 4 {
            let instead = match answer.trim() {
                "" => "and nothing was typed".to_owned(),
                other => format!("not `{other}`"),
            };
            run.tells(&format!(
                "error: not applied: only `yes` is accepted, {instead}. Nothing was changed.\n"
            ));
        }
        assert_eq!(place.writes().is_empty(), code == 4, "{answer:?}: {run}");
        drop(typed);
    }
}

#[test]
fn the_end_of_input_is_no() {
    let place = Place::new(ONE);
    let (mut typed, child) = start(&place);
    // Ctrl-D
    typed.write_all(&[4]).expect("it is typed");
    binary::wait(child).exits(4);
    assert_eq!(place.writes(), Vec::<String>::new());
}

#[test]
fn the_question_can_be_interrupted() {
    let place = Place::new(ONE);
    let (typed, mut child) = start(&place);
    // The plan is on stdout before the question is asked.
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut first = [0];
    std::io::Read::read_exact(&mut stdout, &mut first).expect("the plan");
    std::thread::sleep(std::time::Duration::from_millis(100));
    kill_process(Pid::from_child(&child), Signal::INT).expect("it is running");
    binary::wait(child).exits(130);
    assert_eq!(place.writes(), Vec::<String>::new());
    drop(typed);
}

/// What somebody writes between the plan and the `yes` is not overwritten.
#[test]
fn what_was_changed_before_the_yes_is_stale() {
    let place = Place::new(&ONE.replace("headers.Retry-After = \"2\"", "status = 420"));
    let (mut typed, mut child) = start(&place);
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut first = [0];
    std::io::Read::read_exact(&mut stdout, &mut first).expect("the plan");
    place.server.put(API, "UNAUTHORIZED", &json!({"statusCode": "404"}));
    typed.write_all(b"yes\n").expect("it is typed");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut rest).expect("the rest");
    let run = binary::wait(child);
    run.exits(4);
    assert!(rest.contains("stale"), "{rest}");
    assert_eq!(place.writes(), ["PutGatewayResponse"]);
    drop(typed);
}

/// What `gwr plan` writes to a terminal of this kind.
fn shown_on(kind: &str, place: &Place) -> String {
    let (shows, written) = terminal();
    let mut command = place.command(&["plan"]);
    let mut child = command.env("TERM", kind).stdout(written).spawn().expect("the binary runs");
    // The command holds the terminal's other end open.
    drop(command);
    let text = read_to_end(shows);
    assert!(child.wait().expect("it ends").success());
    text
}

fn read_to_end(mut shows: File) -> String {
    let mut text = Vec::new();
    let mut some = [0; 4096];
    // The end of a terminal that nobody writes to any more is an error of Linux's.
    while let Ok(number) = std::io::Read::read(&mut shows, &mut some)
        && number > 0
    {
        text.extend(&some[..number]);
    }
    String::from_utf8(text).expect("UTF-8")
}

/// On one terminal the report has the whole reason: stderr repeats only what and where.
#[test]
fn a_reason_is_not_printed_twice_in_full_on_one_terminal() {
    let place = Place::new(ONE);
    place.server.faults(&json!([{"operation": "CreateDeployment", "kind": "403"}]));
    let (shows, written) = terminal();
    let both = written.try_clone().expect("the same terminal");
    let mut command = place.command(&["apply", "--yes"]);
    let child = command.stdout(written).stderr(both).spawn().expect("the binary runs");
    drop(command);
    let text = read_to_end(shows);
    assert_eq!(binary::wait(child).code, Some(3), "{text}");
    assert!(text.contains("orders (abcde12345): failed: CreateDeployment on API"), "{text}");
    assert_eq!(text.matches("hint: Grant").count(), 1, "{text}");
    assert_eq!(text.matches("changed: THROTTLED").count(), 1, "{text}");
}

#[test]
fn a_dumb_terminal_gets_no_colours() {
    let place = Place::new(ONE);
    assert!(shown_on("xterm", &place).contains("\u{1b}["));
    let dumb = shown_on("dumb", &place);
    assert!(dumb.contains("THROTTLED") && !dumb.contains('\u{1b}'), "{dumb}");
}
