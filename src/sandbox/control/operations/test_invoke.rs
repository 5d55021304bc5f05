//! TestInvokeMethod, the console's Test button.
//!
//! It runs what is configured now: no deployment, no stage, no authorizer, no API key. That is
//! how a gateway response seems to work before it is deployed. Field records: a method with
//! AWS_IAM answers an unsigned test; the stage is `test-invoke-stage`, the API key
//! `test-invoke-api-key`; a gateway response that nobody has customised shows
//! `x-amzn-ErrorType` as its only header.
//!
//! As on a stage, `gwr-error` in the query forces a type. A client certificate is taken and not
//! looked at: nothing is behind a method here that could ask for it.

use std::collections::BTreeMap;
use std::time::Instant;

use hyper::body::Bytes;
use hyper::{HeaderMap, header};
use serde::Deserialize;
use serde_json::json;

use super::{Context, methods, resources};
use crate::sandbox::data::state::{Api, Resource, Texts};
use crate::sandbox::stage::execution_log::{Ending, written};
use crate::sandbox::stage::gateway_error::answer;
use crate::sandbox::stage::invoke::{forced, run_method};
use crate::sandbox::stage::routing::path_parameters;
use crate::sandbox::stage::scene::{GatewayError, Scene, Via};
use crate::sandbox::stage::settled::{Responses, Source, settle};
use crate::sandbox::wire::error::Failure;
use crate::sandbox::wire::http::{Answer, Body, Call, Reply, Request, segments};
use crate::sandbox::wire::ids::{extended_request_id, request_id};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    path_with_query_string: Option<String>,
    body: Option<String>,
    headers: Texts,
    multi_value_headers: BTreeMap<String, Vec<String>>,
    stage_variables: Texts,
}

pub(crate) fn invoke(context: &Context<'_>, api: &Api, call: &Call) -> Reply {
    let began = Instant::now();
    let resource = resources::find(api, call.parameter("resource_id"))?;
    let verb = call.parameter("http_method");
    let method = methods::serving(resource, verb)?;
    let input: Input = call.input()?;
    let request = request_of(verb, resource, &input)?;
    let segments =
        segments(&request.path).ok_or_else(|| Failure::bad_request("The path is not UTF-8"))?;
    let scene = Scene {
        request: &request,
        query: request.query_pairs(),
        api_id: &api.id,
        region: context.region,
        stage: "test-invoke-stage",
        deployment: None,
        via: Via::Test,
        stage_variables: input.stage_variables,
        path: request.path.clone(),
        resource_path: Some(resource.path.clone()),
        resource_id: Some(resource.id.clone()),
        path_parameters: path_parameters(&resource.path, &segments).unwrap_or_default(),
        request_id: request_id(),
        extended_request_id: extended_request_id(),
        now: context.now,
    };
    let config = &api.config;
    let outcome = match forced(&scene, context.quirks) {
        Some(Ok(error)) => Err(error),
        Some(Err(told)) => Ok(told),
        None => run_method(&scene, config, method, context.quirks),
    };
    let (answer, ending) = match outcome {
        Ok(answer) => (answer, Ending::Answered),
        Err(error) => {
            let answer = of_error(context, &error, &scene, &config.gateway_responses);
            (answer, Ending::Failed(error))
        }
    };
    let log = written(&scene, method.method_integration.as_ref(), &answer, &ending);
    let (headers, multi_value_headers) = both_forms(&answer);
    let latency = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Answer::ok(&json!({
        "status": answer.status,
        "body": String::from_utf8_lossy(&answer.body),
        "headers": headers,
        "multiValueHeaders": multi_value_headers,
        "log": log,
        "latency": latency,
    })))
}

/// The request that is simulated.
fn request_of(verb: &str, resource: &Resource, input: &Input) -> Result<Request, Failure> {
    let url = input.path_with_query_string.as_deref().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    // Recorded: without a path, that of the resource stands in the log.
    let path = match path.trim_start_matches('/') {
        "" => resource.path.clone(),
        below => format!("/{below}"),
    };
    Ok(Request {
        method: verb.to_owned(),
        path,
        query: query.to_owned(),
        headers: headers_of(input)?,
        body: Body::Read(Bytes::from(input.body.clone().unwrap_or_default())),
        source_ip: "test-invoke-source-ip".to_owned(),
    })
}

/// Both members together; of a header that is in both, the list counts.
fn headers_of(input: &Input) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::new();
    let lists = input
        .multi_value_headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let single = input.headers.iter().filter(|(name, _)| {
        !input.multi_value_headers.keys().any(|listed| listed.eq_ignore_ascii_case(name))
    });
    for (name, value) in lists.chain(single) {
        let wrong = || Failure::bad_request(format!("Invalid header specified: {name}"));
        let value = header::HeaderValue::from_str(value).map_err(|_| wrong())?;
        map.append(header::HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?, value);
    }
    Ok(map)
}

/// What a gateway response makes of an error, as a test shows it.
fn of_error(
    context: &Context<'_>,
    error: &GatewayError,
    scene: &Scene<'_>,
    responses: &Responses,
) -> Answer {
    let mut answer = answer(error, scene, responses, context.quirks);
    if settle(responses, error.kind).source == Source::Builtin {
        answer.headers.retain(|(name, _)| name == "x-amzn-ErrorType");
    }
    answer
}

/// Headers with one value each, and with all.
fn both_forms(answer: &Answer) -> (Texts, BTreeMap<&str, Vec<&str>>) {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &answer.headers {
        all.entry(name).or_default().push(value);
    }
    (answer.headers.iter().cloned().collect(), all)
}
