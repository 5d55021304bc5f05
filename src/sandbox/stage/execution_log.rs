//! The log of a test, as far as people have shown theirs.
//!
//! The lines of a request and of an answer are those of `log` in answers of TestInvokeMethod;
//! those of failed integrations are from execution logs in CloudWatch: "Lambda invocation
//! failed with status: 429", "Execution failed due to a network error communicating with
//! endpoint". So is "Gateway response type: … with status code: …", which tells who answered.
//!
//! Deliberately absent: what was sent to an endpoint, because nothing is.

use std::fmt::Write as _;

use super::scene::{GatewayError, Scene};
use crate::model::ResponseType;
use crate::sandbox::data::state::Integration;
use crate::sandbox::wire::http::Answer;
use crate::sandbox::wire::ids::request_id;
use crate::sandbox::wire::time_text;

/// How a test came to its end.
pub(crate) enum Ending {
    Answered,
    /// A gateway response answered.
    Failed(GatewayError),
}

pub(crate) fn written(
    scene: &Scene<'_>,
    integration: Option<&Integration>,
    answer: &Answer,
    ending: &Ending,
) -> String {
    let mut lines = vec![
        format!("Starting execution for request: {}", scene.request_id),
        format!("HTTP Method: {}, Resource Path: {}", scene.request.method, scene.path),
        format!("Method request path: {}", map(&scene.path_parameters)),
        format!(
            "Method request query string: {}",
            map(scene.query.iter().map(|(name, value)| (name, value)))
        ),
        format!("Method request headers: {}", map(request_headers(scene))),
        format!(
            "Method request body before transformations: {}",
            String::from_utf8_lossy(scene.request.bytes())
        ),
    ];
    match ending {
        Ending::Answered => {
            let headers = answer.headers.iter().map(|(name, value)| (name, value));
            lines.push(format!(
                "Method response body after transformations: {}",
                String::from_utf8_lossy(&answer.body)
            ));
            lines.push(format!("Method response headers: {}", map(headers)));
            lines.push("Successfully completed execution".to_owned());
        }
        Ending::Failed(error) => {
            lines.extend(failure(error, integration));
            let (kind, status) = (error.kind, answer.status);
            lines.push(format!("Gateway response type: {kind} with status code: {status}"));
        }
    }
    lines.push(format!("Method completed with status: {}", answer.status));

    let date = time_text::execution(scene.now);
    let mut log = format!("Execution log for request {}\n", scene.request_id);
    for line in lines {
        let _ = writeln!(log, "{date} : {line}");
    }
    log
}

/// Why the integration did not answer. The error's own status tells what failed, whatever is
/// answered in the end.
fn failure(error: &GatewayError, integration: Option<&Integration>) -> Vec<String> {
    let uri = integration.and_then(|integration| integration.uri.as_deref());
    let Some(uri) = uri.filter(|_| error.kind == ResponseType::IntegrationFailure) else {
        return Vec::new();
    };
    let mut lines = vec![format!("Endpoint request URI: {uri}")];
    match error.status {
        504 => lines
            .push("Execution failed due to a network error communicating with endpoint".to_owned()),
        500 if uri.contains(":lambda:") => lines.extend([
            format!(
                "Lambda invocation failed with status: 429. Lambda request id: {}",
                request_id()
            ),
            "Execution failed due to configuration error: Rate Exceeded.".to_owned(),
        ]),
        _ => {}
    }
    lines
}

fn request_headers<'a>(scene: &Scene<'a>) -> Vec<(&'a str, &'a str)> {
    let headers = scene.request.headers.iter();
    headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect()
}

/// `{a=1, b=2}`.
fn map<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", name.as_ref(), value.as_ref()))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}
