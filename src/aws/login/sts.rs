//! Which account the credentials belong to.

use super::setup::SANDBOX_ACCOUNT;
use crate::aws::call::attempt::{Call, Effect};
use crate::aws::call::bucket::QuotaClass;
use crate::aws::call::error::AwsError;
use crate::aws::link::{Identity, Link};

/// GetCallerIdentity's account.
pub(crate) async fn caller_account(link: &Link) -> Result<String, AwsError> {
    let sts = match &link.identity {
        Identity::Sts(sts) => sts,
        Identity::Sandbox => {
            let known = link.account_id.as_deref().unwrap_or(SANDBOX_ACCOUNT);
            return Ok(known.to_owned());
        }
    };
    let call = Call {
        operation: "GetCallerIdentity",
        rest_api_id: None,
        verb: "GET",
        path: "/".to_owned(),
        effect: Effect::Read,
        class: QuotaClass::Outside,
    };
    let answer = link.call(&call, || sts.get_caller_identity().send()).await?;
    answer.account.ok_or_else(|| link.unreadable(&call, "it names no account"))
}
