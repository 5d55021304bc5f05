//! Which room may name what: the lines of the house, held by a test.
//!
//! The source is read as text. Comments and string literals are blanked first, so
//! that a sentence about tokio is no use of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A rule: the files it is about, and the words that none of them may name.
struct Rule {
    name: &'static str,
    about: fn(&str) -> bool,
    never: &'static [&'static str],
    /// What they may name although it holds such a word.
    but: &'static [&'static str],
    /// Whether the file's tests are bound too.
    tests: Tests,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tests {
    Bound,
    Free,
}

/// The rooms from the ground up, each with the rooms that it may use. A room may use rooms
/// above it in this list only: there is no circle, and no arrow runs up.
const ROOMS: [(&str, &[&str]); 18] = [
    ("model", &[]),
    ("page", &["model"]),
    ("sandbox", &["model", "page"]),
    ("state", &["model"]),
    ("diagnostic", &["model"]),
    ("config", &["model", "state", "diagnostic"]),
    ("lint", &["model", "state", "diagnostic", "config"]),
    ("plan", &["model", "state", "diagnostic", "lint"]),
    ("saved", &["model", "state", "plan"]),
    ("drift", &["model", "state", "plan"]),
    ("explain", &["model", "state", "config", "plan"]),
    ("import", &["model", "state", "diagnostic", "config", "lint", "plan"]),
    ("policy", &["model", "state"]),
    ("aws", &["model", "state"]),
    ("read", &["model", "state", "plan", "drift", "explain", "import", "aws"]),
    ("apply", &["model", "state", "diagnostic", "plan", "saved", "aws", "read"]),
    (
        "report",
        &[
            "model",
            "page",
            "state",
            "diagnostic",
            "lint",
            "plan",
            "drift",
            "explain",
            "policy",
            "aws",
            "read",
            "apply",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "sandbox",
            "state",
            "diagnostic",
            "config",
            "lint",
            "plan",
            "saved",
            "drift",
            "explain",
            "import",
            "policy",
            "aws",
            "read",
            "apply",
            "report",
        ],
    ),
];

/// The rooms that compute and do nothing else.
const PURE: [&str; 10] = [
    "model",
    "state",
    "diagnostic",
    "lint",
    "plan",
    "drift",
    "explain",
    "import",
    "policy",
    "page",
];

const RULES: &[Rule] = &[
    Rule {
        name: "the core computes: no runtime, no SDK, no clock, no environment, no files",
        about: |path| PURE.contains(&room(path)),
        never: &[
            "tokio",
            "aws_*",
            "std::env",
            "std::time",
            "std::fs",
            "std::net",
            "std::process",
            "now_utc",
        ],
        but: &[],
        tests: Tests::Free,
    },
    Rule {
        name: "only src/aws names the SDK",
        about: |path| room(path) != "aws",
        never: &["aws_*"],
        but: &["aws_error"],
        tests: Tests::Bound,
    },
    Rule {
        name: "a verb that only looks is connected as a reader, which leads to no writer",
        about: |path| {
            let looks = [
                "cli/verbs/plan.rs",
                "cli/verbs/drift.rs",
                "cli/verbs/explain.rs",
                "cli/verbs/import.rs",
                "report/drift.rs",
            ];
            looks.contains(&path) || matches!(room(path), "read" | "drift" | "explain")
        },
        never: &["Writer", "writer", "connect::open"],
        but: &[],
        tests: Tests::Bound,
    },
    Rule {
        name: "the page is text and numbers: it knows nothing of what it shows",
        about: |path| room(path) == "page",
        never: &["crate::"],
        but: &["crate::model::visible::"],
        tests: Tests::Free,
    },
    Rule {
        name: "only report and cli print",
        about: |path| !matches!(room(path), "report" | "cli"),
        never: &["print!", "println!", "eprint!", "eprintln!", "dbg!", "stdout()", "stderr()"],
        but: &[],
        tests: Tests::Bound,
    },
    Rule {
        name: "there is no dry run: plan and apply are the same code up to review",
        about: |_| true,
        never: &["dry_run", "dry-run", "DryRun"],
        but: &[],
        tests: Tests::Bound,
    },
    Rule {
        name: "nothing but cli knows that there is a sandbox",
        about: |path| !matches!(room(path), "sandbox" | "cli" | "lib"),
        never: &["sandbox::", "mod sandbox"],
        but: &[],
        tests: Tests::Bound,
    },
];

/// `plan` of `plan/mod.rs` and of `plan.rs`.
fn room(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Every file under src by its path there.
fn sources() -> BTreeMap<String, String> {
    fn collect(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder of source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("below src").to_string_lossy();
                found.insert(name.into_owned(), fs::read_to_string(&path).expect("UTF-8"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    collect(&root, &root, &mut found);
    found
}

/// The text with comments and literals blanked, its lines kept.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |part: &str| -> String {
        part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
    };
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_literal(rest) {
            length
        } else if c == '"' {
            literal(rest, '"')
        } else if c == '\'' && is_char(rest) {
            literal(rest, '\'')
        } else {
            0
        };
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.push_str(&blank(&rest[..length]));
            rest = &rest[length..];
        }
    }
    out
}

/// The length of a literal that begins here, with its quotes.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A quote that begins a character, not a lifetime.
fn is_char(text: &str) -> bool {
    let mut rest = text.chars().skip(1);
    match (rest.next(), rest.next()) {
        (Some('\\'), _) => true,
        (Some(_), Some(end)) => end == '\'',
        _ => false,
    }
}

