//! What is sent, and what becomes of it when nobody knows.

use std::collections::BTreeMap;

use serde_json::json;

use super::server::{Act, error, json as answer};
use super::{hastily_with, throttled, with};
use crate::aws::AwsErrorKind;
use crate::model::{
    Customization, HeaderName, HeaderValue, Live, PatchOp, PatchOperation, ResponseType, StatusCode,
};

const THROTTLED: ResponseType = ResponseType::Throttled;

fn status(number: i64) -> StatusCode {
    StatusCode::try_from(number).expect("a status")
}

fn operations() -> Vec<PatchOperation> {
    vec![
        PatchOperation::set_status(status(430)),
        PatchOperation {
            op: PatchOp::Remove,
            path: crate::model::template_path("text/plain"),
            value: None,
        },
    ]
}

#[tokio::test]
async fn a_patch_is_sent_as_it_is() {
    let (server, gateway) = with([answer(200, throttled())]).await;
    let live = gateway.writer().patch("abc", THROTTLED, &operations()).await;
    let live = live.expect("done");
    assert_eq!(live.customized().and_then(|r| r.status), Some(status(430)));
    let seen = &server.seen()[0];
    assert_eq!(seen.line(), "PATCH /restapis/abc/gatewayresponses/THROTTLED");
    assert_eq!(
        seen.json(),
        json!({"patchOperations": [
            {"op": "replace", "path": "/statusCode", "value": "430"},
            {"op": "remove", "path": "/responseTemplates/text~1plain"},
        ]})
    );
}

#[tokio::test]
async fn a_put_leaves_out_what_is_unset() {
    let (server, gateway) = with([answer(201, throttled()), answer(201, throttled())]).await;
    let writer = gateway.writer();
    writer.put("abc", THROTTLED, &Customization::default()).await.expect("done");
    let to = Customization {
        status: Some(status(430)),
        headers: BTreeMap::from([(HeaderName::observed("X-A"), HeaderValue::literal("1"))]),
        templates: BTreeMap::from([("a/b".to_owned(), "t".to_owned())]),
    };
    writer.put("abc", THROTTLED, &to).await.expect("done");
    let seen = server.seen();
    assert_eq!(seen[0].line(), "PUT /restapis/abc/gatewayresponses/THROTTLED");
    assert_eq!(seen[0].json(), json!({}));
    assert_eq!(
        seen[1].json(),
        json!({"statusCode": "430", "responseTemplates": {"a/b": "t"},
            "responseParameters": {"gatewayresponse.header.X-A": "'1'"}})
    );
}

#[tokio::test]
async fn the_answer_of_a_write_is_read_like_a_read() {
    let mut default = throttled();
    default["defaultResponse"] = json!(true);
    let (_server, gateway) = with([answer(200, default)]).await;
    let live = gateway.writer().patch("abc", THROTTLED, &operations()).await;
    assert_eq!(live.expect("done"), Live::Default);

    let (_server, gateway) = with([answer(200, "{}")]).await;
    let answer = gateway.writer().patch("abc", THROTTLED, &operations()).await;
    assert!(answer.expect_err("about nothing").is_unclear());
}

#[tokio::test]
async fn a_patch_is_sent_again_only_if_it_was_not_done() {
    let not_done = error(429, "TooManyRequestsException", "Too Many Requests");
    let (server, gateway) = with([not_done, answer(200, throttled())]).await;
    let live = gateway.writer().patch("abc", THROTTLED, &operations()).await;
    live.expect("done at last");
    assert_eq!(server.lines().len(), 2);

    for act in [
        Act::Reset,
        Act::Close,
        Act::Truncate(200, throttled().to_string()),
        Act::Hang(std::time::Duration::from_secs(1)),
        error(500, "InternalFailure", "Internal server error"),
        error(503, "ServiceUnavailableException", "later"),
        answer(200, "<html>"),
    ] {
        let script = [act.clone(), answer(200, throttled())];
        let (server, gateway) = match &act {
            Act::Hang(_) => hastily_with(script).await,
            _ => with(script).await,
        };
        let live = gateway.writer().patch("abc", THROTTLED, &operations()).await;
        let failed = live.expect_err("nobody knows");
        assert!(failed.is_unclear(), "{act:?}: {failed}");
        assert_eq!(server.lines().len(), 1, "{act:?}");
    }
}

