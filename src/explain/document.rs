//! The report as a document: `explain -o json`. It only ever grows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Answer, Cause, Known, Question, Report, Scene, View, samples, status_of};
use crate::model::{Headers, ResponseType, StatusCode, Templates};
use crate::plan::ApiTarget;

/// One answer of one truth.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerDocument<'a> {
    /// The table's key.
    pub api: &'a str,
    /// Empty where nothing was read.
    pub rest_api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'a str>,
    /// `desired`, `configured` or `served`.
    pub of: &'static str,
    pub response_type: ResponseType,
    /// Null: the error's own, which is not one number.
    pub status: Option<u16>,
    /// Every status that a client may see.
    pub runtime_statuses: Vec<u16>,
    pub headers: &'a Headers,
    pub templates: &'a Templates,
    /// By media type: what the templates come to, with sample values.
    pub bodies: BTreeMap<String, String>,
    /// `own`, `DEFAULT_4XX`, `DEFAULT_5XX` or `builtin`.
    pub source: &'static str,
    /// What makes the type occur; of a question asked backwards, what fits it.
    pub causes: Vec<CauseDocument>,
    /// What the control plane hides, and what the answer rests on.
    pub notes: Vec<&'a str>,
}

/// One way in which a type comes about.
#[derive(Clone, Debug, Serialize)]
pub struct CauseDocument {
    pub what: &'static str,
    pub status: u16,
    /// `x-amzn-ErrorType`.
    pub error_type: &'static str,
    /// How far it is known, where that is not wholly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<&'static str>,
}

/// Every answer that fits the question, in order: by API, truth, stage and type.
#[must_use]
pub fn document<'a>(report: &'a Report, question: &Question) -> Vec<AnswerDocument<'a>> {
    let mut answers = Vec::new();
    for api in &report.apis {
        for view in api.views.iter().flatten() {
            let Ok(known) = &view.known else { continue };
            for answer in &known.answers {
                let causes = question.causes(answer);
                if !causes.is_empty() {
                    answers.push(one(&api.target, view, known, answer, &causes));
                }
            }
        }
    }
    answers
}

fn one<'a>(
    target: &'a ApiTarget,
    view: &'a View,
    known: &'a Known,
    answer: &'a Answer,
    causes: &[&'static Cause],
) -> AnswerDocument<'a> {
    let Answer { response_type, effective, assumed: _, notes } = answer;
    let stage = view.stage.as_deref();
    let samples = causes.first().map(|cause| {
        let api_id = &target.rest_api_id;
        let stage = stage.unwrap_or_default();
        samples(effective, Scene { response_type: *response_type, cause, api_id, stage })
    });
    let bodies = samples.into_iter().flatten().map(|sample| sample.body);
    AnswerDocument {
        api: &target.key,
        rest_api_id: &target.rest_api_id,
        stage,
        of: view.of.as_str(),
        response_type: *response_type,
        status: effective.status.map(StatusCode::get),
        runtime_statuses: effective.runtime_statuses(*response_type),
        headers: &effective.headers,
        templates: &effective.templates,
        bodies: effective.templates.keys().cloned().zip(bodies).collect(),
        source: effective.source.as_str(),
        causes: causes
            .iter()
            .map(|cause| CauseDocument {
                what: cause.what,
                status: status_of(*response_type, effective, cause),
                error_type: cause.error_type,
                remark: cause.certainty.remark(),
            })
            .collect(),
        notes: notes.iter().chain(&known.remarks).map(String::as_str).collect(),
    }
}
