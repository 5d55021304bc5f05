//! How runs end: the codes that scripts rely on, and the streams.

use super::*;

#[test]
fn usage_errors_exit_1_and_help_exits_0() {
    let place = Place::new(ONE);
    for arguments in [
        &["plan", "--no-such-flag"][..],
        &["no-such-verb"],
        &[],
        &["plan", "-o", "yaml"],
        &["apply", "--yes", "--rewrite", "NO_SUCH_TYPE"],
        &["plan", "--api", "nobody*"],
        &["plan", "--stage", "nowhere"],
        &["plan", "-f", "missing.toml"],
        &["plan", "--sandbox"],
    ] {
        let run = place.run(arguments);
        run.exits(1);
        assert!(!run.stderr.is_empty(), "{arguments:?} says nothing");
    }
    for arguments in [&["--help"][..], &["--version"], &["plan", "--help"], &["schema"]] {
        let run = binary::run(place.path(), arguments);
        run.exits(0);
        assert!(run.stdout.len() > 5 && run.stderr.is_empty(), "{run}");
    }
    assert_eq!(place.writes(), Vec::<String>::new());
}

#[test]
fn a_plan_exits_2_only_where_it_is_asked_to() {
    let place = Place::new(ONE);
    place.run(&["plan"]).exits(0);
    place.run(&["plan", "--detailed-exitcode"]).exits(2);
    assert_eq!(place.writes(), Vec::<String>::new());
    place.run(&["apply", "--yes"]).exits(0);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
    // A stage to deploy is a difference too.
    let before = place.server.deploy(API, &[]);
    place.server.delete(API, "THROTTLED");
    let bare = place.server.deploy(API, &["prod"]);
    assert_ne!(before, bare);
    place.server.put(
        API,
        "THROTTLED",
        &json!({"responseParameters": {"gatewayresponse.header.Retry-After": "'2'"}}),
    );
    place.run(&["plan", "--detailed-exitcode"]).exits(2);
    place.run(&["plan", "--detailed-exitcode", "--skip-served"]).exits(0);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_applied() {
    let place = Place::new(ONE);
    place.run(&["apply"]).exits(4).tells("--yes");
    assert_eq!(place.writes(), Vec::<String>::new());
    place.run(&["apply", "--auto-approve"]).exits(0);
    // With nothing to do nobody needs to be asked.
    place.run(&["apply"]).exits(0);
}

#[test]
fn deploy_never_is_done_when_it_is_configured() {
    let place = Place::new(&ONE.replace("stages", "deploy = \"never\"\nstages"));
    place.run(&["apply", "--yes"]).exits(0);
    assert_eq!(place.writes(), ["UpdateGatewayResponse"]);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn data_goes_to_stdout_and_the_rest_to_stderr() {
    let place = Place::new(ONE);
    let plan = place.run(&["plan"]);
    assert!(plan.stderr.is_empty() && plan.stdout.contains("THROTTLED"), "{plan}");
    let broken = place.run(&["plan", "--region", "us-east-1", "--api", "nobody"]);
    assert!(broken.stdout.is_empty() && broken.stderr.starts_with("error: "), "{broken}");
    let url = place.server.url();
    let apply = ["apply", "--yes", "--progress", "json", "--endpoint-url", url];
    let run = binary::run(place.path(), &apply);
    run.exits(0);
    let events: Vec<Value> = run
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(events.len() > 3 && events.iter().all(|event| event["event"].is_string()), "{run}");
}

/// A pipe that nobody reads any more, as after `gwr plan | head -0`.
fn closed() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer
}

#[test]
fn a_closed_stdout_is_no_panic_and_stops_no_apply() {
    let place = Place::new(ONE);
    for arguments in [&["plan"][..], &["plan", "-o", "json"], &["plan", "-o", "markdown"]] {
        let child = place.command(arguments).stdout(closed()).spawn().expect("the binary runs");
        binary::wait(child).exits(0);
    }
    for text in [&["--help"][..], &["schema"], &["sandbox", "--quirk", "list"]] {
        let mut command = binary::command(place.path(), text);
        binary::wait(command.stdout(closed()).spawn().expect("the binary runs")).exits(0);
    }
    let mut apply = place.command(&["apply", "--yes"]);
    let child = apply.stdout(closed()).stderr(closed()).spawn().expect("the binary runs");
    binary::wait(child).exits(0);
    assert_eq!(place.writes(), ["UpdateGatewayResponse", "CreateDeployment", "UpdateStage"]);
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
}
