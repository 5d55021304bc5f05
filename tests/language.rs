//! The words that people read: plain technical English, held by a test.
//!
//! Phrases that readers did not understand are listed here, and found in comments, string
//! literals, goldens and pages. `ALLOWED` lists the rooms that still use some of them; it
//! only shrinks: an entry that is no longer needed fails, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// In lower case, with single blanks.
const PHRASES: &[&str] = &[
    "keeps the gateway responses",
    "as a toml file says",
    "what the stages serve and served",
    "check the file alone",
    "what is probably not meant",
    "the least iam policy",
    "go back: the stages first",
    "accept a refusing hazard",
    "do not ask",
    "put this type again",
    "although nothing seems to differ",
    "keep the newest n",
    "those in use among them",
    "one call less",
    "own status",
    "same status",
    "another body",
    "from its own entry",
    "pages of another origin",
    "let whose work it is",
    "holds something else than is configured",
    "otherwise than configured",
    "evidence: its export",
    "what would settle it",
    "by cause, by what went wrong",
    "by what went wrong",
    "status flattens",
    "nobody has proven",
    "a guess after its siblings",
    "wants an api key",
    "has another form than",
    "is no json",
    "throttled for too long",
    "must be at its default",
    "the way back",
    "write `status = 504` or nothing",
    "what stands in ‹›",
    "three truths",
    "never deployed half.",
    "where the rule is wrong",
    "of 1 apis",
    "not gwr's",
    "moves back",
    "takes back",
    "a patch that is none",
    "how an apply that is not complete",
    "wants to be left alone",
    "what is told of an answer",
];

/// What may stand before a phrase that is plain in this place.
const PLAIN: &[(&str, &str)] = &[("error's ", "own status")];

/// Names of types, functions, variables and files.
const NAMES: &[&str] = &[
    "Told", "Said", "Heard", "Means", "Orders", "Ground", "Sight", "Wanted", "Asked", "beside",
    "backs", "wipe", "Lane", "turn", "go_on", "Journal", "Ships", "witness", "told.rs", "heard.rs",
];

/// Rooms that still use a phrase or a name. Only remove from this list.
const ALLOWED: &[(&str, &[&str])] = &[
    ("docs/reference.md", &["by what went wrong", "must be at its default"]),
    ("src/apply", &["Journal", "backs", "not gwr's", "turn"]),
    ("src/aws", &["is no json", "turn"]),
    ("src/cli", &["Journal", "Wanted"]),
    ("src/config", &["beside", "must be at its default"]),
    ("src/drift", &["Journal", "beside", "must be at its default"]),
    ("src/explain", &["Wanted", "a guess after its siblings", "nobody has proven", "three truths"]),
    ("src/import", &["Said", "Told", "beside", "told.rs"]),
    ("src/lint", &["by what went wrong"]),
    ("src/model", &["by what went wrong", "own status"]),
    (
        "src/plan",
        &[
            "Journal",
            "Ships",
            "beside",
            "must be at its default",
            "not gwr's",
            "own status",
            "the way back",
            "those in use among them",
            "three truths",
            "turn",
        ],
    ),
    ("src/read", &["Wanted", "beside", "witness"]),
    ("src/report", &["Journal"]),
    ("src/sandbox", &["Asked", "Told", "is no json", "nobody has proven", "own status", "turn"]),
    ("src/saved", &["Ships"]),
    ("src/state", &["Journal", "Ships", "beside"]),
];

/// A source file, apart.
#[derive(Default)]
struct Parts {
    code: String,
    prose: String,
}

