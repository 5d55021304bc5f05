//! Several at once: two runs on one API, one run on many, stage after stage.

use gateway_responses::SandboxOptions;

use super::*;

/// Both read before either writes, and both want the same type otherwise. Nothing in
/// the service keeps them apart; the one whose work is gone is told.
#[test]
fn of_two_appliers_the_loser_is_told() {
    let place = Place::new(ONE);
    let file = |status: u16| {
        format!(
            "version = 1\n[apis.orders]\nmatch = {{ id = \"abcde12345\" }}\nstages = [\"prod\"]\n\
             deploy = \"never\"\nresponses.THROTTLED.status = {status}\n"
        )
    };
    place.write("one.toml", file(418).as_bytes());
    place.write("two.toml", file(420).as_bytes());
    let delay = |operation: &str, nth: u64, count: u64, seconds: f64| json!({"operation": operation, "kind": "delay", "nth": nth, "count": count, "hold_s": seconds});
    place.server.faults(&json!([
        // Both read, and both look again, at the same time; the first to verify looks when
        // the other has written.
        delay("GetGatewayResponses", 1, 4, 1.5),
        delay("GetGatewayResponses", 1, 1, 1.0),
        delay("UpdateGatewayResponse", 2, 1, 0.3),
    ]));
    let start = |name: &str| {
        let child = place.command(&["apply", "--yes", "-f", name]).spawn();
        child.expect("the binary runs")
    };
    let (one, two) = (start("one.toml"), start("two.toml"));
    let runs = [(binary::wait(one), "418"), (binary::wait(two), "420")];
    let shown = place.server.shown(API, "THROTTLED")["statusCode"].clone();
    for (run, wanted) in &runs {
        if shown == *wanted {
            run.exits(0);
        } else {
            // 4 where it had not written yet when it looked again.
            assert!(matches!(run.code, Some(3 | 4)), "{run}");
            assert!(run.stdout.contains("another client"), "{run}");
        }
    }
    assert!(runs.iter().any(|(_, wanted)| shown == *wanted), "{shown}");
}

/// One reads before the other writes and comes to write when the other is done: it finds
/// the other's work, and leaves it.
#[test]
fn the_one_that_comes_later_overwrites_nothing() {
    for quirk in ["export=snapshot", "export=mirror"] {
        let place = Place::under(&[quirk], ONE, &[seed(API, "orders", &["prod"])]);
        let other = ONE.replace("\"2\"", "\"3\"");
        place.write("other.toml", other.as_bytes());
        place.server.faults(&json!([
            {"operation": "GetGatewayResponses", "kind": "delay", "nth": 2, "count": 1, "hold_s": 3}
        ]));
        let late = place.command(&["apply", "--yes", "-f", "other.toml"]).spawn();
        place.in_flight(2);
        let first = place.run(&["apply", "--yes"]);
        first.exits(if quirk == "export=mirror" { 3 } else { 0 });
        let late = binary::wait(late.expect("the binary runs"));
        assert!(late.exits(4).stdout.contains("another client has changed"), "{late}");
        assert!(late.stdout.contains("\nApply refused: nothing was written."), "{late}");
        assert!(!late.stdout.contains("Apply incomplete"), "{late}");
        let headers = place.server.shown(API, "THROTTLED")["responseParameters"].clone();
        assert_eq!(headers["gatewayresponse.header.Retry-After"], "'2'", "{quirk}");
    }
}

/// Each keeps its own types; neither takes away what the other wrote.
#[test]
fn two_appliers_of_different_types_lose_nothing() {
    let place = Place::new(ONE);
    let file = |name: &str| {
        format!(
            "version = 1\n[apis.orders]\nmatch = {{ id = \"abcde12345\" }}\nstages = [\"prod\"]\n\
             deploy = \"never\"\nresponses.{name}.status = 418\n"
        )
    };
    place.write("one.toml", file("THROTTLED").as_bytes());
    place.write("two.toml", file("UNAUTHORIZED").as_bytes());
    let start = |name: &str| {
        let child = place.command(&["apply", "--yes", "-f", name]).spawn();
        child.expect("the binary runs")
    };
    let (one, two) = (start("one.toml"), start("two.toml"));
    binary::wait(one).exits(0);
    binary::wait(two).exits(0);
    for name in ["THROTTLED", "UNAUTHORIZED"] {
        assert_eq!(place.server.shown(API, name)["statusCode"], "418", "{name}");
    }
}

/// The quota is kept, so that nobody is throttled: neither this run nor others.
#[test]
fn a_server_that_enforces_its_quota_never_has_to() {
    let options = SandboxOptions {
        quota: "10,40,0.4".parse().expect("a quota"),
        ..SandboxOptions::default()
    };
    let mut text = String::from(
        "version = 1\n[accounts.main]\nregion = \"us-east-1\"\ndeploy_interval = 0.4\n\
         [defaults]\nstages = [\"prod\"]\n",
    );
    let mut seeds = Vec::new();
    for number in 0..4 {
        let id = format!("abcde{number:05}");
        text += &format!("[apis.api-{number}]\nmatch = {{ id = {id:?} }}\n");
        text += "responses.THROTTLED.status = 420\nresponses.UNAUTHORIZED.status = 404\n";
        seeds.push(seed(&id, &format!("api-{number}"), &["prod"]));
    }
    let server = Server::with(options, &seeds);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), text).expect("a file");
    let apply = ["apply", "--yes", "--endpoint-url", server.url(), "--progress", "never"];
    binary::run_at_full_pace(folder.path(), &apply).exits(0);
    let calls = server.calls();
    let throttled = calls.iter().filter(|row| row.status == 429).count();
    assert_eq!(throttled, 0, "of {} calls", calls.len());
    assert_eq!(calls.iter().filter(|row| row.operation == "CreateDeployment").count(), 4);
}

/// `--stage beta`, and when that is fine `--stage prod`: the same deployment.
#[test]
fn stage_after_stage_is_one_deployment() {
    let server = Server::start(&[], &[seed(API, "orders", &["beta", "prod"])]);
    let folder = tempfile::tempdir().expect("a folder");
    let text = ONE.replace("[\"prod\"]", "[\"beta\", \"prod\"]");
    std::fs::write(folder.path().join("gwr.toml"), text).expect("a file");
    let old = server.pointer(API, "prod");
    let run = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--endpoint-url", server.url(), "--progress", "never"]);
        binary::run(folder.path(), &all)
    };
    run(&["apply", "--yes", "--stage", "beta"]).exits(0);
    assert_eq!(server.pointer(API, "prod"), old);
    run(&["plan", "--detailed-exitcode", "--stage", "beta"]).exits(0);
    run(&["plan", "--detailed-exitcode"]).exits(2);
    run(&["apply", "--yes"]).exits(0);
    assert_eq!(server.pointer(API, "prod"), server.pointer(API, "beta"));
    let calls = server.calls();
    assert_eq!(calls.iter().filter(|row| row.operation == "CreateDeployment").count(), 1);
}
