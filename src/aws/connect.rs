//! From an `[accounts]` table to a connection: region, credentials, endpoint, account.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_types::service_config::ServiceConfigKey;

use super::call::TimeLimits;
use super::credentials::{
    Loaded, ProfileTrouble, classify, mfa_hint, missing_profile, profile_trouble, role_denied,
};
use super::error::{AwsError, AwsErrorKind, Details};
use super::http::{Http, host_of};
use super::link::{Identity, Link};
use super::partition::{account_of_role, partition};
use super::quota::{QuotaKey, QuotaPolicy};
use crate::desired::{Account, Identity as Whose};

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

/// The account that the sandbox plays.
pub(super) const SANDBOX_ACCOUNT: &str = "123456789012";
/// The sandbox's region where nobody names another.
const SANDBOX_REGION: &str = "us-east-1";
/// A `credential_process` may ask a person for a code; the SDK's default of 5 s would
/// end that.
const CREDENTIALS_LIMIT: Duration = Duration::from_secs(120);

/// What `connect` failed at, while there is no link that could tell it.
fn setup_error(operation: &'static str, region: &str, kind: AwsErrorKind) -> AwsError {
    AwsError {
        operation,
        rest_api_id: None,
        region: region.to_owned(),
        kind,
        details: Box::default(),
    }
}

fn with_hint(error: AwsError, hint: String) -> AwsError {
    AwsError { details: Box::new(Details { hint: Some(hint), ..*error.details }), ..error }
}

/// Resolves region, endpoint and credentials.
pub(super) async fn connect(
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
    let wanted = Wanted {
        region: overrides.region.clone().or_else(|| region.clone()),
        endpoint,
        whose: match &overrides.profile {
            Some(profile) => Whose::Profile(profile.clone()),
            None => identity.clone(),
        },
        id: id.clone(),
    };
    match credentials {
        Credentials::Chain => by_chain(account, wanted, policy).await,
        Credentials::Dummy => Ok(for_sandbox(account, wanted, policy)),
    }
}

/// What table and command line come to.
struct Wanted {
    region: Option<String>,
    endpoint: Option<String>,
    whose: Whose,
    id: Option<String>,
}

fn checked_endpoint(url: &str) -> Result<String, AwsError> {
    let url = url.trim().trim_end_matches('/');
    let is_http = url.starts_with("http://") || url.starts_with("https://");
    if is_http && host_of(url).is_some() && !url.contains(['?', '#', ' ']) {
        return Ok(url.to_owned());
    }
    Err(setup_error(
        "Connect",
        "",
        AwsErrorKind::Unsendable {
            message: format!(
                "{url:?} is no endpoint: it must look like http://127.0.0.1:4566 or \
                 https://HOST"
            ),
        },
    ))
}

async fn by_chain(
    account: &Account,
    wanted: Wanted,
    policy: QuotaPolicy,
) -> Result<Link, AwsError> {
    let Wanted { region, endpoint, whose, id } = wanted;
    let http = Http::default();
    let profile = match &whose {
        Whose::Profile(profile) => Some(profile.clone()),
        Whose::DefaultChain | Whose::Role { .. } => None,
    };
    let config = load(&http, region, endpoint.as_deref(), profile.as_deref(), &policy.limits).await;
    let profile = profile.or_else(|| std::env::var("AWS_PROFILE").ok());
    let Some(region) = config.region().map(ToString::to_string) else {
        // A profile that is nowhere has no region either, but that is not the trouble.
        if let Some(ProfileTrouble::Missing(name)) = profile_trouble(profile.as_deref()).await {
            let (kind, hint) = missing_profile(&name);
            return Err(with_hint(setup_error("Connect", "", kind), hint));
        }
        return Err(setup_error("Connect", "", AwsErrorKind::NoRegion));
    };
    let (keys, config) = load_credentials(config, &whose, profile.as_deref(), &region).await?;
    let endpoint = endpoint.or_else(|| configured_endpoint(&config));
    let account_id = id
        .clone()
        .or_else(|| keys.account_id().map(|id| id.as_str().to_owned()))
        .or_else(|| match &whose {
            Whose::Role { role_arn, .. } => account_of_role(role_arn).map(str::to_owned),
            Whose::DefaultChain | Whose::Profile(_) => None,
        });
    let key = QuotaKey {
        identity: account_id.clone().unwrap_or_else(|| keys.access_key_id().to_owned()),
        region: region.clone(),
        endpoint: endpoint.clone(),
    };
    let mut client = aws_sdk_apigateway::config::Builder::from(&config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(&policy.limits))
        .stalled_stream_protection(stalls(&policy.limits));
    client.set_endpoint_url(endpoint.clone());
    let sts = aws_sdk_sts::config::Builder::from(&config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(&policy.limits))
        .build();
    let link = Link {
        client: aws_sdk_apigateway::Client::from_conf(client.build()),
        identity: Identity::Sts(aws_sdk_sts::Client::from_conf(sts)),
        http,
        address: address(endpoint.as_deref(), &region),
        account_id,
        endpoint,
        profile,
        expire_at: keys.expiry(),
        quota: policy.quota(key, account.quota_share, account.deploy_interval),
        policy,
        attempts: AtomicU64::new(0),
        region,
    };
    match id {
        Some(expected) => check_account(link, expected).await,
        None => Ok(link),
    }
}

