//! `gwr validate`: the file alone, offline.

use serde_json::json;

use super::args::{Common, Output};
use super::console::Console;
use super::exit::Exit;
use super::session;
use crate::config::{self, Diagnostic};
use crate::report::style::Colour;
use crate::report::text::count;

pub fn run(common: &Common, console: &Console) -> anyhow::Result<Exit> {
    if console.output == Output::Json {
        return document(common, console);
    }
    let loaded = session::load(common, console)?;
    let color = console.error_colour() == Colour::On;
    for diagnostic in loaded.warnings.iter().chain(&loaded.expired) {
        console.stderr(&format!("{}\n", diagnostic.render(color).trim_end()));
    }
    if !loaded.expired.is_empty() {
        let number = loaded.expired.len() as u64;
        let verb = if number == 1 { "has" } else { "have" };
        anyhow::bail!(
            "{} {verb} expired and no force any more: remove them, or set a later `until`",
            count(number, "`ignore` entr")
                .replace("entrs", "entries")
                .replace("1 `ignore` entr", "1 `ignore` entry")
        );
    }
    let apis = loaded.desired.apis.len() as u64;
    let responses: usize = loaded.desired.apis.iter().map(|api| api.responses.len()).sum();
    console.data(&format!(
        "Valid: {} with {}. `gwr plan` shows what would change.\n",
        count(apis, "API"),
        count(responses as u64, "response"),
    ));
    Ok(Exit::Done)
}

fn document(common: &Common, console: &Console) -> anyhow::Result<Exit> {
    let (valid, diagnostics) = match config::load(&session::files(common), session::today()) {
        Err(errors) => (false, errors.diagnostics().to_vec()),
        Ok(loaded) => {
            let valid = loaded.expired.is_empty();
            (valid, loaded.warnings.into_iter().chain(loaded.expired).collect())
        }
    };
    let diagnostics: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic: &Diagnostic| {
            json!({
                "severity": diagnostic.severity.as_str(),
                "file": diagnostic.file,
                "line": diagnostic.line,
                "column": diagnostic.column,
                "message": diagnostic.message,
                "help": diagnostic.help,
            })
        })
        .collect();
    let document = json!({ "format_version": 1, "valid": valid, "diagnostics": diagnostics });
    console.data(&(serde_json::to_string_pretty(&document)? + "\n"));
    Ok(if valid { Exit::Done } else { Exit::Error })
}
