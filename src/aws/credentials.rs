//! Whose credentials, and what is wrong with them.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileSet;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::os_shim_internal::{Env, Fs};

use super::error::{AccessDenied, AwsErrorKind};
use super::text::chain;

/// Credentials about to expire are not handed out again.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A provider that has its first credentials already: they were loaded to see
/// whether there are any, and a `credential_process` may ask a person for a code.
#[derive(Debug)]
pub(super) struct Loaded {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl Loaded {
    pub(super) fn new(first: Credentials, provider: SharedCredentialsProvider) -> Self {
        Self { first: Mutex::new(Some(first)), provider }
    }

    fn still_good(&self) -> Option<Credentials> {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let good = first.as_ref().is_some_and(|credentials| {
            credentials.expiry().is_none_or(|at| at > SystemTime::now() + MARGIN)
        });
        if !good {
            *first = None;
        }
        first.clone()
    }
}

impl ProvideCredentials for Loaded {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.still_good() {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => self.provider.provide_credentials(),
        }
    }
}

/// A failed provider in words, and a hint that is better than the kind's own.
pub(super) fn classify(
    error: &CredentialsError,
    profile: Option<&str>,
) -> (AwsErrorKind, Option<String>) {
    let message = chain(error);
    // Texts, since the SDK keeps these errors private (aws-config, `sso/token.rs`).
    if message.contains("SSO token") || message.contains("SSO session") {
        return (
            AwsErrorKind::ExpiredCredentials { profile: profile.map(Box::from), message },
            None,
        );
    }
    if message.contains("ExpiredToken") {
        return (
            AwsErrorKind::ExpiredCredentials { profile: profile.map(Box::from), message },
            Some("Get new credentials for the source of this role or profile.".to_owned()),
        );
    }
    match error {
        CredentialsError::CredentialsNotLoaded(_) => (
            AwsErrorKind::NoCredentials {
                message: match profile {
                    Some(profile) => format!("profile `{profile}` has none"),
                    None => "none in the environment, the profiles, SSO, or this machine's role"
                        .to_owned(),
                },
            },
            None,
        ),
        _ => (AwsErrorKind::NoCredentials { message }, None),
    }
}

/// The refusal to assume a role, in terms of a policy.
pub(super) fn role_denied(error: &CredentialsError, role_arn: &str) -> Option<AwsErrorKind> {
    let message = chain(error);
    message.contains("AccessDenied").then(|| {
        AwsErrorKind::AccessDenied(Box::new(AccessDenied {
            action: "sts:AssumeRole".to_owned(),
            resource: role_arn.to_owned(),
            message,
        }))
    })
}

/// The profile that the chain would take, and whether it wants a code that the Rust
/// SDK never asks for (`mfa_serial` is not read by it).
pub(super) async fn mfa_profile(profile: Option<&str>) -> Option<String> {
    let selected = profile.map(|name| name.to_owned().into());
    let profiles: ProfileSet =
        aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), selected)
            .await
            .ok()?;
    profiles.get("mfa_serial").map(|_| profiles.selected_profile().to_owned())
}

/// What to do about a profile with `mfa_serial`.
pub(super) fn mfa_hint(profile: &str) -> String {
    format!(
        "Profile `{profile}` has `mfa_serial`, for which no code is asked here: run \
         `eval \"$(aws configure export-credentials --profile {profile} --format env)\"` first, \
         and leave `profile` and AWS_PROFILE unset."
    )
}
