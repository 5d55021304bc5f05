//! Tags of APIs and stages, by ARN.

use serde::Deserialize;
use serde_json::json;

use super::Context;
use crate::sandbox::data::state::{Api, Texts};
use crate::sandbox::data::store::Store;
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply};

/// The API's id and the stage's name of `arn:PARTITION:apigateway:REGION::/restapis/ID[/stages/NAME]`.
pub(crate) fn target(arn: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", Some(_), "apigateway") = (parts.next()?, parts.next(), parts.next()?) else {
        return None;
    };
    let path = parts.nth(2)?;
    match path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        ["restapis", id] => Some((id, None)),
        ["restapis", id, "stages", stage] => Some((id, Some(stage))),
        _ => None,
    }
}

fn tags_of<'a>(api: &'a mut Api, stage: Option<&str>) -> Result<&'a mut Texts, Failure> {
    match stage {
        None => Ok(&mut api.tags),
        Some(name) => api
            .stages
            .get_mut(name)
            .map(|stage| &mut stage.tags)
            .ok_or_else(|| Failure::not_found("Invalid stage identifier specified")),
    }
}

fn with_tags(
    store: &mut Store,
    call: &Call,
    change: impl FnOnce(&mut Texts),
) -> Result<Texts, Failure> {
    let arn = call.parameter("resource_arn");
    let (id, stage) =
        target(arn).ok_or_else(|| Failure::bad_request(format!("Invalid resource ARN: {arn}")))?;
    let before = store.api(id)?;
    let mut api = before.clone();
    let tags = tags_of(&mut api, stage)?;
    let old = tags.clone();
    change(tags);
    let tags = tags.clone();
    if tags != old {
        store.put(api)?;
    }
    Ok(tags)
}

pub(crate) fn get(_: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let tags = with_tags(store, call, |_| {})?;
    Ok(Answer::ok(&json!({ "tags": tags })))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TagInput {
    tags: Texts,
}

pub(crate) fn tag(_: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let TagInput { tags } = call.input()?;
    with_tags(store, call, |all| all.extend(tags)).map(|_| Answer::empty(204))
}

pub(crate) fn untag(_: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let gone = |key: &String| call.query_holds("tagKeys", key);
    with_tags(store, call, |all| all.retain(|key, _| !gone(key))).map(|_| Answer::empty(204))
}
