//! The files of `tests/cases-config`: what is said of bad files, word for word.

mod cases;
mod examples;
mod hostile;
mod merging;
mod rules;
mod template_files;

use std::fs;

use time::Date;
use time::macros::date;

use super::{ConfigErrors, Loaded, load};

pub(super) const TODAY: Date = date!(2026 - 06 - 15);

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
