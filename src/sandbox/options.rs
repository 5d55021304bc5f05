//! How a sandbox behaves.

use std::path::PathBuf;

use super::faults::Fault;
use super::quirks::Quirks;
use super::quota::Quota;

/// How a sandbox behaves; the default keeps state in memory and enforces nothing.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where state is kept; in memory when absent.
    pub data: Option<PathBuf>,
    /// Which limits are enforced.
    pub quota: Quota,
    /// How it behaves where nobody knows.
    pub quirks: Quirks,
    /// Faults in force from the beginning.
    pub faults: Vec<Fault>,
    /// The region that names and exports show.
    pub region: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            quota: Quota::default(),
            quirks: Quirks::default(),
            faults: Vec::new(),
            region: "us-east-1".to_owned(),
        }
    }
}
