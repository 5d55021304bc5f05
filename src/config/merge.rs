//! Several files become one: tables merge by key, later files win.
//!
//! Some keys cannot be used together, as `id`, `name` and `tags` do in a `match`. Where
//! a later file names one of them, the earlier file's others go: an overlay can
//! match by id what its base matches by name.

use super::document::{Entry, Node, Table, Value};
use super::findings::{Finding, Findings};
use crate::diagnostic::source::FileId;

/// The version of the file format that this program reads.
const VERSION: i64 = 1;

/// One table for all files, without `version`, which is checked here.
pub(super) fn merge(documents: Vec<Table>, findings: &mut Findings) -> Table {
    let mut versions = Vec::new();
    let mut root = Table::new();
    for mut document in documents {
        versions.extend(document.remove("version"));
        merge_tables(&mut root, document, &mut Vec::new());
    }
    check_versions(&versions, findings);
    root
}

/// A file without a version goes by the others'; none at all is an error.
fn check_versions(versions: &[Entry], findings: &mut Findings) {
    if versions.is_empty() {
        findings.error(
            Finding::in_file(FileId(0), "`version = 1` is missing")
                .help("write `version = 1` as the first line")
                .of_all_files(),
        );
    }
    for Entry { key: _, node } in versions {
        match &node.value {
            Value::Integer(Some(VERSION)) => {}
            Value::Integer(_) => findings.error(
                Finding::at(node.at, "this version of the file format is not known here")
                    .help("this gwr reads `version = 1`"),
            ),
            other => findings.error(
                Finding::at(
                    node.at,
                    format!("`version` must be the integer 1, found {}", other.kind()),
                )
                .help("write `version = 1`"),
            ),
        }
    }
}

/// What the keys of a table mean to each other, by the path of the table.
fn exclusive(path: &[String]) -> &'static [&'static [&'static str]] {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["apis", _, "match"] => &[&["id"], &["name"], &["tags"]],
        ["accounts", _] => &[&["profile"], &["role_arn", "external_id", "session_name"]],
        ["presets", _, _] | ["apis", _, "responses", _] => {
            &[&["reset"], &["status", "headers", "templates"]]
        }
        ["presets", _, _, "headers", _] | ["apis", _, "responses", _, "headers", _] => {
            &[&["from"], &["literal"]]
        }
        _ => &[],
    }
}

fn merge_tables(base: &mut Table, over: Table, path: &mut Vec<String>) {
    let groups = exclusive(path);
    for group in groups {
        if group.iter().any(|key| over.contains_key(*key)) {
            for others in groups.iter().filter(|others| others != &group) {
                base.retain(|key, _| !others.contains(&key.as_str()));
            }
        }
    }
    for (key, entry) in over {
        match base.get_mut(&key) {
            None => {
                base.insert(key, entry);
            }
            Some(existing) => {
                path.push(key);
                merge_entries(existing, entry, path);
                path.pop();
            }
        }
    }
}

fn merge_entries(existing: &mut Entry, over: Entry, path: &mut Vec<String>) {
    let Entry { key, node } = over;
    let Node { value, at } = node;
    existing.key = key;
    existing.node.at = at;
    match (&mut existing.node.value, value) {
        (Value::Table(base), Value::Table(over)) => merge_tables(base, over, path),
        (slot, value) => *slot = value,
    }
}
