//! The history of stages for people and for programs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::plan::api_title;
use super::style::{Colour, Role};
use super::text::{count, printable};
use crate::drift::date;
use crate::plan::prune::Fate;
use crate::plan::{ApiTarget, FORMAT_VERSION};
use crate::state::deployment_note::Journal;
use crate::state::observed::{Canary, Deployment, History, StagePointer};

/// What is shown of one API.
pub struct Shown<'a> {
    pub target: &'a ApiTarget,
    /// Or why it could not be read.
    pub history: Result<&'a History, &'a str>,
    /// Newest first; with what becomes of each, where something is to be pruned.
    pub deployments: Vec<(&'a Deployment, Option<Fate>)>,
}

/// Renders the histories.
#[must_use]
pub fn render(apis: &[Shown<'_>], colour: Colour) -> String {
    let mut out = String::new();
    for Shown { target, history, deployments } in apis {
        let Ok(history) = history else { continue };
        let title = colour.paint(Role::Heading, &api_title(target));
        let region = colour.paint(Role::Faint, &printable(&target.region));
        let _ = writeln!(out, "{title}  {region}");
        for (deployment, fate) in deployments {
            write_deployment(&mut out, history, deployment, *fate, colour);
        }
        if deployments.is_empty() {
            let _ = writeln!(out, "  no deployments");
        }
        out.push('\n');
    }
    out.push_str(&footer(apis, colour));
    out
}

fn write_deployment(
    out: &mut String,
    history: &History,
    deployment: &Deployment,
    fate: Option<Fate>,
    colour: Colour,
) {
    let Deployment { id, created_at, description } = deployment;
    let users = users(history, id);
    let (mark, role) = match fate {
        Some(Fate::Removed) => ("-", Role::Removed),
        _ if !users.is_empty() => ("*", Role::Added),
        Some(Fate::Kept(_)) | None => (" ", Role::Faint),
    };
    let at = created_at.and_then(date).unwrap_or_else(|| "no date".to_owned());
    let head = colour.paint(role, &format!("{mark} {}  {at}", printable(id)));
    let mut parts = Vec::new();
    if !users.is_empty() {
        parts.push(users.iter().map(|user| printable(user)).collect::<Vec<_>>().join(", "));
    }
    parts.push(description_words(description.as_deref()));
    if let Some(Fate::Kept(reason)) = fate {
        parts.push(format!("kept, {}", reason.as_str()));
    }
    let _ = writeln!(out, "  {head}  {}", parts.join("  "));
}

/// What a deployment's description tells, for people: `gwr 58ef5e4529eb  ticket 1`.
#[must_use]
pub fn description_words(description: Option<&str>) -> String {
    let Some(journal) = description.and_then(Journal::parse) else {
        return format!("not created by gwr: {}", first_words(description.unwrap_or_default()));
    };
    let mut parts = vec![format!("gwr {}", journal.digest.short())];
    let taken_back: Vec<String> = journal.taken_back().map(printable).collect();
    if !taken_back.is_empty() {
        parts.push(format!("reverted on stage {}", taken_back.join(", ")));
    }
    if !journal.text().is_empty() {
        parts.push(printable(journal.text()));
    }
    parts.join("  ")
}

/// As much of a text of others as fits.
fn first_words(text: &str) -> String {
    const ROOM: usize = 60;
    let text = printable(text.trim());
    match text.char_indices().nth(ROOM) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "no description".to_owned(),
        None => text,
    }
}

/// The stages that serve a deployment, and those whose canary does.
fn users(history: &History, id: &str) -> Vec<String> {
    let mut users = Vec::new();
    for (name, StagePointer { deployment_id, canary }) in &history.stages {
        if deployment_id.as_deref() == Some(id) {
            users.push(format!("stage {name}"));
        }
        if let Some(Canary { deployment_id: Some(canary), percent_traffic }) = canary
            && canary == id
        {
            users.push(format!("canary of {name} ({percent_traffic} %)"));
        }
    }
    users
}

