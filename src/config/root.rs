//! The file's top level: accounts, limits, presets, defaults, APIs.

use std::collections::BTreeMap;

use time::Date;

use crate::state::desired::{Desired, Limits};

use super::accounts;
use super::api::{self, Surroundings};
use super::document::{Table, Value};
use super::fields::{as_table, known_keys, table, wrong_type};
use super::findings::{Finding, Findings};
use super::layers::Layer;
use super::matching;
use super::response;
use super::settings::{self, Settings};
use crate::diagnostic::source::{FileId, Sources};

/// The keys of the file; `version` was taken by the merge.
pub(super) const KEYS: [&str; 6] = ["version", "defaults", "accounts", "limits", "presets", "apis"];

pub(super) const LIMIT_KEYS: [&str; 2] = ["max_changes", "max_resets"];

pub(super) fn read(
    root: &Table,
    sources: &Sources,
    today: Date,
    findings: &mut Findings,
) -> Desired {
    known_keys(root, &KEYS, findings);
    let accounts = accounts::read(root, findings);
    let limits = limits(root, findings);
    let presets = presets(root, sources, findings);
    let account_names: Vec<&str> = accounts.keys().map(String::as_str).collect();
    let defaults = match table(root, "defaults", findings) {
        None => Settings::default(),
        Some((table, _)) => {
            known_keys(table, &settings::KEYS, findings);
            settings::read(table, &account_names, findings)
        }
    };
    let surroundings = Surroundings {
        defaults: &defaults,
        account_names: &account_names,
        presets: &presets,
        sources,
        today,
    };
    let apis = apis(root, &surroundings, findings);
    Desired { accounts, limits, apis }
}

fn apis(
    root: &Table,
    surroundings: &Surroundings<'_>,
    findings: &mut Findings,
) -> Vec<crate::state::desired::DesiredApi> {
    let Some(entry) = root.get("apis") else {
        findings.error(
            Finding::in_file(FileId(0), "no API: there is no `[apis.NAME]` table")
                .help("`gwr init` writes a starter, `gwr import` one for what exists")
                .of_all_files(),
        );
        return Vec::new();
    };
    let Some(table) = as_table(&entry.node, "`apis`", findings) else {
        return Vec::new();
    };
    if table.is_empty() {
        findings.error(
            Finding::at(entry.key, "no API: `apis` is empty")
                .help("write `[apis.NAME]` with `match = { name = \"…\" }`")
                .of_all_files(),
        );
    }
    let mut claims = matching::Claims::default();
    let apis = table
        .iter()
        .filter_map(|(key, entry)| api::read(key, entry, surroundings, &mut claims, findings))
        .collect();
    claims.check(findings);
    apis
}

fn presets<'a>(
    root: &'a Table,
    sources: &Sources,
    findings: &mut Findings,
) -> BTreeMap<&'a str, Layer> {
    let mut presets = BTreeMap::new();
    if let Some((table, _)) = table(root, "presets", findings) {
        for (name, entry) in table {
            let what = format!("the preset `{}`", crate::diagnostic::text::brief(name));
            let layer = as_table(&entry.node, &what, findings)
                .map(|types| response::layer(types, sources, findings));
            // A preset that is no table was reported; its name is known all the same.
            presets.insert(name.as_str(), layer.unwrap_or_default());
        }
    }
    presets
}

fn limits(root: &Table, findings: &mut Findings) -> Limits {
    let mut limits = Limits::default();
    if let Some((table, _)) = table(root, "limits", findings) {
        known_keys(table, &LIMIT_KEYS, findings);
        if let Some(number) = count(table, "max_changes", findings) {
            limits.max_changes = number;
        }
        if let Some(number) = count(table, "max_resets", findings) {
            limits.max_resets = number;
        }
    }
    limits
}

fn count(table: &Table, key: &str, findings: &mut Findings) -> Option<u32> {
    let node = &table.get(key)?.node;
    let expected = "an integer from 0 to 4294967295";
    let Value::Integer(number) = &node.value else {
        findings.error(wrong_type(&format!("`{key}`"), expected, node));
        return None;
    };
    let count = number.and_then(|number| u32::try_from(number).ok());
    if count.is_none() {
        findings.error(Finding::at(node.at, format!("`{key}` must be {expected}")));
    }
    count
}
