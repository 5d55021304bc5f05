//! What people have deployed, as it is found in public repositories, told in TOML: what
//! is sound is silent, and what is not is found.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{load_file, said};

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(format!("tests/lint/{folder}"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files
}

#[test]
fn sound_files_are_silent() {
    for file in files("sound") {
        let found: Vec<String> =
            said(&load_file(&file)).iter().map(|one| one.render(false)).collect();
        assert!(found.is_empty(), "{}", found.join("\n\n"));
    }
}

/// The first line of each file names the rules.
#[test]
fn broken_files_are_found() {
    for file in files("found") {
        let text = fs::read_to_string(&file).unwrap();
        let first = text.lines().next().and_then(|line| line.strip_prefix("# finds: ")).unwrap();
        let expected: BTreeSet<&str> = first.split(", ").collect();
        let found: BTreeSet<&str> =
            said(&load_file(&file)).iter().filter_map(|one| one.rule).collect();
        assert_eq!(found, expected, "{}", file.display());
    }
}
