//! `gwr import`, as a person runs it.

use super::*;

const OTHER: &str = "zyxwv98765";

/// Two APIs with CORS on their family defaults; the second is hostile.
fn two() -> Place {
    let seeds =
        [seed(API, "orders", &["beta", "prod"]), seed(OTHER, "x\u{1b}[2J\n[apis.evil]", &["prod"])];
    let place = Place::with("", &seeds);
    for api in [API, OTHER] {
        for name in ["DEFAULT_4XX", "DEFAULT_5XX"] {
            let cors = json!({"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"});
            place.server.put(api, name, &json!({"responseParameters": cors}));
        }
    }
    place.server.put(API, "THROTTLED", &json!({"statusCode": "429"}));
    place.server.deploy(API, &["beta", "prod"]);
    place.server.deploy(OTHER, &["prod"]);
    place
}

/// The import is right, and planning with it has nothing to do.
#[track_caller]
fn is_right(place: &Place, imported: &Run) {
    place.write("imported.toml", imported.stdout.as_bytes());
    binary::run(place.path(), &["validate", "-f", "imported.toml"]).exits(0);
    let plan = place.run(&["plan", "--detailed-exitcode", "-f", "imported.toml"]);
    plan.exits(0);
    assert!(plan.stdout.contains("No changes."), "{plan}");
}

#[test]
fn what_apis_share_is_a_preset_and_what_is_inherited_is_not_there() {
    let place = two();
    let before = place.writes().len();
    let run = place.run(&["import", "--all"]);
    run.exits(0);
    assert_eq!(place.writes().len(), before, "an import writes nothing");
    is_right(&place, &run);
    let text = &run.stdout;
    for line in [
        "# On 2 of 2 APIs: orders, x-2j-apis-evil.",
        "[presets.cors.DEFAULT_4XX]",
        "headers = { Access-Control-Allow-Origin = \"*\" }",
        "match  = { id = \"abcde12345\" }   # orders",
        "stages = [\"beta\", \"prod\"]",
        "use    = [\"cors\"]",
        "[apis.orders.responses.THROTTLED]",
        "# Customised with its built-in values, so that it inherits nothing from DEFAULT_4XX.",
    ] {
        assert!(text.lines().any(|known| known == line), "no {line:?} in\n{text}");
    }
    assert!(!text.contains("UNAUTHORIZED"), "what is inherited is no state:\n{text}");
    assert!(!text.contains('\u{1b}') && !text.contains("\n[apis.evil]"), "{text}");

    // One, or some.
    let one = place.run(&["import", "--api-id", API]);
    is_right(&place, &one);
    assert!(!one.stdout.contains("presets"), "{one}");
    let named = place.run(&["import", "--name", "orders"]);
    assert_eq!(one.stdout, named.stdout);
    let some = place.run(&["import", "--name", "ord*"]);
    assert_eq!(one.stdout, some.stdout);
    let both = place.run(&["import", "--api-id", API, OTHER]);
    assert_eq!(both.stdout, text.clone());
    let beta = place.run(&["import", "--name", "orders", "--stage", "beta"]);
    assert!(beta.stdout.contains("stages = [\"beta\"]"), "{beta}");
    is_right(&place, &beta);
}

/// What nobody has deployed must not be the first thing that an apply does.
#[test]
fn a_stage_that_is_behind_stands_in_a_comment() {
    let place = two();
    place.server.put(API, "THROTTLED", &json!({"statusCode": "420"}));
    let deployed = place.server.deploy(API, &["beta"]);
    assert_eq!(place.server.pointer(API, "beta"), deployed);
    let run = place.run(&["import", "--api-id", API]);
    run.exits(0).tells("stage prod is left out, because a plan would deploy to it: it still");
    assert!(run.stdout.contains("    \"beta\",\n"), "{run}");
    let comment = "    # \"prod\",   # left out: a plan would deploy to it: \
                   it still serves a different THROTTLED than configured\n";
    assert!(run.stdout.contains(comment), "{run}");
    is_right(&place, &run);
}

