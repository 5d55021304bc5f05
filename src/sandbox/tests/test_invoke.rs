//! The Test button: what is configured answers, deployed or not.

use super::*;

/// An API with a method at `/TYPE`, by the type of its integration, that nobody may call
/// without a signature and an API key.
fn bench_with(kind: &str) -> (Bench, String) {
    let mut bench = Bench::new(&[]);
    let root = bench.get("~")["rootResourceId"].as_str().expect("an id").to_owned();
    let made = bench.call("POST", &format!("~/resources/{root}"), &json!({"pathPart": "{item}"}));
    let path = format!("~/resources/{}/methods/ANY", made.body["id"].as_str().expect("an id"));
    let method = json!({"authorizationType": "AWS_IAM", "apiKeyRequired": true});
    assert_eq!(bench.call("PUT", &path, &method).status, 201);
    let uri = match kind {
        "AWS" | "AWS_PROXY" => {
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
        }
        _ => "http://example.com",
    };
    let integration = json!({"type": kind, "httpMethod": "POST", "uri": uri});
    assert_eq!(bench.call("PUT", &format!("{path}/integration"), &integration).status, 201);
    bench.deploy("prod");
    (bench, path.replace("/ANY", "/GET"))
}

fn test(bench: &mut Bench, path: &str, body: &Value) -> Value {
    let told = bench.call("POST", path, body);
    assert_eq!(told.status, 200, "{told:?}");
    told.body
}

