//! What `-v` and `-vv` tell of a connection.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::aws::{QuotaPolicy, Reader};
use crate::cli::terminal::console::Console;
use crate::report::progress::Detail;

/// The policy with the console hearing of waits and, where it is asked to tell them, calls.
pub fn with_logging(policy: QuotaPolicy, console: &Console) -> QuotaPolicy {
    let (waits, calls) = (Arc::clone(&console.progress), Arc::clone(&console.progress));
    let policy = policy.on_wait(move |wait| waits.waiting(wait));
    match console.progress.detail() {
        Detail::Steps => policy,
        Detail::Calls => policy.on_call(move |sent| calls.call(sent)),
        Detail::Everything => policy.every_wait().on_call(move |sent| calls.call(sent)),
    }
}

/// With `-vv`, where an account's calls go and whose profile they are signed with.
pub fn log_account(name: &str, reader: &Reader, console: &Console) {
    console.detail(|| {
        let mut text = format!("account `{name}`: region {}", reader.region());
        for (what, value) in [
            ("id", reader.account_id()),
            ("profile", reader.profile()),
            ("endpoint", reader.endpoint_url()),
        ] {
            if let Some(value) = value {
                let _ = write!(text, ", {what} {value}");
            }
        }
        text
    });
}
