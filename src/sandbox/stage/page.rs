//! The page at `/`: APIs, stages, and for each type what a client gets from what is
//! configured and from what each stage serves.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::gateway_error::{Cause, answer as answer_of, error_of};
use super::scene::{Scene, Via};
use super::settled::{Responses, Settled, Source, runtime_status, settle};
use crate::model::ResponseType;
use crate::page::{self, Cell, Page, Row, Wire};
use crate::sandbox::control::engine::Engine;
use crate::sandbox::data::state::{Api, Texts};
use crate::sandbox::options::Options;
use crate::sandbox::quirks::Quirks;
use crate::sandbox::wire::http::{Answer, Body, Request};

/// The id of the examples in AWS's documentation.
const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";

pub(crate) fn answer(engine: &Engine) -> Answer {
    let Options { quirks, region, .. } = &engine.options;
    let apis = engine.store.apis().map(|api| api_of(api, quirks, region)).collect();
    let page = Page {
        title: "gwr sandbox".to_owned(),
        lead: "An embedded API Gateway, for trying things out: it has no authentication. A type \
               opens to show the answer that a client gets."
            .to_owned(),
        nothing:
            "There is no API yet. Make one with: aws apigateway create-rest-api --name orders \
                  --endpoint-url …, or with gwr apply --sandbox."
                .to_owned(),
        apis,
    };
    Answer::text(200, "text/html; charset=utf-8", page.html())
        .header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        .header("X-Content-Type-Options", "nosniff")
}

/// What one column shows.
struct Column<'a> {
    title: String,
    /// The stage, where it is what one serves.
    stage: Option<&'a str>,
    responses: &'a Responses,
    variables: Texts,
}

fn api_of(api: &Api, quirks: &Quirks, region: &str) -> page::Api {
    let mut columns = vec![Column {
        title: "configured".to_owned(),
        stage: None,
        responses: &api.config.gateway_responses,
        variables: Texts::new(),
    }];
    let mut remarks = Vec::new();
    for (name, stage) in &api.stages {
        let Some(deployment) = api.deployments.get(stage.deployment_id.as_str()) else { continue };
        columns.push(Column {
            title: format!("served by {name}"),
            stage: Some(name),
            responses: &deployment.snapshot.gateway_responses,
            variables: stage.variables.clone(),
        });
        if stage.canary_settings.is_some() {
            remarks.push(format!("{name} has a canary, which serves a part of the traffic"));
        }
    }
    let scenery = Scenery { api, quirks, region };
    page::Api {
        name: api.config.name.clone(),
        id: api.id.to_string(),
        remarks,
        rows: ResponseType::ALL.map(|of| scenery.row(&columns, of)).into(),
        columns: columns.into_iter().map(|column| column.title).collect(),
    }
}

/// What every cell of an API needs.
struct Scenery<'a> {
    api: &'a Api,
    quirks: &'a Quirks,
    region: &'a str,
}

