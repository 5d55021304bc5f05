//! The report as a document: `drift -o json`. `format_version` 1 only ever grows.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{
    ApiDrift, ApiStatus, Found, Report, ResponseDrift, ResponseState, StageDrift, StageState,
    Summary,
};
use crate::model::{GatewayResponse, ResponseType};
use crate::plan::{Evidence, FORMAT_VERSION, ForeignChange, Hazard};
use crate::state::desired::Ignore;

/// A whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    pub format_version: u32,
    pub summary: Summary,
    pub apis: Vec<ApiDocument>,
}

/// One API.
#[derive(Clone, Debug, Serialize)]
pub struct ApiDocument {
    pub name: String,
    /// Empty where no API was found.
    pub rest_api_id: String,
    /// `in_sync`, `drifted` or `unknown`.
    pub status: &'static str,
    pub responses: Vec<ResponseDocument>,
    pub stages: Vec<StageDocument>,
    pub hazards: Vec<Hazard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One response type.
#[derive(Clone, Debug, Serialize)]
pub struct ResponseDocument {
    pub response_type: String,
    /// `in_sync`, `drifted`, `unmanaged` or `ignored`.
    pub status: &'static str,
    /// Null: the default, or nothing that the file says.
    pub desired: Option<GatewayResponse>,
    /// Null: the default.
    pub configured: Option<GatewayResponse>,
}

/// One stage.
#[derive(Clone, Debug, Serialize)]
pub struct StageDocument {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed_at: Option<String>,
    /// `current`, `behind` or `unknown`.
    pub status: &'static str,
    /// `export`, `digest` or `none`.
    pub evidence: &'static str,
    /// Managed types that it serves otherwise than they are configured.
    pub behind: Vec<ResponseType>,
    /// Undeployed work of others, as far as it was looked for.
    pub foreign_changes: Vec<ForeignChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Document {
    #[must_use]
    pub fn new(report: &Report) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            summary: report.summary(),
            apis: report.apis.iter().map(ApiDocument::new).collect(),
        }
    }
}

impl ApiDocument {
    fn new(api: &ApiDrift) -> Self {
        let ApiDrift { target, found } = api;
        let (found, error) = match found {
            Ok(found) => (found, None),
            Err(error) => (&Found::default(), Some(error.clone())),
        };
        let Found { responses, stages, hazards } = found;
        Self {
            name: target.key.clone(),
            rest_api_id: target.rest_api_id.clone(),
            status: match api.status() {
                ApiStatus::InSync => "in_sync",
                ApiStatus::Drifted => "drifted",
                ApiStatus::Unknown => "unknown",
            },
            responses: responses.iter().map(ResponseDocument::new).collect(),
            stages: stages.iter().map(StageDocument::new).collect(),
            hazards: hazards.clone(),
            error,
        }
    }
}

impl ResponseDocument {
    fn new(response: &ResponseDrift) -> Self {
        let ResponseDrift { name, state, desired, configured } = response;
        let status = match state {
            ResponseState::InSync => "in_sync",
            ResponseState::Drifted(_) => "drifted",
            ResponseState::Unmanaged => "unmanaged",
            ResponseState::Ignored(_) => "ignored",
        };
        Self {
            response_type: name.clone(),
            status,
            desired: desired.clone(),
            configured: configured.clone(),
        }
    }
}

impl StageDocument {
    fn new(stage: &StageDrift) -> Self {
        let StageDrift { name, deployment_id, deployed_at, state, deployer: _, foreign, notes } =
            stage;
        let word = |evidence: &Evidence| match evidence {
            Evidence::Export => "export",
            Evidence::Digest => "digest",
        };
        let (status, evidence, behind, why) = match state {
            StageState::Current(evidence) => ("current", word(evidence), Vec::new(), None),
            StageState::Behind(types, evidence) => {
                let why = types.is_empty().then(|| BEHIND_BY_DIGEST.to_owned());
                ("behind", word(evidence), types.clone(), why)
            }
            StageState::Unknown(why) => ("unknown", "none", Vec::new(), Some(why.clone())),
            StageState::Ignored(ignore) => ("unknown", "none", Vec::new(), Some(ignored(ignore))),
        };
        let notes: Vec<String> = why.into_iter().chain(notes.iter().cloned()).collect();
        Self {
            name: name.clone(),
            deployment_id: deployment_id.clone(),
            deployed_at: deployed_at.and_then(date),
            status,
            evidence,
            behind,
            foreign_changes: foreign.clone(),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

/// What is said of a stage that is behind where its export tells nothing.
pub const BEHIND_BY_DIGEST: &str =
    "the deployed snapshot differs from the configuration; which types differ is unknown";

/// `ignored until 2027-03-01: the reason`
#[must_use]
pub fn ignored(ignore: &Ignore) -> String {
    let Ignore { what: _, reason, until } = ignore;
    match until {
        Some(last) => format!("ignored until {last}: {reason}"),
        None => format!("ignored: {reason}"),
    }
}

/// Unix seconds as RFC 3339.
#[must_use]
pub fn date(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&Rfc3339).ok()
}
