//! The plan as a document: `plan -o json`, and a plan saved with `--out`.
//!
//! `format_version` 1 only ever grows.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::restore::shown;
use super::sealed::{self, FORMAT_VERSION};
use crate::model::{GatewayResponse, PatchOperation, ResponseType, StatusCode};
use crate::plan::change::{Action, Call, Change};
use crate::plan::evidence::{Contradiction, StatusEvidence};
use crate::plan::foreign::{Foreign, ForeignChange};
use crate::plan::stages::{Consent, Decision, DeployReason, KeepReason, Part, StagePlan};
use crate::plan::{ApiPlan, ApiWork, Cost, Effect, Hazard, Pace, Plan, Work};
use crate::state::deployment_note::Ships;
use crate::state::desired::Limits;
use crate::state::digest::Digest;
use crate::state::effective::Effective;
use crate::state::export_shows::ExportShows;

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub format_version: u32,
    pub tool: ToolDocument,
    /// RFC 3339, UTC, to the second.
    pub created_at: String,
    pub desired_digest: Digest,
    pub summary: Summary,
    /// Those of the files, checked again when the plan is applied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<Limits>,
    pub apis: Vec<ApiDocument>,
    /// Of everything but itself, `created_at` and `tool`.
    pub digest: Digest,
}

/// What made the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDocument {
    pub name: String,
    pub version: String,
}

/// The plan in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub apis: u64,
    pub changes: u64,
    pub create: u64,
    pub update: u64,
    pub replace: u64,
    pub reset: u64,
    pub deployments: u64,
    pub calls: u64,
    /// At AWS's rate, rounded up.
    pub seconds: u64,
}

/// The plan of one API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiDocument {
    pub name: String,
    pub account: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<String>,
    pub region: String,
    pub rest_api_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rest_api_name: Option<String>,
    pub desired_digest: Digest,
    /// Null where the API could not be read.
    pub base_digest: Option<Digest>,
    pub changes: Vec<ChangeDocument>,
    pub effects: Vec<EffectDocument>,
    /// Customised types that the file leaves alone.
    pub unmanaged: Vec<String>,
    pub hazards: Vec<Hazard>,
    pub stages: Vec<StageDocument>,
    /// What applying it needs in addition.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub saved: Option<SavedApi>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// What rebuilding the plan from its document needs in addition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedApi {
    /// The types that the file manages.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub managed: Vec<ResponseType>,
    /// What exports of the account and region are known to show.
    #[serde(default)]
    pub export: ExportShows,
    /// What the deployment will be remembered by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ships: Option<Ships>,
    /// The deployment that is already there and that stages are moved to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reuse_deployment_id: Option<String>,
    /// Whether `INTEGRATION_FAILURE` is left without a status.
    #[serde(skip_serializing_if = "is_false", default)]
    pub integration_failure_unset: bool,
    /// Whether its 504 was explicit before; present where it changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub integration_failure_was: Option<StatusEvidence>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeDocument {
    pub response_type: ResponseType,
    pub action: Action,
    pub call: Call,
    /// Exactly what a patch sends; for a Put the difference that it makes.
    pub operations: Vec<PatchOperation>,
    /// Null: at its default.
    pub before: Option<GatewayResponse>,
    pub after: Option<GatewayResponse>,
    /// Exactly what a Put sends; unset members are left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<Value>,
}

/// What clients will see differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectDocument {
    pub response_type: ResponseType,
    pub before: EffectiveDocument,
    pub after: EffectiveDocument,
}

/// What clients get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectiveDocument {
    /// Null: the error's own status, which is not one number.
    pub status: Option<u16>,
    /// What may be served instead: the family default's, where the type's own may be unset.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub family_status: Option<u16>,
    /// `own`, `DEFAULT_4XX`, `DEFAULT_5XX` or `builtin`.
    pub source: String,
    pub headers: Value,
    pub templates: Value,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageDocument {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment_id: Option<String>,
    pub action: StageAction,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub canary: Option<Value>,
    /// Accepts exactly these foreign changes; absent where nothing was compared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub foreign_digest: Option<Digest>,
    #[serde(default)]
    pub foreign_changes: Vec<ForeignChange>,
    /// Why some of it could not be read: `GetRestApi: access denied`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
    /// What applying it needs in addition.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub saved: Option<SavedStage>,
}

/// What rebuilding the plan from its document needs in addition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedStage {
    /// The reason as a word.
    pub cause: StageCause,
    /// Managed types of which it serves another version than configured.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub behind: Vec<ResponseType>,
    /// The detail of the cause, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contradiction: Option<Contradiction>,
    /// What of the stage the deployment goes to.
    #[serde(skip_serializing_if = "Part::is_stage", default)]
    pub part: Part,
    /// Whether the foreign changes may be shipped.
    #[serde(default)]
    pub consent: Consent,
}

/// What becomes of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageAction {
    Deploy,
    None,
}

