//! What people read when something went wrong.

use serde_json::json;

use super::server::{Act, Server, error, json as answer};
use super::{account, connected, with};
use crate::aws::{AwsError, QuotaPolicy};
use crate::model::ResponseType;

async fn read(act: Act) -> AwsError {
    let (_server, gateway) = with([act]).await;
    let answer = gateway.gateway_responses("abc").await;
    answer.expect_err("it is an error")
}

#[tokio::test]
async fn messages_name_operation_api_region_and_request() {
    let failed = read(error(400, "BadRequestException", "Invalid thing")).await;
    assert_eq!(
        failed.to_string(),
        "GetGatewayResponses on API abc in eu-west-1: AWS refuses the request: Invalid thing \
         (BadRequestException) (request id req-1)"
    );
    assert_eq!(failed.request_id(), Some("req-1"));
}

#[tokio::test]
async fn every_kind_has_its_words_and_hint() {
    for (act, says, hints) in [
        (
            error(404, "NotFoundException", "Invalid API identifier specified 1:abc"),
            "not found: Invalid API identifier specified 1:abc",
            "Check the id, the region",
        ),
        (
            error(429, "LimitExceededException", "Too many deployments"),
            "a limit of the account is reached: Too many deployments",
            "--prune",
        ),
        (
            error(403, "ExpiredTokenException", "The security token included is expired"),
            "the credentials have expired",
            "aws sso login",
        ),
        (
            error(403, "UnrecognizedClientException", "The security token is invalid"),
            "does not accept the credentials",
            "get-caller-identity",
        ),
        (
            error(403, "InvalidSignatureException:http://x", "Signature expired"),
            "Signature expired (InvalidSignatureException)",
            "clock",
        ),
        (
            answer(200, "<!DOCTYPE html>\n<title>Welcome</title>"),
            "status 200, and it begins with \"<!DOCTYPE html>\"",
            "other than API Gateway",
        ),
        (
            Act::Answer(404, Vec::new(), "\u{1b}[31mnope".to_owned()),
            "status 404, and it begins with \"\\u{1b}[31mnope\"",
            "other than API Gateway",
        ),
        (
            Act::Answer(302, vec![("Location", "/login".to_owned())], String::new()),
            "an empty answer with status 302",
            "other than API Gateway",
        ),
        (
            // A body that the SDK's own model cannot read.
            Act::Answer(
                429,
                vec![("x-amzn-ErrorType", "LimitExceededException".to_owned())],
                json!({"message": "full", "retryAfterSeconds": 5}).to_string(),
            ),
            "a limit of the account is reached: full",
            "--prune",
        ),
        (
            answer(400, json!({"__type": "ns#ValidationException", "message": "bad"})),
            "bad (ValidationException)",
            "",
        ),
        (
            Act::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
            "does not speak HTTP",
            "other than API Gateway",
        ),
    ] {
        let failed = read(act).await;
        let message = failed.to_string();
        assert!(message.contains(says), "{message:?} should say {says:?}");
        let hint = failed.hint().unwrap_or_default();
        assert!(hint.contains(hints), "{hint:?} should say {hints:?}");
        assert!(!message.contains('\u{1b}'));
    }
}

#[tokio::test]
async fn a_denial_names_the_action_to_grant() {
    let words = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: \
                 apigateway:PATCH on resource: y";
    let (_server, gateway) = with([error(403, "AccessDeniedException", words)]).await;
    let failed =
        gateway.writer().patch("abc", ResponseType::Throttled, &[]).await.expect_err("denied");
    assert!(failed.to_string().contains(words), "{failed}");
    assert_eq!(
        failed.hint().expect("a hint"),
        "Grant `apigateway:PATCH` on \
         `arn:aws:apigateway:eu-west-1::/restapis/abc/gatewayresponses/THROTTLED`."
    );
}

#[tokio::test]
async fn a_denial_says_once_who_may_not_do_what_and_names_the_command_that_tells_the_rest() {
    let resource = "arn:aws:apigateway:eu-west-1::/restapis/abc/gatewayresponses";
    let words =
        format!("User: x is not authorized to perform: apigateway:GET on resource: {resource}");
    let server = Server::start([error(403, "AccessDeniedException", &words)]).await;
    let policy = QuotaPolicy::interactive().policy_command("gwr policy plan -f a.toml".to_owned());
    let gateway = connected(account(&server.url), policy).await;
    let failed = gateway.gateway_responses("abc").await.expect_err("denied");
    assert_eq!(
        failed.to_string(),
        format!(
            "GetGatewayResponses on API abc in eu-west-1: access denied: {words} \
             (AccessDeniedException) (request id req-1)"
        )
    );
    let hint = failed.hint().expect("a hint");
    assert!(
        hint.ends_with("; `gwr policy plan -f a.toml` prints every permission that is needed.")
    );
}

#[tokio::test]
async fn control_characters_of_the_service_are_stripped() {
    let failed = read(error(400, "BadRequestException", "a\u{1b}[2Jb\nc\u{202e}d")).await;
    assert!(failed.to_string().contains("a [2Jb cd"), "{failed}");
}

#[tokio::test]
async fn deep_and_huge_answers_are_errors_not_crashes() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let huge = format!("{{\"item\":[{{\"statusCode\":{}}}]}}", "9".repeat(400));
    for (status, body) in [(200, &deep), (400, &deep), (200, &huge)] {
        let failed = read(answer(status, body)).await;
        assert!(!failed.to_string().is_empty());
    }
}
