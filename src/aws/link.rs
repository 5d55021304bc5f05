//! What the reads and the writes of one account and region have in common.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use super::call::bucket::Quota;
use super::call::http::Http;
use super::call::limits::TimeLimits;
use super::call::quota::QuotaPolicy;

/// One connection to one account and region; shared by everything cloned from it.
#[derive(Debug)]
pub(crate) struct Link {
    pub client: aws_sdk_apigateway::Client,
    pub identity: Identity,
    pub http: Http,
    pub region: String,
    /// The account, where it is known without asking, or was checked.
    pub account_id: Option<String>,
    /// A custom endpoint, without a slash at its end.
    pub endpoint: Option<String>,
    /// Where requests go, for messages.
    pub address: String,
    pub profile: Option<String>,
    pub expire_at: Option<SystemTime>,
    pub policy: QuotaPolicy,
    pub quota: Arc<Quota>,
    pub attempts: AtomicU64,
}

/// Whom to ask for the account's id.
#[derive(Debug)]
pub(crate) enum Identity {
    Sts(aws_sdk_sts::Client),
    /// The sandbox has one account, and no STS.
    Sandbox,
}

impl Link {
    pub(super) fn limits(&self) -> &TimeLimits {
        &self.policy.limits
    }
}
