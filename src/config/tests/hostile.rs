//! Malformed files: nothing panics, hangs or sends control characters to the terminal.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::config::{ConfigErrors, load};

use super::{TODAY, load_api, load_texts, messages};

/// Far above what is needed, far below what a quadratic reader would need.
const PATIENCE: Duration = Duration::from_secs(30);

fn errors(text: &str) -> ConfigErrors {
    load_texts(&[text]).unwrap_err()
}

/// Nothing of the file commands the terminal, and nothing is printed at length.
fn assert_sober(errors: &ConfigErrors) {
    let rendered = errors.render(false);
    let unsafe_character =
        rendered.chars().find(|c| *c != '\n' && crate::model::visible::is_unsafe(*c));
    assert_eq!(unsafe_character, None, "{rendered:?}");
    assert!(rendered.len() < 60_000, "{} bytes", rendered.len());
    for diagnostic in errors.diagnostics().iter().take(50) {
        assert!(diagnostic.line >= 1 && diagnostic.column >= 1);
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for text in [
        format!("a = {}", "[".repeat(10_000)),
        format!("a = {}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("a = {}", "{a=".repeat(10_000)),
        format!("{} = 1", vec!["a"; 10_000].join(".")),
        format!("[{}]", vec!["a"; 10_000].join(".")),
        format!("[{}]\n{} = 1", vec!["a"; 79].join("."), vec!["b"; 79].join(".")),
    ] {
        assert_sober(&errors(&text));
    }
    // As deep as toml lets it be: eighty brackets with eighty dots in each.
    let key = vec!["a"; 79].join(".");
    let deepest = format!("{{{key} = ").repeat(78) + "1" + &"}".repeat(78);
    for text in [format!("a = {deepest}"), format!("a = 1\na = {deepest}")] {
        assert_sober(&errors(&text));
    }
}

#[test]
fn a_line_of_five_megabytes_is_not_printed() {
    let long = "x".repeat(5_000_000);
    for text in [
        format!("version = 1\n{long} = 1\n"),
        format!("version = 1\nkey = \"{long}\"\n"),
        format!("version = 1\n[apis.orders]\nmatch = {{ name = \"{long}\", colour = 1 }}\n"),
        long.clone(),
        format!("# {long}\u{7}"),
    ] {
        assert_sober(&errors(&text));
    }
    let text =
        format!("version = 1\napis.orders = {{ match = {{ name = \"{long}\" }}, colour = 1 }}\n");
    let errors = errors(&text);
    let column = text.lines().nth(1).unwrap().find("colour").unwrap() + 1;
    assert_eq!(errors.diagnostics()[0].column, column);
    assert!(errors.to_string().contains(&format!(".toml:2:{column}\n")));
    assert!(errors.to_string().contains("colour = 1"));
}

fn repeated(times: usize, line: impl Fn(usize) -> String) -> String {
    (0..times).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn very_many_keys_and_errors_stay_fast() {
    let start = Instant::now();
    let keys = repeated(40_000, |n| format!("key{n} = 1\n"));
    let many = errors(&format!("version = 1\n{keys}"));
    assert_eq!(many.diagnostics().len(), 40_001);
    assert_sober(&many);
    assert!(many.to_string().ends_with("… and 39951 more"));

    // The same on one line.
    let keys: Vec<String> = (0..20_000).map(|n| format!("key{n} = 1")).collect();
    assert_sober(&errors(&format!("version = 1\napis.orders = {{ {} }}", keys.join(", "))));

    let headers = repeated(20_000, |n| format!("X-{n} = \"1\"\n"));
    load_api(&format!("[apis.orders.responses.THROTTLED.headers]\n{headers}")).unwrap();

    let presets = repeated(2_000, |n| format!("[presets.p{n}.THROTTLED]\n"));
    let uses =
        repeated(2_000, |n| format!("[apis.a{n}]\nmatch.name = \"{n}\"\nuse = [\"q{n}\"]\n"));
    assert_sober(&errors(&format!("version = 1\n{presets}{uses}")));

    assert_sober(&errors(&"= \n".repeat(40_000)));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}

#[test]
fn reports_bytes_that_are_not_utf_8() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gwr.toml");
    for (bytes, expected) in [
        (b"version = 1\nx = \"caf\xe9\"\n".as_slice(), (2, 9)),
        (b"version = 1\n\0\0\n".as_slice(), (2, 1)),
        (b"\xff\xfev\0e\0".as_slice(), (1, 1)),
        (b"caf\xe9\n= 1\n".as_slice(), (1, 4)),
    ] {
        fs::write(&file, bytes).unwrap();
        let errors = load(std::slice::from_ref(&file), TODAY).unwrap_err();
        let first = &errors.diagnostics()[0];
        assert_eq!((first.line, first.column), expected, "{errors}");
        let is_text = std::str::from_utf8(bytes).is_ok();
        assert!(is_text || errors.diagnostics().len() == 1, "{errors}");
        assert_sober(&errors);
    }
    fs::write(&file, b"\xef\xbb\xbfversion = 1\r\n[apis.o]\r\nmatch = { name = \"o\" }\r\n")
        .unwrap();
    load(&[file], TODAY).unwrap();
}

#[test]
fn reports_paths_that_are_not_files() {
    let folder = tempfile::tempdir().unwrap();
    let message = |paths: &[PathBuf]| {
        let errors = load(paths, TODAY).unwrap_err();
        assert_sober(&errors);
        messages(&errors).join("; ")
    };
    assert_eq!(message(&[folder.path().to_owned()]), "no `*.toml` file is in this folder");
    assert_eq!(message(&[folder.path().join("x.toml")]), "no such file");
    assert_eq!(message(&[folder.path().join("\u{1b}[2J")]), "no such file");
    // The package's own folder has none: the default of no path at all.
    let errors = load(&[], TODAY).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "error: no gwr.toml here\n--> gwr.toml\n = help: `gwr import \
         --name NAME > gwr.toml` writes one for an API that exists; `gwr init` writes a starter; or \
         name one with -f"
    );
}

#[test]
fn a_folder_is_read_by_name_and_not_below() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("c.toml")).unwrap();
    fs::write(folder.path().join("c.toml/d.toml"), "wrong").unwrap();
    fs::write(folder.path().join("notes.txt"), "wrong").unwrap();
    fs::write(folder.path().join("b.toml"), "[limits]\nmax_changes = 2\n").unwrap();
    let text = "version = 1\n[limits]\nmax_changes = 1\n[apis.o]\nmatch = { name = \"o\" }\n";
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let loaded = load(&[folder.path().to_owned()], TODAY).unwrap();
    assert_eq!(loaded.desired.limits.max_changes, 2);
}

