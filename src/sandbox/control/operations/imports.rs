//! PutRestApi and ImportRestApi: an API from an OpenAPI document.

use serde_json::Value;

use super::{Context, rest_apis};
use crate::sandbox::data::state::Api;
use crate::sandbox::data::store::Store;
use crate::sandbox::openapi::read::{self, Mode};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Call, Reply};

fn document(call: &Call) -> Result<&Value, Failure> {
    let known = ["openapi", "swagger"].iter().any(|key| call.body.get(key).is_some());
    if known {
        return Ok(&call.body);
    }
    Err(Failure::bad_request(
        "Invalid OpenAPI input: the body is neither an OpenAPI 3 nor a Swagger 2 document in JSON",
    ))
}

pub(crate) fn put(_: &Context<'_>, api: &mut Api, call: &Call) -> Reply {
    let mode = match call.query("mode") {
        Some("overwrite") => Mode::Overwrite,
        None | Some("" | "merge") => Mode::Merge,
        Some(other) => {
            return Err(Failure::bad_request(format!("Invalid mode specified: {other}")));
        }
    };
    read::apply(api, document(call)?, mode)?;
    Ok(Answer::ok(&api.wire()))
}

pub(crate) fn import(context: &Context<'_>, store: &mut Store, call: &Call) -> Reply {
    let input = rest_apis::CreateInput::default();
    let mut api = rest_apis::new(store.fresh_id(), input, context.seconds());
    read::apply(&mut api, document(call)?, Mode::Overwrite)?;
    let answer = Answer::created(&api.wire());
    store.put(api)?;
    Ok(answer)
}
