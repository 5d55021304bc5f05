//! Template texts: in the file, or in a file beside it.
//!
//! A template file is found from the folder of the TOML file that names it and is
//! never read from outside that folder, whichever way a path may lead there.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path};

use super::document::{Node, Table, Value};
use super::fields::{known_keys, text, wrong_type};
use super::files::reason;
use super::findings::{Finding, Findings};
use crate::diagnostic::source::{Source, Sources, Span};
use crate::diagnostic::text::brief;

/// The keys of a template that is a table.
pub(super) const KEYS: [&str; 1] = ["file"];

/// AWS's quota of a mapping template: 300 KB.
pub(super) const LARGEST: usize = 300 * 1024;

/// RFC 6838, section 4.2.
const LONGEST_NAME: usize = 127;

/// A template's text; `media_type` is its key, for messages.
pub(super) fn read(
    media_type: &str,
    node: &Node,
    sources: &Sources,
    findings: &mut Findings,
) -> Option<String> {
    let what = format!("the template `{}`", brief(media_type));
    match &node.value {
        Value::String(text) => {
            let problem = if text.is_empty() {
                format!("{what} is empty, which AWS refuses")
            } else if text.len() > LARGEST {
                format!("{what} is larger than AWS's 300 KB")
            } else {
                return Some(text.clone());
            };
            findings
                .error(Finding::at(node.at, problem).help(
                    "`false` takes a template away; without any, the built-in one is served",
                ));
            None
        }
        Value::Table(table) => from_file(table, node.at, sources, findings),
        _ => {
            findings.error(wrong_type(&what, "a string, `{ file = \"…\" }` or `false`", node));
            None
        }
    }
}

/// What a template's key can be, for messages.
pub(super) const MEDIA_TYPE: &str = "a media type is `type/subtype`, each of letters, digits and \
                                     `!#$&-^_.+`, with parameters behind `;` or without";

/// Whether the text has the form `type/subtype`, with parameters or without: restricted
/// names of RFC 6838, section 4.2, and `*`, for AWS refuses other texts (recorded)
/// and maybe more.
pub(super) fn is_media_type(text: &str) -> bool {
    let (essence, parameters) = match text.split_once(';') {
        Some((essence, parameters)) => (essence.trim_end(), parameters),
        None => (text, ""),
    };
    let is_name = |part: &str| {
        part.len() <= LONGEST_NAME
            && part.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '*')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&*+-.^_".contains(&byte))
    };
    essence.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
        && parameters.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

fn from_file(
    table: &Table,
    at: Span,
    sources: &Sources,
    findings: &mut Findings,
) -> Option<String> {
    known_keys(table, &KEYS, findings);
    let Some(entry) = table.get("file") else {
        if table.is_empty() {
            findings.error(
                Finding::at(at, "a template is a text or a file")
                    .help("write `{ file = \"…\" }`")
                    .of_all_files(),
            );
        }
        return None;
    };
    let (path, at) = text(table, "file", findings)?;
    match open(Path::new(path), &sources[entry.node.at.file.0]) {
        Ok(text) => Some(text),
        Err(Problem { message, help }) => {
            findings.error(Finding::at(at, message).help(help));
            None
        }
    }
}

struct Problem {
    message: String,
    help: &'static str,
}

fn problem(message: impl Into<String>, help: &'static str) -> Problem {
    Problem { message: message.into(), help }
}

const KEEP_BESIDE: &str =
    "template files are read only from the folder of the file that names them: copy it there";

/// Reads the file if it is inside the folder of the TOML file.
fn open(path: &Path, source: &Source) -> Result<String, Problem> {
    let shown = brief(&path.display().to_string());
    if path.is_absolute() || leaves(path) {
        return Err(problem(format!("`{shown}` is outside the folder of this file"), KEEP_BESIDE));
    }
    let folder = source.folder().canonicalize().map_err(|error| unreadable(&shown, &error))?;
    let file = folder.join(path).canonicalize().map_err(|error| unreadable(&shown, &error))?;
    if !file.starts_with(&folder) {
        return Err(problem(
            format!("`{shown}` is a symbolic link to outside the folder of this file"),
            KEEP_BESIDE,
        ));
    }
    if !file.is_file() {
        return Err(problem(
            format!("`{shown}` is not a file"),
            "name a file that holds the template's text",
        ));
    }
    let mut bytes = Vec::new();
    File::open(&file)
        .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&shown, &error))?;
    if bytes.len() > LARGEST {
        return Err(problem(
            format!("`{shown}` is larger than AWS's 300 KB for a template"),
            "shorten it: clients get it with each error",
        ));
    }
    if bytes.is_empty() {
        return Err(problem(
            format!("`{shown}` is empty, and AWS refuses an empty template"),
            "write the body that clients should get",
        ));
    }
    String::from_utf8(bytes).map_err(|_| {
        problem(
            format!("`{shown}` is not UTF-8"),
            "save it as UTF-8, the only encoding of a template",
        )
    })
}

/// Whether the path, read as text, climbs out of where it starts.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_usize;
    for component in path.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

fn unreadable(shown: &str, error: &std::io::Error) -> Problem {
    if error.kind() == ErrorKind::NotFound {
        return problem(
            format!("no file `{shown}`"),
            "the path starts at the folder of the file that names it",
        );
    }
    problem(
        format!("cannot read `{shown}`: {}", reason(error)),
        "make it readable for the user who runs gwr",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_have_two_parts() {
        for right in [
            "application/json",
            "application/vnd.api+json",
            "application/json;charset=UTF-8",
            "text/html; charset=utf-8",
            "x-shop/*",
            "*/*",
        ] {
            assert!(is_media_type(right), "{right}");
        }
        for wrong in [
            "json",
            "123",
            "application/",
            "/json",
            "a/b/c",
            "application json",
            "",
            "a/b\n",
            "a/b~c",
            "a/.b",
            "a/;b",
            "a/ b",
        ] {
            assert!(!is_media_type(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_path_may_climb_only_as_far_as_it_went() {
        assert!(!leaves(Path::new("errors/../failure.xml")));
        assert!(leaves(Path::new("errors/../../failure.xml")));
        assert!(leaves(Path::new("../gwr/failure.xml")));
        assert!(leaves(Path::new("/etc/passwd")));
    }
}
