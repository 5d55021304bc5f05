//! The files of `tests/cases-config`: what is said of bad files, word for word.

mod examples;
mod hostile;
mod merging;
mod rules;
mod template_files;

use std::fs;
use std::path::{Path, PathBuf};

use time::Date;
use time::macros::date;

use super::{ConfigErrors, Loaded, load};

pub(super) const TODAY: Date = date!(2026 - 06 - 15);

const CASES: &str = "tests/cases-config";

/// Each case is a file `NAME.toml`, or a folder `NAME` of several, beside the
/// golden `NAME.txt` with all that is said of it. `GWR_BLESS=1` rewrites them.
#[test]
fn cases() {
    let bless = std::env::var_os("GWR_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut cases: Vec<PathBuf> = fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|ext| ext == "toml"))
        .collect();
    cases.sort();
    assert!(cases.len() > 10);
    for case in cases {
        let said = say(&case);
        let golden = case.with_extension("txt");
        if bless {
            fs::write(&golden, &said).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", golden.display()));
        }
    }
    assert!(wrong.is_empty(), "GWR_BLESS=1 accepts:\n{}", wrong.join("\n"));
}

fn say(path: &Path) -> String {
    let said = match load(&[path.to_owned()], TODAY) {
        Err(errors) => errors.render(false),
        Ok(loaded) => {
            let blocks: Vec<String> = loaded
                .warnings
                .iter()
                .chain(&loaded.expired)
                .map(|diagnostic| diagnostic.render(false))
                .collect();
            blocks.join("\n\n")
        }
    };
    format!("{said}\n").replace(&format!("{CASES}/"), "")
}

/// Loads the texts as files `1.toml`, `2.toml` … of one folder.
fn load_texts(texts: &[&str]) -> Result<Loaded, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in (1..).zip(texts) {
        fs::write(folder.path().join(format!("{number}.toml")), text).unwrap();
    }
    load(&[folder.path().to_owned()], TODAY)
}

/// Loads the text below `[apis.orders]` with everything that must be there.
fn load_api(text: &str) -> Result<Loaded, ConfigErrors> {
    load_texts(&[&format!(
        "version = 1\n[apis.orders]\nmatch = {{ name = \"orders-api\" }}\n{text}"
    )])
}

fn messages(errors: &ConfigErrors) -> Vec<&str> {
    let diagnostics = errors.diagnostics().iter();
    diagnostics.map(|d| d.message.as_str()).collect()
}
