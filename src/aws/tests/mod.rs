//! The client against a scripted server on loopback.

mod calls;
mod connecting;
mod errors;
mod reads;
pub mod server;
mod writes;

use std::time::Duration;

use serde_json::{Value, json};

use super::call::limits::TimeLimits;
use super::{Credentials, Gateway, Overrides, QuotaPolicy};
use crate::state::desired::Account;
use server::{Act, Server};

/// Short pauses, and limits that a busy machine does not reach.
pub fn quick() -> TimeLimits {
    TimeLimits {
        first_pause: Duration::from_millis(4),
        longest_pause: Duration::from_millis(20),
        longest_retry_after: Duration::from_secs(1),
        search_pause: Duration::from_millis(5),
        ..TimeLimits::default()
    }
}

/// Limits that a test can wait for.
fn hasty() -> TimeLimits {
    TimeLimits {
        answer: Duration::from_millis(200),
        stall: Duration::from_millis(200),
        attempt: Duration::from_millis(300),
        call: Duration::from_secs(2),
        patience: Duration::from_millis(390),
        ..quick()
    }
}

fn account(url: &str) -> Account {
    Account {
        region: Some("eu-west-1".to_owned()),
        endpoint_url: Some(url.to_owned()),
        quota_share: Some(1.0),
        deploy_interval: Some(0.01),
        ..Account::default()
    }
}

async fn connected(account: Account, policy: QuotaPolicy) -> Gateway {
    let overrides = Overrides::default();
    Gateway::connect(&account, &overrides, Credentials::Dummy, policy)
        .await
        .expect("nothing is asked for the sandbox")
}

async fn gateway_at(url: &str) -> Gateway {
    let policy = QuotaPolicy::interactive().time_limits(quick());
    connected(account(url), policy).await
}

/// A server with this script, and a gateway that talks to it.
async fn with(script: impl IntoIterator<Item = Act>) -> (Server, Gateway) {
    let server = Server::start(script).await;
    let gateway = gateway_at(&server.url).await;
    (server, gateway)
}

/// The same for a test that waits for a limit.
async fn hastily_with(script: impl IntoIterator<Item = Act>) -> (Server, Gateway) {
    let server = Server::start(script).await;
    let policy = QuotaPolicy::interactive().time_limits(hasty());
    let gateway = connected(account(&server.url), policy).await;
    (server, gateway)
}

/// A customised THROTTLED.
fn throttled() -> Value {
    json!({
        "responseType": "THROTTLED",
        "statusCode": "430",
        "responseParameters": {"gatewayresponse.header.X-A": "'1'"},
        "responseTemplates": {"application/json": "{}"},
        "defaultResponse": false,
    })
}
