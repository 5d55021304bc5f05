use super::*;

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Bodies and names seen on AWS, spacing included.
#[test]
fn default_answers() {
    let mut bench = Bench::new(&[]);
    for (path, status, error, body) in [
        (
            "/nothing",
            403,
            "MissingAuthenticationTokenException",
            r#"{"message":"Missing Authentication Token"}"#,
        ),
        ("/?gwr-error=INVALID_API_KEY", 403, "ForbiddenException", r#"{"message":"Forbidden"}"#),
        (
            "/?gwr-error=ACCESS_DENIED",
            403,
            "AccessDeniedException",
            r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
        ),
        (
            "/?gwr-error=AUTHORIZER_CONFIGURATION_ERROR",
            500,
            "AuthorizerConfigurationException",
            r#"{"message":null}"#,
        ),
        (
            "/?gwr-error=INTEGRATION_FAILURE",
            500,
            "InternalServerErrorException",
            r#"{"message": "Internal server error"}"#,
        ),
        (
            "/?gwr-error=INTEGRATION_FAILURE&gwr-cause=504",
            504,
            "InternalServerErrorException",
            r#"{"message": "Network error communicating with endpoint"}"#,
        ),
        (
            "/?gwr-error=INTEGRATION_TIMEOUT",
            504,
            "InternalServerErrorException",
            r#"{"message": "Endpoint request timed out"}"#,
        ),
        (
            "/?gwr-error=UNSUPPORTED_MEDIA_TYPE",
            415,
            "BadRequestException",
            r#"{"message": "Unsupported Media Type"}"#,
        ),
        (
            "/?gwr-error=QUOTA_EXCEEDED",
            429,
            "LimitExceededException",
            r#"{"message":"Limit Exceeded"}"#,
        ),
    ] {
        let answer = bench.visit(path, &[]);
        assert_eq!(
            (answer.status, header(&answer, "x-amzn-ErrorType"), text(&answer).as_str()),
            (status, Some(error), body),
            "{path}"
        );
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
    }
    assert_eq!(bench.visit("/", &[]).status, 200);
    for of in crate::model::ResponseType::ALL {
        let answer = bench.visit(&format!("/?gwr-error={of}"), &[]);
        let expected = match of.as_str() {
            "DEFAULT_4XX" => 400,
            "DEFAULT_5XX" | "INTEGRATION_FAILURE" => 500,
            _ => of.builtin_status().expect("a status"),
        };
        assert_eq!(answer.status, expected, "{of}");
    }
}

/// Measured by claudia's tests: a family default answers an unknown path.
#[test]
fn a_family_default_is_served_with_status_headers_and_template() {
    let mut bench = Bench::new(&[]);
    bench.put("DEFAULT_4XX", &json!({
        "statusCode": "411",
        "responseParameters": {
            "gatewayresponse.header.X-Static": "'*'",
            "gatewayresponse.header.X-Name": "method.request.header.name",
            "gatewayresponse.header.X-Gone": "method.request.header.gone",
        },
        "responseTemplates": {"application/json": "{\"custom\":true,\"message\":$context.error.messageString}"},
    }));
    assert_eq!(bench.visit("/nothing", &[]).status, 403, "not deployed yet");
    bench.deploy("prod");
    let answer = bench.visit("/nothing", &[("name", "Peter")]);
    assert_eq!(answer.status, 411);
    assert_eq!(header(&answer, "x-static"), Some("*"));
    assert_eq!(header(&answer, "x-name"), Some("Peter"));
    assert_eq!(header(&answer, "x-gone"), None);
    assert_eq!(header(&answer, "x-amzn-errortype"), Some("MissingAuthenticationTokenException"));
    assert_eq!(text(&answer), r#"{"custom":true,"message":"Missing Authentication Token"}"#);
    // The family default is not for those that have something of their own, nor
    // for the one type that cannot be customised.
    assert_eq!(bench.visit("/?gwr-error=REQUEST_TOO_LARGE", &[]).status, 413);
    bench.put("UNAUTHORIZED", &json!({}));
    bench.deploy("prod");
    let own = bench.visit("/?gwr-error=UNAUTHORIZED", &[]);
    assert_eq!((own.status, header(&own, "x-static")), (401, None));
}

#[test]
fn accept_selects_the_template() {
    let mut bench = Bench::new(&[]);
    bench.put(
        "THROTTLED",
        &json!({"responseTemplates": {
            "application/json": "json", "application/xml": "<xml/>", "text/html": "html",
        }}),
    );
    bench.deploy("prod");
    for (accept, expected) in [
        (None, "application/json"),
        (Some("application/xml"), "application/xml"),
        (Some("text/html,application/xml;q=0.9"), "text/html"),
        (Some("image/png, text/html"), "application/json"),
        (Some("*/*"), "application/json"),
    ] {
        let headers: Vec<_> = accept.iter().map(|accept| ("accept", *accept)).collect();
        let answer = bench.visit("/?gwr-error=THROTTLED", &headers);
        assert_eq!(header(&answer, "content-type"), Some(expected), "{accept:?}");
    }
}

#[test]
fn a_stage_settles_at_once_or_by_turns() {
    let statuses = |quirk: &str| {
        let mut bench = Bench::new(&[quirk]);
        bench.put("THROTTLED", &json!({"statusCode": "430"}));
        bench.deploy("prod");
        let visits: Vec<u16> =
            (0..4).map(|_| bench.visit("/?gwr-error=THROTTLED", &[]).status).collect();
        let exports: Vec<bool> = (0..4).map(|_| bench.exported().is_null()).collect();
        (visits, exports)
    };
    assert_eq!(statuses("settle=at-once"), (vec![430; 4], vec![false; 4]));
    assert_eq!(
        statuses("settle=flapping"),
        (vec![430, 429, 430, 429], vec![false, true, false, true])
    );
}

/// Recorded in LocalStack's snapshots of 2025-05-30 and in serverless#11518.
#[test]
fn a_canary_moves_alone_until_it_is_promoted() {
    let mut bench = Bench::new(&[]);
    bench.put("THROTTLED", &json!({"statusCode": "430"}));
    let canary = json!({"stageName": "prod", "canarySettings": {
        "percentTraffic": 100.0, "stageVariableOverrides": {"colour": "blue"},
    }});
    let before = bench.get("~/stages/prod")["deploymentId"].clone();
    let made = bench.call("POST", "~/deployments", &canary);
    assert_eq!(made.status, 201);
    let stage = bench.get("~/stages/prod");
    assert_eq!(stage["deploymentId"], before);
    assert_eq!(stage["canarySettings"]["deploymentId"], made.body["id"]);
    assert_eq!(bench.visit("/?gwr-error=THROTTLED", &[]).status, 430);
    assert_eq!(bench.exported(), Value::Null, "the stage's own half is exported");
    let plain = bench.call("POST", "~/deployments", &json!({"stageName": "prod"}));
    assert_eq!(
        plain.message(),
        "Invalid deployment content specified.Non canary deployment not supported on stage prod \
         because Canary is enabled. Provide CanarySettings in deploymentInput."
    );
    let promoted = bench.call(
        "PATCH",
        "~/stages/prod",
        &json!({"patchOperations": [
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
            {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        ]}),
    );
    assert_eq!(promoted.body["deploymentId"], made.body["id"]);
    assert_eq!(promoted.body["variables"], json!({"colour": "blue"}));
    assert_eq!(promoted.body["canarySettings"]["percentTraffic"], 0.0);
}

#[test]
fn what_a_method_demands_is_answered_by_its_type() {
    let mut bench = Bench::new(&[]);
    let root = bench.get("~")["rootResourceId"].as_str().expect("an id").to_owned();
    let authorizer = json!({"name": "pool", "type": "COGNITO_USER_POOLS", "identitySource": "method.request.header.Authorization"});
    let authorizer = bench.call("POST", "~/authorizers", &authorizer).body["id"].clone();
    let validator = json!({"name": "v", "validateRequestParameters": true});
    let validator = bench.call("POST", "~/requestvalidators", &validator).body["id"].clone();
    for (part, method) in [
        ("iam", json!({"authorizationType": "AWS_IAM"})),
        ("key", json!({"authorizationType": "NONE", "apiKeyRequired": true})),
        ("pool", json!({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": authorizer})),
        (
            "query",
            json!({"authorizationType": "NONE", "requestValidatorId": validator, "requestParameters": {"method.request.querystring.q": true}}),
        ),
        ("http", json!({"authorizationType": "NONE"})),
    ] {
        let made = bench.call("POST", &format!("~/resources/{root}"), &json!({"pathPart": part}));
        let path = format!("~/resources/{}/methods/GET", made.body["id"].as_str().expect("an id"));
        assert_eq!(bench.call("PUT", &path, &method).status, 201, "{part}");
        let integration = json!({"type": "HTTP", "httpMethod": "GET", "uri": "http://example.com"});
        assert_eq!(bench.call("PUT", &format!("{path}/integration"), &integration).status, 201);
    }
    bench.deploy("prod");
    for (path, headers, status, error) in [
        ("/iam", &[][..], 403, "MissingAuthenticationTokenException"),
        (
            "/iam",
            &[("authorization", "AWS4-HMAC-SHA256 …".trim_end_matches('…'))][..],
            504,
            "InternalServerErrorException",
        ),
        ("/key", &[("x-api-key", "unknown")][..], 403, "ForbiddenException"),
        ("/pool", &[][..], 401, "UnauthorizedException"),
        ("/query", &[][..], 400, "BadRequestException"),
        ("/query?q=1", &[][..], 504, "InternalServerErrorException"),
        ("/http", &[][..], 504, "InternalServerErrorException"),
        ("/none", &[("authorization", "foo")][..], 403, "IncompleteSignatureException"),
    ] {
        let answer = bench.visit(path, headers);
        assert_eq!(
            (answer.status, header(&answer, "x-amzn-errortype")),
            (status, Some(error)),
            "{path}"
        );
    }
    assert_eq!(
        text(&bench.visit("/query", &[])),
        r#"{"message": "Missing required request parameters: [q]"}"#
    );
}
