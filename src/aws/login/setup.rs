//! What both ways to connect share: the request, errors without a connection, timeouts.

use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;

use crate::aws::call::error::{AwsError, AwsErrorKind, Details};
use crate::aws::call::limits::TimeLimits;
use crate::model::region::partition;
use crate::state::desired::Identity as Whose;

/// The account that the sandbox plays.
pub(crate) const SANDBOX_ACCOUNT: &str = "123456789012";

/// What the account's table and the command line ask for together.
pub(crate) struct LoginRequest {
    pub region: Option<String>,
    pub endpoint: Option<String>,
    pub whose: Whose,
    pub id: Option<String>,
}

/// An error while there is no connection yet.
pub(crate) fn setup_error(kind: AwsErrorKind) -> AwsError {
    AwsError {
        operation: None,
        rest_api_id: None,
        region: String::new(),
        kind,
        details: Box::default(),
    }
}

/// The same error with a better hint than its kind has.
pub(crate) fn with_hint(error: AwsError, hint: String) -> AwsError {
    AwsError { details: Box::new(Details { hint: Some(hint), ..*error.details }), ..error }
}

/// Where requests go, for messages.
pub(crate) fn address(endpoint: Option<&str>, region: &str) -> String {
    match endpoint {
        Some(url) => url.to_owned(),
        None => format!("https://apigateway.{region}.{}", partition(region).dns_suffix),
    }
}

pub(crate) fn timeouts(limits: &TimeLimits) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(limits.connect)
        .read_timeout(limits.answer)
        .operation_attempt_timeout(limits.attempt)
        .build()
}

pub(crate) fn stalls(limits: &TimeLimits) -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled()
        .upload_enabled(false)
        .grace_period(limits.stall)
        .build()
}