/// The story that this project began with: the console's Test button shows a customisation at
/// once, and the stage goes on as before.
#[test]
fn a_test_shows_what_no_stage_serves_yet() {
    let (mut bench, path) = bench_with("AWS_PROXY");
    let at_default = test(&mut bench, &path, &json!({}));
    assert_eq!(at_default["status"], 500);
    assert_eq!(at_default["body"], r#"{"message": "Internal server error"}"#);
    // A field record: this is its only header.
    assert_eq!(at_default["headers"], json!({"x-amzn-ErrorType": "InternalServerErrorException"}));
    assert_eq!(
        at_default["multiValueHeaders"],
        json!({"x-amzn-ErrorType": ["InternalServerErrorException"]})
    );
    assert!(at_default["latency"].is_u64());

    // As the console sends it: with the 504 that it was shown.
    let operations = json!({"patchOperations": [
        {"op": "replace", "path": "/statusCode", "value": "504"},
        {"op": "add", "path": "/responseParameters/gatewayresponse.header.X-Path",
         "value": "context.path"},
    ]});
    let patched = bench.call("PATCH", "~/gatewayresponses/INTEGRATION_FAILURE", &operations);
    assert_eq!(patched.status, 200);
    let tested = test(&mut bench, &path, &json!({"pathWithQueryString": "/pets?a=1&a=2"}));
    assert_eq!((&tested["status"], &tested["headers"]["X-Path"]), (&json!(504), &json!("/pets")));
    let log = tested["log"].as_str().expect("a log");
    for line in [
        " : HTTP Method: GET, Resource Path: /pets\n",
        " : Method request path: {item=pets}\n",
        " : Method request query string: {a=1, a=2}\n",
        " : Lambda invocation failed with status: 429. Lambda request id: ",
        " : Gateway response type: INTEGRATION_FAILURE with status code: 504\n",
        " : Method completed with status: 504\n",
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    let signed = [("authorization", "AWS4-HMAC-SHA256 x")];
    let served = bench.visit("/?gwr-error=INTEGRATION_FAILURE", &signed);
    assert_eq!(served.status, 500, "nothing is deployed");
    bench.deploy("prod");
    let served = bench.visit("/?gwr-error=INTEGRATION_FAILURE", &signed);
    assert_eq!(served.status, 504);
}

#[test]
fn each_kind_of_integration_answers_as_on_a_stage() {
    for (kind, status, line) in [
        ("HTTP_PROXY", 504, "a network error communicating with endpoint"),
        ("HTTP", 504, "a network error communicating with endpoint"),
        ("AWS", 500, "Rate Exceeded."),
    ] {
        let (mut bench, path) = bench_with(kind);
        let tested = test(&mut bench, &path, &json!({}));
        assert_eq!(tested["status"], status, "{kind}");
        assert!(tested["log"].as_str().is_some_and(|log| log.contains(line)), "{kind}: {tested}");
    }
    let mut bench = Bench::new(&[]);
    let root = bench.get("~")["rootResourceId"].as_str().expect("an id").to_owned();
    let path = format!("~/resources/{root}/methods/GET");
    let tested = test(&mut bench, &path, &json!({}));
    assert_eq!(tested["status"], 200);
    assert_eq!(tested["headers"], json!({"Content-Type": "application/json"}));
    let log = tested["log"].as_str().expect("a log");
    assert!(log.contains(" : Successfully completed execution\n"), "{log}");
    assert!(log.contains(" : Method response headers: {Content-Type=application/json}\n"), "{log}");
    // As on a stage, any type can be looked at.
    let forced = json!({"pathWithQueryString": "/?gwr-error=THROTTLED"});
    assert_eq!(test(&mut bench, &path, &forced)["status"], 429);
}

#[test]
fn what_is_sent_in_the_body_is_the_request() {
    let mut bench = Bench::new(&[]);
    let root = bench.get("~")["rootResourceId"].as_str().expect("an id").to_owned();
    let path = format!("~/resources/{root}/methods/GET");
    let template = "$method.request.header.x-one|$method.request.header.x-two|\
                    $stageVariables.colour|$context.stage|$context.identity.sourceIp|\
                    $context.identity.apiKey|$context.domainName|$context.deploymentId";
    bench.put(
        "THROTTLED",
        &json!({"responseTemplates": {
            "application/json": template, "text/plain": "plain",
        }}),
    );
    let body = json!({
        "pathWithQueryString": "?gwr-error=THROTTLED",
        "headers": {"X-One": "1", "x-two": "not this"},
        "multiValueHeaders": {"X-Two": ["2", "3"]},
        "stageVariables": {"colour": "red"},
        "clientCertificateId": "abc",
        "body": "{}",
    });
    let tested = test(&mut bench, &path, &body);
    assert_eq!(
        tested["body"],
        "1|2|red|test-invoke-stage|test-invoke-source-ip|test-invoke-api-key|\
         testPrefix.testDomainName|"
    );
    assert_eq!(tested["headers"]["Content-Type"], "application/json");
    let accept = json!({
        "pathWithQueryString": "?gwr-error=THROTTLED", "headers": {"Accept": "text/plain"},
    });
    assert_eq!(test(&mut bench, &path, &accept)["body"], "plain");
}

#[test]
fn what_cannot_be_tested_is_refused() {
    let (mut bench, path) = bench_with("MOCK");
    for (path, body, status, error) in [
        ("~/resources/none00/methods/GET".to_owned(), json!({}), 404, "NotFoundException"),
        (path.replace("/GET", "/FETCH"), json!({}), 404, "NotFoundException"),
        (path.clone(), json!({"headers": {"a b": "c"}}), 400, "BadRequestException"),
        (path.clone(), json!({"headers": ["a"]}), 400, "SerializationException"),
        (path.clone(), json!({"pathWithQueryString": "/%ff"}), 400, "BadRequestException"),
    ] {
        let told = bench.call("POST", &path, &body);
        assert_eq!((told.status, told.error.as_deref()), (status, Some(error)), "{path} {body}");
    }
}

/// TestInvokeMethod needs `apigateway:POST` on the path of the method (service authorization
/// reference).
#[test]
fn a_policy_can_forbid_it() {
    let (mut bench, path) = bench_with("MOCK");
    let policy = |resource: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"apigateway:POST","Resource":"{resource}"}}]}}"#
        );
        Some(crate::sandbox::Policy::parse(&text).expect("a policy"))
    };
    bench.engine.policy = policy("arn:aws:apigateway:*::/restapis/*/resources/*/methods/GET");
    assert_eq!(bench.call("POST", &path, &json!({})).status, 200);
    bench.engine.policy = policy("arn:aws:apigateway:*::/restapis/*/deployments");
    let told = bench.call("POST", &path, &json!({}));
    assert_eq!((told.status, told.error.as_deref()), (403, Some("AccessDeniedException")));
}
