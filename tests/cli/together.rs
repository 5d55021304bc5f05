//! Two at once on one API.

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
        // Both read at the same time; the first to verify looks when the other has written.
        delay("GetGatewayResponses", 1, 2, 0.4),
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
            run.exits(3);
            assert!(run.stdout.contains("somebody else"), "{run}");
        }
    }
    assert!(runs.iter().any(|(_, wanted)| shown == *wanted), "{shown}");
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
