//! The catalogue keeps its word; sound files are silent; repairs change nothing else.

mod corpus;
mod fixing;
mod silence;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use time::Date;
use time::macros::date;

use super::fix::{Fixed, Texts, fix};
use super::report::diagnostics;
use crate::config::{Loaded, load, load_with};
use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::rule::Rule;
use crate::diagnostic::rules::RULES;

const TODAY: Date = date!(2026 - 06 - 15);

const HEAD: &str = "version = 1\n[apis.orders]\nmatch = { name = \"orders-api\" }\n";

fn load_text(text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gwr.toml");
    fs::write(&path, text).unwrap();
    load_file(&path)
}

fn load_file(path: &Path) -> Loaded {
    load(&[path.to_owned()], TODAY).unwrap_or_else(|errors| panic!("{}: {errors}", path.display()))
}

fn said(loaded: &Loaded) -> Vec<Diagnostic> {
    diagnostics(&loaded.desired, &loaded.places)
}

/// The ids of the rules that speak, each once.
fn rules(text: &str) -> BTreeSet<&'static str> {
    said(&load_text(text)).iter().filter_map(|diagnostic| diagnostic.rule).collect()
}

/// Below `[apis.orders]`.
fn rules_of_api(text: &str) -> Vec<&'static str> {
    rules(&format!("{HEAD}{text}")).into_iter().collect()
}

/// The repaired text, and what was repaired.
fn fixed(text: &str) -> (String, Fixed) {
    let path = PathBuf::from("made-up.toml");
    let reload = |texts: &Texts| load_with(std::slice::from_ref(&path), TODAY, texts).ok();
    let texts = Texts::from([(path.clone(), text.to_owned())]);
    let loaded = reload(&texts).unwrap();
    let fixed = fix(loaded, reload);
    let after = fixed.files.first().map_or_else(|| text.to_owned(), |file| file.after.clone());
    (after, fixed)
}

#[test]
fn every_example_triggers_its_rule_and_every_correction_none() {
    for rule in RULES {
        let Rule { id, severity, example, instead, fix, .. } = rule;
        let text = format!("{HEAD}{example}\n");
        let loaded = load_text(&text);
        let found = said(&loaded);
        let ids: Vec<_> = found.iter().map(|diagnostic| diagnostic.rule.unwrap()).collect();
        assert_eq!(ids, [*id], "{example}");
        assert_eq!(found[0].severity, *severity);
        assert!(found[0].line > 3, "{id}: it points at the line");
        assert_eq!(rules_of_api(instead), Vec::<&str>::new(), "{id}: {instead}");

        let (after, repaired) = fixed(&text);
        assert_eq!(repaired.repaired.len(), usize::from(fix.is_some()), "{id}");
        if fix.is_some() {
            let wanted = load_text(&format!("{HEAD}{instead}\n")).desired;
            assert_eq!(load_text(&after).desired, wanted, "{id}: {after}");
        }
    }
}

#[test]
fn rule_ids_are_unique_and_parse() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        assert_eq!(rule.id.parse::<&Rule>(), Ok(rule));
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(rule.id.chars().all(is_plain));
        assert!(!rule.why.contains("  "), "{}: {}", rule.id, rule.why);
    }
    assert!("shadowed".parse::<&Rule>().is_err());
    assert!(RULES.is_sorted_by_key(|rule| rule.severity as u8));
}

#[test]
fn an_allow_entry_silences_its_rule_and_its_type() {
    let types = "[apis.orders.responses]\n\
        DEFAULT_4XX = { headers = { Access-Control-Allow-Origin = \"*\" } }\n\
        UNAUTHORIZED = { status = 401 }\nTHROTTLED = { status = 429 }\n";
    let allow = |type_line: &str| {
        format!(
            "{types}[[apis.orders.allow]]\nrule = \"shadowed-cors\"\nreason = \"r\"\n{type_line}"
        )
    };
    assert_eq!(rules_of_api(types), ["shadowed-cors"]);
    assert_eq!(rules_of_api(&allow("")), Vec::<&str>::new());
    let left = said(&load_text(&format!("{HEAD}{}", allow("type = \"UNAUTHORIZED\"\n"))));
    assert_eq!(left.len(), 1);
    assert!(left[0].message.starts_with("THROTTLED "));
    assert_eq!(
        rules_of_api(&allow("type = \"WAF_FILTERED\"\n")),
        ["shadowed-cors", "unused-allow"]
    );
}

#[test]
fn an_unknown_rule_cannot_be_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gwr.toml");
    let text = "[[apis.orders.allow]]\nrule = \"shadow-cors\"\nreason = \"r\"\n";
    fs::write(&path, format!("{HEAD}{text}")).unwrap();
    let errors = load(&[path], TODAY).unwrap_err();
    let [error] = errors.diagnostics() else { panic!("{errors}") };
    assert_eq!(error.message, "no lint rule is named `shadow-cors`");
    assert_eq!(error.help.as_deref(), Some("did you mean `shadowed-cors`?"));
    assert_eq!((error.line, error.column), (5, 8));
}

#[test]
fn reports_a_preset_once_where_it_is_written() {
    let text = "version = 1\n\
        [presets.house.THROTTLED]\n\
        templates.\"application/json\" = '{\"m\":\"$context.error.messageString\"}'\n\
        [apis.a]\nmatch = { id = \"aaaaaaaaaa\" }\nuse = [\"house\"]\n\
        [apis.b]\nmatch = { id = \"bbbbbbbbbb\" }\nuse = [\"house\"]\n";
    let found = said(&load_text(text));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].rule), (3, Some("doubled-message-string")));
}
