//! GetExport.
//!
//! "Exports a deployed version of a RestApi in a specified format" (service model).
//! The answer's headers are those recorded on AWS (`test_export_*`): whatever is
//! accepted, the type is application/octet-stream and the body an attachment. "Currently
//! application/json and application/yaml are supported" as what Accept asks for (service
//! model); without either the sandbox answers in JSON.

use super::{Context, stages};
use crate::sandbox::data::state::{Api, Stage};
use crate::sandbox::openapi::write::{Document, Extensions, Format, document};
use crate::sandbox::quirks::{Export, ExportCanary, ExportVersion};
use crate::sandbox::wire::accept::media_types;
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply};
use crate::sandbox::wire::time_text;
use crate::sandbox::wire::{pretty, yaml};

/// How the document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    Json,
    Yaml,
}

/// The first of the two that the caller accepts.
fn spelling(call: &Call) -> Spelling {
    media_types(&call.headers)
        .find_map(|media_type| match media_type.as_str() {
            "application/json" => Some(Spelling::Json),
            "application/yaml" => Some(Spelling::Yaml),
            _ => None,
        })
        .unwrap_or(Spelling::Json)
}

pub(crate) fn get(context: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let stage = stages::find(api, call)?;
    let (format, name) = match call.parameter("export_type") {
        "oas30" => (Format::OpenApi30, "oas30"),
        "swagger" => (Format::Swagger20, "swagger"),
        other => {
            return Err(Failure::bad_request(format!(
                "Export type '{other}' is not supported; it is one of [oas30, swagger]"
            )));
        }
    };
    let shown = context.previous.unwrap_or_else(|| deployment_of(stage, context));
    let deployment = api
        .deployments
        .get(shown)
        .or_else(|| api.deployments.get(stage.deployment_id.as_str()))
        .ok_or_else(|| Failure::not_found("Invalid Deployment identifier specified"))?;
    let snapshot = match context.quirks.export {
        Export::Snapshot | Export::Mirror => deployment.snapshot.as_ref(),
        Export::MirrorAll => &api.config,
    };
    let responses = match context.quirks.export {
        Export::Snapshot => &deployment.snapshot.gateway_responses,
        Export::Mirror | Export::MirrorAll => &api.config.gateway_responses,
    };
    let version = stage.documentation_version.clone().or_else(|| snapshot.version.clone());
    let version = version.unwrap_or_else(|| {
        time_text::iso(match context.quirks.export_version {
            ExportVersion::Deployed => deployment.created_millis,
            ExportVersion::Exported => context.now,
        })
    });
    let extensions = Extensions {
        api_gateway: call.query_holds("extensions", "apigateway"),
        integrations: call.query_holds("extensions", "integrations"),
        authorizers: call.query_holds("extensions", "authorizers"),
    };
    let body = document(&Document {
        format,
        extensions,
        config: snapshot,
        responses,
        api_id: &api.id,
        region: context.region,
        stage: &stage.stage_name,
        version: &version,
        quirks: context.quirks,
    });
    let (text, ending) = match spelling(call) {
        Spelling::Json => (pretty::to_vec(&body), "json"),
        Spelling::Yaml => (yaml::to_vec(&body), "yaml"),
    };
    let version = version.replace(['"', '\\'], "");
    Ok(Answer::text(200, "application/octet-stream", text).header(
        "Content-Disposition",
        format!("attachment; filename=\"{name}_{version}.{ending}\""),
    ))
}

fn deployment_of<'a>(stage: &'a Stage, context: &Context<'_>) -> &'a str {
    match (&stage.canary_settings, context.quirks.export_canary) {
        (Some(canary), ExportCanary::Canary) => &canary.deployment_id,
        (Some(_), ExportCanary::Stage) | (None, _) => &stage.deployment_id,
    }
}
