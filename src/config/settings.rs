//! What `[defaults]` can say and each API can say otherwise.

use std::collections::BTreeSet;

use crate::diagnostic::hazard::HazardId;
use crate::diagnostic::rule::Rule;
use crate::state::desired::{DeployPolicy, ForeignPolicy, Unlisted};

use super::document::Table;
use super::fields::{choice, listed, text, texts};
use super::findings::{Finding, Findings};
use crate::diagnostic::nearest::{did_you_mean, nearest};
use crate::diagnostic::source::Span;
use crate::diagnostic::text::brief;

/// The keys of `[defaults]`, which an API's table has too.
pub(super) const KEYS: [&str; 6] =
    ["account", "stages", "unlisted", "deploy", "foreign_changes", "accept"];

/// AWS's bound of a stage's name.
const LONGEST_STAGE: usize = 128;

/// Every member may be unset.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub account: Option<String>,
    pub stages: Option<Vec<String>>,
    pub unlisted: Option<Unlisted>,
    pub deploy: Option<DeployPolicy>,
    pub foreign_changes: Option<ForeignPolicy>,
    pub accept: Option<BTreeSet<String>>,
}

impl Settings {
    /// These settings, and where they say nothing, the defaults.
    pub fn or(self, defaults: &Self) -> Self {
        let Self { account, stages, unlisted, deploy, foreign_changes, accept } = defaults;
        Self {
            account: self.account.or_else(|| account.clone()),
            stages: self.stages.or_else(|| stages.clone()),
            unlisted: self.unlisted.or(*unlisted),
            deploy: self.deploy.or(*deploy),
            foreign_changes: self.foreign_changes.or(*foreign_changes),
            accept: self.accept.or_else(|| accept.clone()),
        }
    }
}

pub(super) fn read(table: &Table, account_names: &[&str], findings: &mut Findings) -> Settings {
    Settings {
        account: account(table, account_names, findings),
        stages: stages(table, findings),
        unlisted: choice(
            table,
            "unlisted",
            &[("keep", Unlisted::Keep), ("reset", Unlisted::Reset)],
            findings,
        ),
        deploy: choice(
            table,
            "deploy",
            &[("auto", DeployPolicy::Auto), ("never", DeployPolicy::Never)],
            findings,
        ),
        foreign_changes: choice(
            table,
            "foreign_changes",
            &[
                ("refuse", ForeignPolicy::Refuse),
                ("warn", ForeignPolicy::Warn),
                ("allow", ForeignPolicy::Allow),
            ],
            findings,
        ),
        accept: accept(table, findings),
    }
}

fn account(table: &Table, names: &[&str], findings: &mut Findings) -> Option<String> {
    let (name, at) = text(table, "account", findings)?;
    if !names.contains(&name) {
        let near =
            findings.wants_suggestions().then(|| nearest(name, names.iter().copied())).flatten();
        let help = match (near, names) {
            (Some(near), _) => did_you_mean(near),
            (None, []) => format!("add an `[accounts.{}]` table", brief(name)),
            (None, names) => format!("the accounts are {}", listed(names)),
        };
        findings.error(
            Finding::at(at, format!("no `[accounts]` table is named `{}`", brief(name)))
                .help(help)
                .of_all_files(),
        );
    }
    Some(name.to_owned())
}

fn stages(table: &Table, findings: &mut Findings) -> Option<Vec<String>> {
    let written = texts(table, "stages", findings)?;
    let mut seen = BTreeSet::new();
    let mut stages = Vec::with_capacity(written.len());
    for (name, at) in written {
        check_stage(name, at, findings);
        if seen.insert(name) {
            stages.push(name.to_owned());
        } else {
            findings.error(Finding::at(at, format!("the stage `{}` is named twice", brief(name))));
        }
    }
    Some(stages)
}

/// AWS: a stage's name is letters, digits, `-` and `_`, at most 128 of them.
pub(super) fn check_stage(name: &str, at: Span, findings: &mut Findings) {
    let is_right = name.len() <= LONGEST_STAGE
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_right {
        findings.error(
            Finding::at(at, format!("`{}` cannot be the name of a stage", brief(name)))
                .help("letters, digits, `-` and `_` can stand in one, 128 at most"),
        );
    }
}

fn accept(table: &Table, findings: &mut Findings) -> Option<BTreeSet<String>> {
    let written = texts(table, "accept", findings)?;
    for (id, at) in &written {
        if id.parse::<HazardId>().is_err() {
            let help = match nearest(id, HazardId::ALL.map(HazardId::as_str)) {
                _ if id.parse::<&Rule>().is_ok() => {
                    "this is a lint rule, which refuses nothing: `[[apis.NAME.allow]]` silences it"
                        .to_owned()
                }
                Some(near) => did_you_mean(near),
                None => {
                    let refusing: Vec<&str> = HazardId::ALL
                        .into_iter()
                        .filter(|id| id.refuses())
                        .map(HazardId::as_str)
                        .collect();
                    format!("the hazards that refuse are {}", listed(&refusing))
                }
            };
            findings
                .error(Finding::at(*at, format!("no hazard is named `{}`", brief(id))).help(help));
        }
    }
    Some(written.into_iter().map(|(id, _)| id.to_owned()).collect())
}