#[tokio::test]
async fn writes_that_may_be_repeated_are() {
    for act in [
        Act::Reset,
        Act::Close,
        Act::Truncate(200, throttled().to_string()),
        error(500, "InternalFailure", "Internal server error"),
    ] {
        let (server, gateway) = with([
            act.clone(),
            answer(201, throttled()),
            act.clone(),
            answer(200, json!({"stageName": "prod", "deploymentId": "d2"})),
        ])
        .await;
        let writer = gateway.writer();
        let put = writer.put("abc", THROTTLED, &Customization::default()).await;
        put.expect("done at last");
        let pointer = writer.point_stage("abc", "prod", "d2").await;
        assert_eq!(pointer.expect("done").deployment_id.as_deref(), Some("d2"), "{act:?}");
        assert_eq!(server.lines().len(), 4);
        assert_eq!(
            server.seen()[3].json(),
            json!({"patchOperations":
                [{"op": "replace", "path": "/deploymentId", "value": "d2"}]})
        );
    }
}

#[tokio::test]
async fn a_conflict_is_for_the_caller() {
    let busy = error(409, "ConflictException", "concurrent modification");
    let (server, gateway) = with([busy.clone(), busy.clone(), busy.clone()]).await;
    let writer = gateway.writer();
    let to = Customization::default();
    for failed in [
        writer.patch("abc", THROTTLED, &operations()).await.map(|_| ()),
        writer.put("abc", THROTTLED, &to).await.map(|_| ()),
        writer.delete("abc", THROTTLED).await,
    ] {
        let failed = failed.expect_err("somebody else writes");
        assert!(matches!(failed.kind, AwsErrorKind::Conflict { .. }), "{failed}");
    }
    assert_eq!(server.lines().len(), 3);

    let (server, gateway) = with([busy, answer(200, json!({"item": []}))]).await;
    gateway.gateway_responses("abc").await.expect("a read retries");
    assert_eq!(server.lines().len(), 2);
}

/// The last answer says what to tell; whether something was done, all of them together.
#[tokio::test]
async fn a_write_did_nothing_where_every_attempt_was_refused() {
    let denied = || error(403, "AccessDeniedException", "no");
    let slower = || error(429, "TooManyRequestsException", "Too Many Requests");
    for (script, did_nothing) in [
        (vec![denied()], true),
        (vec![slower(), slower(), error(400, "BadRequestException", "no")], true),
        (vec![slower(); 8], true),
        (vec![error(409, "ConflictException", "concurrent modification")], true),
        (vec![Act::Reset, denied()], false),
        (vec![error(503, "ServiceUnavailableException", "no"), slower(), denied()], false),
        (vec![error(500, "InternalFailure", "no"); 8], false),
        (vec![answer(200, "{}")], false),
    ] {
        let told = format!("{script:?}");
        let (server, gateway) = with(script).await;
        let put = gateway.writer().put("abc", THROTTLED, &Customization::default()).await;
        let failed = put.expect_err("refused");
        assert_eq!(failed.did_nothing(), did_nothing, "{told}: {failed}");
        assert_eq!(failed.attempts() as usize, server.lines().len(), "{told}");
    }
}

#[tokio::test]
async fn what_is_gone_is_deleted() {
    let (server, gateway) = with([
        answer(202, ""),
        error(404, "NotFoundException", "Gateway response type not defined on api"),
        error(404, "NotFoundException", "Invalid API identifier specified 1:abc"),
        Act::Reset,
        error(404, "NotFoundException", "Invalid Deployment identifier specified"),
        error(400, "BadRequestException", "Active stages pointing to this deployment"),
    ])
    .await;
    let writer = gateway.writer();
    writer.delete("abc", THROTTLED).await.expect("deleted");
    writer.delete("abc", THROTTLED).await.expect("was not there");
    let failed = writer.delete("abc", THROTTLED).await.expect_err("no API");
    assert!(matches!(failed.kind, AwsErrorKind::NotFound { .. }));
    writer.delete_deployment("abc", "d1").await.expect("gone");
    let failed = writer.delete_deployment("abc", "d1").await;
    assert!(matches!(failed.expect_err("in use").kind, AwsErrorKind::BadRequest { .. }));
    assert_eq!(server.lines()[4], "DELETE /restapis/abc/deployments/d1");
}

