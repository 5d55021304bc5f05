//! The least IAM policy for a file and a verb.
//!
//! Two steps: which calls a verb makes on an API (`calls`), and those calls as a policy
//! (`document`). The list of calls is written down here a second time, beside the code
//! that makes them; tests run every verb against a server that enforces the policy, and
//! show that with any one permission less it fails.

mod calls;
mod document;
mod notes;

use std::collections::BTreeSet;

use crate::desired::{DeployPolicy, DesiredApi, DesiredResponse, Matching, Unlisted};
use crate::model::ResponseType;

pub use document::{Document, LARGEST_MANAGED_POLICY};
pub use notes::notes;

/// What is to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Plan,
    Apply,
    Drift,
    Explain,
    Import,
    Rollback,
    Deployments,
    Prune,
}

impl Verb {
    /// As it is typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Drift => "drift",
            Self::Explain => "explain",
            Self::Import => "import",
            Self::Rollback => "rollback",
            Self::Deployments => "deployments",
            Self::Prune => "prune",
        }
    }

    /// Whether it writes nothing to AWS.
    #[must_use]
    pub const fn only_reads(self) -> bool {
        match self {
            Self::Plan | Self::Drift | Self::Explain | Self::Import | Self::Deployments => true,
            Self::Apply | Self::Rollback | Self::Prune => false,
        }
    }
}

/// An API that a policy is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantee {
    /// The key of its table.
    pub key: String,
    /// The `[accounts]` table, or `default`.
    pub account: String,
    /// `None`: not known offline.
    pub region: Option<String>,
    /// `None`: not known offline.
    pub rest_api_id: Option<String>,
    /// What the file knows it by, where that is not its id.
    pub found_by: Option<&'static str>,
    pub stages: Vec<String>,
    pub deploys: bool,
    /// The types that the file customises.
    pub customized: BTreeSet<ResponseType>,
    /// The types that must be at their default.
    pub reset: BTreeSet<ResponseType>,
    /// `unlisted = "reset"`: any type may have to go.
    pub resets_unlisted: bool,
}

impl Grantee {
    /// What the file says of an API.
    #[must_use]
    pub fn new(api: &DesiredApi, account: String, region: Option<String>) -> Self {
        let (customized, reset): (Vec<_>, Vec<_>) = api
            .responses
            .iter()
            .partition(|(_, desired)| matches!(desired, DesiredResponse::Customized(_)));
        let types = |some: Vec<(&ResponseType, &DesiredResponse)>| {
            some.into_iter().map(|(response_type, _)| *response_type).collect()
        };
        let (rest_api_id, found_by) = match &api.matching {
            Matching::Id(id) => (Some(id.clone()), None),
            Matching::Name(_) => (None, Some("its name")),
            Matching::Tags(_) => (None, Some("its tags")),
        };
        Self {
            key: api.key.clone(),
            account,
            region,
            rest_api_id,
            found_by,
            stages: api.stages.clone(),
            deploys: api.deploy == DeployPolicy::Auto && !api.stages.is_empty(),
            customized: types(customized),
            reset: types(reset),
            resets_unlisted: api.unlisted == Unlisted::Reset,
        }
    }
}
