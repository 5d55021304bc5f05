//! One `[apis.KEY]` table, with defaults and presets merged in.

use std::collections::BTreeMap;

use time::Date;

use crate::model::ResponseType;
use crate::state::desired::{DesiredApi, Ignored};

use super::document::{Entry, Table};
use super::exceptions;
use super::fields::{as_table, listed, table, texts, unknown_key};
use super::findings::{Finding, Findings};
use super::layers::{self, Layer};
use super::matching::{self, Claims};
use super::response;
use super::settings::{self, Settings};
use crate::diagnostic::nearest::{did_you_mean, nearest};
use crate::diagnostic::source::{Sources, Span};
use crate::diagnostic::text::brief;

/// The keys of an API's table, besides those of `[defaults]`.
pub(super) const OWN_KEYS: [&str; 5] = ["match", "use", "responses", "ignore", "allow"];

/// What an API's table is read against.
pub(super) struct Surroundings<'a> {
    pub defaults: &'a Settings,
    pub account_names: &'a [&'a str],
    pub presets: &'a BTreeMap<&'a str, Layer>,
    pub sources: &'a Sources,
    pub today: Date,
}

pub(super) fn read(
    key: &str,
    entry: &Entry,
    surroundings: &Surroundings<'_>,
    claims: &mut Claims,
    findings: &mut Findings,
) -> Option<DesiredApi> {
    let Surroundings { defaults, account_names, presets, sources, today } = surroundings;
    check_key(key, entry.key, findings);
    let table = as_table(&entry.node, &format!("the API `{}`", brief(key)), findings)?;
    check_keys(key, table, findings);

    let Settings { account, stages, unlisted, deploy, foreign_changes, accept } =
        settings::read(table, account_names, findings).or(defaults);
    let account = account.or_else(|| only_account(entry.key, account_names, findings));
    let matching = matching::read(key, table, entry.key, findings);
    if let Some((matching, at)) = &matching {
        claims.add(key, account.as_deref(), matching, *at);
    }

    let used = used_presets(table, presets, findings);
    let own = own_responses(table, sources, findings);
    let responses = layers::merge(used.into_iter().chain(std::iter::once(&own)));
    let stages = stages.unwrap_or_default();
    let ignores = exceptions::ignores(table, *today, findings);
    for (ignore, at) in &ignores {
        match &ignore.what {
            Ignored::Type(response_type) => {
                if ignore.in_force(*today)
                    && let Some(named) = responses.get(response_type)
                {
                    findings.error(named_and_ignored(*response_type, *at, named.at));
                }
            }
            Ignored::Stage(stage) => {
                if !stages.contains(stage) {
                    findings.warning(unknown_stage(stage, *at, &stages));
                }
            }
        }
    }
    let allows = exceptions::allows(table, findings);
    let removals = responses
        .iter()
        .filter(|(_, merged)| !merged.removals.is_empty())
        .map(|(response_type, merged)| (*response_type, merged.removals.clone()))
        .collect();
    // Only what comes last may end it early: every error of the API is told at once.
    Some(DesiredApi {
        key: key.to_owned(),
        account,
        matching: matching?.0,
        stages,
        unlisted: unlisted.unwrap_or_default(),
        deploy: deploy.unwrap_or_default(),
        foreign_changes: foreign_changes.unwrap_or_default(),
        accept: accept.unwrap_or_default(),
        responses: responses
            .into_iter()
            .map(|(response_type, merged)| (response_type, merged.response))
            .collect(),
        removals,
        ignores: ignores.into_iter().map(|(ignore, _)| ignore).collect(),
        allows,
    })
}

fn check_key(key: &str, at: Span, findings: &mut Findings) {
    if key.trim().is_empty() || key.contains(char::is_control) {
        findings.error(Finding::at(
            at,
            "an API's key must be visible text: it names the API in every output",
        ));
    }
}

/// A response type directly under the API is the likeliest mistake of all.
fn check_keys(api: &str, table: &Table, findings: &mut Findings) {
    for (name, entry) in table {
        if settings::KEYS.contains(&name.as_str()) || OWN_KEYS.contains(&name.as_str()) {
            continue;
        }
        let known: Vec<&'static str> = OWN_KEYS.into_iter().chain(settings::KEYS).collect();
        let finding = unknown_key(name, entry.key, &known, findings);
        let finding = if let Ok(response_type) = name.parse::<ResponseType>() {
            finding.help(format!(
                "response types stand under `responses`: `[apis.{}.responses.{response_type}]`",
                brief(api)
            ))
        } else if response::KEYS.contains(&name.as_str()) {
            finding.help(format!(
                "`{name}` belongs to a response type: `[apis.{}.responses.DEFAULT_4XX]`",
                brief(api)
            ))
        } else {
            finding
        };
        findings.error(finding);
    }
}

/// Where only one account is described there is no other to mean; among several
/// none is likelier than the others.
fn only_account(api: Span, names: &[&str], findings: &mut Findings) -> Option<String> {
    match names {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => {
            findings.error(
                Finding::at(
                    api,
                    "which account? `account` is missing, and there are several `[accounts]` tables",
                )
                .help(format!(
                    "write `account = \"{}\"` here or under `[defaults]`; the accounts are {}",
                    brief(several[0]),
                    listed(&several.iter().take(8).copied().collect::<Vec<_>>())
                ))
                .of_all_files(),
            );
            None
        }
    }
}

fn used_presets<'a>(
    api: &Table,
    presets: &'a BTreeMap<&str, Layer>,
    findings: &mut Findings,
) -> Vec<&'a Layer> {
    let Some(names) = texts(api, "use", findings) else {
        return Vec::new();
    };
    let mut used = Vec::with_capacity(names.len());
    for (name, at) in names {
        if let Some(layer) = presets.get(name) {
            used.push(layer);
            continue;
        }
        let near =
            findings.wants_suggestions().then(|| nearest(name, presets.keys().copied())).flatten();
        let help = match near {
            Some(near) => did_you_mean(near),
            None => format!("add `[presets.{}.TYPE]`", brief(name)),
        };
        findings.error(
            Finding::at(at, format!("no preset is named `{}`", brief(name)))
                .help(help)
                .of_all_files(),
        );
    }
    used
}

fn own_responses(api: &Table, sources: &Sources, findings: &mut Findings) -> Layer {
    match table(api, "responses", findings) {
        None => Layer::default(),
        Some((types, _)) => response::layer(types, sources, findings),
    }
}

fn named_and_ignored(response_type: ResponseType, ignored: Span, named: Span) -> Finding {
    Finding::at(
        ignored,
        format!("`{response_type}` is ignored and named under `responses`"),
    )
    .related(named, "named here")
    .help(format!(
        "keep one of the two; `{response_type} = false` under `responses` takes away what a preset names"
    ))
    .of_all_files()
}

fn unknown_stage(stage: &str, at: Span, stages: &[String]) -> Finding {
    let near = nearest(stage, stages.iter().map(String::as_str));
    Finding::at(
        at,
        format!("this entry has no effect: `{}` is not one of the API's `stages`", brief(stage)),
    )
    .help_if(near.map(did_you_mean))
}
