//! What is picked out by name: APIs, stages, types; and what is said of a name that is none.

use super::*;

const THREE: &str = "version = 1\n[defaults]\nstages = [\"beta\", \"prod\"]\n\
                     [apis.orders]\nmatch = { name = \"orders-api\" }\n\
                     responses.THROTTLED.status = 430\n\
                     [apis.users]\nmatch = { id = \"users12345\" }\n\
                     responses.UNAUTHORIZED.reset = true\n";

fn three() -> Place {
    let seeds = [
        seed(API, "orders-api", &["beta", "prod"]),
        seed("users12345", "users-api", &["beta", "prod"]),
    ];
    Place::with(THREE, &seeds)
}

#[test]
fn a_name_that_is_none_is_met_with_the_near_one() {
    let place = three();
    for (arguments, told) in [
        // Of the other API only AWS knows the name.
        (&["plan", "--api", "ordrs"][..], "did you mean \"orders\"?"),
        (&["explain", "--of", "desired", "--api", "order-api"], "did you mean \"orders-api\"?"),
        (&["drift", "--stage", "prd"], "did you mean \"prod\"?"),
        (&["deployments", "--stage", "bta"], "did you mean \"beta\"?"),
        (
            &["apply", "--yes", "--rewrite", "INTEGRATION_FALURE"],
            "did you mean INTEGRATION_FAILURE",
        ),
    ] {
        place.run(arguments).exits(1).tells(told);
    }
    place.write("gwr.toml", ONE.as_bytes());
    place.run(&["plan", "--api", "ordes-x"]).exits(1);
    place.run(&["plan", "--stage", "elsewhere"]).exits(1).tells("the file has prod");
    assert_eq!(place.writes(), Vec::<String>::new());
}

#[test]
fn a_type_that_the_file_does_not_customise_is_not_put_again_in_silence() {
    let place = three();
    for (name, api) in [("WAF_FILTERED", "*"), ("THROTTLED", "users"), ("UNAUTHORIZED", "users")] {
        let run = place.run(&["apply", "--yes", "--rewrite", name, "--api", api]);
        run.exits(1).tells(&format!("--rewrite {name}: nothing to rewrite"));
    }
    assert_eq!(place.writes(), Vec::<String>::new());
    place.run(&["apply", "--yes", "--api", "orders"]).exits(0);
    place.run(&["apply", "--yes", "--api", "orders", "--rewrite", "throttled"]).exits(0);
    assert!(place.writes().contains(&"PutGatewayResponse".to_owned()));
}

#[test]
fn deployments_of_one_stage_are_those_that_it_has_to_do_with() {
    let place = three();
    let first = place.server.pointer(API, "prod");
    let second = place.server.deploy(API, &["beta"]);
    let arguments = ["deployments", "--api", "orders", "--stage", "beta"];
    let text = place.run(&arguments);
    text.exits(0);
    assert!(text.stdout.contains(&second) && !text.stdout.contains(&first), "{text}");
    let markdown = place.run(&[&arguments[..], &["-o", "markdown"]].concat());
    assert!(!markdown.stdout.contains("prod") && markdown.stdout.contains(&second), "{markdown}");
    let json = place.run(&[&arguments[..], &["-o", "json"]].concat());
    let api = &document(&json)["apis"][0];
    assert_eq!(api["stages"], json!([{"name": "beta", "deployment_id": second}]), "{json}");
    let ids = api["deployments"].as_array().expect("a list");
    assert!(ids.len() == 1 && ids[0]["id"] == second, "{json}");
    assert_eq!(ids[0]["stages"], json!(["beta"]), "{json}");
}

#[test]
fn a_stage_that_an_api_does_not_have_is_an_error_of_that_api() {
    let seeds = [seed(API, "orders-api", &["prod"]), seed("users12345", "users-api", &["beta"])];
    let place = Place::with(THREE, &seeds);
    let run = place.run(&["deployments", "--stage", "beta"]);
    run.exits(3).tells("API abcde12345 has no stage `beta`: it has prod");
    assert!(run.stdout.contains("users"), "{run}");
}
