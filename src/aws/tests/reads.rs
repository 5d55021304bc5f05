//! Requests as they go out, answers as they come in.

use serde_json::json;

use super::server::{error, json as answer};
use super::with;
use crate::aws::AwsErrorKind;
use crate::model::{Live, ResponseType, StatusCode};
use crate::state::observed::{Canary, Served};

#[tokio::test]
async fn gateway_responses_are_one_call() {
    let inherited = json!({
        "responseType": "UNAUTHORIZED", "statusCode": "599", "defaultResponse": true,
        "responseParameters": {"gatewayresponse.header.X": "'inherited'"},
        "responseTemplates": {},
    });
    let (server, gateway) =
        with([answer(200, json!({"item": [inherited, super::throttled()]}))]).await;
    let configured = gateway.gateway_responses("abc").await.expect("an answer");
    assert_eq!(configured.get(ResponseType::Unauthorized), &Live::Default);
    let throttled = configured.get(ResponseType::Throttled).customized();
    let throttled = throttled.expect("customised");
    assert_eq!(throttled.status.map(StatusCode::get), Some(430));
    assert_eq!(server.lines(), ["GET /restapis/abc/gatewayresponses"]);
    assert_eq!(server.seen()[0].header("accept"), Some("application/json"));
    assert_eq!(gateway.calls(), 1);
}

#[tokio::test]
async fn an_answer_without_the_list_is_not_nothing_customised() {
    for body in ["{}", "", r#"{"message":"hello"}"#] {
        let (_server, gateway) = with([answer(200, body)]).await;
        let error = gateway.gateway_responses("abc").await.expect_err("no list");
        assert!(matches!(error.kind, AwsErrorKind::Unreadable { .. }), "{body:?}: {error}");
    }
}

#[tokio::test]
async fn a_status_that_is_none_is_unreadable() {
    let entry = json!({"responseType": "THROTTLED", "statusCode": "often"});
    let (_server, gateway) = with([answer(200, json!({"item": [entry]}))]).await;
    let error = gateway.gateway_responses("abc").await.expect_err("no status");
    assert_eq!(
        error.to_string(),
        "GetGatewayResponses on API abc in eu-west-1: this is not API Gateway's answer: THROTTLED has \
         the status \"often\", which is invalid: it must be from 100 to 599"
    );
}