/// Takes comments and string literals out of the code. Line breaks inside them are blanks.
fn parts(source: &str) -> Parts {
    let mut parts = Parts::default();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("//") {
            let (comment, after) = after.split_once('\n').unwrap_or((after, ""));
            parts.prose.push_str(comment.trim_start_matches(['/', '!']));
            parts.prose.push(' ');
            // A comment of several lines is one text.
            rest = after.trim_start_matches([' ', '\n']);
            if !rest.starts_with("//") {
                parts.prose.push('\n');
            }
        } else if let Some(after) = rest.strip_prefix("r#\"") {
            let (text, after) = after.split_once("\"#").unwrap_or((after, ""));
            parts.prose.push_str(text);
            parts.prose.push('\n');
            parts.code.push(' ');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('"') {
            let end = string_end(after);
            let text = after[..end].replace("\\\n", " ").replace("\\n", " ").replace("\\\"", "\"");
            parts.prose.push_str(&text);
            parts.prose.push('\n');
            parts.code.push(' ');
            rest = after.get(end + 1..).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix("'\"'").or(rest.strip_prefix("'\\\"'")) {
            rest = after;
        } else {
            parts.code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    parts
}

fn string_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !is_escaped => return at,
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The phrases in a text, each once.
fn phrases(text: &str) -> BTreeSet<&'static str> {
    let text = text.lines().map(single_blanks).collect::<Vec<_>>().join("\n").to_lowercase();
    PHRASES.iter().copied().filter(|phrase| has(&text, phrase)).collect()
}

fn single_blanks(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(text: &str, phrase: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(phrase).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        let is_plain = PLAIN.iter().any(|(lead, plain)| *plain == phrase && before.ends_with(lead));
        !is_plain && !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

/// The names in code, each once.
fn names(code: &str) -> BTreeSet<&'static str> {
    let words: BTreeSet<&str> = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    NAMES.iter().copied().filter(|name| words.contains(name)).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}

/// `src/plan`, `docs/faq.md`, `tests/cases`, `README.md`.
fn room(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("a file of this repository");
    path.iter().take(2).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// What is used, by room: each phrase or name with the files that use it.
fn used() -> BTreeMap<(String, &'static str), BTreeSet<String>> {
    let mut used: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    let mut note = |path: &Path, words: BTreeSet<&'static str>| {
        let shown = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        for word in words {
            used.entry((room(path), word)).or_default().insert(shown.clone());
        }
    };
    let mut sources = Vec::new();
    files(&root().join("src"), "rs", &mut sources);
    assert!(sources.len() > 100, "{}", sources.len());
    for path in sources {
        let Parts { code, prose } = parts(&fs::read_to_string(&path).expect("a source"));
        note(&path, phrases(&prose));
        note(&path, names(&code));
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        note(&path, NAMES.iter().copied().filter(|name| *name == file).collect());
    }
    let mut texts = vec![root().join("README.md")];
    for (folder, extension) in [
        ("docs", "md"),
        ("tests/cases", "txt"),
        ("tests/cases-config", "txt"),
        ("templates", "html"),
    ] {
        files(&root().join(folder), extension, &mut texts);
    }
    for path in texts {
        let text = fs::read_to_string(&path).expect("a text");
        // A sentence of a page runs over several lines.
        let is_page = path.extension().is_some_and(|it| it == "md");
        note(&path, phrases(&if is_page { text.replace('\n', " ") } else { text }));
    }
    used
}

#[test]
fn uses_no_phrase_that_readers_did_not_understand() {
    let used = used();
    let allowed: BTreeSet<(String, &str)> = ALLOWED
        .iter()
        .flat_map(|(room, words)| words.iter().map(|word| ((*room).to_owned(), *word)))
        .collect();
    let mut faults: Vec<String> = used
        .iter()
        .filter(|(key, _)| !allowed.contains(*key))
        .map(|((room, word), files)| format!("{room}: reword {word:?} in {files:?}"))
        .collect();
    let unused = allowed.iter().filter(|key| !used.contains_key(*key));
    faults.extend(unused.map(|(room, word)| format!("ALLOWED: remove {word:?} from {room:?}")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn finds_each_phrase_in_comments_literals_and_texts() {
    for phrase in PHRASES {
        let upper = phrase.to_uppercase();
        assert!(phrases(&format!("It {upper}, so.")).contains(phrase), "{phrase}");
        let escaped = phrase.replace(' ', " \\\n        ");
        let literal = parts(&format!("fn f() {{ g(\"it {escaped}\") }}")).prose;
        assert!(phrases(&literal).contains(phrase), "{phrase}: {literal}");
        let comment = parts(&format!("/// It {}\nfn f() {{}}", phrase.replace(' ', "\n    /// ")));
        assert!(phrases(&comment.prose).contains(phrase), "{phrase}: {}", comment.prose);
    }
    assert!(phrases("each error's own status").is_empty());
    for name in NAMES.iter().filter(|name| !name.contains('.')) {
        let Parts { code, .. } = parts(&format!("let {name} = \"x\";"));
        assert!(names(&code).contains(name), "{name}");
        let Parts { code, .. } = parts(&format!("// {name}\nlet x = \"{name}\";"));
        assert!(names(&code).is_empty(), "{name}");
    }
}
