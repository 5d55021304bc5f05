//! An API that a policy grants access to, as far as the file describes it.

use std::collections::BTreeSet;

use time::Date;

use crate::model::ResponseType;
use crate::model::region::{arn_in, control_plane_arn};
use crate::state::desired::{DeployPolicy, DesiredApi, DesiredResponse, Matching, Unlisted};

/// The command that the policy is for.
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
}

/// An API that a policy is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantee {
    /// The key of its table.
    pub key: String,
    /// The `[accounts]` table, or `default`.
    pub account: String,
    pub place: Where,
    /// `None`: not known offline.
    pub rest_api_id: Option<String>,
    /// What the file knows it by, where that is not its id.
    pub found_by: Option<&'static str>,
    /// The stages that are looked at.
    pub stages: Vec<String>,
    /// The stages that the file ignores today: no verb calls for them, but a rollback,
    /// which may be of an earlier run.
    pub ignored_stages: Vec<String>,
    pub deploy: DeployPolicy,
    /// The types that the file customises.
    pub customized: BTreeSet<ResponseType>,
    /// The types that must be at their default.
    pub reset: BTreeSet<ResponseType>,
    pub unlisted: Resets,
}

/// Where an API is, as far as the ARNs need it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    Region(String),
    /// The region is not known offline; the partition may be.
    AnyRegion {
        partition: &'static str,
    },
}

/// Which types `unlisted = "reset"` may reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resets {
    /// `unlisted = "keep"`
    None,
    Any,
    /// All but those that the file customises or ignores.
    These(BTreeSet<ResponseType>),
}

impl Where {
    pub fn arn(&self, path: &str) -> String {
        match self {
            Self::Region(region) => control_plane_arn(region, path),
            Self::AnyRegion { partition } => arn_in(partition, "*", path),
        }
    }
}

impl Grantee {
    /// What the file says of an API.
    #[must_use]
    pub fn new(api: &DesiredApi, account: String, place: Where, today: Date) -> Self {
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
        let (ignored_stages, stages) =
            api.stages.iter().cloned().partition(|stage| api.ignores_stage(stage, today).is_some());
        let customized = types(customized);
        Self {
            key: api.key.clone(),
            account,
            place,
            rest_api_id,
            found_by,
            stages,
            ignored_stages,
            deploy: api.deploy,
            unlisted: resets(api, &customized, today),
            customized,
            reset: types(reset),
        }
    }

    /// Whether an apply may deploy it.
    #[must_use]
    pub fn deploys(&self) -> bool {
        self.deploy == DeployPolicy::Auto && !self.stages.is_empty()
    }

    /// Whether the file names a stage, ignored or not.
    #[must_use]
    pub fn has_stages(&self) -> bool {
        !self.stages.is_empty() || !self.ignored_stages.is_empty()
    }
}

fn resets(api: &DesiredApi, customized: &BTreeSet<ResponseType>, today: Date) -> Resets {
    match api.unlisted {
        Unlisted::Keep => Resets::None,
        Unlisted::Reset => {
            let is_ignored = |response_type| api.ignores_type(response_type, today).is_some();
            if ResponseType::ALL.into_iter().any(is_ignored) {
                let left = ResponseType::ALL.into_iter();
                Resets::These(left.filter(|t| !is_ignored(*t) && !customized.contains(t)).collect())
            } else {
                Resets::Any
            }
        }
    }
}
