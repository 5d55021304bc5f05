//! How a sandbox behaves.

use std::path::PathBuf;

use super::control::faults::Fault;
use super::control::policy::Policy;
use super::control::quota::Quota;
use super::quirks::Quirks;
use super::wire::host::HostName;

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
    /// What callers may do; everything when absent.
    pub policy: Option<Policy>,
    /// The region that names and exports show.
    pub region: String,
    /// Hosts that it answers for beside those that it always accepts on loopback: loopback
    /// addresses, names without a dot, `*.localhost`, `*.internal` and execute-api names.
    pub allow_hosts: Vec<HostName>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            quota: Quota::default(),
            quirks: Quirks::default(),
            faults: Vec::new(),
            policy: None,
            region: "us-east-1".to_owned(),
            allow_hosts: Vec::new(),
        }
    }
}
