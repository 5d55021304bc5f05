//! `[accounts.NAME]`: where the APIs are, and whose credentials reach them.

use std::collections::BTreeMap;

use crate::state::desired::{Account, Identity};

use super::document::Table;
use super::fields::{as_table, known_keys, number, table, text};
use crate::diagnostic::message::{Finding, Findings};
use crate::diagnostic::text::brief;

/// The keys of one `[accounts.NAME]` table.
pub(super) const KEYS: [&str; 9] = [
    "id",
    "region",
    "profile",
    "role_arn",
    "external_id",
    "session_name",
    "endpoint_url",
    "quota_share",
    "deploy_interval",
];

pub(super) fn read(root: &Table, findings: &mut Findings) -> BTreeMap<String, Account> {
    let mut accounts = BTreeMap::new();
    if let Some((table, _)) = table(root, "accounts", findings) {
        for (name, entry) in table {
            let what = format!("the account `{}`", brief(name));
            let account = as_table(&entry.node, &what, findings)
                .map(|table| account(table, findings))
                .unwrap_or_default();
            accounts.insert(name.clone(), account);
        }
    }
    accounts
}

fn account(table: &Table, findings: &mut Findings) -> Account {
    known_keys(table, &KEYS, findings);
    Account {
        id: checked(
            table,
            "id",
            is_account_id,
            "twelve digits, such as \"123456789012\"",
            findings,
        ),
        region: checked(
            table,
            "region",
            is_region,
            "a region's name, such as \"eu-west-1\"",
            findings,
        ),
        identity: identity(table, findings),
        endpoint_url: checked(
            table,
            "endpoint_url",
            is_url,
            "an http or https URL, such as \"http://127.0.0.1:4566\"",
            findings,
        ),
        quota_share: bounded(
            table,
            "quota_share",
            |share| share > 0.0 && share <= 1.0,
            "above 0 and at most 1",
            findings,
        ),
        deploy_interval: bounded(
            table,
            "deploy_interval",
            |seconds| seconds > 0.0 && seconds.is_finite(),
            "a number of seconds above 0",
            findings,
        ),
    }
}

fn identity(table: &Table, findings: &mut Findings) -> Identity {
    let owned = |(text, _): (&str, _)| text.to_owned();
    let profile = text(table, "profile", findings).map(owned);
    let role_arn = checked(
        table,
        "role_arn",
        is_role_arn,
        "a role's ARN, such as \"arn:aws:iam::123456789012:role/gwr\"",
        findings,
    );
    let external_id = text(table, "external_id", findings).map(owned);
    let session_name = text(table, "session_name", findings).map(owned);
    if let (Some(profile), Some(role)) = (table.get("profile"), table.get("role_arn")) {
        findings.error(
            Finding::at(role.key, "`profile` and `role_arn` exclude each other")
                .related(profile.key, "the profile is named here")
                .help("a profile can name the role itself: `role_arn` in ~/.aws/config")
                .of_all_files(),
        );
    }
    if !table.contains_key("role_arn") {
        for key in ["external_id", "session_name"] {
            if let Some(entry) = table.get(key) {
                findings.error(
                    Finding::at(entry.key, format!("`{key}` says nothing without `role_arn`"))
                        .help("name the role to assume, or take this out")
                        .of_all_files(),
                );
            }
        }
    }
    match (profile, role_arn) {
        (_, Some(role_arn)) => Identity::Role { role_arn, external_id, session_name },
        (Some(profile), None) => Identity::Profile(profile),
        (None, None) => Identity::DefaultChain,
    }
}

fn checked(
    table: &Table,
    key: &str,
    is_right: impl Fn(&str) -> bool,
    expected: &str,
    findings: &mut Findings,
) -> Option<String> {
    let (written, at) = text(table, key, findings)?;
    if is_right(written) {
        return Some(written.to_owned());
    }
    findings
        .error(Finding::at(at, format!("`{key}` must be {expected}, not \"{}\"", brief(written))));
    None
}

fn bounded(
    table: &Table,
    key: &str,
    is_right: impl Fn(f64) -> bool,
    expected: &str,
    findings: &mut Findings,
) -> Option<f64> {
    let (written, at) = number(table, key, findings)?;
    if is_right(written) {
        return Some(written);
    }
    findings.error(Finding::at(at, format!("`{key}` must be {expected}")));
    None
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text can be the name of a region, of AWS's or of an emulator's.
#[must_use]
pub fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_role_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.contains(":role/") && !text.contains(char::is_whitespace)
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    }) && !text.contains(char::is_whitespace)
}
