//! A connection by the SDK's own chain: environment, profiles, SSO, roles.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_types::service_config::ServiceConfigKey;

use super::credentials::{Loaded, classify, role_denied};
use super::profile::{self, Trouble};
use super::setup::{LoginRequest, address, setup_error, stalls, timeouts, with_hint};
use super::sts::caller_account;
use crate::aws::call::error::{AwsError, AwsErrorKind};
use crate::aws::call::http::Http;
use crate::aws::call::limits::TimeLimits;
use crate::aws::call::quota::{QuotaKey, QuotaPolicy};
use crate::aws::link::{Identity, Link};
use crate::model::region::account_of_role;
use crate::state::desired::{Account, Identity as Whose};

/// A `credential_process` may ask a person for a code; the SDK's default of 5 s would
/// end that.
const CREDENTIALS_LIMIT: Duration = Duration::from_secs(120);

/// Resolves what was wanted, and loads credentials.
pub(crate) async fn by_chain(
    account: &Account,
    request: LoginRequest,
    policy: QuotaPolicy,
) -> Result<Link, AwsError> {
    let LoginRequest { region, endpoint, whose, id } = request;
    let http = Http::default();
    let asked = match &whose {
        Whose::Profile(profile) => Some(profile.clone()),
        Whose::DefaultChain | Whose::Role { .. } => None,
    };
    let profile = asked.clone().or_else(|| std::env::var("AWS_PROFILE").ok());
    if let Some(trouble) = profile::certain_trouble(&whose, profile.as_deref()).await {
        return Err(no_credentials(&trouble));
    }
    let config = load(&http, region, endpoint.as_deref(), asked.as_deref(), &policy.limits).await;
    let Some(region) = config.region().map(ToString::to_string) else {
        // A profile that is nowhere has no region either, but that is not the trouble.
        if let Some(trouble @ Trouble::Missing(_)) = profile::trouble(profile.as_deref()).await {
            return Err(no_credentials(&trouble));
        }
        return Err(setup_error(AwsErrorKind::NoRegion));
    };
    let config = match asked.map(|asked| profile::provider(&asked, &config, &http)) {
        Some(provider) => with_credentials(config, provider),
        None => config,
    };
    let (keys, config) = load_credentials(config, &whose, profile.as_deref()).await?;
    let endpoint = endpoint.or_else(|| configured_endpoint(&config));
    let account_id = id
        .clone()
        .or_else(|| keys.account_id().map(|id| id.as_str().to_owned()))
        .or_else(|| match &whose {
            Whose::Role { role_arn, .. } => account_of_role(role_arn).map(str::to_owned),
            Whose::DefaultChain | Whose::Profile(_) => None,
        });
    let resolved = Resolved { http, config, keys, region, endpoint, profile, account_id };
    let link = assemble(resolved, account, policy);
    match id {
        Some(expected) => check_account(link, expected).await,
        None => Ok(link),
    }
}

/// Everything that a connection is made of.
struct Resolved {
    http: Http,
    config: SdkConfig,
    keys: Keys,
    region: String,
    endpoint: Option<String>,
    profile: Option<String>,
    account_id: Option<String>,
}

fn assemble(resolved: Resolved, account: &Account, policy: QuotaPolicy) -> Link {
    let Resolved { http, config, keys, region, endpoint, profile, account_id } = resolved;
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
    Link {
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

/// Loads credentials now, so that a missing login is reported before anything is read.
async fn load_credentials(
    config: SdkConfig,
    whose: &Whose,
    profile: Option<&str>,
) -> Result<(Keys, SdkConfig), AwsError> {
    let base = config.credentials_provider().ok_or_else(|| {
        setup_error(AwsErrorKind::NoCredentials { message: "the chain is empty".to_owned() })
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
            Ok((keys, with_credentials(config, SharedCredentialsProvider::new(loaded))))
        }
        Err(error) => {
            if let Whose::Role { role_arn, .. } = whose
                && let Some((kind, hint)) = role_denied(&error, role_arn)
            {
                return Err(with_hint(setup_error(kind), hint));
            }
            let (kind, hint) = classify(&error, profile);
            let trouble = profile::trouble(profile).await;
            Err(match (&trouble, hint) {
                (Some(trouble @ (Trouble::Missing(_) | Trouble::NoSource { .. })), _) => {
                    no_credentials(trouble)
                }
                (Some(trouble @ (Trouble::NeedsCode { .. } | Trouble::Mfa(_))), _) => {
                    with_hint(setup_error(kind), trouble.hint())
                }
                (None, Some(hint)) => with_hint(setup_error(kind), hint),
                (None, None) => setup_error(kind),
            })
        }
    }
}

fn no_credentials(trouble: &Trouble) -> AwsError {
    let (kind, hint) = trouble.told();
    with_hint(setup_error(kind), hint)
}

fn with_credentials(config: SdkConfig, provider: SharedCredentialsProvider) -> SdkConfig {
    config.into_builder().credentials_provider(provider).build()
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
    let actual = caller_account(&link).await?;
    if actual == expected {
        return Ok(link);
    }
    Err(setup_error(AwsErrorKind::WrongAccount {
        expected: expected.into(),
        actual: actual.into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::tests::server::{Act, Server, error};

    fn identity_of(account: &str) -> Act {
        let body = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        Act::Answer(200, vec![("Content-Type", "text/xml".to_owned())], body)
    }

    fn link(server: &Server) -> Link {
        let http = Http::default();
        let keys = Keys::new("a", "b", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .http_client(http.clone())
            .endpoint_url(&server.url)
            .credentials_provider(SharedCredentialsProvider::new(keys.clone()))
            .build();
        let resolved = Resolved {
            http,
            config,
            keys,
            region: "eu-west-1".to_owned(),
            endpoint: Some(server.url.clone()),
            profile: None,
            account_id: None,
        };
        assemble(
            resolved,
            &Account::default(),
            QuotaPolicy::interactive().time_limits(crate::aws::tests::quick()),
        )
    }

    #[tokio::test]
    async fn the_account_is_asked_of_sts() {
        let server = Server::start([identity_of("123456789012"), identity_of("1")]).await;
        let checked = check_account(link(&server), "123456789012".to_owned()).await;
        assert!(checked.is_ok(), "{checked:?}");
        let wrong = check_account(link(&server), "123456789012".to_owned()).await;
        let wrong = wrong.expect_err("another account");
        assert_eq!(
            wrong.to_string(),
            "the credentials belong to account 1, the file says 123456789012"
        );
        assert_eq!(server.lines(), ["POST /", "POST /"]);
    }

    #[tokio::test]
    async fn a_failing_sts_is_told_in_its_own_words() {
        let body = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security \
                    token is invalid</Message></Error></ErrorResponse>";
        let xml = Act::Answer(403, Vec::new(), body.to_owned());
        let json = error(403, "InvalidClientTokenId", "The security token is invalid");
        for act in [xml, json] {
            let server = Server::start([act]).await;
            let failed = check_account(link(&server), "1".to_owned()).await;
            let failed = failed.expect_err("refused");
            assert!(matches!(failed.kind, AwsErrorKind::RefusedCredentials { .. }), "{failed}");
            assert!(failed.to_string().contains("token is invalid"), "{failed}");
        }
    }
}