fn raw_literal(text: &str) -> Option<usize> {
    let body = text.strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    body[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let from = 1 + hashes + 1;
    text[from..].find(&close).map(|end| from + end + close.len())
}

/// Where a file breaks a rule: the line, and the word.
fn breaches(rule: &Rule, path: &str, text: &str) -> Vec<String> {
    if !(rule.about)(path) {
        return Vec::new();
    }
    let code = code(text);
    let bound = match rule.tests {
        Tests::Bound => code.as_str(),
        Tests::Free if path.contains("/tests") => "",
        Tests::Free => code.split("#[cfg(test)]").next().unwrap_or_default(),
    };
    let mut found = Vec::new();
    for (number, line) in bound.lines().enumerate() {
        let line = &rule.but.iter().fold(line.to_owned(), |line, but| line.replace(but, ""));
        for word in rule.never.iter().filter(|word| names(line, word)) {
            found.push(format!("{path}:{}: `{word}` ({})", number + 1, rule.name));
        }
    }
    found
}

/// Whether a line of code names the word; `aws_*` is any name that begins so.
fn names(line: &str, word: &str) -> bool {
    let (stem, open) = match word.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (word, false),
    };
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(stem).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + stem.len()..].chars().next();
        let ends = !stem.ends_with(is_name) || open || !after.is_some_and(is_name);
        !before.is_some_and(is_name) && ends
    })
}

#[test]
fn every_room_keeps_to_its_own() {
    let sources = sources();
    assert!(sources.len() > 80, "only {} files were found", sources.len());
    let found: Vec<String> = RULES
        .iter()
        .flat_map(|rule| sources.iter().flat_map(|(path, text)| breaches(rule, path, text)))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

/// An arrow that is not in the list fails, and so does one of the list that no file draws.
#[test]
fn each_room_uses_the_rooms_that_it_may() {
    let mut drawn: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let sources = sources();
    for (path, text) in &sources {
        let Some((from, may)) = ROOMS.iter().find(|(name, _)| *name == room(path)) else {
            assert!(matches!(path.as_str(), "lib.rs" | "main.rs"), "{path} is in no room");
            continue;
        };
        let code = code(text);
        let own = if path.contains("/tests") {
            ""
        } else {
            code.split("#[cfg(test)]").next().unwrap_or_default()
        };
        for (name, _) in ROOMS.iter().filter(|(name, _)| name != from) {
            if !names(own, &format!("crate::{name}")) {
                continue;
            }
            drawn.entry(*from).or_default().insert(*name);
            if !may.contains(name) {
                wrong.push(format!("{path}: `{from}` may not use `{name}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let mut below = BTreeSet::new();
    for (name, may) in ROOMS {
        let unused: Vec<_> = may
            .iter()
            .filter(|room| !drawn.get(name).is_some_and(|drawn| drawn.contains(*room)))
            .collect();
        assert!(unused.is_empty(), "`{name}` no longer uses {unused:?}");
        assert!(may.iter().all(|room| below.contains(room)), "an arrow of `{name}` runs up");
        below.insert(name);
    }
}

/// The embedded API Gateway is an independent reading of the facts: it takes nothing
/// of the reconciler but the table of types, and the page, which knows only text.
#[test]
fn the_sandbox_shares_only_the_table_of_types() {
    let found: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| room(path) == "sandbox")
        .flat_map(|(path, text)| shared_names(path, text))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

fn shared_names(path: &str, text: &str) -> Vec<String> {
    const ALLOWED: [&str; 5] = [
        "sandbox",
        "model::ResponseType",
        "model::Family",
        "model::{Family, ResponseType}",
        "page::",
    ];
    let mut found = Vec::new();
    for (number, line) in code(text).lines().enumerate() {
        for (at, _) in line.match_indices("crate::") {
            let name = &line[at + "crate::".len()..];
            if !ALLOWED.iter().any(|allowed| name.starts_with(allowed)) {
                found.push(format!("{path}:{}: crate::{name}", number + 1));
            }
        }
    }
    found
}

#[test]
fn no_file_is_long() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn the_checker_finds_what_it_looks_for() {
    let offence = "//! tokio in a comment\nuse tokio::time::sleep;\nlet x = \"aws_sdk\";\n\
                   fn f<'a>(x: &'a str) { println!(\"{x}\"); let d = r#\"std::fs\"#; }\n\
                   use aws_sdk_sts::Client;\n#[cfg(test)]\nmod tests { use std::env; }\n";
    let found: Vec<String> =
        RULES.iter().flat_map(|rule| breaches(rule, "plan/made_up.rs", offence)).collect();
    let short: Vec<&str> =
        found.iter().map(|line| line.split(" (").next().unwrap_or_default()).collect();
    assert_eq!(
        short,
        [
            "plan/made_up.rs:2: `tokio`",
            "plan/made_up.rs:5: `aws_*`",
            "plan/made_up.rs:5: `aws_*`",
            "plan/made_up.rs:4: `println!`",
        ]
    );
    let clean: Vec<String> = RULES
        .iter()
        .flat_map(|rule| breaches(rule, "aws/made_up.rs", "use aws_types::X;"))
        .collect();
    assert_eq!(clean, Vec::<String>::new());
    assert_eq!(
        shared_names("sandbox/x.rs", "use crate::plan::Plan;\nuse crate::sandbox::x;"),
        ["sandbox/x.rs:1: crate::plan::Plan;"]
    );
}
