//! `[[ignore]]` and `[[allow]]`: what is known and accepted, and why.

use time::{Date, Duration, Month};

use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::RULES;
use crate::model::ResponseType;
use crate::state::desired::{Allow, Ignore, Ignored};

use super::document::{Entry, Node, Table, Value};
use super::fields::{as_table, known_keys, text, wrong_type};
use super::findings::{Finding, Findings};
use super::response::response_type;
use super::settings::check_stage;
use crate::diagnostic::nearest::{did_you_mean, nearest};
use crate::diagnostic::source::Span;
use crate::diagnostic::text::brief;

pub(super) const IGNORE_KEYS: [&str; 4] = ["type", "stage", "reason", "until"];

pub(super) const ALLOW_KEYS: [&str; 3] = ["rule", "type", "reason"];

/// So long before its last day an entry is warned of.
const WARNED: Duration = Duration::days(14);

/// The `ignore` entries of an API, each with the place that says what it is about.
pub(super) fn ignores(api: &Table, today: Date, findings: &mut Findings) -> Vec<(Ignore, Span)> {
    items(api, "ignore", findings)
        .into_iter()
        .filter_map(|(table, at)| ignore(table, at, today, findings))
        .collect()
}

pub(super) fn allows(api: &Table, findings: &mut Findings) -> Vec<Allow> {
    items(api, "allow", findings)
        .into_iter()
        .filter_map(|(table, at)| allow(table, at, findings))
        .collect()
}

fn items<'a>(api: &'a Table, key: &str, findings: &mut Findings) -> Vec<(&'a Table, Span)> {
    let Some(Entry { key: _, node }) = api.get(key) else {
        return Vec::new();
    };
    let Value::Array(items) = &node.value else {
        let help = format!("write `[[apis.….{key}]]`, with two brackets on each side");
        findings.error(wrong_type(&format!("`{key}`"), "an array of tables", node).help(help));
        return Vec::new();
    };
    let what = format!("each of `{key}`");
    items.iter().filter_map(|item| Some((as_table(item, &what, findings)?, item.at))).collect()
}

fn ignore(table: &Table, at: Span, today: Date, findings: &mut Findings) -> Option<(Ignore, Span)> {
    known_keys(table, &IGNORE_KEYS, findings);
    let what = ignored(table, at, findings);
    let reason = required(table, "reason", at, "say why, for whoever reads this next", findings);
    let until = table.get("until").map(|entry| (date(&entry.node, findings), entry.node.at));
    let until = match until {
        None => None,
        Some((None, _)) => return None,
        Some((Some(last), at)) => {
            warn_of_end(last, at, today, findings);
            Some(last)
        }
    };
    let (what, at) = what?;
    let reason = reason?;
    Some((Ignore { what, reason, until }, at))
}

fn ignored(table: &Table, at: Span, findings: &mut Findings) -> Option<(Ignored, Span)> {
    match (table.get("type"), table.get("stage")) {
        (Some(_), None) => {
            let (name, at) = text(table, "type", findings)?;
            let response_type = response_type(name, at, findings)?;
            Some((Ignored::Type(response_type), at))
        }
        (None, Some(_)) => {
            let (name, at) = text(table, "stage", findings)?;
            check_stage(name, at, findings);
            Some((Ignored::Stage(name.to_owned()), at))
        }
        (Some(named), Some(stage)) => {
            findings.error(
                Finding::at(stage.key, "`type` and `stage` cannot be used together")
                    .related(named.key, "the type is named here")
                    .help("write two entries"),
            );
            None
        }
        (None, None) => {
            findings.error(
                Finding::at(at, "what is ignored? `type` or `stage` is missing")
                    .help("write `type = \"WAF_FILTERED\"` or `stage = \"prod\"`"),
            );
            None
        }
    }
}

fn allow(table: &Table, at: Span, findings: &mut Findings) -> Option<Allow> {
    known_keys(table, &ALLOW_KEYS, findings);
    let rule = required(table, "rule", at, "name the rule, as `gwr validate` prints it", findings);
    let rule = rule.and_then(|rule| known_rule(rule, table, findings));
    let reason = required(table, "reason", at, "say why, for whoever reads this next", findings);
    let response_type: Option<Option<ResponseType>> = if table.contains_key("type") {
        text(table, "type", findings)
            .and_then(|(name, at)| response_type(name, at, findings))
            .map(Some)
    } else {
        Some(None)
    };
    Some(Allow { rule: rule?, response_type: response_type?, reason: reason? })
}

/// A rule that does not exist would silence nothing, and the reason would stay unknown.
fn known_rule(rule: String, table: &Table, findings: &mut Findings) -> Option<String> {
    if rule.parse::<&Rule>().is_ok() {
        return Some(rule);
    }
    let at = table.get("rule")?.node.at;
    let help = match nearest(&rule, RULES.iter().map(|rule| rule.id)) {
        Some(near) => did_you_mean(near),
        None => "`gwr validate --rules` lists the rules".to_owned(),
    };
    findings.error(Finding::at(at, format!("no lint rule is named `{}`", brief(&rule))).help(help));
    None
}

fn required(
    table: &Table,
    key: &str,
    at: Span,
    help: &str,
    findings: &mut Findings,
) -> Option<String> {
    if !table.contains_key(key) {
        findings.error(Finding::at(at, format!("`{key}` is missing")).help(help));
        return None;
    }
    text(table, key, findings).map(|(text, _)| text.to_owned())
}

fn date(node: &Node, findings: &mut Findings) -> Option<Date> {
    let expected = "a date, such as 2027-03-01";
    match &node.value {
        Value::Datetime(written) => {
            if let (Some(date), None, None) = (written.date, written.time, written.offset) {
                return Month::try_from(date.month)
                    .and_then(|month| {
                        Date::from_calendar_date(i32::from(date.year), month, date.day)
                    })
                    .map_err(|_| {
                        findings.error(Finding::at(node.at, "there is no such day"));
                    })
                    .ok();
            }
            findings.error(
                Finding::at(node.at, format!("`until` must be {expected}, without a time"))
                    .help("the entry holds through that day, UTC"),
            );
        }
        Value::String(text) => findings.error(
            wrong_type("`until`", expected, node)
                .help(format!("write `until = {}`, without quotes", brief(text))),
        ),
        _ => findings.error(wrong_type("`until`", expected, node)),
    }
    None
}

fn warn_of_end(last: Date, at: Span, today: Date, findings: &mut Findings) {
    if last < today {
        findings.expired(
            Finding::at(at, format!("this entry expired on {last} and has no effect"))
                .help("remove it, or set a later `until`"),
        );
    } else if last - today <= WARNED {
        let days = (last - today).whole_days();
        let left = match days {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            days => format!("in {days} days"),
        };
        findings.warning(
            Finding::at(at, format!("this entry ends {left}"))
                .help("settle the drift, or set a later `until`"),
        );
    }
}
