//! `gwr init`: a commented starter, and beside it the schema that its first line names.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{anyhow, bail};
use serde_json::json;

use crate::cli::args::{Common, Output};
use crate::cli::session::connect;
use crate::cli::session::typed;
use crate::cli::terminal::console::{Console, ExitStatus};
use crate::config;
use crate::plan::FORMAT_VERSION;
use crate::report;

/// What is written; a test holds it valid.
const STARTER: &str = include_str!("starter.toml");

/// The file that the starter's `#:schema` line names, in the starter's folder.
const SCHEMA: &str = "gwr.schema.json";

/// Writes the starter where no file is yet, and says what to type next.
pub fn run(common: &Common, console: &Console) -> anyhow::Result<ExitStatus> {
    let files = connect::files(common);
    let [path] = files.as_slice() else { bail!("`gwr init` writes one file; give -f once") };
    let schema = path.with_file_name(SCHEMA);
    if *path == schema {
        bail!("{SCHEMA} is the name of the schema next to the file; give another one with -f");
    }
    write_new(path, STARTER)?;
    let is_there = schema.exists();
    if !is_there {
        write_new(&schema, &config::schema()).map_err(|error| {
            // Without the schema its first line leads nowhere: both, or none.
            let _ = std::fs::remove_file(path);
            error.context(format!("{} was not made", path.display()))
        })?;
    } else if std::fs::read_to_string(&schema).ok() != Some(config::schema()) {
        console.remark(&format!(
            "{0} is not the schema of this gwr and was left unchanged; `gwr schema > {0}` \
             replaces it",
            schema.display()
        ));
    }
    if console.output == Output::Json {
        let mut written = vec![path.display().to_string()];
        if !is_there {
            written.push(schema.display().to_string());
        }
        let document = json!({ "format_version": FORMAT_VERSION, "written": written });
        console.data(&report::json::document(&document)?);
        return Ok(ExitStatus::default());
    }
    console.data(&format!(
        "Wrote {}: name your API and its stages in it, then run `{}`.\n",
        path.display(),
        typed::same_command("plan", common)
    ));
    Ok(ExitStatus::default())
}

/// Never writes over a file, and leaves none that is not whole.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!(
            "{shown} is there already; gwr init never overwrites. Name another with -f FILE"
        ),
        _ => anyhow::Error::new(error).context(format!("{shown} could not be written")),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| {
        let _ = std::fs::remove_file(path);
        anyhow::Error::new(error).context(format!("{shown} could not be written"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_valid_and_nothing_is_written_over() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("gwr.toml");
        write_new(&path, STARTER)?;
        let loaded = crate::config::load(std::slice::from_ref(&path), connect::today())?;
        assert_eq!(loaded.desired.apis.len(), 1);
        assert!(loaded.warnings.is_empty());
        let refused = write_new(&path, "").expect_err("it is there");
        assert!(refused.to_string().ends_with("never overwrites. Name another with -f FILE"));
        assert!(STARTER.starts_with(&format!("#:schema ./{SCHEMA}\n")));
        Ok(())
    }
}