#[tokio::test]
async fn pages_are_followed_but_not_for_ever() {
    let page = |id: &str, position: Option<&str>| {
        let mut page = json!({"item": [{"id": id, "name": "n", "tags": {"team": "a"}}]});
        if let Some(position) = position {
            page["position"] = json!(position);
        }
        answer(200, page)
    };
    let (server, gateway) = with([page("a", Some("p1")), page("b", None)]).await;
    let apis = gateway.rest_apis().await.expect("two pages");
    assert_eq!(apis.iter().map(|api| &*api.id).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(apis[0].tags["team"], "a");
    let lines = server.lines();
    assert!(lines[0].contains("limit=500"), "{lines:?}");
    assert!(lines[1].contains("position=p1"), "{lines:?}");

    let (_server, gateway) = with([page("a", Some("p1")), page("b", Some("p1"))]).await;
    let error = gateway.rest_apis().await.expect_err("an endless list");
    assert!(error.to_string().contains("same page"), "{error}");
}

#[tokio::test]
async fn an_api_is_told_with_what_a_deployment_freezes() {
    let (_server, gateway) = with([answer(
        200,
        json!({
            "id": "abc", "name": "orders", "disableExecuteApiEndpoint": true,
            "policy": "{\\\"Version\\\":\\\"2012-10-17\\\"}",
            "binaryMediaTypes": ["image/png", "*/*"],
            "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "dualstack"},
            "tags": {"aws:cloudformation:stack-name": "s"}, "createdDate": 1_700_000_000.5,
        }),
    )])
    .await;
    let api = gateway.rest_api("abc").await.expect("an API");
    assert_eq!(api.policy, Some(json!({"Version": "2012-10-17"})));
    assert!(api.disable_execute_api_endpoint);
    assert_eq!(Vec::from_iter(api.binary_media_types), ["*/*", "image/png"]);
    assert_eq!(Vec::from_iter(api.endpoint_types), ["PRIVATE"]);
}

#[tokio::test]
async fn stages_tell_where_they_point() {
    let (_server, gateway) = with([answer(
        200,
        json!({"item": [
            {"stageName": "prod", "deploymentId": "d1", "canarySettings":
                {"percentTraffic": 12.5, "deploymentId": "d2", "useStageCache": false}},
            {"stageName": "empty"},
        ]}),
    )])
    .await;
    let stages = gateway.stages("abc").await.expect("stages");
    assert_eq!(stages["prod"].deployment_id.as_deref(), Some("d1"));
    assert_eq!(
        stages["prod"].canary,
        Some(Canary { deployment_id: Some("d2".to_owned()), percent_traffic: "12.5".to_owned() })
    );
    assert_eq!(stages["empty"].deployment_id, None);
}

#[tokio::test]
async fn exports_are_read() {
    let document = json!({
        "openapi": "3.0.1", "info": {"version": "1"}, "paths": {},
        "x-amazon-apigateway-gateway-responses": {"THROTTLED": {"statusCode": 430}},
    });
    let (server, gateway) = with([answer(200, document)]).await;
    let served = gateway.export("abc", "prod").await.expect("an export");
    let Served::Exported(export) = served else {
        panic!("{served:?}");
    };
    assert_eq!(export.responses.len(), 1);
    assert_eq!(
        server.lines(),
        ["GET /restapis/abc/stages/prod/exports/oas30?extensions=apigateway"]
    );
}

#[tokio::test]
async fn exports_that_cannot_be_had_are_answers_unless_a_retry_could_mend_them() {
    let no_stage = error(404, "NotFoundException", "Invalid stage identifier specified");
    let (_server, gateway) = with([no_stage]).await;
    let served = gateway.export("abc", "prod").await;
    assert_eq!(served.expect("an answer"), Served::NoSuchStage);

    for (act, says) in [
        (
            error(400, "BadRequestException", "Only found non-JSON body models"),
            "non-JSON body models",
        ),
        (
            error(403, "AccessDeniedException", "User: x is not authorized"),
            "apigateway:GET on \
             arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod/exports/oas30",
        ),
        (answer(200, "<html>hello</html>"), "<html>hello"),
        (answer(200, r#"{"openapi":"3.0.1"}"#), "no `paths`"),
    ] {
        let (_server, gateway) = with([act]).await;
        let served = gateway.export("abc", "prod").await.expect("an answer");
        let Served::Unreadable(reason) = served else {
            panic!("{served:?}");
        };
        assert!(reason.why.contains(says), "{reason:?} should say {says:?}");
        assert!(reason.call.starts_with("GetExport: "), "{reason:?}");
    }

    let no_api = "Invalid API identifier specified 123456789012:abc";
    let (_server, gateway) = with([error(404, "NotFoundException", no_api)]).await;
    let failed = gateway.export("abc", "prod").await.expect_err("no API");
    assert!(matches!(failed.kind, AwsErrorKind::NotFound { .. }));

    let busy = vec![error(503, "ServiceUnavailableException", "later"); 8];
    let (_server, gateway) = with(busy).await;
    let failed = gateway.export("abc", "prod").await.expect_err("not now");
    assert!(failed.is_retryable(), "{failed}");
}

#[tokio::test]
async fn deployments_and_their_methods_are_told() {
    let (server, gateway) = with([
        answer(
            200,
            json!({"item": [
                {"id": "old", "createdDate": 1_700_000_000, "description": "a"},
                {"id": "new", "createdDate": 1_700_000_100.25},
            ]}),
        ),
        answer(
            200,
            json!({"id": "new", "apiSummary":
                {"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": true}}}}),
        ),
        answer(200, json!({"id": "new"})),
    ])
    .await;
    let deployments = gateway.deployments("abc").await.expect("two");
    assert_eq!(deployments[0].id, "new");
    assert_eq!(deployments[0].created_at, Some(1_700_000_100));
    assert_eq!(deployments[1].description.as_deref(), Some("a"));
    let summary = gateway.deployment_summary("abc", "new").await;
    let summary = summary.expect("a summary");
    assert!(summary["/"]["GET"].api_key_required);
    assert_eq!(server.lines()[1], "GET /restapis/abc/deployments/new?embed=apisummary");
    let none = gateway.deployment_summary("abc", "new").await;
    assert!(matches!(
        none.expect_err("no summary is not no methods").kind,
        AwsErrorKind::Unreadable { .. }
    ));
}

#[tokio::test]
async fn resources_come_with_their_methods() {
    let (server, gateway) = with([answer(
        200,
        json!({"item": [{"id": "r", "path": "/a", "resourceMethods": {
            "GET": {"authorizationType": "CUSTOM", "authorizerId": "z", "apiKeyRequired": true,
                "requestValidatorId": "v", "methodIntegration": {
                    "type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn:x"}},
            "ANY": {},
        }}]}),
    )])
    .await;
    let resources = gateway.resources("abc").await.expect("one");
    assert_eq!(Vec::from_iter(&resources[0].methods), ["ANY", "GET"]);
    let get = &resources[0].configured["GET"];
    assert_eq!(get.summary.authorization_type, "CUSTOM");
    assert_eq!(get.request_validator_id.as_deref(), Some("v"));
    let integration = get.integration.as_ref().expect("one");
    assert_eq!(integration.kind.as_deref(), Some("AWS_PROXY"));
    let line = &server.lines()[0];
    assert!(line.contains("embed=methods") && line.contains("limit=500"), "{line}");
}

#[tokio::test]
async fn a_stage_is_asked_like_anybody_asks() {
    let (server, gateway) = with([super::Act::Answer(
        418,
        vec![("X-Custom", "caf\u{e9}".to_owned())],
        "x".repeat(70_000),
    )])
    .await;
    let answer = gateway.ask_stage("abc", "prod", "PURGE", "/no/such?x=1").await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (418, 64 * 1024));
    assert!(answer.headers.iter().any(|(name, _)| name == "x-custom"));
    let seen = &server.seen()[0];
    assert_eq!(seen.line(), "PURGE /_aws/execute-api/abc/prod/no/such?x=1");
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(gateway.calls(), 0);
}