impl Scenery<'_> {
    fn row(&self, columns: &[Column<'_>], of: ResponseType) -> Row {
        // No customisation reaches a client of REQUEST_TOO_LARGE, whatever is shown of it.
        let nothing = Responses::new();
        let heeded = |column: &Column<'_>| match of {
            ResponseType::RequestTooLarge => settle(&nothing, of),
            _ => settle(column.responses, of),
        };
        let settled: Vec<_> = columns.iter().map(heeded).collect();
        let differing: Vec<&str> = columns
            .iter()
            .zip(&settled)
            .filter(|(_, one)| **one != settled[0])
            .filter_map(|(column, _)| column.stage)
            .collect();
        let notes = if differing.is_empty() {
            Vec::new()
        } else {
            let stages = differing.join(", ");
            vec![format!("What is configured is not what is deployed to {stages}.")]
        };
        Row {
            response_type: of.as_str(),
            when: String::new(),
            cells: columns
                .iter()
                .zip(settled)
                .map(|(column, settled)| self.cell(column, &settled, of))
                .collect(),
            differs: !differing.is_empty(),
            notes,
        }
    }

    fn cell(&self, column: &Column<'_>, settled: &Settled, of: ResponseType) -> Cell {
        let from = match settled.source {
            Source::Own => "own".to_owned(),
            Source::Family(family) => family.to_string(),
            Source::Builtin => "built-in".to_owned(),
        };
        let statuses = self.statuses(column, of);
        Cell {
            column: column.title.clone(),
            family: statuses.first().map_or(0, |status| status / 100),
            status: statuses.iter().map(u16::to_string).collect::<Vec<_>>().join("|"),
            from,
            wires: settled
                .templates
                .keys()
                .map(|media_type| self.wire(column, of, media_type))
                .collect(),
            call: column.stage.map(|stage| {
                let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
                let (api, stage) = (encoded(&self.api.id), encoded(stage));
                format!("/_aws/execute-api/{api}/{stage}/?gwr-error={of}")
            }),
        }
    }

    /// Of INTEGRATION_FAILURE one for each cause, unless one is set for all.
    fn statuses(&self, column: &Column<'_>, of: ResponseType) -> Vec<u16> {
        let causes: &[Cause] = match of {
            ResponseType::IntegrationFailure => {
                &[Cause::Refused, Cause::Failed, Cause::Unreachable]
            }
            _ => &[Cause::Refused],
        };
        let served = |own| match of {
            ResponseType::RequestTooLarge => own,
            _ => runtime_status(column.responses, of, own, self.quirks),
        };
        let mut statuses: Vec<u16> =
            causes.iter().map(|cause| served(error_of(of, *cause, self.quirks).status)).collect();
        statuses.dedup();
        statuses
    }

    /// The answer of a stage to a request that accepts a media type.
    fn wire(&self, column: &Column<'_>, of: ResponseType, media_type: &str) -> Wire {
        let Self { api, quirks, region } = self;
        let mut headers = hyper::HeaderMap::new();
        if let Ok(value) = media_type.parse() {
            headers.insert(hyper::header::ACCEPT, value);
        }
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers,
            body: Body::Read(hyper::body::Bytes::new()),
            source_ip: "127.0.0.1".to_owned(),
        };
        let scene = Scene {
            request: &request,
            query: Vec::new(),
            api_id: &api.id,
            region,
            stage: column.stage.unwrap_or("‹stage›"),
            deployment: Some("‹deployment›"),
            via: Via::Stage,
            stage_variables: column.variables.clone(),
            path: "/".to_owned(),
            resource_path: None,
            resource_id: None,
            path_parameters: BTreeMap::new(),
            request_id: REQUEST_ID.to_owned(),
            extended_request_id: REQUEST_ID.to_owned(),
            now: 0,
        };
        let error = error_of(of, Cause::default(), quirks);
        let Answer { status, headers, body } = answer_of(&error, &scene, column.responses, quirks);
        Wire {
            status_line: format!("HTTP/1.1 {status}"),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::control::operations::rest_apis;
    use crate::sandbox::data::state::Customization;
    use crate::sandbox::wire::ids::ApiId;

    #[test]
    fn configured_and_served_stand_side_by_side() {
        let id = ApiId::try_from("abc".to_owned()).expect("an id");
        let mut api = rest_apis::new(id, rest_apis::CreateInput::default(), 0);
        api.config.name = "<b>orders</b>".to_owned();
        api.config.gateway_responses.insert(
            ResponseType::IntegrationFailure,
            Customization { status_code: Some("429".to_owned()), ..Customization::default() },
        );
        let shown = api_of(&api, &Quirks::default(), "us-east-1");
        assert_eq!(shown.columns, ["configured"]);
        let row = shown.rows.iter().find(|row| row.response_type == "INTEGRATION_FAILURE");
        let cell = &row.expect("a row").cells[0];
        assert_eq!((cell.status.as_str(), cell.from.as_str()), ("429", "own"));
        assert_eq!(cell.wires[0].status_line, "HTTP/1.1 429");
        let row = shown.rows.iter().find(|row| row.response_type == "ACCESS_DENIED");
        assert!(row.expect("a row").cells[0].wires[0].body.contains("\"Message\""));
    }
}
