//! From the paths of the command line to the files' texts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::findings::{Finding, Findings};
use crate::diagnostic::source::{Encoding, FileId, Source, Span};

/// No desired state is this large; `/dev/zero` and a mistaken archive are.
const LARGEST: u64 = 32 << 20;

/// What the CLI reads where no `-f` is given.
const DEFAULT_PATH: &str = "gwr.toml";

/// Reads every file, and of a folder its `*.toml` in the order of their names. `texts`
/// stand for files that are not written yet.
pub(super) fn read(
    paths: &[PathBuf],
    texts: &BTreeMap<PathBuf, String>,
    findings: &mut Findings,
) -> Vec<Arc<Source>> {
    let default = [PathBuf::from(DEFAULT_PATH)];
    let paths = if paths.is_empty() { &default } else { paths };
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            for file in toml_files(path, findings) {
                read_one(file, texts, &mut sources, findings);
            }
        } else {
            read_one(path.clone(), texts, &mut sources, findings);
        }
    }
    sources
}

fn read_one(
    path: PathBuf,
    texts: &BTreeMap<PathBuf, String>,
    sources: &mut Vec<Arc<Source>>,
    findings: &mut Findings,
) {
    match texts.get(&path) {
        None => read_file(path, sources, findings),
        Some(text) => {
            let text = text.clone();
            sources.push(Arc::new(Source { path, text, encoding: Encoding::Utf8 }));
        }
    }
}

fn toml_files(folder: &Path, findings: &mut Findings) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
    });
    let mut files = match listed {
        Ok(files) => files,
        Err(error) => {
            findings.error(Finding::about(
                folder,
                format!("cannot list the folder: {}", reason(&error)),
            ));
            return Vec::new();
        }
    };
    files.retain(|path| path.extension().is_some_and(|ext| ext == "toml") && !path.is_dir());
    files.sort();
    if files.is_empty() {
        findings.error(
            Finding::about(folder, "no `*.toml` file is in this folder")
                .help("folders below it are not searched: name them with another -f"),
        );
    }
    files
}

fn read_file(path: PathBuf, sources: &mut Vec<Arc<Source>>, findings: &mut Findings) {
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        findings.error(unreadable(&path, &error));
        return;
    }
    if bytes.len() as u64 > LARGEST {
        findings
            .error(Finding::about(path, format!("the file is larger than {} MB", LARGEST >> 20)));
        return;
    }
    let file = FileId(sources.len());
    let (text, encoding) = match String::from_utf8(bytes) {
        Ok(text) => (text, Encoding::Utf8),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let end = start + 1;
            findings.error(
                Finding::at(Span { file, start, end }, "the file is not UTF-8 from here on")
                    .help("save it as UTF-8: TOML knows no other encoding"),
            );
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (text, Encoding::Other)
        }
    };
    sources.push(Arc::new(Source { path, text, encoding }));
}

fn unreadable(path: &Path, error: &std::io::Error) -> Finding {
    if error.kind() == ErrorKind::NotFound {
        if path == Path::new(DEFAULT_PATH) {
            return Finding::about(path, "no gwr.toml here").help(
                "`gwr import --name NAME > gwr.toml` writes one for an API that exists; `gwr \
                 init` writes a starter; or name one with -f",
            );
        }
        return Finding::about(path, "no such file").help("check the path given with -f");
    }
    Finding::about(path, format!("cannot read the file: {}", reason(error)))
}

/// What the operating system says, without Rust's "(os error 13)".
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((reason, _)) => reason.to_lowercase(),
        None => text,
    }
}
