//! The report as one file of HTML, which opens without a network.

use super::{differing, scene, statuses};
use crate::explain::{
    Answer, ApiReport, Certainty, Known, Question, Report, Sample, Scene, View, causes, samples,
};
use crate::model::ResponseType;
use crate::page::{Api, Cell, Page, Row, Wire};
use crate::plan::ApiTarget;
use crate::state::effective::Source;

/// Renders what the question asks for.
#[must_use]
pub fn html(report: &Report, question: &Question) -> String {
    let lead = "What a client gets for each gateway response type: desired by the file, \
        configured on the API, and served by its stages. Values in ‹› are filled in per request.";
    Page {
        title: "gwr explain".to_owned(),
        lead: lead.to_owned(),
        nothing: "No API was read.".to_owned(),
        apis: report.apis.iter().map(|api| section(api, question)).collect(),
    }
    .html()
}

fn section(api: &ApiReport, question: &Question) -> Api {
    let ApiTarget { key, rest_api_id, rest_api_name, .. } = &api.target;
    let id = rest_api_id.clone();
    let name = match rest_api_name {
        Some(name) if name != key => format!("{key} ({name})"),
        Some(_) | None => key.clone(),
    };
    let views = match &api.views {
        Ok(views) => views.as_slice(),
        Err(error) => {
            let remarks = vec![format!("It could not be read: {error}")];
            return Api { name, id, remarks, ..Api::default() };
        }
    };
    let mut remarks = Vec::new();
    for view in views {
        match &view.known {
            Ok(Known { answers: _, remarks: known }) => {
                remarks.extend(known.iter().map(|one| format!("{}: {one}", view.title())));
            }
            Err(why) => remarks.push(format!("{}: unknown: {why}", view.title())),
        }
    }
    let known: Vec<&View> = views.iter().filter(|view| view.known.is_ok()).collect();
    let differing = differing(views);
    let rows = ResponseType::ALL
        .into_iter()
        .filter(|response_type| {
            let answers = known.iter().filter_map(|view| view.answer(*response_type));
            answers.into_iter().any(|answer| !question.causes(answer).is_empty())
        })
        .map(|response_type| Row {
            differs: differing.contains(&response_type),
            ..row(api, &known, response_type)
        })
        .collect();
    let columns = known.iter().map(|view| view.title()).collect();
    Api { name, id, remarks, columns, rows }
}

fn row(api: &ApiReport, views: &[&View], response_type: ResponseType) -> Row {
    let when: Vec<&str> = causes(response_type).iter().map(|cause| cause.what).collect();
    let answers = || views.iter().filter_map(|view| Some((*view, view.answer(response_type)?)));
    let mut notes: Vec<String> = Vec::new();
    for note in answers().flat_map(|(_, answer)| &answer.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    Row {
        response_type: response_type.as_str(),
        when: format!("When {}.", when.join("; or ")),
        cells: answers().map(|(view, answer)| cell(api, view, answer)).collect(),
        differs: false,
        notes,
    }
}

fn cell(api: &ApiReport, view: &View, answer: &Answer) -> Cell {
    let Answer { response_type, effective, assumed, notes: _ } = answer;
    let from = match effective.source {
        _ if *assumed => "unless configured differently",
        Source::Own => "own",
        Source::FamilyDefault(family) => family.as_str(),
        Source::Builtin => "built-in",
    };
    let lowest = effective.runtime_statuses(*response_type).first().copied();
    Cell {
        column: view.title(),
        status: statuses(*response_type, effective),
        family: lowest.unwrap_or_default() / 100,
        from: from.to_owned(),
        wires: wires(api, view, answer),
        call: None,
    }
}

/// Every answer that looks different, by cause and by media type.
fn wires(api: &ApiReport, view: &View, answer: &Answer) -> Vec<Wire> {
    let Answer { response_type, effective, assumed: _, notes: _ } = answer;
    let mut shown: Vec<Sample> = Vec::new();
    let known = causes(*response_type).iter().filter(|one| one.certainty != Certainty::OpenType);
    for cause in known {
        let scene = Scene { cause, ..scene(api, view, *response_type) };
        for sample in samples(effective, scene) {
            if !shown.contains(&sample) {
                shown.push(sample);
            }
        }
    }
    shown
        .into_iter()
        .map(|Sample { status, headers, body }| Wire {
            status_line: format!("HTTP/1.1 {status}"),
            headers,
            body,
        })
        .collect()
}
