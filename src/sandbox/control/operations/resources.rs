//! The tree of resources.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Context;
use crate::sandbox::control::patch_operation::Patch;
use crate::sandbox::data::state::{Api, Configuration, Resource};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply, collection};

/// The resource, or what AWS says when there is none.
pub(crate) fn find<'a>(api: &'a Api, id: &str) -> Result<&'a Resource, Failure> {
    api.config.resources.get(id).ok_or_else(invalid)
}

/// The same to be changed.
pub(crate) fn find_mut<'a>(api: &'a mut Api, id: &str) -> Result<&'a mut Resource, Failure> {
    api.config.resources.get_mut(id).ok_or_else(invalid)
}

fn invalid() -> Failure {
    Failure::not_found("Invalid Resource identifier specified")
}

/// A resource with its methods in full, or with their names only.
fn shown(resource: &Resource, call: &Call) -> Value {
    let mut shown = json!(resource);
    if !call.query_holds("embed", "methods") && !resource.methods.is_empty() {
        let names: Map<String, Value> =
            resource.methods.keys().map(|verb| (verb.clone(), json!({}))).collect();
        shown["resourceMethods"] = Value::Object(names);
    }
    shown
}

pub(crate) fn list(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let all = api.config.resources.values().map(|one| (one.id.clone(), shown(one, call))).collect();
    let (page, position) = call.page(all)?;
    Ok(Answer::ok(&collection(page, position)))
}

pub(crate) fn get(_: &Context<'_>, api: &Api, call: &Call) -> Reply {
    Ok(Answer::ok(&shown(find(api, call.parameter("resource_id"))?, call)))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateInput {
    path_part: String,
}

pub(crate) fn create(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let CreateInput { path_part } = call.input()?;
    let id = add(api, call.parameter("parent_id"), &path_part)?;
    Ok(Answer::created(&shown(find(api, &id)?, call)))
}

/// Adds a child; gives its id.
pub(crate) fn add(api: &mut Api, parent: &str, path_part: &str) -> Result<String, Failure> {
    let parent = find(api, parent)?;
    let named = path_part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let name = named.map_or(path_part, |name| name.strip_suffix('+').unwrap_or(name));
    let fits = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-:+$%@,;!*'()&=~".contains(&byte));
    if !fits {
        return Err(Failure::bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and \
             curly braces at the beginning and the end.",
        ));
    }
    let path = format!("{}/{path_part}", parent.path.trim_end_matches('/'));
    if api.config.resources.values().any(|resource| resource.path == path) {
        return Err(Failure::conflict(
            "Another resource with the same parent already has this name: ".to_owned() + path_part,
        ));
    }
    let resource = Resource {
        id: api.fresh_id(),
        parent_id: Some(parent.id.clone()),
        path_part: Some(path_part.to_owned()),
        path,
        ..Resource::default()
    };
    let id = resource.id.clone();
    api.config.resources.insert(id.clone(), resource);
    Ok(id)
}

/// `replace /pathPart` and `replace /parentId`; the paths below move along.
pub(crate) fn update(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let id = call.parameter("resource_id").to_owned();
    let Patch { patch_operations } = call.input()?;
    for operation in &patch_operations {
        let value = operation.value.clone().unwrap_or_default();
        let known_parent = api.config.resources.contains_key(&value);
        let resource = find_mut(api, &id)?;
        match (operation.op(), operation.path.as_deref()) {
            ("replace", Some("/pathPart")) if !value.is_empty() => resource.path_part = Some(value),
            ("replace", Some("/parentId")) if known_parent => resource.parent_id = Some(value),
            _ => {
                return Err(Failure::bad_request(format!(
                    "Invalid patch path {}",
                    operation.shown_path()
                )));
            }
        }
    }
    rebuild_paths(&mut api.config);
    Ok(Answer::ok(&shown(find(api, &id)?, call)))
}

fn rebuild_paths(config: &mut Configuration) {
    let paths: Vec<(String, String)> = config
        .resources
        .values()
        .map(|resource| {
            let mut parts = Vec::new();
            let mut at = Some(resource);
            // A loop of parents ends after as many steps as there are resources.
            for _ in 0..=config.resources.len() {
                let Some(here) = at else { break };
                parts.extend(here.path_part.as_deref());
                at = here.parent_id.as_ref().and_then(|id| config.resources.get(id));
            }
            parts.reverse();
            (resource.id.clone(), format!("/{}", parts.join("/")))
        })
        .collect();
    for (id, path) in paths {
        if let Some(resource) = config.resources.get_mut(&id) {
            resource.path = path;
        }
    }
}

/// Removes a resource and what is below it.
pub(crate) fn delete(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let resource = find(api, call.parameter("resource_id"))?;
    if resource.parent_id.is_none() {
        return Err(Failure::bad_request("Root resource cannot be deleted"));
    }
    let (id, below) = (resource.id.clone(), format!("{}/", resource.path));
    api.config
        .resources
        .retain(|other, resource| *other != id && !resource.path.starts_with(&below));
    Ok(Answer::empty(202))
}