pub(super) fn summary(apis: &[Shown<'_>]) -> String {
    let deployments: usize = apis.iter().map(|api| api.deployments.len()).sum();
    let unread = apis.iter().filter(|api| api.history.is_err()).count() as u64;
    let mut text = format!(
        "{} of {}",
        count(deployments as u64, "deployment"),
        count(apis.len() as u64 - unread, "API")
    );
    if unread > 0 {
        let _ = write!(text, "; {} could not be read", count(unread, "API"));
    }
    text
}

fn footer(apis: &[Shown<'_>], colour: Colour) -> String {
    let mut out = format!("{}.", summary(apis));
    let fates: Vec<Fate> =
        apis.iter().flat_map(|api| &api.deployments).filter_map(|(_, fate)| *fate).collect();
    if !fates.is_empty() {
        let removed = fates.iter().filter(|fate| **fate == Fate::Removed).count() as u64;
        let head = colour.paint(Role::Heading, "Prune:");
        let _ = write!(out, " {head} {} to remove.", count(removed, "deployment"));
    }
    out.push('\n');
    out
}

/// The same as a document. `pruned` tells of each deployment that was to go whether it
/// is gone: its API's id, its id, and the error where it is not.
#[must_use]
pub fn document(apis: &[Shown<'_>], pruned: Option<&[(String, String, Option<String>)]>) -> Value {
    let shown: Vec<Value> = apis.iter().map(api_document).collect();
    let mut document = json!({ "format_version": FORMAT_VERSION, "apis": shown });
    if let Some(pruned) = pruned {
        document["pruned"] = pruned
            .iter()
            .map(|(api, id, error)| {
                let mut one = json!({
                    "rest_api_id": api, "deployment_id": id, "removed": error.is_none(),
                });
                if let Some(error) = error {
                    one["error"] = json!(error);
                }
                one
            })
            .collect();
    }
    document
}

fn api_document(api: &Shown<'_>) -> Value {
    let Shown { target, history, deployments } = api;
    let mut document = json!({
        "name": target.key,
        "rest_api_id": target.rest_api_id,
        "stages": [],
        "deployments": [],
    });
    match history {
        Err(error) => document["error"] = json!(error),
        Ok(history) => {
            document["stages"] = history.stages.iter().map(stage_document).collect();
            document["deployments"] = deployments
                .iter()
                .map(|(deployment, fate)| deployment_document(history, deployment, *fate))
                .collect();
        }
    }
    document
}

fn stage_document((name, pointer): (&String, &StagePointer)) -> Value {
    let StagePointer { deployment_id, canary } = pointer;
    let mut stage = json!({ "name": name, "deployment_id": deployment_id });
    if let Some(Canary { deployment_id, percent_traffic }) = canary {
        stage["canary"] =
            json!({ "deployment_id": deployment_id, "percent_traffic": percent_traffic });
    }
    stage
}

fn deployment_document(history: &History, deployment: &Deployment, fate: Option<Fate>) -> Value {
    let Deployment { id, created_at, description } = deployment;
    let stages: Vec<&String> = history
        .stages
        .iter()
        .filter(|(_, pointer)| pointer.deployment_id.as_ref() == Some(id))
        .map(|(name, _)| name)
        .collect();
    let canaries: Vec<&String> = history
        .stages
        .iter()
        .filter(|(_, pointer)| {
            pointer.canary.as_ref().is_some_and(|canary| canary.deployment_id.as_ref() == Some(id))
        })
        .map(|(name, _)| name)
        .collect();
    let mut document = json!({
        "id": id,
        "created_at": created_at.and_then(date),
        "description": description,
        "made_by_gwr": false,
        "stages": stages,
        "canaries": canaries,
    });
    if let Some(journal) = description.as_deref().and_then(Journal::parse) {
        let previous: Map<String, Value> = journal
            .previous
            .iter()
            .map(|(stage, deployment)| (stage.clone(), json!(deployment)))
            .collect();
        document["made_by_gwr"] = json!(true);
        document["digest"] = json!(journal.digest);
        document["run"] = json!(journal.run);
        document["previous"] = Value::Object(previous);
        document["message"] = json!(journal.text());
        let taken_back: Vec<&str> = journal.taken_back().collect();
        if !taken_back.is_empty() {
            document["taken_back"] = json!(taken_back);
        }
    }
    match fate {
        Some(Fate::Removed) => document["prune"] = json!("remove"),
        Some(Fate::Kept(reason)) => {
            document["prune"] = json!("keep");
            document["kept_because"] = json!(reason.as_str());
        }
        None => {}
    }
    document
}