#[test]
fn colour_changes_only_the_styling() {
    let text = format!(
        "version = 1\ncolour = 1\n[apis.o]\nmatch = {{ name = \"{}\", b = 1 }}\n",
        "x".repeat(500)
    );
    let errors = errors(&text);
    let colored = errors.render(true);
    assert!(colored.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), errors.render(false));
}

fn snippet() -> impl Strategy<Value = String> {
    let keys = r#"version defaults accounts apis orders match name tags responses THROTTLED
        DEFAULT_4XX status headers templates reset ignore type until presets use stages from
        file "" "a/b" x"#;
    let keys: Vec<&str> = keys.split_whitespace().collect();
    let key = prop::collection::vec(prop::sample::select(keys), 1..6).prop_map(|k| k.join("."));
    let value = prop_oneof![
        prop::sample::select(vec![
            "1",
            "1.5",
            "true",
            "false",
            "\"x\"",
            "[]",
            "{}",
            "[1]",
            "[\"x\"]",
            "2027-03-01",
            "\"context.x\"",
            "\"$x\"",
            "\"default\"",
            "\"THROTTLED\"",
            "{ name = \"x\" }",
            "nan",
            "{ file = \"x\" }",
            "503",
            "\"\\u001b\"",
            "[{ type = \"THROTTLED\" }]",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}".prop_map(|text| format!("{text:?}")),
    ];
    let line = prop_oneof![
        4 => (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => key.clone().prop_map(|key| format!("[{key}]")),
        1 => key.prop_map(|key| format!("[[{key}]]")),
        1 => "\\PC{0,20}",
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_toml_never_panics(one in snippet(), two in snippet()) {
        for texts in [vec![one.as_str()], vec![one.as_str(), two.as_str()]] {
            if let Err(errors) = load_texts(&texts) {
                prop_assert!(!errors.diagnostics().is_empty());
                assert_sober(&errors);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gwr.toml");
        fs::write(&file, bytes).unwrap();
        if let Err(errors) = load(&[file], TODAY) {
            assert_sober(&errors);
        }
    }
}
