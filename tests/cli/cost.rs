//! `summary.calls` is what an apply sends beyond the reads of its plan.

use super::*;

/// How many calls a run makes.
fn calls_of(place: &Place, arguments: &[&str]) -> (usize, Run) {
    let before = place.server.calls().len();
    let run = binary::run_at_full_pace(place.path(), &place.arguments(arguments));
    (place.server.calls().len() - before, run)
}

#[track_caller]
fn check(place: &Place, what: &str) {
    let (reads, plan) = calls_of(place, &["plan", "-o", "json"]);
    plan.exits(0);
    let told = document(&plan)["summary"]["calls"].as_u64().expect("a number");
    let (all, apply) = calls_of(place, &["apply", "--yes"]);
    apply.exits(0);
    assert_eq!(all as u64 - reads as u64, told, "{what}: {plan}");
}

#[test]
fn the_calls_of_an_apply_are_told_exactly() {
    let stages = |text: &str| TWO.replace("[\"prod\"]", text);
    let more = |file: &str| {
        let more = TWO.replace("version = 1\n", "").replace("orders", "users");
        format!("{file}{}", more.replace(API, "users12345"))
    };
    let two = [seed(API, "orders", &["beta", "prod"]), seed("users12345", "users", &["prod"])];
    let faster = "[accounts.main]\ndeploy_interval = 0.01\n";
    for (what, file) in [
        ("one stage", TWO.to_owned()),
        ("two stages", stages("[\"beta\", \"prod\"]")),
        ("two APIs, the second of which waits", more(TWO)),
        ("two APIs, one right after the other", format!("{}{faster}", more(TWO))),
        ("not deployed", TWO.replace("stages", "deploy = \"never\"\nstages")),
        ("work of others allowed", TWO.replace("stages", "foreign_changes = \"allow\"\nstages")),
    ] {
        let place = Place::with(&file, &two);
        check(&place, what);
    }
}

#[test]
fn what_exports_show_is_found_out_once() {
    let place = Place::new(TWO);
    check(&place, "unproven");
    place.write("gwr.toml", TWO.replace("404", "405").as_bytes());
    check(&place, "proven");
}

#[test]
fn a_stage_that_takes_the_deployment_of_another_costs_less() {
    let file = TWO.replace("[\"prod\"]", "[\"beta\", \"prod\"]");
    let place = Place::with(&file, &[seed(API, "orders", &["beta", "prod"])]);
    place.run(&["apply", "--yes", "--stage", "beta"]).exits(0);
    check(&place, "promoted");
}
