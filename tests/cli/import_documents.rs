//! `gwr import --from-openapi`: what documents say in their many ways, and what they leave
//! open. Nothing that a document says of a gateway response is lost without a word.

use std::io::Write as _;

use super::*;

/// Imports a document that is held in a file.
fn import(name: &str, text: &str) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), text).expect("a file");
    let run = binary::run(folder.path(), &["import", "--from-openapi", name]);
    if run.code == Some(0) {
        is_valid(&run.stdout);
    }
    run
}

/// What comes out is a file that `validate` takes.
#[track_caller]
fn is_valid(toml: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), toml).expect("a file");
    binary::run(folder.path(), &["validate"]).exits(0);
}

#[track_caller]
fn has_lines(run: &Run, lines: &[&str]) {
    run.exits(0);
    for line in lines {
        assert!(run.stdout.lines().any(|known| known == *line), "no {line:?} in\n{run}");
    }
}

const SAM: &str = "Transform: AWS::Serverless-2016-10-31\n";

/// A template of SAM's with one API, and the lines of its properties.
fn sam(properties: &str) -> String {
    let properties = properties.trim_end().replace('\n', "\n      ");
    format!(
        "{SAM}Resources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      \
         {properties}\n"
    )
}

/// A resource that is one response.
fn response(logical_id: &str, api: &str, name: &str, more: &str) -> String {
    format!(
        "  {logical_id}:\n    Type: AWS::ApiGateway::GatewayResponse\n{more}    Properties:\n      \
         RestApiId: {api}\n      ResponseType: {name}\n      StatusCode: 420\n"
    )
}

/// As the CDK writes it: the API in one resource, each response in another.
#[test]
fn an_api_of_a_template_keeps_its_name_and_its_stage() {
    let template = json!({"Resources": {
        "ApiF70053CD": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders-api"}},
        "ApiStage": {"Type": "AWS::ApiGateway::Stage", "Properties": {
            "RestApiId": {"Ref": "ApiF70053CD"}, "StageName": "prod"}},
        "ApiDefault4xx": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {
            "ResponseParameters": {"gatewayresponse.header.X-A": "'1'"},
            "ResponseType": "DEFAULT_4XX",
            "RestApiId": {"Ref": "ApiF70053CD"},
        }},
    }});
    let run = import("template.json", &template.to_string());
    has_lines(
        &run,
        &["[apis.orders-api]", "match  = { name = \"orders-api\" }", "stages = [\"prod\"]"],
    );
    assert_eq!(run.stderr, "");
    // A name that CloudFormation makes is told.
    let named = template.to_string().replace("\"orders-api\"", "{\"Fn::Sub\": \"${X}-orders\"}");
    let run = import("template.json", &named);
    run.exits(0).tells("CloudFormation fills in the API's name (Fn::Sub \"${X}-orders\")");
    assert!(run.stdout.contains("match  = { name = \"ApiF70053CD\" }   # CloudFormation"), "{run}");
}

#[test]
fn the_stage_of_sam_is_taken() {
    let body = "Name: orders\nStageName: v1\nGatewayResponses:\n  THROTTLED: {StatusCode: 420}\n";
    has_lines(&import("t.yaml", &sam(body)), &["stages = [\"v1\"]", "status  = 420"]);
    let open = body.replace("v1", "!Ref Stage");
    let run = import("t.yaml", &sam(&open));
    assert!(run.stdout.contains("# stages = [\"prod\"]"), "{run}");
}

#[test]
fn merge_keys_of_yaml_are_followed() {
    let text = "openapi: 3.0.1\ninfo: {title: orders}\nx-amazon-apigateway-gateway-responses:\n  \
                UNAUTHORIZED: &u\n    statusCode: 401\n    responseParameters: &h\n      \
                gatewayresponse.header.X-A: \"'1'\"\n  ACCESS_DENIED:\n    <<: *u\n    \
                statusCode: 403\n  THROTTLED:\n    responseParameters:\n      <<: [*h]\n      \
                gatewayresponse.header.X-B: \"'2'\"\n";
    let run = import("api.yaml", text);
    has_lines(&run, &["status  = 403", "status  = 401", "headers = { X-A = \"1\", X-B = \"2\" }"]);
    assert_eq!(run.stdout.matches("headers = { X-A = \"1\" }").count(), 2, "{run}");
}

