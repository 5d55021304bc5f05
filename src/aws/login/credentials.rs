//! Whose credentials, and what is wrong with them.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use crate::aws::call::error::{AccessDenied, AwsErrorKind};
use crate::aws::call::failure::find;
use crate::aws::call::http::{Reached, TransportError};
use crate::aws::call::text::chain;

/// Credentials about to expire are not handed out again.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A provider that has its first credentials already: they were loaded to see
/// whether there are any, and a `credential_process` may ask a person for a code.
#[derive(Debug)]
pub(crate) struct Loaded {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl Loaded {
    pub(crate) fn new(first: Credentials, provider: SharedCredentialsProvider) -> Self {
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
pub(crate) fn classify(
    error: &CredentialsError,
    profile: Option<&str>,
) -> (AwsErrorKind, Option<String>) {
    // The outermost sentence says only that something about credentials failed.
    let message = match error.source() {
        Some(cause) => chain(cause),
        None => chain(error),
    };
    let expired =
        |message| AwsErrorKind::ExpiredCredentials { profile: profile.map(Box::from), message };
    // Texts, since the SDK keeps these errors private (aws-config, `sso/token.rs` and, for a
    // profile without `sso_session`, `sso/cache.rs`: a file that is not there yet).
    if ["SSO token", "SSO session", "/sso/cache/"].iter().any(|words| message.contains(words)) {
        return (expired(message), None);
    }
    if message.contains("ExpiredToken") {
        let hint = "Get new credentials for the source of this role or profile.".to_owned();
        return (expired(message), Some(hint));
    }
    // The chain ends at the instance metadata service, which most machines lack.
    if !message.contains("IMDS")
        && find::<TransportError>(error).is_some_and(|t| t.reached == Reached::Nobody)
    {
        let kind = AwsErrorKind::Unreachable {
            endpoint: "the provider of the credentials".into(),
            message,
        };
        return (kind, None);
    }
    let message = match error {
        CredentialsError::CredentialsNotLoaded(_) => match profile {
            Some(profile) => format!("profile `{profile}` has none"),
            None => "none in the environment, the profiles, SSO, or this machine's role".to_owned(),
        },
        _ => message,
    };
    (AwsErrorKind::NoCredentials { message }, None)
}

/// The refusal to assume a role, in terms of a policy, and what to do.
pub(crate) fn role_denied(
    error: &CredentialsError,
    role_arn: &str,
) -> Option<(AwsErrorKind, String)> {
    let message = chain(error.source().unwrap_or(error));
    if !message.contains("AccessDenied") {
        return None;
    }
    let kind = AwsErrorKind::AccessDenied(Box::new(AccessDenied {
        action: "sts:AssumeRole".to_owned(),
        resource: role_arn.to_owned(),
        message,
        policy_command: None,
    }));
    let hint = format!(
        "Allow the caller `sts:AssumeRole` on `{role_arn}`, and let the role's trust policy name \
         the caller (and `external_id`, where it asks for one)."
    );
    Some((kind, hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::login::connect::setup_error;

    #[test]
    fn a_login_that_is_over_is_told_with_its_profile() {
        let error = CredentialsError::provider_error("the SSO token has expired");
        let (kind, _) = classify(&error, Some("corp"));
        let AwsErrorKind::ExpiredCredentials { profile, message } = kind else {
            panic!("{kind:?}");
        };
        assert_eq!(profile.as_deref(), Some("corp"));
        assert_eq!(message, "the SSO token has expired");
    }

    /// The SDK's words for a profile without `sso_session` before the first login.
    #[test]
    fn a_login_that_never_was_is_told_with_its_profile() {
        let error = CredentialsError::provider_error(
            "failed to read `/home/x/.aws/sso/cache/a51746d4.json`: No such file or directory",
        );
        let (kind, hint) = classify(&error, Some("corp"));
        assert_eq!(hint, None);
        let failed = setup_error(kind);
        assert_eq!(failed.hint().as_deref(), Some("Log in: `aws sso login --profile corp`."));
        assert!(failed.to_string().starts_with("the login of profile `corp` "), "{failed}");
    }

    #[test]
    fn a_role_that_is_denied_is_a_matter_of_policy() {
        let error = CredentialsError::provider_error("service error: AccessDenied: no");
        let (kind, hint) = role_denied(&error, "arn:aws:iam::1:role/x").expect("denied");
        assert!(matches!(kind, AwsErrorKind::AccessDenied(_)));
        assert!(hint.contains("sts:AssumeRole"), "{hint}");
        let error = CredentialsError::provider_error("something else");
        assert!(role_denied(&error, "arn:aws:iam::1:role/x").is_none());
    }

    #[tokio::test]
    async fn credentials_that_are_there_are_not_loaded_twice() {
        let keys = |name: &str, expiry| Credentials::new(name, "s", None, expiry, "test");
        let later = SharedCredentialsProvider::new(keys("second", None));
        let lasting = Loaded::new(keys("first", None), later.clone());
        let over = Loaded::new(keys("first", Some(SystemTime::now())), later);
        for (loaded, expected) in [(lasting, "first"), (over, "second")] {
            let keys = loaded.provide_credentials().await.expect("some");
            assert_eq!(keys.access_key_id(), expected);
        }
    }
}
