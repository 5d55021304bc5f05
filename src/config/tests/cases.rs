//! Each case of `tests/cases-config` is a file `NAME.toml`, or a folder `NAME` of several;
//! the golden `NAME.txt` has every diagnostic. `GWR_BLESS=1` rewrites them.

use std::fs;
use std::path::Path;

use super::TODAY;
use crate::config::load;
use crate::named_tests;

const CASES: &str = "tests/cases-config";

named_tests! {
    check(CASES);
    accounts controls empty exceptions expiry header_values matching no_apis no_version
    only_a_comment reset settings several_accounts status syntax templates terminal
    two_bad_files two_files unknown_keys without_match
}

#[track_caller]
fn check(name: &str) {
    let folder = Path::new(CASES).join(name);
    let case = if folder.is_dir() { folder } else { folder.with_extension("toml") };
    let found = diagnostics(&case);
    let golden = case.with_extension("txt");
    if std::env::var_os("GWR_BLESS").is_some() {
        fs::write(&golden, &found).unwrap();
    } else {
        assert_eq!(fs::read_to_string(&golden).unwrap_or_default(), found, "GWR_BLESS=1 accepts");
    }
}

fn diagnostics(path: &Path) -> String {
    let found = match load(&[path.to_owned()], TODAY) {
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
    format!("{found}\n").replace(&format!("{CASES}/"), "")
}
