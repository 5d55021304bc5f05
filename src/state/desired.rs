//! What the file says: the desired state after presets, merging and checks.
//!
//! Built by `config` and never changed.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use crate::model::{Customization, HeaderName, ResponseType};

/// The whole desired state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// By the name of the `[accounts]` table.
    pub accounts: BTreeMap<String, Account>,
    pub limits: Limits,
    /// By the name of the `[apis]` table, in order of that name.
    pub apis: Vec<DesiredApi>,
}

/// One `[apis.KEY]` table with defaults and presets merged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredApi {
    /// The table's key.
    pub key: String,
    /// The `[accounts]` table, where one is named.
    pub account: Option<String>,
    pub matching: Matching,
    /// Stages to deploy to, in the file's order, each once. Empty: configured only.
    pub stages: Vec<String>,
    pub unlisted: Unlisted,
    pub deploy: DeployPolicy,
    pub foreign_changes: ForeignPolicy,
    /// Ids of refusing hazards that are fine for this API.
    pub accept: BTreeSet<String>,
    /// What the file names, and only that.
    pub responses: BTreeMap<ResponseType, DesiredResponse>,
    /// What the file removes explicitly from types that it customises. No digest covers it:
    /// it is not part of the desired state, it only shows that a removal is intended.
    pub removals: BTreeMap<ResponseType, BTreeSet<Removal>>,
    pub ignores: Vec<Ignore>,
    pub allows: Vec<Allow>,
}

/// How the live API is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    Id(String),
    /// Must be the name of exactly one API.
    Name(String),
    /// May match many; every one of these tags must be there.
    Tags(BTreeMap<String, String>),
}

/// What the file wants of a type that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesiredResponse {
    /// `reset = true`: not customised.
    Default,
    Customized(Customization),
}

/// A member that the file removes explicitly instead of leaving it out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removal {
    /// `status = "default"`
    Status,
    /// `headers.NAME = false`, by the name in lower case: header names are case-insensitive.
    Header(String),
    /// `templates."TYPE" = false`
    Template(String),
}

impl Removal {
    /// The removal of a header, however its name is spelled.
    #[must_use]
    pub fn header(name: &HeaderName) -> Self {
        Self::Header(name.lower())
    }
}

/// What becomes of customised types that the file does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    #[default]
    Keep,
    Reset,
}

/// Whether gwr deploys, or leaves that to another tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeployPolicy {
    #[default]
    Auto,
    Never,
}

/// What to do about undeployed work of others that a deployment would ship.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignPolicy {
    #[default]
    Refuse,
    Warn,
    Allow,
}

/// Drift that is known and accepted: a type, or a stage that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    pub what: Ignored,
    pub reason: String,
    /// The last day of force, in UTC.
    pub until: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    Type(ResponseType),
    Stage(String),
}

/// A lint rule that is wrong here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    pub rule: String,
    pub response_type: Option<ResponseType>,
    pub reason: String,
}

/// One `[accounts.NAME]` table. Everything unset is the AWS default chain's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Twelve digits; checked before anything else is read.
    pub id: Option<String>,
    pub region: Option<String>,
    pub identity: Identity,
    pub endpoint_url: Option<String>,
    /// The share of the account's quota to use at most, above 0 and up to 1.
    pub quota_share: Option<f64>,
    /// Seconds between two CreateDeployment calls.
    pub deploy_interval: Option<f64>,
}

/// Whose credentials are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Environment, profile, SSO, web identity, instance: the SDK's default chain.
    #[default]
    DefaultChain,
    Profile(String),
    Role {
        role_arn: String,
        external_id: Option<String>,
        session_name: Option<String>,
    },
}

/// What is checked over all plans before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    pub max_changes: u32,
    pub max_resets: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_changes: 200, max_resets: 20 }
    }
}

impl DesiredApi {
    /// An API of which no file says anything: nothing is managed, and nothing deployed.
    #[must_use]
    pub fn unmanaged(key: String, matching: Matching) -> Self {
        Self {
            key,
            account: None,
            matching,
            stages: Vec::new(),
            unlisted: Unlisted::Keep,
            deploy: DeployPolicy::Never,
            foreign_changes: ForeignPolicy::Refuse,
            accept: BTreeSet::new(),
            responses: BTreeMap::new(),
            removals: BTreeMap::new(),
            ignores: Vec::new(),
            allows: Vec::new(),
        }
    }

    /// The types that the file customises.
    pub fn customized(&self) -> impl Iterator<Item = (ResponseType, &Customization)> {
        self.responses.iter().filter_map(|(response_type, response)| match response {
            DesiredResponse::Customized(response) => Some((*response_type, response)),
            DesiredResponse::Default => None,
        })
    }

    /// Whether the file removes this member of a type explicitly.
    #[must_use]
    pub fn removes(&self, response_type: ResponseType, member: &Removal) -> bool {
        self.removals.get(&response_type).is_some_and(|removals| removals.contains(member))
    }

    /// The entry that ignores this type on `today`, if one has force.
    #[must_use]
    pub fn ignores_type(&self, response_type: ResponseType, today: Date) -> Option<&Ignore> {
        self.ignores
            .iter()
            .find(|ignore| ignore.what == Ignored::Type(response_type) && ignore.in_force(today))
    }

    /// The entry that ignores this stage on `today`, if one has force.
    #[must_use]
    pub fn ignores_stage(&self, stage: &str, today: Date) -> Option<&Ignore> {
        self.ignores.iter().find(|ignore| {
            matches!(&ignore.what, Ignored::Stage(name) if name == stage) && ignore.in_force(today)
        })
    }
}

impl Ignore {
    /// Whether the entry still counts on `today`; the day it names is included.
    #[must_use]
    pub fn in_force(&self, today: Date) -> bool {
        self.until.is_none_or(|last| today <= last)
    }
}
