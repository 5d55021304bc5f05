//! `--stage`: one stage after the other, as a careful person does it.

use super::*;

const BOTH: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                    stages = [\"beta\", \"prod\"]\nresponses.THROTTLED.headers.Retry-After = \"2\"\n";

/// CreateDeployment is the scarcest call there is: the second stage takes what the first
/// one serves.
#[test]
fn the_next_stage_takes_the_deployment_of_the_one_before() {
    let place = Place::with(BOTH, &[seed(API, "orders", &["beta", "prod"])]);
    place.run(&["apply", "--yes", "--stage", "beta"]).exits(0);
    let plan = document(&place.run(&["plan", "--stage", "prod", "-o", "json"]));
    assert_eq!(plan["summary"]["deployments"], 0, "{plan}");
    let before = place.writes().len();
    place.run(&["apply", "--yes", "--stage", "prod"]).exits(0);
    assert_eq!(place.writes()[before..], ["UpdateStage"]);
    assert_eq!(place.server.pointer(API, "beta"), place.server.pointer(API, "prod"));
    place.run(&["plan", "--detailed-exitcode"]).exits(0);
}

/// Not so where the API has changed otherwise in between: its summary tells.
#[test]
fn not_where_the_api_is_another_by_now() {
    let place = Place::with(BOTH, &[seed(API, "orders", &["beta", "prod"])]);
    place.run(&["apply", "--yes", "--stage", "beta"]).exits(0);
    let path = format!("/restapis/{API}/resources");
    let root = place.server.done("GET", &path, &Value::Null)["item"][0]["id"].clone();
    let method = format!("{path}/{}/methods/DELETE", root.as_str().expect("an id"));
    place.server.done("PUT", &method, &json!({"authorizationType": "NONE"}));
    place.server.done("PUT", &format!("{method}/integration"), &json!({"type": "MOCK"}));
    let plan = document(&place.run(&["plan", "--stage", "prod", "-o", "json"]));
    assert_eq!(plan["summary"]["deployments"], 1, "{plan}");
}