/// Wherever a function stands, it is no built-in value.
#[test]
fn what_cloudformation_fills_in_is_refused_wherever_it_stands() {
    for (responses, says) in [
        ("THROTTLED: !If [C, {StatusCode: 420}, !Ref AWS::NoValue]", "THROTTLED: Fn::If [\"C\""),
        ("THROTTLED: !Ref X", "THROTTLED: Ref \"X\""),
        ("THROTTLED: {StatusCode: !Ref X}", "THROTTLED.statusCode: Ref \"X\""),
        (
            "THROTTLED: {ResponseParameters: {Headers: !Ref X}}",
            "THROTTLED.responseParameters.Headers: Ref",
        ),
        ("Fn::Transform: {Name: AWS::Include}", "GatewayResponses: Fn::Transform"),
    ] {
        let run = import("t.yaml", &sam(&format!("GatewayResponses:\n  {responses}\n")));
        run.exits(1).tells("CloudFormation fills this in when it deploys").tells(says);
        assert!(run.stderr.contains("line 6: ") || run.stderr.contains("line 7: "), "{run}");
        assert_eq!(run.stdout, "");
    }
    let run = import("t.yaml", &sam("GatewayResponses: !If [C, {}, {}]\n"));
    run.exits(1).tells("GatewayResponses: Fn::If");
    // What needs no deployment is no hindrance.
    let settled = "Name: !Sub orders\nGatewayResponses:\n  THROTTLED:\n    StatusCode: !Ref \
                   AWS::NoValue\n    ResponseParameters: {Headers: {X-A: !Sub \"'1'\"}}\n";
    let run = import("t.yaml", &sam(settled));
    has_lines(&run, &["match  = { name = \"orders\" }", "headers = { X-A = \"1\" }"]);
    assert!(!run.stdout.contains("status"), "{run}");
}

#[test]
fn the_globals_of_sam_are_every_apis() {
    let globals = "Globals:\n  Api:\n    Name: orders\n    GatewayResponses:\n      THROTTLED:\n        \
                   StatusCode: 420\n        ResponseTemplates: {a/b: x}\n      DEFAULT_5XX:\n        \
                   ResponseParameters: {Headers: {X-A: \"'1'\"}}\n";
    let own = sam("GatewayResponses:\n  THROTTLED: {StatusCode: 421}\n");
    let run = import("t.yaml", &format!("{globals}{own}"));
    has_lines(
        &run,
        &[
            "match  = { name = \"orders\" }",
            "status  = 421",
            "templates.\"a/b\" = \"x\"",
            "[apis.orders.responses.DEFAULT_5XX]",
        ],
    );
    // The API that SAM makes of functions has them, too.
    let function = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
                    Events: {E: {Type: Api, Properties: {Path: /, Method: get}}}\n";
    let run = import("t.yaml", &format!("{globals}{function}"));
    has_lines(&run, &["stages = [\"Prod\"]", "status  = 420"]);
    let run = import("t.yaml", &format!("{globals}Resources: {{}}\n"));
    run.exits(1).tells("`Globals.Api.GatewayResponses` is of no API");
}

#[test]
fn a_response_finds_its_api_however_that_is_named() {
    let template = |responses: &str| {
        format!(
            "Resources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties: {{Name: \
             orders}}\n{responses}"
        )
    };
    let by = |api: &str| import("t.yaml", &template(&response("G", api, "THROTTLED", "")));
    for api in ["!Ref Api", "!GetAtt Api.RestApiId", "{Fn::GetAtt: [Api, RestApiId]}"] {
        has_lines(&by(api), &["match  = { name = \"orders\" }", "status  = 420"]);
    }
    let run = by("abcde12345");
    has_lines(&run, &["match  = { id = \"abcde12345\" }", "status  = 420"]);
    assert_eq!(run.stderr, "");
    by("!ImportValue shared")
        .exits(1)
        .tells("G.RestApiId: Fn::ImportValue \"shared\"")
        .tells("gwr import --api-id ID");
    let missing = template(&response("G", "''", "THROTTLED", ""));
    import("t.yaml", &missing).exits(1).tells("`G` does not say which API it belongs to");
}