/// Why, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageCause {
    Changes,
    Behind,
    Unfinished,
    /// With both digests as the contradiction.
    Contradiction,
    Current,
    /// With the canary's deployment as the note.
    CanaryHolds,
    DeployNever,
    Ignored,
    NotLooked,
    /// With the reason as the note.
    Unknown,
}

impl Document {
    /// Writes a plan down.
    #[must_use]
    pub fn new(plan: &Plan, pace: Pace, limits: Limits, created_at: String) -> Self {
        let mut document = Self {
            format_version: FORMAT_VERSION,
            tool: ToolDocument {
                name: "gwr".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            created_at,
            desired_digest: plan.desired_digest.clone(),
            summary: Summary::of(plan, pace),
            limits: Some(limits),
            apis: plan.apis.iter().map(ApiDocument::new).collect(),
            digest: Digest::of(&()),
        };
        document.digest = sealed::digest(&document);
        document
    }

    /// The first API and stage whose list of undeployed work has the digest of gwr 0.1, which
    /// is over sentences.
    #[must_use]
    pub fn stage_with_sentence_digest(&self) -> Option<(&str, &str)> {
        let stages = self.apis.iter().flat_map(|api| api.stages.iter().map(move |s| (api, s)));
        let is_old = |stage: &StageDocument| {
            let foreign = Foreign::new(stage.foreign_changes.clone());
            stage.foreign_digest.as_ref().is_some_and(|digest| digest != foreign.digest())
        };
        let (api, stage) = stages.into_iter().find(|(_, stage)| is_old(stage))?;
        Some((&api.name, &stage.name))
    }
}

impl Summary {
    /// Counts a plan.
    #[must_use]
    pub fn of(plan: &Plan, pace: Pace) -> Self {
        let cost = Cost::of(plan, pace);
        let actions: Vec<Action> = plan
            .works()
            .flat_map(|(_, work)| work.changes.iter().map(|(_, change)| change.action()))
            .collect();
        let count = |wanted| actions.iter().filter(|action| **action == wanted).count() as u64;
        Self {
            apis: plan.apis.len() as u64,
            changes: actions.len() as u64,
            create: count(Action::Create),
            update: count(Action::Update),
            replace: count(Action::Replace),
            reset: count(Action::Reset),
            deployments: cost.deployments,
            calls: cost.calls(),
            seconds: cost.seconds,
        }
    }
}

impl ApiDocument {
    fn new(plan: &ApiPlan) -> Self {
        let ApiPlan { target, desired_digest, work } = plan;
        let mut document = Self {
            name: target.key.clone(),
            account: target.account.clone(),
            account_id: target.account_id.clone(),
            region: target.region.clone(),
            rest_api_id: target.rest_api_id.clone(),
            rest_api_name: target.rest_api_name.clone(),
            desired_digest: desired_digest.clone(),
            base_digest: None,
            changes: Vec::new(),
            effects: Vec::new(),
            unmanaged: Vec::new(),
            hazards: Vec::new(),
            stages: Vec::new(),
            saved: None,
            error: None,
        };
        match work {
            Work::Unread(error) => document.error = Some(error.clone()),
            Work::Planned(work) => document.fill(work),
        }
        document
    }

