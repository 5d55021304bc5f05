//! The files of `tests/cases-config`, and properties of arbitrary ones.

use std::fs;
use std::path::{Path, PathBuf};

use time::macros::date;

use super::load;

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
    assert!(
        wrong.is_empty(),
        "GWR_BLESS=1 accepts:\n{}",
        wrong.join("\n")
    );
}

fn say(path: &Path) -> String {
    let said = match load(&[path.to_owned()], date!(2026 - 06 - 15)) {
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
