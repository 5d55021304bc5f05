//! One plain request to a stage, as a client without credentials sends it.
//!
//! It goes past the SDK (no signature, no `Accept`) but over the same connections.
//! It is no call of the control plane and takes no turn in its quota.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::byte_stream::ByteStream;

use super::call::attempt::{Call, Effect, Tried};
use super::call::bucket::QuotaClass;
use super::call::error::{AwsError, AwsErrorKind, Done};
use super::call::failure::Failure;
use super::call::text::{chain, plain};
use super::connection::Gateway;
use crate::model::region::partition;

/// As much of a body is kept.
const LARGEST_BODY: usize = 64 * 1024;

/// What a stage answered. Headers and body are data from elsewhere: nothing is
/// removed from them, so make them safe before they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageAnswer {
    pub status: u16,
    /// In the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The first 64 KiB, as text.
    pub body: String,
}

impl Gateway {
    /// Where a stage answers, without a slash at the end: at the custom endpoint's
    /// `/_aws/execute-api` (as the sandbox and LocalStack have it), else at the API's
    /// own host.
    #[must_use]
    pub fn stage_url(&self, api: &str, stage: &str) -> String {
        match self.endpoint_url() {
            Some(endpoint) => format!("{endpoint}/_aws/execute-api/{api}/{stage}"),
            None => {
                let region = self.region();
                let suffix = partition(region).dns_suffix;
                format!("https://{api}.execute-api.{region}.{suffix}/{stage}")
            }
        }
    }

    /// Sends one request without credentials and without a body, once.
    ///
    /// # Errors
    /// When there is no answer, or the path is invalid.
    pub async fn ask_stage(
        &self,
        api: &str,
        stage: &str,
        method: &str,
        path: &str,
    ) -> Result<StageAnswer, AwsError> {
        let url = format!("{}/{}", self.stage_url(api, stage), path.trim_start_matches('/'));
        let call = Call {
            operation: "AskStage",
            rest_api_id: Some(api),
            verb: "GET",
            path: String::new(),
            effect: Effect::Read,
            class: QuotaClass::Outside,
        };
        let limits = self.link.limits();
        let asking = self.ask(&url, method);
        let failure = match tokio::time::timeout(limits.attempt, asking).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(kind)) => Failure::new(kind, Done::No),
            Err(_) => Failure::new(
                AwsErrorKind::TimedOut {
                    message: format!("no whole answer within {:?}", limits.attempt),
                },
                Done::No,
            ),
        };
        Err(self.link.give_up(&call, failure, Tried::ONCE))
    }

    async fn ask(&self, url: &str, method: &str) -> Result<StageAnswer, AwsErrorKind> {
        let limits = self.link.limits();
        let request = request(url, method)?;
        let connector = self.link.http.connector(limits.connect, limits.answer);
        let answer = connector.call(request).await.map_err(|error| {
            let host = url.split('/').take(3).collect::<Vec<_>>().join("/");
            let message = chain(&error);
            AwsErrorKind::Unreachable { endpoint: host.into(), message }
        })?;
        read(answer, limits.stall).await
    }
}

fn request(url: &str, method: &str) -> Result<HttpRequest, AwsErrorKind> {
    let unsendable = |error: &(dyn std::error::Error + 'static)| AwsErrorKind::Unsendable {
        message: format!("{method} {url}: {}", chain(error)),
    };
    let mut request = HttpRequest::get(url).map_err(|error| unsendable(&error))?;
    request.set_method(method).map_err(|error| unsendable(&error))?;
    Ok(request)
}

async fn read(mut answer: HttpResponse, stall: Duration) -> Result<StageAnswer, AwsErrorKind> {
    let headers = answer
        .headers()
        .iter_bytes()
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()))
        .collect();
    let status = answer.status().as_u16();
    let mut stream = ByteStream::new(answer.take_body());
    let mut body = Vec::new();
    while body.len() < LARGEST_BODY {
        let next = tokio::time::timeout(stall, stream.next()).await.map_err(|_| {
            AwsErrorKind::TimedOut { message: "the answer stands still".to_owned() }
        })?;
        match next {
            None => break,
            Some(Ok(bytes)) => body.extend_from_slice(&bytes),
            Some(Err(error)) => {
                return Err(AwsErrorKind::ConnectionLost { message: plain(&error.to_string()) });
            }
        }
    }
    body.truncate(LARGEST_BODY);
    Ok(StageAnswer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
