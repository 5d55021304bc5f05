//! The binary: exit codes, signals, terminals, streams, bad input, documents.

mod bad_input;
mod claims;
mod cost;
mod credentials;
mod documents;
mod drift;
mod ends;
mod import;
mod import_documents;
mod json;
mod lint;
mod meanwhile;
mod places;
mod policy;
mod policy_place;
mod reasons;
mod records;
mod rollback;
mod saved_plans;
mod selection;
mod shell;
mod signals;
mod stages;
#[cfg(target_os = "linux")]
mod streams;
mod takeover;
mod terminal;
mod together;
mod verbose;
mod warnings;
mod words;

use std::path::Path;

use gateway_responses::Seed;
use serde_json::{Value, json};

use crate::support::binary::{self, Run};
use crate::support::server::{Server, seed};

const API: &str = "abcde12345";

/// A file that wants one change.
const ONE: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                   stages = [\"prod\"]\nresponses.THROTTLED.headers.Retry-After = \"2\"\n";

/// A file that wants two changes.
const TWO: &str = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
                   stages = [\"prod\"]\nresponses.ACCESS_DENIED.status = 404\n\
                   responses.THROTTLED.headers.Retry-After = \"2\"\n";

/// A server with one API, and a folder with a file.
struct Place {
    server: Server,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(file: &str) -> Self {
        Self::with(file, &[seed(API, "orders", &["prod"])])
    }

    fn with(file: &str, seeds: &[Seed]) -> Self {
        Self::under(&[], file, seeds)
    }

    fn under(quirks: &[&str], file: &str, seeds: &[Seed]) -> Self {
        let server = Server::start(quirks, seeds);
        let folder = tempfile::tempdir().expect("a folder");
        let place = Self { server, folder };
        place.write("gwr.toml", file.as_bytes());
        place
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).expect("a file");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The arguments with those that lead to the server.
    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut all = arguments.to_vec();
        all.extend(["--endpoint-url", self.server.url(), "--progress", "never"]);
        all
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        binary::command(self.path(), &self.arguments(arguments))
    }

    fn run(&self, arguments: &[&str]) -> Run {
        binary::run(self.path(), &self.arguments(arguments))
    }

    /// The operations so far that change something.
    fn writes(&self) -> Vec<String> {
        let calls = self.server.calls();
        calls
            .into_iter()
            .map(|row| row.operation)
            .filter(|operation| !operation.starts_with("Get"))
            .collect()
    }

    /// Waits until so many calls have come that a fault is about: the last is in flight.
    fn in_flight(&self, calls: u64) {
        let begun = std::time::Instant::now();
        while self.server.seen() < calls {
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the call never came");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn delay(&self, operation: &str, seconds: f64) {
        self.server.faults(&json!([{"operation": operation, "kind": "delay", "hold_s": seconds}]));
    }
}

fn document(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}
