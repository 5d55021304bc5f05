//! The record as a document. `format_version` 1 only ever grows.

use serde::{Deserialize, Serialize};

use crate::plan::{ApiTarget, ApiWork, ChangeDocument, Part, Plan, StatusEvidence, ToolDocument};
use crate::saved::sealed::{self, FORMAT_VERSION};
use crate::state::digest::Digest;

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub format_version: u32,
    pub kind: Tag,
    pub tool: ToolDocument,
    /// When it began: RFC 3339, UTC, to the second.
    pub created_at: String,
    /// Stands in the descriptions of its deployments as `run=ID`.
    pub run: String,
    pub verb: Verb,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
    /// The run that a rollback undoes, where it was started from a record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rolls_back: Option<String>,
    pub status: RunStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<String>,
    pub desired_digest: Digest,
    pub apis: Vec<ApiRecord>,
    /// Of everything but itself, `created_at` and `tool`.
    pub digest: Digest,
}

/// Distinguishes a record from a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    Record,
}

/// What was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    Apply,
    Rollback,
}

impl Verb {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Rollback => "rollback",
        }
    }
}

/// How the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// It has not ended: it still runs, or was killed.
    Running,
    Done,
    Incomplete,
    Interrupted,
}

/// One API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiRecord {
    pub name: String,
    pub account: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<String>,
    pub region: String,
    pub rest_api_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rest_api_name: Option<String>,
    pub status: ApiStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Of everything customised, before and after.
    pub base_digest: Digest,
    pub after_digest: Digest,
    /// The undeployed work of others that the run was to ship all the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub accepted_foreign: Vec<Digest>,
    /// Of everything but the gateway responses when the run began; see [`crate::state::deployment_note::Ships`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub api_digest: Option<String>,
    /// In the order in which they are made.
    pub changes: Vec<ChangeRecord>,
    /// Whether the 504 of `INTEGRATION_FAILURE` was explicit before, where it changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub integration_failure_was: Option<StatusEvidence>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment: Option<DeploymentRecord>,
    /// In the order in which they are moved.
    pub stages: Vec<StageRecord>,
}

/// How far an API came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiStatus {
    /// Nothing was sent yet.
    Planned,
    Running,
    Done,
    Stale,
    Failed,
    Unverified,
    Interrupted,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeRecord {
    pub status: StepStatus,
    #[serde(flatten)]
    pub change: ChangeDocument,
}

/// How far a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    Planned,
    /// It is the next one: sent or about to be.
    InFlight,
    Done,
    /// Sent, and it is unknown whether it was made.
    Unclear,
    /// Begun, and certainly not made: it was refused, or another client had changed the
    /// type before.
    NotMade,
    /// Sent, and it failed; written by an earlier version, which did not record whether it was made.
    Failed,
    /// Another client changed the type meanwhile; of an earlier version, which did not record
    /// whether something was written before.
    Stale,
}

impl StepStatus {
    /// Whether something may have been written.
    #[must_use]
    pub const fn may_be_made(self) -> bool {
        match self {
            Self::Planned | Self::NotMade => false,
            Self::InFlight | Self::Done | Self::Unclear | Self::Failed | Self::Stale => true,
        }
    }
}

/// The deployment that stages are moved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRecord {
    pub status: DeploymentStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment_id: Option<String>,
}

/// What is known of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentStatus {
    Planned,
    InFlight,
    Made,
    /// It was there already.
    Reused,
    /// Made, and removed because no stage was moved to it.
    Removed,
    Failed,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRecord {
    pub name: String,
    /// The canary's pointer instead of the stage's own.
    #[serde(skip_serializing_if = "Part::is_stage", default)]
    pub part: Part,
    pub status: StageStatus,
    /// Where it pointed before; absent where it had no deployment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
}

/// How far a stage came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageStatus {
    Planned,
    InFlight,
    /// It points at the new deployment; what it serves is not known.
    Moved,
    /// It serves what is wanted.
    Verified,
    /// It does not serve what is wanted.
    Differs,
    /// It was moved, and moved back again.
    MovedBack,
    /// Its move was refused: it points where it pointed.
    NotMoved,
    /// It is unknown whether it was moved.
    Unclear,
    /// Another client moved it: it stays unchanged.
    Stale,
}

impl StageStatus {
    /// Whether the stage may point at the new deployment because of this run.
    #[must_use]
    pub const fn may_be_moved(self) -> bool {
        match self {
            Self::InFlight | Self::Moved | Self::Verified | Self::Differs | Self::Unclear => true,
            Self::Planned | Self::MovedBack | Self::NotMoved | Self::Stale => false,
        }
    }
}