#[tokio::test]
async fn a_deployment_is_created_without_a_stage() {
    let (server, gateway) = with([answer(201, json!({"id": "d1", "createdDate": 1}))]).await;
    let deployment = gateway
        .writer()
        .create_deployment("abc", "gwr/1 run=r1 hello", "r1")
        .await
        .expect("created");
    assert_eq!((&*deployment.id, deployment.created_at), ("d1", Some(1)));
    assert_eq!(server.seen()[0].json(), json!({"description": "gwr/1 run=r1 hello"}));
}

#[tokio::test]
async fn an_unclear_deployment_is_looked_for_before_a_second_try() {
    let other = json!({"id": "d0", "description": "gwr/1 run=r10 x", "createdDate": 5});
    let ours = json!({"id": "d1", "description": "gwr/1 run=r1 x", "createdDate": 4});
    let nothing = answer(200, json!({"item": [other]}));
    let found = answer(200, json!({"item": [other, ours]}));

    // It was made; the list shows it late.
    let (server, gateway) = with([Act::Reset, nothing.clone(), found.clone()]).await;
    let create = |gateway: &crate::aws::Gateway| {
        let writer = gateway.writer();
        async move { writer.create_deployment("abc", "gwr/1 run=r1 x", "r1").await }
    };
    assert_eq!(create(&gateway).await.expect("found").id, "d1");
    assert_eq!(server.lines().len(), 3);
    assert!(server.lines()[1].starts_with("GET /restapis/abc/deployments?"));

    // It was not made: looked for three times, then tried again.
    let (server, gateway) = with([
        error(500, "InternalFailure", "Internal server error"),
        nothing.clone(),
        nothing.clone(),
        nothing.clone(),
        answer(201, json!({"id": "d2"})),
    ])
    .await;
    assert_eq!(create(&gateway).await.expect("created").id, "d2");
    assert_eq!(server.lines()[4], "POST /restapis/abc/deployments");

    // It cannot be found out: no second try.
    let denied = error(403, "AccessDeniedException", "no");
    let (server, gateway) =
        with([Act::Truncate(201, json!({"id": "d1"}).to_string()), denied]).await;
    let failed = create(&gateway).await.expect_err("nobody knows");
    assert!(failed.is_unclear(), "{failed}");
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn deployments_keep_their_distance_also_when_retried() {
    let busy = error(429, "TooManyRequestsException", "Too Many Requests");
    let server = super::Server::start([busy, answer(201, json!({"id": "d1"}))]).await;
    let account = crate::state::desired::Account {
        deploy_interval: Some(0.4),
        ..super::account(&server.url)
    };
    let gateway = super::connected(
        account,
        crate::aws::QuotaPolicy::interactive().time_limits(super::quick()),
    )
    .await;
    let created = gateway.writer().create_deployment("abc", "run=r", "r").await;
    created.expect("created");
    let seen = server.seen();
    let apart = seen[1].at - seen[0].at;
    // The first may have been seen late.
    assert!(apart.as_millis() >= 300, "{apart:?}");
}

#[tokio::test]
async fn a_canary_keeps_its_settings() {
    let stage = json!({
        "stageName": "prod", "deploymentId": "d0",
        "canarySettings": {"percentTraffic": 12.5, "deploymentId": "d1", "useStageCache": true,
            "stageVariableOverrides": {"a": "b"}},
    });
    let (server, gateway) = with([
        answer(200, &stage),
        answer(201, json!({"id": "d2"})),
        answer(200, &stage),
        answer(200, json!({"stageName": "beta"})),
    ])
    .await;
    let writer = gateway.writer();
    let created = writer.create_canary_deployment("abc", "prod", "run=r", "r").await;
    assert_eq!(created.expect("created").id, "d2");
    assert_eq!(
        server.seen()[1].json(),
        json!({"stageName": "prod", "description": "run=r", "canarySettings":
            {"percentTraffic": 12.5, "useStageCache": true, "stageVariableOverrides": {"a": "b"}}})
    );
    writer.point_canary("abc", "prod", "d1").await.expect("back");
    assert_eq!(
        server.seen()[2].json(),
        json!({"patchOperations":
            [{"op": "replace", "path": "/canarySettings/deploymentId", "value": "d1"}]})
    );
    let none = writer.create_canary_deployment("abc", "beta", "run=r", "r").await;
    let none = none.expect_err("no canary");
    assert!(none.to_string().contains("beta has no canary"), "{none}");
    assert_eq!(server.lines().len(), 4);
}