/// The SDK's configuration: environment, profiles, and what was given.
async fn load(
    http: &Http,
    region: Option<String>,
    endpoint: Option<&str>,
    profile: Option<&str>,
    limits: &TimeLimits,
) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .timeout_config(timeouts(limits))
        .retry_config(RetryConfig::standard())
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_LIMIT).build());
    if let Ok(name) = AppName::new("gwr") {
        loader = loader.app_name(name);
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    // An emulator answers for STS as well. An HTTPS endpoint is one of API Gateway's
    // (a VPC endpoint, say), and STS has its own.
    if let Some(url) = endpoint.filter(|url| url.starts_with("http://")) {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// Loads credentials now, so that a missing login is told before anything is read.
async fn load_credentials(
    config: SdkConfig,
    whose: &Whose,
    profile: Option<&str>,
    region: &str,
) -> Result<(Keys, SdkConfig), AwsError> {
    let failed = |kind| setup_error("LoadCredentials", region, kind);
    let base = config.credentials_provider().ok_or_else(|| {
        failed(AwsErrorKind::NoCredentials { message: "the chain is empty".to_owned() })
    })?;
    let provider = match whose {
        Whose::DefaultChain | Whose::Profile(_) => base,
        Whose::Role { role_arn, external_id, session_name } => {
            let mut role = AssumeRoleProvider::builder(role_arn)
                .configure(&config)
                .session_name(session_name.as_deref().unwrap_or("gwr"));
            if let Some(external_id) = external_id {
                role = role.external_id(external_id);
            }
            SharedCredentialsProvider::new(role.build_from_provider(base).await)
        }
    };
    match provider.provide_credentials().await {
        Ok(keys) => {
            let loaded = Loaded::new(keys.clone(), provider);
            let config = config
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(loaded))
                .build();
            Ok((keys, config))
        }
        Err(error) => {
            if let Whose::Role { role_arn, .. } = whose
                && let Some((kind, hint)) = role_denied(&error, role_arn)
            {
                return Err(with_hint(failed(kind), hint));
            }
            let (kind, hint) = classify(&error, profile);
            let unreachable = matches!(kind, AwsErrorKind::Unreachable { .. });
            match profile_trouble(profile).await {
                Some(ProfileTrouble::Missing(name)) => {
                    let (kind, hint) = missing_profile(&name);
                    Err(with_hint(failed(kind), hint))
                }
                Some(ProfileTrouble::Mfa(name)) if !unreachable => {
                    Err(with_hint(failed(kind), mfa_hint(&name)))
                }
                Some(ProfileTrouble::Mfa(_)) | None => Err(match hint {
                    Some(hint) => with_hint(failed(kind), hint),
                    None => failed(kind),
                }),
            }
        }
    }
}

/// The endpoint of environment or profile: the service's own before the general one.
fn configured_endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("API Gateway")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config
        .service_config()
        .and_then(|service| service.load_config(key))
        .or_else(|| config.endpoint_url().map(str::to_owned))
        .map(|url| url.trim_end_matches('/').to_owned())
}

async fn check_account(link: Link, expected: String) -> Result<Link, AwsError> {
    let actual = link.caller_account().await?;
    if actual == expected {
        return Ok(link);
    }
    Err(setup_error(
        "GetCallerIdentity",
        &link.region,
        AwsErrorKind::WrongAccount { expected: expected.into(), actual: actual.into() },
    ))
}

fn for_sandbox(account: &Account, wanted: Wanted, policy: QuotaPolicy) -> Link {
    let Wanted { region, endpoint, whose: _, id } = wanted;
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

fn address(endpoint: Option<&str>, region: &str) -> String {
    match endpoint {
        Some(url) => url.to_owned(),
        None => format!("https://apigateway.{region}.{}", partition(region).dns_suffix),
    }
}

fn timeouts(limits: &TimeLimits) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(limits.connect)
        .read_timeout(limits.answer)
        .operation_attempt_timeout(limits.attempt)
        .build()
}

fn stalls(limits: &TimeLimits) -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled()
        .upload_enabled(false)
        .grace_period(limits.stall)
        .build()
}
