//! Explaining: what a client gets for every type, and why; from any of the three truths.
//!
//! In: what the file says and what was read. Out: a [`Report`] of [`View`]s, each of which
//! answers for all 21 types, or says why nobody can tell. Pure.
//!
//! A view claims only what its evidence bears out. What a stage serves comes from its
//! export, and where exports are known to mirror the configuration, only from the digest
//! in its deployment's description.

mod causes;
mod document;
mod notes;
mod sample;
mod search;
mod snippet;
mod views;

pub use causes::{Cause, Certainty, ELSEWHERE, Elsewhere, ElsewhereStatus, causes};
pub use document::document;
pub use sample::{Sample, Scene, samples};
pub use search::{Question, error_types, status_of};
pub use snippet::snippet;
pub use views::{Wanted, explain, explain_file, needs_history};

use crate::model::ResponseType;
use crate::plan::ApiTarget;
use crate::state::effective::Effective;

/// One of the three truths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// What the file says.
    Desired,
    /// What the API is configured to do.
    Configured,
    /// What a stage answers with.
    Served,
}

impl Truth {
    /// The word of the contract, on the command line and in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desired => "desired",
            Self::Configured => "configured",
            Self::Served => "served",
        }
    }
}

/// What was found, API by API.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In order of their names.
    pub apis: Vec<ApiReport>,
}

/// One API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiReport {
    pub target: ApiTarget,
    /// Or why it could not be read.
    pub views: Result<Vec<View>, String>,
}

/// One truth of an API; *served* is one for each stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub of: Truth,
    /// The stage, where it is what one serves.
    pub stage: Option<String>,
    /// All 21 types by name, or why nobody can tell.
    pub known: Result<Known, String>,
}

/// A view that can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub answers: Vec<Answer>,
    /// What it rests on, where that is not plain.
    pub remarks: Vec<String>,
}

/// What a client gets for one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub response_type: ResponseType,
    pub effective: Effective,
    /// Whether what is shown is not known but assumed: the file leaves the type as it is
    /// configured, and that was not read.
    pub assumed: bool,
    /// What the control plane hides, each a sentence.
    pub notes: Vec<String>,
}

impl Report {
    /// Puts the findings of all APIs together.
    pub fn new(mut apis: Vec<ApiReport>) -> Self {
        apis.sort_by(|one, other| one.target.cmp(&other.target));
        Self { apis }
    }

    /// The stages of which it is unknown what they serve, with the reason.
    pub fn unknown_stages(&self) -> impl Iterator<Item = (&ApiTarget, &str, &str)> {
        self.apis.iter().flat_map(|api| {
            let views = api.views.iter().flatten();
            views.filter_map(move |View { of: _, stage, known }| {
                Some((&api.target, stage.as_deref()?, known.as_ref().err()?.as_str()))
            })
        })
    }

    /// Whether no API at all could be read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.apis.iter().all(|api| api.views.is_err())
    }
}

impl View {
    /// `desired`, `configured`, or `served by prod`.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.stage {
            Some(stage) => format!("{} by {stage}", self.of.as_str()),
            None => self.of.as_str().to_owned(),
        }
    }

    /// The answer for a type, where it can be told.
    #[must_use]
    pub fn answer(&self, response_type: ResponseType) -> Option<&Answer> {
        let known = self.known.as_ref().ok()?;
        known.answers.iter().find(|answer| answer.response_type == response_type)
    }
}