/// 504 is what INTEGRATION_FAILURE reads with a status or without one.
#[test]
fn a_504_is_taken_only_on_evidence() {
    let place = two();
    let status = |run: &Run| run.stdout.contains("INTEGRATION_FAILURE]\nstatus  = 504");
    // Set, and an export shows it.
    place.server.put(API, "INTEGRATION_FAILURE", &json!({"statusCode": "504"}));
    place.server.deploy(API, &["beta", "prod"]);
    let run = place.run(&["import", "--api-id", API]);
    assert!(status(&run), "{run}");
    is_right(&place, &run);
    // Not set, and an export shows that.
    place.server.put(API, "INTEGRATION_FAILURE", &json!({}));
    place.server.deploy(API, &["beta", "prod"]);
    let run = place.run(&["import", "--api-id", API]);
    assert!(!status(&run) && !run.stdout.contains("504"), "{run}");
    is_right(&place, &run);
    // Not deployed: nobody can tell.
    place.server.put(
        API,
        "INTEGRATION_FAILURE",
        &json!({"statusCode": "504", "responseTemplates": {"a/b": "x"}}),
    );
    let run = place.run(&["import", "--api-id", API]);
    assert!(!status(&run) && run.stdout.contains("# Its status reads 504"), "{run}");
    is_right(&place, &run);
}

#[test]
fn what_no_file_can_say_is_left_alone_and_told() {
    let place = two();
    let twice = json!({"gatewayresponse.header.X-A": "'1'", "gatewayresponse.header.x-a": "'2'"});
    place.server.put(API, "UNAUTHORIZED", &json!({"responseParameters": twice}));
    place.server.deploy(API, &["beta", "prod"]);
    let run = place.run(&["import", "--api-id", API]);
    run.exits(0).tells("left unchanged: UNAUTHORIZED is customised, but it has one header twice");
    assert!(run.stdout.contains("# Left unchanged: UNAUTHORIZED"), "{run}");
    is_right(&place, &run);
}

/// A template that is broken is taken as it is, and is known to be broken.
#[test]
fn what_lint_finds_wrong_is_allowed_with_the_reason() {
    let place = two();
    let broken = json!({"application/json": "{\"message\": $context.error.message"});
    place.server.put(API, "UNAUTHORIZED", &json!({"responseTemplates": broken}));
    place.server.deploy(API, &["beta", "prod"]);
    let run = place.run(&["import", "--all"]);
    run.exits(0).tells("like this where it was imported");
    assert!(run.stdout.contains("[[apis.orders.allow]]\nrule   = "), "{run}");
    assert!(run.stdout.contains("\ntype   = \"UNAUTHORIZED\"\nreason = "), "{run}");
    is_right(&place, &run);
}

#[test]
fn an_api_that_cannot_be_read_makes_it_incomplete() {
    let place = two();
    let fault = |api: &str| json!([{"operation": "GetGatewayResponses", "rest_api_id": api, "kind": "403"}]);
    place.server.faults(&fault(OTHER));
    let run = place.run(&["import", "--all"]);
    run.exits(3).tells("GetGatewayResponses on API zyxwv98765");
    assert!(run.stdout.contains("# Not here: "), "{run}");
    place.write("imported.toml", run.stdout.as_bytes());
    binary::run(place.path(), &["validate", "-f", "imported.toml"]).exits(0);
    let run = place.run(&["import", "--api-id", OTHER]);
    run.exits(1).tells("AccessDenied");
    assert_eq!(run.stdout, "");
}

/// Unknown is never clean.
#[test]
fn a_stage_whose_export_cannot_be_read_makes_it_incomplete() {
    let place = two();
    let fault = json!([{"operation": "GetExport", "rest_api_id": OTHER, "kind": "403"}]);
    place.server.faults(&fault);
    let run = place.run(&["import", "--all"]);
    run.exits(3).tells("stage prod is left out").tells("AccessDenied").tells("/exports/oas30");
    is_right(&place, &run);
    let json = place.run(&["import", "--all", "-o", "json"]);
    json.exits(3);
    assert_eq!(document(&json)["complete"], json!(false));
    place.run(&["import", "--api-id", API]).exits(0);
}

#[test]
fn a_stage_that_no_api_has_is_refused() {
    let place = two();
    let run = place.run(&["import", "--all", "--stage", "nope"]);
    run.exits(1).tells("no selected API has the stage \"nope\"");
    assert_eq!(run.stdout, "");
    // That one API of several has it is enough.
    place.run(&["import", "--all", "--stage", "beta"]).exits(0);
}

#[test]
fn what_does_not_exist_is_told() {
    let place = two();
    place.run(&["import", "--api-id", "nosuch1234"]).exits(1).tells("not found");
    place.run(&["import", "--name", "order"]).exits(1).tells("there is \"orders\"");
    place.run(&["import"]).exits(1).tells("--api-id");
    place.run(&["import", "--all", "--api-id", API]).exits(1).tells("cannot be used with");
}