    fn fill(&mut self, work: &ApiWork) {
        self.base_digest = Some(work.base_digest.clone());
        self.changes = work
            .changes
            .iter()
            .map(|(response_type, change)| ChangeDocument::new(*response_type, change))
            .collect();
        self.effects = work.effects.iter().map(EffectDocument::new).collect();
        self.unmanaged = work
            .unmanaged
            .iter()
            .map(ToString::to_string)
            .chain(work.unknown_types.iter().cloned())
            .collect();
        self.hazards.clone_from(&work.hazards);
        self.stages = work.stages.iter().map(|stage| StageDocument::new(stage, work)).collect();
        self.saved = Some(SavedApi {
            managed: work.managed.iter().copied().collect(),
            export: work.export_shows,
            ships: work.ships.clone(),
            reuse_deployment_id: work.reuse.clone(),
            integration_failure_unset: work.integration_failure_unset,
            integration_failure_was: work.integration_failure_was,
        });
    }
}

impl ChangeDocument {
    /// Writes a change down.
    #[must_use]
    pub fn new(response_type: ResponseType, change: &Change) -> Self {
        let after = change.to().map(|target| shown(response_type, target));
        let body = (change.call() == Call::Put).then(|| change.to()).flatten().map(|target| {
            let mut body = serde_json::Map::new();
            if let Some(status) = target.written.status {
                body.insert("statusCode".to_owned(), json!(status.to_string()));
            }
            if !target.written.headers.is_empty() {
                let parameters: serde_json::Map<String, Value> = target
                    .written
                    .headers
                    .iter()
                    .map(|(name, value)| (name.parameter_key(), json!(value)))
                    .collect();
                body.insert("responseParameters".to_owned(), Value::Object(parameters));
            }
            if !target.written.templates.is_empty() {
                body.insert("responseTemplates".to_owned(), json!(target.written.templates));
            }
            Value::Object(body)
        });
        Self {
            response_type,
            action: change.action(),
            call: change.call(),
            operations: change.operations(),
            before: change.from().cloned(),
            after,
            body,
        }
    }
}

impl EffectDocument {
    fn new(effect: &Effect) -> Self {
        let Effect { response_type, before, after } = effect;
        Self { response_type: *response_type, before: before.into(), after: after.into() }
    }
}

impl From<&Effective> for EffectiveDocument {
    fn from(effective: &Effective) -> Self {
        let Effective { status, family_status, headers, templates, source } = effective;
        Self {
            status: status.map(StatusCode::get),
            family_status: family_status.map(StatusCode::get),
            source: source.as_str().to_owned(),
            headers: json!(headers),
            templates: json!(templates),
        }
    }
}

impl StageDocument {
    fn new(stage: &StagePlan, work: &ApiWork) -> Self {
        let StagePlan { name, deployment_id, canary, part, decision, foreign, unread, consent } =
            stage;
        let (cause, behind, note) = cause(decision);
        let contradiction = match decision {
            Decision::Deploy(DeployReason::Contradiction(contradiction)) => {
                Some(contradiction.clone())
            }
            Decision::Deploy(_) | Decision::Keep(_) => None,
        };
        Self {
            name: name.clone(),
            deployment_id: deployment_id.clone(),
            action: match decision {
                Decision::Deploy(_) => StageAction::Deploy,
                Decision::Keep(_) => StageAction::None,
            },
            reason: reason(decision, work),
            canary: canary.as_ref().map(|canary| {
                json!({
                    "deployment_id": canary.deployment_id,
                    "percent_traffic": canary.percent_traffic,
                })
            }),
            foreign_digest: foreign.as_ref().map(|foreign| foreign.digest().clone()),
            foreign_changes: foreign
                .as_ref()
                .map(|foreign| foreign.changes().to_vec())
                .unwrap_or_default(),
            unread: unread.clone(),
            saved: Some(SavedStage {
                cause,
                behind,
                note,
                contradiction,
                part: *part,
                consent: *consent,
            }),
        }
    }
}

/// A decision as data; [`super::restore`] reads it back.
fn cause(decision: &Decision) -> (StageCause, Vec<ResponseType>, Option<String>) {
    let only = |cause| (cause, Vec::new(), None);
    match decision {
        Decision::Deploy(DeployReason::Changes) => only(StageCause::Changes),
        Decision::Deploy(DeployReason::Behind(types)) => (StageCause::Behind, types.clone(), None),
        Decision::Deploy(DeployReason::Unfinished) => only(StageCause::Unfinished),
        Decision::Deploy(DeployReason::Contradiction(_)) => only(StageCause::Contradiction),
        Decision::Keep(KeepReason::Current) => only(StageCause::Current),
        Decision::Keep(KeepReason::CanaryHolds(deployment)) => {
            (StageCause::CanaryHolds, Vec::new(), Some(deployment.clone()))
        }
        Decision::Keep(KeepReason::DeployNever) => only(StageCause::DeployNever),
        Decision::Keep(KeepReason::Ignored) => only(StageCause::Ignored),
        Decision::Keep(KeepReason::NotLooked) => only(StageCause::NotLooked),
        Decision::Keep(KeepReason::Unknown(why)) => {
            (StageCause::Unknown, Vec::new(), Some(why.clone()))
        }
    }
}

/// Why a stage is or is not deployed to, in a few words.
#[must_use]
pub fn reason(decision: &Decision, work: &ApiWork) -> String {
    let names = |types: &[ResponseType]| {
        types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    match decision {
        Decision::Deploy(DeployReason::Changes) => "responses change".to_owned(),
        Decision::Deploy(DeployReason::Behind(types)) => {
            let how = match &work.reuse {
                Some(deployment) => format!("; deployment {deployment} has what is configured"),
                None => String::new(),
            };
            if types.is_empty() {
                format!("its deployment is older than what is configured{how}")
            } else {
                format!("it still serves a different {} than configured{how}", names(types))
            }
        }
        Decision::Deploy(DeployReason::Unfinished) => "an earlier run changed responses and did \
            not come to deploy them, says its record"
            .to_owned(),
        Decision::Deploy(DeployReason::Contradiction(why)) => {
            format!("unknown: {why}; a new deployment settles it")
        }
        Decision::Keep(KeepReason::Current) => "serves what is configured".to_owned(),
        Decision::Keep(KeepReason::CanaryHolds(deployment)) => format!(
            "its canary serves what is configured (deployment {deployment}); promoting it is its \
             owner's"
        ),
        Decision::Keep(KeepReason::DeployNever) => "deploy = \"never\"".to_owned(),
        Decision::Keep(KeepReason::Ignored) => "ignored".to_owned(),
        Decision::Keep(KeepReason::NotLooked) => "not looked at (--skip-served)".to_owned(),
        Decision::Keep(KeepReason::Unknown(why)) => format!("unknown: {why}"),
    }
}
