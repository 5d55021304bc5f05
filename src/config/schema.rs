//! The JSON Schema of the file, for editors.
//!
//! The schema is written by hand, for its descriptions are its purpose; tests hold
//! its keys and names against those that the reader knows.

/// The JSON Schema (draft 2020-12) of `gwr.toml`, as `gwr schema` prints it.
#[must_use]
pub fn schema() -> String {
    include_str!("../../schema/gwr.schema.json").to_owned()
}