/// Files that are named lend their account, and nothing else.
#[test]
fn the_account_of_a_file_is_used() {
    let place = two();
    let account = format!(
        "[accounts.live]\nregion = \"us-east-1\"\nendpoint_url = {:?}\n[apis.wrong]\n",
        place.server.url()
    );
    place.write("accounts.toml", format!("version = 1\n{account}").as_bytes());
    let run = binary::run(place.path(), &["import", "--api-id", API, "-f", "accounts.toml"]);
    run.exits(0);
    assert!(!run.stdout.contains("[accounts"), "{run}");
    assert!(run.stdout.contains("`gwr plan -f accounts.toml -f THIS`"), "{run}");
    let both = format!("version = 1\n{account}[accounts.beta]\n");
    place.write("accounts.toml", both.as_bytes());
    binary::run(place.path(), &["import", "--api-id", API, "-f", "accounts.toml"])
        .exits(1)
        .tells("several accounts (beta, live)");
}

#[test]
fn the_sandbox_is_imported_like_any_account() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), ONE).expect("a file");
    binary::run(folder.path(), &["apply", "--sandbox", "--yes"]).exits(0);
    let run = binary::run(folder.path(), &["import", "--all", "--sandbox"]);
    run.exits(0);
    std::fs::write(folder.path().join("gwr.toml"), &run.stdout).expect("a file");
    binary::run(folder.path(), &["plan", "--sandbox", "--detailed-exitcode"]).exits(0);
}

/// JSON and YAML say the same.
#[test]
fn a_document_is_imported_offline() {
    let place = two();
    let yaml = "openapi: 3.0.1\ninfo:\n  title: orders\npaths:\n  /:\n    get:\n      \
                x-amazon-apigateway-integration: {uri: !Sub '${X}'}\n\
                x-amazon-apigateway-gateway-responses:\n  THROTTLED:\n    statusCode: 420\n    \
                responseParameters:\n      gatewayresponse.header.Retry-After: \"'2'\"\n    \
                responseTemplates:\n      application/json: |\n        {\"a\":\n         1}\n";
    let json = json!({
        "openapi": "3.0.1", "info": {"title": "orders"}, "paths": {},
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {
            "statusCode": "420",
            "responseParameters": {"gatewayresponse.header.Retry-After": "'2'"},
            "responseTemplates": {"application/json": "{\"a\":\n 1}\n"},
        }},
    });
    place.write("api.yaml", yaml.as_bytes());
    place.write("api.json", json.to_string().as_bytes());
    let of = |file: &str| {
        let run = binary::run(place.path(), &["import", "--from-openapi", file]);
        run.exits(0);
        run.stdout.replace(file, "FILE")
    };
    let text = of("api.yaml");
    assert_eq!(text, of("api.json"));
    for line in
        ["match  = { name = \"orders\" }", "status  = 420", "headers = { Retry-After = \"2\" }"]
    {
        assert!(text.lines().any(|known| known == line), "no {line:?} in\n{text}");
    }
    place.write("imported.toml", text.as_bytes());
    binary::run(place.path(), &["validate", "-f", "imported.toml"]).exits(0);
}

/// A template of SAM's: its own property, and separate resources.
#[test]
fn a_template_is_imported_and_what_it_leaves_open_is_told() {
    let place = two();
    let template = "Resources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      \
                    Name: orders\n      GatewayResponses:\n        DEFAULT_4XX:\n          \
                    ResponseParameters:\n            Headers:\n              X-A: \"'1'\"\n  \
                    One:\n    Type: AWS::ApiGateway::GatewayResponse\n    Properties:\n      \
                    RestApiId: !Ref Api\n      ResponseType: THROTTLED\n      StatusCode: 420\n";
    place.write("template.yaml", template.as_bytes());
    let run = binary::run(place.path(), &["import", "--from-openapi", "template.yaml"]);
    run.exits(0);
    for line in
        ["headers = { X-A = \"1\" }", "status  = 420", "[apis.orders.responses.DEFAULT_4XX]"]
    {
        assert!(run.stdout.lines().any(|known| known == line), "no {line:?} in\n{run}");
    }
    let open = template.replace("StatusCode: 420", "StatusCode: !Ref Status");
    place.write("template.yaml", open.as_bytes());
    let run = binary::run(place.path(), &["import", "--from-openapi", "template.yaml"]);
    run.exits(1).tells("THROTTLED.statusCode: Ref \"Status\"");
    assert_eq!(run.stdout, "");
    for (text, says) in [
        ("{", "no JSON"),
        ("a: [", "no YAML: line"),
        ("words", "neither an OpenAPI document"),
        ("openapi: 3.0.1", "has no gateway responses"),
        ("x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: 99}}", "is none"),
    ] {
        place.write("document", text.as_bytes());
        binary::run(place.path(), &["import", "--from-openapi", "document"]).exits(1).tells(says);
    }
    binary::run(place.path(), &["import", "--from-openapi", "nowhere"]).exits(1).tells("nowhere");
}