impl Record {
    /// A run that is about to begin; APIs without work are left out.
    #[must_use]
    pub fn new(verb: Verb, run: String, created_at: String, plan: &Plan) -> Self {
        let works = plan.works().filter(|(_, work)| work.is_needed());
        let apis = works.map(|(target, work)| ApiRecord::new(target, work)).collect();
        Self::of(verb, run, created_at, plan.desired_digest.clone(), apis)
    }

    /// A run on these APIs that is about to begin.
    #[must_use]
    pub fn of(
        verb: Verb,
        run: String,
        created_at: String,
        desired_digest: Digest,
        apis: Vec<ApiRecord>,
    ) -> Self {
        let mut record = Self {
            format_version: FORMAT_VERSION,
            kind: Tag::Record,
            tool: ToolDocument {
                name: "gwr".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            created_at,
            run,
            verb,
            message: String::new(),
            rolls_back: None,
            status: RunStatus::Running,
            ended_at: None,
            desired_digest,
            apis,
            digest: Digest::of(&()),
        };
        record.seal();
        record
    }

    /// Puts the digest right after a change.
    pub fn seal(&mut self) {
        self.digest = sealed::digest(self);
    }

    /// The deployments between which the run moved a stage, or was about to.
    pub fn deployments_of<'a>(
        &'a self,
        rest_api_id: &'a str,
        stage: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        self.apis
            .iter()
            .filter(move |api| api.rest_api_id == rest_api_id)
            .flat_map(|api| &api.stages)
            .filter(move |one| one.name == stage)
            .flat_map(|one| [one.from.as_deref(), one.to.as_deref()])
            .flatten()
    }

    /// How much of what was there the run may have changed.
    #[must_use]
    pub fn touched(&self) -> Touched {
        if self.apis.iter().any(ApiRecord::has_begun) {
            return Touched::WhatWasThere;
        }
        let may_have_made = |deployment: &DeploymentRecord| match deployment.status {
            DeploymentStatus::Planned | DeploymentStatus::Reused => false,
            DeploymentStatus::InFlight
            | DeploymentStatus::Made
            | DeploymentStatus::Removed
            | DeploymentStatus::Failed => true,
        };
        if self.apis.iter().filter_map(|api| api.deployment.as_ref()).any(may_have_made) {
            Touched::NothingThatWasThere
        } else {
            Touched::Nothing
        }
    }
}

/// How much of what was there a run may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Nothing was written.
    Nothing,
    /// At most a deployment was made, which nothing serves.
    NothingThatWasThere,
    WhatWasThere,
}

impl Touched {
    /// Why there is nothing to take back; `None` where there may be.
    #[must_use]
    pub const fn why_nothing_to_take_back(self) -> Option<&'static str> {
        match self {
            Self::Nothing => Some("nothing was written"),
            Self::NothingThatWasThere => Some("no response was changed and no stage moved"),
            Self::WhatWasThere => None,
        }
    }
}

/// The changes of a plan, none of them made.
pub(crate) fn planned(work: &ApiWork) -> Vec<ChangeRecord> {
    work.changes
        .iter()
        .map(|(response_type, change)| ChangeRecord {
            status: StepStatus::Planned,
            change: ChangeDocument::new(*response_type, change),
        })
        .collect()
}

impl ApiRecord {
    /// What is planned for an API.
    #[must_use]
    pub fn new(target: &ApiTarget, work: &ApiWork) -> Self {
        let ApiTarget { key, rest_api_id, rest_api_name, account, account_id, region } = target;
        Self {
            name: key.clone(),
            account: account.clone(),
            account_id: account_id.clone(),
            region: region.clone(),
            rest_api_id: rest_api_id.clone(),
            rest_api_name: rest_api_name.clone(),
            status: ApiStatus::Planned,
            error: None,
            base_digest: work.base_digest.clone(),
            after_digest: work.after_digest.clone(),
            accepted_foreign: Vec::new(),
            api_digest: work.ships.as_ref().map(|ships| ships.api.clone()),
            changes: planned(work),
            integration_failure_was: work.integration_failure_was,
            deployment: work.deploys().then(|| DeploymentRecord {
                status: DeploymentStatus::Planned,
                deployment_id: work.reuse.clone(),
            }),
            stages: work
                .stages
                .iter()
                .filter(|stage| stage.is_deployed())
                .map(|stage| StageRecord {
                    name: stage.name.clone(),
                    part: stage.part,
                    status: StageStatus::Planned,
                    from: stage.replaced().map(ToOwned::to_owned),
                    to: work.reuse.clone(),
                })
                .collect(),
        }
    }

    /// The API that the record is about.
    #[must_use]
    pub fn target(&self) -> ApiTarget {
        ApiTarget {
            key: self.name.clone(),
            rest_api_id: self.rest_api_id.clone(),
            rest_api_name: self.rest_api_name.clone(),
            account: self.account.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }

    /// Whether anything may have been written to it.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.changes.iter().any(|change| change.status.may_be_made())
            || self.stages.iter().any(|stage| stage.status.may_be_moved())
    }
}
