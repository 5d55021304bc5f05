//! What exists, as a desired-state file: the way in for APIs without a file.
//!
//! Three steps, none of which asks anybody anything: what is *really set* is told from what
//! is inherited or built in (`set`), where APIs agree it becomes a preset (`presets`),
//! and all of it becomes text (`write`). Planning with that text has nothing to do: what
//! a plan would change or deploy is left out, and a comment says so.

mod document;
mod inventory;
mod json;
mod keys;
mod parsed;
mod presets;
mod set;
mod write;
mod yaml;

pub use document::{Document, read as read_document};
pub use inventory::{Cause, Imported, Inventory, LeftOut, Stages};
pub use keys::name_apart;
pub use set::{is_unknowable, known_faults, really_set, unsettled_stages};
pub use write::write;
