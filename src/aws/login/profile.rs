//! Profiles of the AWS files: credentials of one that was asked for by name, and what is
//! wrong with one.
//!
//! A profile that the file or `--profile` names comes before the keys of the environment,
//! as with the AWS CLI; one of AWS_PROFILE comes behind them, as with the Rust SDK.

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_types::os_shim_internal::{Env, Fs};

use crate::aws::call::error::AwsErrorKind;
use crate::aws::call::http::Http;
use crate::state::desired::Identity;

/// The credentials of this profile; the environment's keys are not asked. A profile without
/// any (it may have a region only) leaves it to the machine's role, as with the AWS CLI.
pub(crate) fn provider(name: &str, config: &SdkConfig, http: &Http) -> SharedCredentialsProvider {
    let mut base = ProviderConfig::without_region()
        .with_behavior_version(config.behavior_version())
        .with_http_client(http.clone())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack())
        .with_region(config.region().cloned());
    if let Some(retries) = config.retry_config() {
        base = base.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        base = base.with_timeout_config(timeouts.clone());
    }
    let profile =
        ProfileFileCredentialsProvider::builder().configure(&base).profile_name(name).build();
    let container = EcsCredentialsProvider::builder().configure(&base).build();
    let instance = ImdsCredentialsProvider::builder().configure(&base).build();
    SharedCredentialsProvider::new(
        CredentialsProviderChain::first_try("Profile", profile)
            .or_else("EcsContainer", container)
            .or_else("Ec2InstanceMetadata", instance),
    )
}

/// What a profile is, as far as it explains a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No file defines it.
    Missing(String),
    /// No file defines its source.
    NoSource { profile: String, source: String },
    /// Its role, or that of one of its sources, is assumed with a code for `mfa_serial`,
    /// for which the Rust SDK never asks.
    NeedsCode { profile: String, of: String },
    /// It has `mfa_serial` and no role: some other program is to put credentials there.
    Mfa(String),
}

impl Trouble {
    /// Why there are no credentials, and what to do about it.
    pub(crate) fn told(&self) -> (AwsErrorKind, String) {
        let (message, hint) = match self {
            Self::Missing(name) => (
                format!("there is no profile `{name}`"),
                "Choose one of those that `aws configure list-profiles` prints.".to_owned(),
            ),
            Self::NoSource { profile, source } => (
                format!("there is no profile `{source}`, which is the source of `{profile}`"),
                "Correct `source_profile` there.".to_owned(),
            ),
            Self::NeedsCode { profile, of } if profile == of => (
                format!("profile `{profile}` has `mfa_serial`, for which no code is asked here"),
                mfa_hint(profile),
            ),
            Self::NeedsCode { profile, of } => (
                format!(
                    "profile `{of}`, a source of `{profile}`, has `mfa_serial`, for which no code \
                     is asked here"
                ),
                mfa_hint(profile),
            ),
            Self::Mfa(profile) => (
                format!("profile `{profile}` has `mfa_serial`, and no credentials are there"),
                mfa_hint(profile),
            ),
        };
        (AwsErrorKind::NoCredentials { message }, hint)
    }

    /// A better hint than that of another error, where this is not the whole story.
    pub(crate) fn hint(&self) -> String {
        self.told().1
    }
}

fn mfa_hint(profile: &str) -> String {
    format!(
        "`mfa_serial` needs a code: run `eval \"$(aws configure export-credentials --profile \
         {profile} --format env)\"` first, and leave out `profile` in the file, and --profile."
    )
}

/// Looks at the profile that the chain would take: the one that is named, or that of the
/// environment. Certain trouble is worth telling before anything is asked.
pub(crate) async fn trouble(profile: Option<&str>) -> Option<Trouble> {
    trouble_of(&load(profile).await?, profile)
}

#[expect(
    clippy::default_trait_access,
    reason = "the type has moved to a crate that is none of ours"
)]
async fn load(profile: Option<&str>) -> Option<ProfileSet> {
    let selected = profile.map(|name| name.to_owned().into());
    aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), selected).await.ok()
}

/// What makes it certain that there will be no credentials of this identity.
pub(crate) async fn certain_trouble(whose: &Identity, profile: Option<&str>) -> Option<Trouble> {
    let trouble = trouble(profile).await?;
    match (whose, &trouble) {
        // Other sources may come after what is missing.
        (_, Trouble::Mfa(_))
        | (
            Identity::DefaultChain | Identity::Role { .. },
            Trouble::Missing(_) | Trouble::NoSource { .. },
        ) => None,
        (Identity::Profile(_), _) => Some(trouble),
        // The environment's keys come first.
        (Identity::DefaultChain | Identity::Role { .. }, Trouble::NeedsCode { .. }) => {
            let keys = EnvironmentVariableCredentialsProvider::new().provide_credentials().await;
            keys.is_err().then_some(trouble)
        }
    }
}

fn trouble_of(profiles: &ProfileSet, asked: Option<&str>) -> Option<Trouble> {
    let name = profiles.selected_profile();
    let Some(mut profile) = profiles.get_profile(name) else {
        return asked.map(|asked| Trouble::Missing(asked.to_owned()));
    };
    // As the SDK goes from source to source, a loop included, which the SDK reports itself.
    let mut visited = vec![profile.name()];
    while assumes_role(profile) {
        if profile.get("mfa_serial").is_some() {
            let of = profile.name().to_owned();
            return Some(Trouble::NeedsCode { profile: name.to_owned(), of });
        }
        let Some(source) = profile.get("source_profile") else { break };
        let Some(next) = profiles.get_profile(source) else {
            let [profile, source] = [profile.name(), source].map(str::to_owned);
            return Some(Trouble::NoSource { profile, source });
        };
        if visited.contains(&next.name()) || next.get("aws_access_key_id").is_some() {
            break;
        }
        visited.push(next.name());
        profile = next;
    }
    profiles.get("mfa_serial").map(|_| Trouble::Mfa(name.to_owned()))
}

/// A token of a web identity is exchanged for a role without a code.
fn assumes_role(profile: &Profile) -> bool {
    profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none()
}
