//! `match`: how the live API is found, and that no two entries claim one.

use std::collections::BTreeMap;

use crate::state::desired::Matching;

use super::document::{Entry, Table, Value};
use super::fields::{as_table, known_keys, listed, text};
use super::findings::{Finding, Findings};
use crate::diagnostic::source::Span;
use crate::diagnostic::text::{brief, brief_toml};

/// The keys of `match`, of which exactly one must be there.
pub(super) const KEYS: [&str; 3] = ["id", "name", "tags"];

/// What an API's table says about `match`, with the place that says it.
pub(super) fn read(
    key: &str,
    api: &Table,
    api_key: Span,
    findings: &mut Findings,
) -> Option<(Matching, Span)> {
    let Some(entry) = api.get("match") else {
        findings.error(
            Finding::at(api_key, format!("`match` is missing: which API is `{}`?", brief(key)))
                .help(format!("write `match = {{ name = {} }}`", brief_toml(key)))
                .of_all_files(),
        );
        return None;
    };
    let help = match &entry.node.value {
        Value::String(name) => Some(format!("write `match = {{ name = {} }}`", brief_toml(name))),
        _ => None,
    };
    let Value::Table(table) = &entry.node.value else {
        findings.error(
            super::fields::wrong_type(
                "`match`",
                "a table with `id`, `name` or `tags`",
                &entry.node,
            )
            .help_if(help),
        );
        return None;
    };
    known_keys(table, &KEYS, findings);
    let named: Vec<&str> = KEYS.into_iter().filter(|key| table.contains_key(*key)).collect();
    match named.as_slice() {
        [only] => member(only, table, findings),
        [] => {
            if table.is_empty() {
                findings.error(
                    Finding::at(entry.node.at, "`match` must hold `id`, `name` or `tags`")
                        .help("write `match = { name = \"…\" }`")
                        .of_all_files(),
                );
            }
            None
        }
        several => {
            findings.error(
                Finding::at(
                    entry.node.at,
                    format!("`match` must hold one of {}, not several", listed(several)),
                )
                .help("keep the one that finds the API; an id finds exactly one")
                .of_all_files(),
            );
            // Whichever is kept has to be right.
            for key in several {
                member(key, table, findings);
            }
            None
        }
    }
}

fn member(key: &str, table: &Table, findings: &mut Findings) -> Option<(Matching, Span)> {
    match key {
        "id" => id(table, findings),
        "name" => {
            text(table, key, findings).map(|(name, at)| (Matching::Name(name.to_owned()), at))
        }
        "tags" => tags(&table[key], findings),
        _ => None,
    }
}

fn id(table: &Table, findings: &mut Findings) -> Option<(Matching, Span)> {
    let (id, at) = text(table, "id", findings)?;
    let is_right =
        id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_right {
        findings.error(
            Finding::at(at, format!("`{}` cannot be the id of a REST API", brief(id)))
                .help("an id is letters and digits, such as \"a1b2c3d4e5\""),
        );
        return None;
    }
    Some((Matching::Id(id.to_owned()), at))
}

fn tags(entry: &Entry, findings: &mut Findings) -> Option<(Matching, Span)> {
    let table = as_table(&entry.node, "`tags`", findings)?;
    if table.is_empty() {
        findings.error(
            Finding::at(entry.node.at, "`tags` must name at least one tag")
                .help("write `tags = { team = \"payments\" }`")
                .of_all_files(),
        );
        return None;
    }
    let mut tags = BTreeMap::new();
    for (name, Entry { key, node }) in table {
        if name.trim().is_empty() {
            findings.error(Finding::at(*key, "a tag needs a name"));
        }
        match &node.value {
            // AWS allows a tag without a value.
            Value::String(value) => {
                tags.insert(name.clone(), value.clone());
            }
            _ => findings.error(super::fields::wrong_type(
                &format!("the tag `{}`", brief(name)),
                "a string",
                node,
            )),
        }
    }
    Some((Matching::Tags(tags), entry.node.at))
}

/// Who claims what, to find those that claim the same.
#[derive(Default)]
pub(super) struct Claims(Vec<Claim>);

struct Claim {
    account: Option<String>,
    matching: Matching,
    api: String,
    at: Span,
}

impl Claims {
    pub fn add(&mut self, api: &str, account: Option<&str>, matching: &Matching, at: Span) {
        self.0.push(Claim {
            account: account.map(str::to_owned),
            matching: matching.clone(),
            api: api.to_owned(),
            at,
        });
    }

    /// The same id, name or set of tags in the same account is one API twice.
    pub fn check(self, findings: &mut Findings) {
        let mut first: BTreeMap<(Option<String>, Vec<String>), (String, Span)> = BTreeMap::new();
        for claim in self.0 {
            let Claim { account, matching, api, at } = claim;
            let said = match &matching {
                Matching::Id(id) => format!("id = {}", brief_toml(id)),
                Matching::Name(name) => format!("name = {}", brief_toml(name)),
                Matching::Tags(_) => "the same tags".to_owned(),
            };
            match first.entry((account, fingerprint(matching))) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert((api, at));
                }
                std::collections::btree_map::Entry::Occupied(entry) => {
                    let (earlier, earlier_at) = entry.get();
                    findings.error(
                        Finding::at(
                            at,
                            format!(
                                "`{}` and `{}` claim the same API: {said}",
                                brief(earlier),
                                brief(&api)
                            ),
                        )
                        .related(*earlier_at, "claimed here as well")
                        .help("merge the two tables, or match different APIs")
                        .of_all_files(),
                    );
                }
            }
        }
    }
}

fn fingerprint(matching: Matching) -> Vec<String> {
    match matching {
        Matching::Id(id) => vec!["id".to_owned(), id],
        Matching::Name(name) => vec!["name".to_owned(), name],
        Matching::Tags(tags) => std::iter::once("tags".to_owned())
            .chain(tags.into_iter().flat_map(|(name, value)| [name, value]))
            .collect(),
    }
}
