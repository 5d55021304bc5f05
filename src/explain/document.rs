//! The report as a document: `explain -o json`. It only ever grows.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Answer, Cause, Question, Report, Scene, View, samples, status_of};
use crate::model::{Headers, ResponseType, StatusCode, Templates};
use crate::plan::ApiTarget;

/// One answer of one truth.
#[derive(Clone, Debug, Serialize)]
struct AnswerDocument<'a> {
    /// The table's key.
    api: &'a str,
    rest_api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    /// `desired`, `configured` or `served`.
    of: &'static str,
    response_type: ResponseType,
    /// Null: the error's own, which is not one number.
    status: Option<u16>,
    /// Every status that a client may see.
    runtime_statuses: Vec<u16>,
    headers: &'a Headers,
    templates: &'a Templates,
    /// `own`, `DEFAULT_4XX`, `DEFAULT_5XX` or `builtin`.
    source: &'static str,
    /// By media type, with sample values put in.
    bodies: Value,
    /// What makes the type occur; of a question asked backwards, what fits.
    causes: Vec<Value>,
    notes: &'a [String],
}

/// Every answer that fits the question, in order: by API, truth, stage and type.
#[must_use]
pub fn document(report: &Report, question: &Question) -> Value {
    let mut answers = Vec::new();
    for api in &report.apis {
        for view in api.views.iter().flatten() {
            let Ok(known) = &view.known else { continue };
            for answer in &known.answers {
                let causes = question.causes(answer);
                if !causes.is_empty() {
                    answers.push(json!(one(&api.target, view, answer, &causes)));
                }
            }
        }
    }
    Value::Array(answers)
}

fn one<'a>(
    target: &'a ApiTarget,
    view: &'a View,
    answer: &'a Answer,
    causes: &[&'static Cause],
) -> AnswerDocument<'a> {
    let Answer { response_type, effective, assumed: _, notes } = answer;
    let stage = view.stage.as_deref();
    let bodies = causes.first().map(|cause| {
        let scene = Scene {
            response_type: *response_type,
            cause,
            api_id: &target.rest_api_id,
            stage: stage.unwrap_or_default(),
        };
        let samples = samples(effective, scene);
        let keys = effective.templates.keys();
        keys.zip(samples).map(|(media_type, sample)| (media_type.clone(), sample.body.into()))
    });
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
        source: effective.source.as_str(),
        bodies: Value::Object(bodies.into_iter().flatten().collect()),
        causes: causes
            .iter()
            .map(|cause| {
                json!({
                    "what": cause.what,
                    "status": status_of(*response_type, effective, cause),
                    "error_type": cause.error_type,
                    "remark": cause.certainty.remark(),
                })
            })
            .collect(),
        notes,
    }
}
