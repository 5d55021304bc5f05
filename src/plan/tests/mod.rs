//! The rules of the plan as small cases: what is live, what is wanted, what is done.

mod changes;
mod needs;
mod stages;
mod takeover;

use std::collections::{BTreeMap, BTreeSet};

use time::macros::date;

use super::needs::Needs;
use super::*;
use crate::model::{
    Customization, HeaderName, HeaderValue, PatchOperation, ResponseType as T, StatusCode,
};
use crate::state::deployment_note::Journal;
use crate::state::desired::{
    DeployPolicy, DesiredResponse, ForeignPolicy, Ignore, Ignored, Matching, Removal, Unlisted,
};
use crate::state::digest::of_responses;
use crate::state::observed::{
    Configured, Deployment, Export, ObservedStage, Routes, Served, StagePointer,
};

const TODAY: Date = date!(2026 - 11 - 22);

fn unset() -> Customization {
    Customization::default()
}

fn status(number: i64) -> Customization {
    Customization { status: StatusCode::try_from(number).ok(), ..unset() }
}

fn header(name: &str, value: &str) -> Customization {
    Customization {
        headers: [(HeaderName::observed(name), HeaderValue::as_written(value))].into(),
        ..unset()
    }
}

fn template(media_type: &str, text: &str) -> Customization {
    Customization { templates: [(media_type.to_owned(), text.to_owned())].into(), ..unset() }
}

/// Both in one.
fn and(one: Customization, other: Customization) -> Customization {
    Customization {
        status: one.status.or(other.status),
        headers: one.headers.into_iter().chain(other.headers).collect(),
        templates: one.templates.into_iter().chain(other.templates).collect(),
    }
}

/// An API and what the file says of it.
#[derive(Clone)]
struct Scene {
    desired: DesiredApi,
    observed: ObservedApi,
    shows: ExportShows,
    rewrite: BTreeSet<T>,
}

fn scene(live: &[(T, Customization)], wanted: &[(T, Option<Customization>)]) -> Scene {
    let responses = live
        .iter()
        .map(|(response_type, custom)| {
            (*response_type, Live::Customized(custom.settle(*response_type)))
        })
        .collect();
    let wanted = wanted
        .iter()
        .map(|(response_type, custom)| {
            let desired = match custom {
                Some(custom) => DesiredResponse::Customized(custom.clone()),
                None => DesiredResponse::Default,
            };
            (*response_type, desired)
        })
        .collect();
    Scene {
        desired: DesiredApi {
            key: "orders".to_owned(),
            account: None,
            matching: Matching::Id("abcde12345".to_owned()),
            stages: Vec::new(),
            unlisted: Unlisted::Keep,
            deploy: DeployPolicy::Auto,
            foreign_changes: ForeignPolicy::Refuse,
            accept: BTreeSet::new(),
            responses: wanted,
            removals: BTreeMap::new(),
            ignores: Vec::new(),
            allows: Vec::new(),
        },
        observed: ObservedApi {
            rest_api_id: "abcde12345".to_owned(),
            rest_api_name: None,
            tags: BTreeMap::new(),
            configured: Configured { responses, ..Configured::default() },
            stages: BTreeMap::new(),
            beside: BTreeMap::new(),
            deployments: None,
            routes: None,
        },
        shows: ExportShows::Unproven,
        rewrite: BTreeSet::new(),
    }
}

fn export(responses: &[(T, Customization)]) -> Served {
    Served::Exported(Export {
        responses: responses.iter().cloned().collect(),
        without_templates: BTreeSet::new(),
        unknown_types: BTreeSet::new(),
        unknown_parameters: BTreeMap::new(),
        rest: serde_json::Value::Null,
        endpoint_disabled: false,
    })
}

/// What must still be read for the plan of a scene.
fn needs(scene: &Scene) -> Needs {
    super::needs(&scene.desired, &scene.observed, scene.shows, &Request::default(), TODAY)
}

fn digest(responses: &[(T, Customization)]) -> Digest {
    let settled: Vec<_> = responses.iter().map(|(t, custom)| (*t, custom.settle(*t))).collect();
    of_responses(settled.iter().map(|(t, response)| (*t, response)))
}

impl Scene {
    /// A stage whose pointer was not read.
    fn stage(mut self, name: &str, served: Served) -> Self {
        self.desired.stages.push(name.to_owned());
        self.observed.stages.insert(name.to_owned(), ObservedStage { served, pointer: None });
        self
    }

    /// A stage at a deployment, with the whole history read.
    fn stage_at(self, name: &str, served: Served, deployment: &str) -> Self {
        let mut scene = self.stage(name, served);
        if let Some(stage) = scene.observed.stages.get_mut(name) {
            let deployment_id = Some(deployment.to_owned());
            stage.pointer = Some(StagePointer { deployment_id, canary: None });
        }
        scene.observed.deployments.get_or_insert_default();
        scene
    }

    /// A deployment of gwr's that holds these responses.
    fn journal(mut self, id: &str, holds: &[(T, Customization)], message: &str) -> Self {
        let journal = Journal {
            digest: digest(holds),
            run: "0a".to_owned(),
            export: ExportShows::Unproven,
            previous: Vec::new(),
            message: message.to_owned(),
        };
        self.observed.deployments.get_or_insert_default().push(Deployment {
            id: id.to_owned(),
            created_at: None,
            description: Some(journal.to_string()),
        });
        self
    }

    fn shows(self, shows: ExportShows) -> Self {
        Self { shows, ..self }
    }

    fn plan(&self) -> ApiWork {
        let request = Request { rewrite: self.rewrite.clone(), ..Request::default() };
        plan_api(&self.desired, &self.observed, self.shows, &request, TODAY)
    }

    /// `THROTTLED create patch: replace /statusCode 418`, in the order of the calls.
    fn changes(&self) -> Vec<String> {
        self.plan()
            .changes
            .iter()
            .map(|(response_type, change)| {
                let call = match change.call() {
                    Call::Patch => "patch",
                    Call::Put => "put",
                    Call::Delete => "delete",
                };
                let operations: Vec<String> = change.operations().iter().map(short).collect();
                format!(
                    "{response_type} {} {call}: {}",
                    change.action().as_str(),
                    operations.join("; ")
                )
            })
            .collect()
    }

    fn hazards(&self) -> Vec<String> {
        self.plan().hazards.into_iter().map(|hazard| hazard.id).collect()
    }

    /// What becomes of each stage.
    fn stages(&self) -> Vec<String> {
        self.plan()
            .stages
            .iter()
            .map(|stage| match &stage.decision {
                Decision::Deploy(DeployReason::Changes) => "changes".to_owned(),
                Decision::Deploy(DeployReason::Behind(types)) => format!("behind {types:?}"),
                Decision::Deploy(DeployReason::Unfinished) => "unfinished".to_owned(),
                Decision::Deploy(DeployReason::Contradiction(_)) => "contradiction".to_owned(),
                Decision::Keep(KeepReason::Unknown(_)) => "unknown".to_owned(),
                Decision::Keep(why) => format!("{why:?}"),
            })
            .collect()
    }
}

fn short(operation: &PatchOperation) -> String {
    let PatchOperation { op, path, value } = operation;
    let path = path
        .replace("/responseParameters/gatewayresponse.header.", "/h/")
        .replace("/responseTemplates/", "/t/");
    match value {
        Some(value) => format!("{op} {path} {value}"),
        None => format!("{op} {path}"),
    }
}
