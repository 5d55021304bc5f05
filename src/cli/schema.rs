//! `gwr schema`: the JSON Schema of the desired-state file.

use super::console::Console;
use super::exit::Exit;

pub fn run(console: &Console) -> Exit {
    console.data(&crate::config::schema());
    Exit::Done
}
