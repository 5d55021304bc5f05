//! Patch operations on what has no recorded rules of its own here: methods,
//! integrations, their responses, authorizers, validators.
//!
//! The members are found by their names on the wire; a path that names no member
//! of the shape is refused.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::patch_operation::{PatchOperation, typed};
use crate::sandbox::wire::error::{Code, Failure};

/// Applies operations to anything that has the shape of its wire form. `members`
/// are those that may be patched, maps with a trailing slash, lists with `[]`.
pub(crate) fn apply<T: Serialize + DeserializeOwned>(
    target: &T,
    operations: &[PatchOperation],
    members: &[&str],
) -> Result<T, Failure> {
    let broken = |error: serde_json::Error| Failure::new(Code::BadRequest, error.to_string());
    let mut value = serde_json::to_value(target).map_err(broken)?;
    for operation in operations {
        let invalid =
            || Failure::bad_request(format!("Invalid patch path {}", operation.shown_path()));
        let segments = operation.segments().ok_or_else(invalid)?;
        let object = value.as_object_mut().ok_or_else(invalid)?;
        match segments.as_slice() {
            [member] if members.contains(&member.as_str()) => one(object, member, operation)?,
            [map, key] if members.contains(&format!("{map}/").as_str()) => {
                entry(object, map, key, operation)?;
            }
            [list, item] if members.contains(&format!("{list}[]").as_str()) => {
                element(object, list, item, operation).ok_or_else(invalid)?;
            }
            _ => return Err(invalid()),
        }
    }
    serde_json::from_value(value).map_err(broken)
}

fn one(
    object: &mut Map<String, Value>,
    member: &str,
    operation: &PatchOperation,
) -> Result<(), Failure> {
    match (operation.op(), operation.filled_value()) {
        ("remove", _) | ("replace" | "add", None) => {
            object.remove(member);
        }
        ("replace" | "add", Some(text)) => {
            let value = typed(member, text).ok_or_else(|| {
                Failure::bad_request(format!("Invalid value {text} for {}", operation.shown_path()))
            })?;
            object.insert(member.to_owned(), value);
        }
        _ => {
            return Err(Failure::bad_request(format!(
                "Invalid patch path {}",
                operation.shown_path()
            )));
        }
    }
    Ok(())
}

fn entry(
    object: &mut Map<String, Value>,
    map: &str,
    key: &str,
    operation: &PatchOperation,
) -> Result<(), Failure> {
    let missing = if map.ends_with("Templates") || map.ends_with("Models") {
        "Content-Type specified was not found"
    } else {
        "Invalid parameter name specified"
    };
    let slot = object.entry(map.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    let Some(entries) = slot.as_object_mut() else {
        return Err(Failure::bad_request(format!("Invalid patch path {}", operation.shown_path())));
    };
    if operation.op() != "add" && !entries.contains_key(key) {
        return Err(Failure::not_found(missing));
    }
    if operation.op() == "remove" {
        entries.remove(key);
        return Ok(());
    }
    let text = operation.value.clone().unwrap_or_default();
    // The parameters of methods are flags, those of integrations are texts.
    let flags = matches!(text.as_str(), "true" | "false") && map.ends_with("Parameters");
    let value = if flags { Value::Bool(text == "true") } else { Value::from(text) };
    entries.insert(key.to_owned(), value);
    Ok(())
}

fn element(
    object: &mut Map<String, Value>,
    list: &str,
    item: &str,
    operation: &PatchOperation,
) -> Option<()> {
    let slot = object.entry(list.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
    let items = slot.as_array_mut()?;
    let at = items.iter().position(|known| known == item);
    match (operation.op(), at) {
        ("add", None) => items.push(Value::from(item)),
        ("add", Some(_)) => {}
        ("remove", Some(index)) => {
            items.remove(index);
        }
        ("replace", at) => {
            if let Some(index) = at {
                items.remove(index);
            }
            items.push(Value::from(operation.filled_value().unwrap_or(item)));
        }
        _ => return None,
    }
    Some(())
}
