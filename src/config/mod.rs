//! The desired-state files: from `gwr.toml` to [`Desired`].
//!
//! Reads the files, merges them, checks everything and reports every error at
//! once, each with its place. Offline: nothing here asks AWS, so whether a `match`
//! finds anything, or two entries of different kinds find the same API, is for the
//! reader of the live APIs to say.
//!
//! What the file format leaves open is decided here, and each choice stands beside
//! the code that makes it:
//!
//! - Of several files, one that has no `version` goes by the others'.
//! - A later file that names one of several keys that cannot be used together (`id`,
//!   `name`, `tags`; `profile`, `role_arn`; `reset` and the rest; `from`,
//!   `literal`) replaces what an earlier file chose (`merge`).
//! - With exactly one `[accounts]` table it is the default; with several, each API
//!   must name one (`api`).
//! - `reset = false` is an error: leaving the key out says it (`response`).

mod accounts;
mod api;
mod document;
mod exceptions;
mod fields;
mod files;
mod findings;
mod header_value;
mod layers;
mod matching;
mod merge;
pub(crate) mod places;
mod response;
mod root;
mod schema;
mod settings;
pub mod spell;
mod template;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use time::Date;

use crate::state::desired::{Account, Desired};

pub use accounts::is_region;
pub use findings::ConfigErrors;
pub use places::Places;
pub use schema::schema;

use crate::diagnostic::message::Diagnostic;
use crate::diagnostic::source::{Encoding, FileId, Sources};
use findings::{Finding, Findings};

/// What was loaded, with what a person should know although it is no error.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub desired: Desired,
    /// What is legal and perhaps not meant, and `ignore` entries that will soon
    /// have no force.
    pub warnings: Vec<Diagnostic>,
    /// `ignore` entries past their `until`: they have no force. `validate` exits 1
    /// over them, the other verbs warn.
    pub expired: Vec<Diagnostic>,
    /// Where the files say what they say, for whoever has more to say about it.
    pub places: Places,
}

/// Reads and merges the files of `paths`, in order; a folder stands for its
/// `*.toml` in the order of their names, without the folders below it. `today` is
/// the day in UTC, which `ignore` entries may have outlived.
///
/// # Errors
/// With everything that is wrong, where a file cannot be read, is no TOML, or says
/// what it cannot mean.
pub fn load(paths: &[PathBuf], today: Date) -> Result<Loaded, ConfigErrors> {
    load_with(paths, today, &BTreeMap::new())
}

/// As [`load`], with texts that stand for files which are not written yet, by the paths
/// under which the files are named or found.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    paths: &[PathBuf],
    today: Date,
    texts: &BTreeMap<PathBuf, String>,
) -> Result<Loaded, ConfigErrors> {
    let mut findings = Findings::default();
    let sources = files::read(paths, texts, &mut findings);
    let documents = well_formed(&sources, &mut findings);
    let mut desired = Desired::default();
    let mut places = Places::default();
    if findings.has_errors() {
        // A file that cannot be read hides no error of the others.
        let mut others = Findings::default();
        let root = merge::merge(documents, &mut others);
        root::read(&root, &sources, today, &mut others);
        findings.append_certain(others);
    } else if documents.iter().all(document::Table::is_empty) {
        findings.error(
            Finding::in_file(FileId(0), "the file is empty: `version = 1` and an API are missing")
                .help("`gwr init` writes a starter"),
        );
    } else {
        let root = merge::merge(documents, &mut findings);
        desired = root::read(&root, &sources, today, &mut findings);
        places = Places::new(root, sources.clone());
    }
    let (warnings, expired) = findings.resolve(&sources)?;
    Ok(Loaded { desired, warnings, expired, places })
}

/// The files that are TOML to their end.
fn well_formed(sources: &Sources, findings: &mut Findings) -> Vec<document::Table> {
    let mut documents = Vec::with_capacity(sources.len());
    for (number, source) in sources.iter().enumerate() {
        let before = findings.number_of_errors();
        let document = document::parse(FileId(number), source, findings);
        if source.encoding == Encoding::Utf8 && findings.number_of_errors() == before {
            documents.push(document);
        }
    }
    documents
}

/// Reads and merges the files of `paths` and takes only `[accounts]`: what else they
/// say is looked at no further, so that a saved plan and a rollback do not depend on it.
///
/// # Errors
/// Where a file cannot be read, is no TOML, or `[accounts]` says what it cannot mean.
pub fn load_accounts(paths: &[PathBuf]) -> Result<BTreeMap<String, Account>, ConfigErrors> {
    let mut findings = Findings::default();
    let sources = files::read(paths, &BTreeMap::new(), &mut findings);
    let documents = well_formed(&sources, &mut findings);
    let mut accounts = BTreeMap::new();
    if !findings.has_errors() {
        let root = merge::merge(documents, &mut findings);
        accounts = accounts::read(&root, &mut findings);
    }
    findings.resolve(&sources)?;
    Ok(accounts)
}
