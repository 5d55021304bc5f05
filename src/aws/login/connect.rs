//! From an `[accounts]` table and the command line to a connection.

use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials as Keys;
use aws_smithy_types::retry::RetryConfig;

use super::chain::by_chain;
use super::setup::{LoginRequest, SANDBOX_ACCOUNT, address, setup_error, stalls, timeouts};
use crate::aws::call::error::{AwsError, AwsErrorKind};
use crate::aws::call::http::{Http, host_of};
use crate::aws::call::quota::{QuotaKey, QuotaPolicy};
use crate::aws::link::{Identity, Link};
use crate::state::desired::{Account, Identity as Whose};

/// What the command line puts in the place of the account's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    pub region: Option<String>,
    /// Replaces a `role_arn` too: the profile says then who calls.
    pub profile: Option<String>,
    pub endpoint_url: Option<String>,
}

/// Where credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// As the account's table says, by the SDK's chain.
    Chain,
    /// Fixed ones for the sandbox: no environment, profile, SSO or STS is touched.
    Dummy,
}

/// The sandbox's region if none is set.
const SANDBOX_REGION: &str = "us-east-1";

/// Resolves region, endpoint and credentials.
pub(crate) async fn connect(
    account: &Account,
    overrides: &Overrides,
    credentials: Credentials,
    policy: QuotaPolicy,
) -> Result<Link, AwsError> {
    let Account { id, region, identity, endpoint_url, quota_share: _, deploy_interval: _ } =
        account;
    let endpoint = overrides
        .endpoint_url
        .as_ref()
        .or(endpoint_url.as_ref())
        .map(|url| checked_endpoint(url))
        .transpose()?;
    let request = LoginRequest {
        region: overrides.region.clone().or_else(|| region.clone()),
        endpoint,
        whose: match &overrides.profile {
            Some(profile) => Whose::Profile(profile.clone()),
            None => identity.clone(),
        },
        id: id.clone(),
    };
    match credentials {
        Credentials::Chain => by_chain(account, request, policy).await,
        Credentials::Dummy => Ok(for_sandbox(account, request, policy)),
    }
}

fn checked_endpoint(url: &str) -> Result<String, AwsError> {
    let url = url.trim().trim_end_matches('/');
    let is_http = url.starts_with("http://") || url.starts_with("https://");
    if is_http && host_of(url).is_some() && !url.contains(['?', '#', ' ']) {
        return Ok(url.to_owned());
    }
    Err(setup_error(AwsErrorKind::Unsendable {
        message: format!(
            "{url:?} is not an endpoint URL, which looks like http://127.0.0.1:4566 or \
             https://HOST"
        ),
    }))
}

fn for_sandbox(account: &Account, request: LoginRequest, policy: QuotaPolicy) -> Link {
    let LoginRequest { region, endpoint, whose: _, id } = request;
    let region = region.unwrap_or_else(|| SANDBOX_REGION.to_owned());
    let account_id = id.unwrap_or_else(|| SANDBOX_ACCOUNT.to_owned());
    let http = Http::default();
    let mut client = aws_sdk_apigateway::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.clone()))
        .credentials_provider(Keys::new("sandbox", "sandbox", None, None, "sandbox"))
        .http_client(http.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(&policy.limits))
        .stalled_stream_protection(stalls(&policy.limits));
    client.set_endpoint_url(endpoint.clone());
    let key = QuotaKey {
        identity: account_id.clone(),
        region: region.clone(),
        endpoint: endpoint.clone(),
    };
    Link {
        client: aws_sdk_apigateway::Client::from_conf(client.build()),
        identity: Identity::Sandbox,
        http,
        address: address(endpoint.as_deref(), &region),
        region,
        account_id: Some(account_id),
        endpoint,
        profile: None,
        expire_at: None::<SystemTime>,
        quota: policy.quota(key, account.quota_share, account.deploy_interval),
        policy,
        attempts: AtomicU64::new(0),
    }
}