#[test]
fn two_resources_for_one_response_are_refused_and_conditions_told() {
    let twice = format!(
        "Resources:\n{}{}",
        response("G1", "abcde12345", "THROTTLED", ""),
        response("G2", "abcde12345", "THROTTLED", "")
    );
    let run = import("t.yaml", &twice);
    run.exits(1).tells("`G1` and `G2` are both THROTTLED");
    let one = response("G1", "abcde12345", "THROTTLED", "    Condition: IsProd\n");
    let run = import("t.yaml", &format!("Resources:\n{one}"));
    run.exits(0).tells("`G1` has the condition IsProd: THROTTLED is imported as if that held");
    has_lines(&run, &["# Imported as if the condition IsProd (`G1`) held."]);
    // Within the definition and beside it: CloudFormation writes the resource last.
    let body = "  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      Body:\n        \
                info: {title: orders}\n        x-amazon-apigateway-gateway-responses:\n          \
                THROTTLED: {statusCode: 421}\n";
    let both = format!("Resources:\n{body}{}", response("G", "!Ref Api", "THROTTLED", ""));
    let run = import("t.yaml", &both);
    run.exits(0).tells("THROTTLED is in the definition of the API and in `G`, which wins");
    has_lines(&run, &["status  = 420"]);
}

#[test]
fn a_definition_in_another_file_is_named() {
    let included = "DefinitionBody:\n  Fn::Transform:\n    Name: AWS::Include\n    Parameters: \
                    {Location: openapi.yaml}\n";
    for definition in [included, "DefinitionUri: openapi.yaml\n"] {
        let run = import("t.yaml", &sam(definition));
        run.exits(1).tells("has no gateway responses itself");
        run.tells("hint: Import that file instead: `gwr import --from-openapi openapi.yaml`.");
        let own = format!("{definition}GatewayResponses: {{THROTTLED: {{StatusCode: 420}}}}\n");
        let run = import("t.yaml", &sam(&own));
        run.exits(0).tells("the definition of `Api` is in openapi.yaml, which is not read");
        has_lines(&run, &["status  = 420"]);
    }
    let far = "Resources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n      \
               BodyS3Location: {Bucket: b, Key: 'a; rm b'}\n";
    let run = import("t.yaml", far);
    run.exits(1).tells("s3://b/a; rm b").tells("`gwr import --from-openapi FILE`");
}

#[test]
fn what_a_document_says_in_vain_is_told() {
    let run = import(
        "api.json",
        r#"{"info": {"title": "orders"}, "x-amazon-apigateway-gateway-responses":
            {"THROTTLED": {"statuscode": 418, "statusCode": 420, "statusCode": 421},
             "throttled": {}}}"#,
    );
    run.exits(0)
        .tells(
            "`statuscode` of THROTTLED is not a member of a gateway response (there is \
             `statusCode`)",
        )
        .tells("throttled is not a known response type (there is THROTTLED)")
        .tells("`x-amazon-apigateway-gateway-responses.THROTTLED.statusCode` is there twice");
    has_lines(&run, &["status  = 421"]);
    let sam = sam("GatewayResponses:\n  THROTTLED: {statusCode: 418, StatusCode: 420}\n");
    let run = import("t.yaml", &sam);
    run.exits(0).tells("`statusCode` of THROTTLED is not a member");
    let yaml = "x-amazon-apigateway-gateway-responses:\n  THROTTLED: {statusCode: 420}\n  \
                THROTTLED: {statusCode: 421}\n---\ninfo: {title: two}\n";
    let run = import("api.yaml", yaml);
    run.exits(0)
        .tells("line 3: the key `THROTTLED` is there twice; the last one counts")
        .tells("a second document begins in line 5; only the first is read");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "x-amazon-apigateway-gateway-responses:\n  DEFAULT_4XX: {statusCode: default}\n  \
                THROTTLED: {statusCode: 700, responseTemplates: {a/b: 1}}\n";
    let run = import("api.yaml", text);
    run.exits(1)
        .tells("it has 3 errors:")
        .tells("line 2: DEFAULT_4XX has the status \"default\", which is none: it must be from 100")
        .tells("line 3: THROTTLED has the status 700, which is none")
        .tells("line 3: \"a/b\" in `THROTTLED.responseTemplates` is no text: put 1 in quotes");
}

/// Nobody knows what stdin is called.
#[test]
fn an_api_from_stdin_without_a_name_waits_for_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = binary::command(folder.path(), &["import", "--from-openapi", "-"]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("it runs");
    let text = "x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: 420}}\n";
    child.stdin.take().expect("stdin").write_all(text.as_bytes()).expect("written");
    let run = binary::wait(child);
    run.tells("stdin: api: the document does not say the API's name");
    let line = "match  = { name = \"NAME\" }   # the document does not say the API's name: put it \
                here, or its id";
    has_lines(&run, &["[apis.api]", line]);
    assert!(run.stdout.contains(" from stdin, "), "{run}");
    is_valid(&run.stdout);
}
