//! Attempts, pauses and time limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::server::{Act, Server, error, json as answer};
use super::{account, connected, gateway_at, hastily_with, quick, with};
use crate::aws::call::limits::TimeLimits;
use crate::aws::call::quota::WaitReason;
use crate::aws::{AwsErrorKind, QuotaPolicy};

fn nothing() -> Act {
    answer(200, json!({"item": []}))
}

#[tokio::test]
async fn what_may_mend_is_tried_again() {
    for act in [
        error(429, "TooManyRequestsException", "Too Many Requests"),
        Act::Answer(429, Vec::new(), String::new()),
        error(400, "ThrottlingException", "Rate exceeded"),
        error(500, "InternalFailure", "Internal server error"),
        error(503, "ServiceUnavailableException", "Service unavailable"),
        Act::Answer(502, Vec::new(), "<html>Bad Gateway</html>".to_owned()),
        error(409, "ConflictException", "concurrent modification"),
        Act::Reset,
        Act::Close,
        Act::Truncate(200, json!({"item": []}).to_string()),
    ] {
        let (server, gateway) = with([act.clone(), nothing()]).await;
        let read = gateway.gateway_responses("abc").await;
        assert!(read.is_ok(), "{act:?}: {read:?}");
        assert_eq!(server.lines().len(), 2, "{act:?}");
        assert_eq!(gateway.calls(), 2, "{act:?}");
    }
}

#[tokio::test]
async fn what_does_not_mend_is_not_tried_again() {
    for act in [
        error(429, "LimitExceededException", "Too many stages"),
        error(400, "BadRequestException", "no"),
        error(403, "AccessDeniedException", "no"),
        error(404, "NotFoundException", "no"),
        error(401, "UnauthorizedException", "no"),
        answer(200, "<html>"),
    ] {
        let (server, gateway) = with([act.clone(), nothing()]).await;
        let read = gateway.gateway_responses("abc").await;
        assert!(read.is_err(), "{act:?}");
        assert_eq!(server.lines().len(), 1, "{act:?}");
    }
}

#[tokio::test]
async fn it_ends_when_nothing_mends() {
    let (server, gateway) = with(vec![Act::Answer(429, Vec::new(), String::new()); 20]).await;
    let failed = gateway.gateway_responses("abc").await.expect_err("busy");
    assert!(matches!(failed.kind, AwsErrorKind::Throttled { .. }));
    assert_eq!(failed.attempts(), 8);
    assert_eq!(server.lines().len(), 8);
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_a_limit() {
    let later = |seconds: &str| {
        let header = vec![("Retry-After", seconds.to_owned())];
        Act::Answer(429, header, String::new())
    };
    let (server, gateway) = with([later("0.3"), nothing()]).await;
    gateway.gateway_responses("abc").await.expect("later");
    let seen = server.seen();
    let apart = seen[1].at - seen[0].at;
    assert!(apart >= Duration::from_millis(300), "{apart:?}");

    // More than the call may last: it is told at once.
    let limits = TimeLimits {
        longest_retry_after: Duration::from_secs(60),
        call: Duration::from_secs(20),
        ..quick()
    };
    let server = Server::start([later("30"), nothing()]).await;
    let policy = QuotaPolicy::interactive().time_limits(limits);
    let gateway = connected(account(&server.url), policy).await;
    let began = Instant::now();
    let failed = gateway.gateway_responses("abc").await.expect_err("too long");
    assert!(matches!(failed.kind, AwsErrorKind::Throttled { .. }));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_hangs_is_tried_twice() {
    let (server, gateway) = hastily_with(vec![Act::Hang(Duration::from_secs(5)); 5]).await;
    let began = Instant::now();
    let failed = gateway.gateway_responses("abc").await.expect_err("silence");
    assert!(matches!(failed.kind, AwsErrorKind::TimedOut { .. }), "{failed}");
    assert_eq!(server.lines().len(), 2);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(failed.to_string().contains(&server.url), "{failed}");
}

#[tokio::test]
async fn an_answer_that_stands_still_is_given_up() {
    let stall = || Act::Stall(200, Duration::from_secs(5));
    let began = Instant::now();
    let (_server, gateway) = hastily_with([stall(), stall(), stall()]).await;
    let failed = gateway.gateway_responses("abc").await;
    let failed = failed.expect_err("half an answer");
    assert!(matches!(failed.kind, AwsErrorKind::TimedOut { .. }), "{failed}");

    // A large answer may take long, as long as it goes on.
    let patient =
        TimeLimits { stall: Duration::from_millis(200), patience: Duration::ZERO, ..quick() };
    let server = Server::start([stall()]).await;
    let policy = QuotaPolicy::interactive().time_limits(patient);
    let gateway = connected(account(&server.url), policy).await;
    let failed = gateway.gateway_responses("abc").await;
    let failed = failed.expect_err("half an answer");
    assert!(matches!(failed.kind, AwsErrorKind::ConnectionLost { .. }), "{failed}");
    assert!(failed.to_string().contains("(200) broke off"), "{failed}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_refused_connection_is_told_soon_and_nothing_was_done() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let gateway = gateway_at(&url).await;
    let failed = gateway
        .writer()
        .patch("abc", crate::model::ResponseType::Throttled, &[])
        .await
        .expect_err("nobody is there");
    assert!(
        matches!(&failed.kind, AwsErrorKind::Unreachable { endpoint, .. } if **endpoint == *url),
        "{failed}"
    );
    assert_eq!(failed.attempts(), 3);
    assert!(failed.to_string().contains("refused"), "{failed}");
}

#[tokio::test]
async fn waits_are_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&told);
    let header = vec![("Retry-After", "1".to_owned())];
    let server = Server::start([Act::Answer(503, header, String::new()), nothing()]).await;
    let policy = QuotaPolicy::interactive()
        .time_limits(quick())
        .on_wait(move |wait| ear.lock().expect("no panic").push(wait.clone()));
    let gateway = connected(account(&server.url), policy).await;
    gateway.gateway_responses("abc").await.expect("later");
    let told = told.lock().expect("no panic");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].reason, WaitReason::Unavailable);
    assert_eq!(told[0].to_string(), "waiting 1 s: the service failed at GetGatewayResponses");
}

#[tokio::test]
async fn connections_of_one_policy_share_the_quota() {
    let server = Server::start(vec![nothing(); 24]).await;
    let policy = QuotaPolicy::interactive().time_limits(quick());
    let one = connected(account(&server.url), policy.clone()).await;
    let other = connected(account(&server.url), policy).await;
    let began = Instant::now();
    for _ in 0..12 {
        one.gateway_responses("abc").await.expect("an answer");
        other.gateway_responses("abc").await.expect("an answer");
    }
    // 19 at once, five more at 9.5 a second: alone each would have needed no wait.
    assert!(began.elapsed() >= Duration::from_millis(400));
}
