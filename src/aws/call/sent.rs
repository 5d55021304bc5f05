//! Requests that were sent, for the log of calls: neither bodies nor credentials.
//!
//! A successful result of the SDK has no status and no request id. Both are noted where the answer
//! arrives, for the task that waits for it: the SDK sends and receives in one.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::text::plain;

/// One request to AWS, whatever came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub operation: &'static str,
    pub rest_api_id: Option<String>,
    pub region: String,
    /// The number of this one among the attempts of its call, from one.
    pub attempt: u32,
    /// `None`: no answer came.
    pub status: Option<u16>,
    /// AWS's id of the request.
    pub request_id: Option<String>,
    /// From sending to the whole answer; the wait for the quota does not count.
    pub duration: Duration,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, rest_api_id, region, attempt, status, request_id, duration } = self;
        f.write_str(operation)?;
        if let Some(api) = rest_api_id {
            write!(f, " on API {api}")?;
        }
        write!(f, " in {region}: ")?;
        match status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no answer")?,
        }
        write!(f, ", attempt {attempt}, {} ms", duration.as_millis())?;
        match request_id {
            Some(id) => write!(f, ", request id {id}"),
            None => Ok(()),
        }
    }
}

/// Response metadata.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub status: u16,
    pub request_id: Option<String>,
}

tokio::task_local! {
    static ANSWER: RefCell<Option<Answered>>;
}

/// Waits for what is sent, and returns the metadata of the last answer.
pub(crate) async fn noting<F: Future>(sending: F) -> (F::Output, Option<Answered>) {
    let noted = async {
        let output = sending.await;
        (output, ANSWER.with(RefCell::take))
    };
    ANSWER.scope(RefCell::new(None), noted).await
}

/// AWS's id of a request.
pub(crate) fn request_id(answer: &HttpResponse) -> Option<String> {
    let headers = answer.headers();
    headers
        .get("x-amzn-requestid")
        .or_else(|| headers.get("x-amz-apigw-id"))
        .map(plain)
        .filter(|id| !id.is_empty())
}

/// Notes an answer.
pub(crate) fn note(answer: &HttpResponse) {
    let answered = Answered { status: answer.status().as_u16(), request_id: request_id(answer) };
    // What is sent outside of a call, for credentials or by the probe, is not noted.
    let _ = ANSWER.try_with(|slot| slot.replace(Some(answered)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_line() {
        let sent = Sent {
            operation: "GetExport",
            rest_api_id: Some("abc".to_owned()),
            region: "eu-west-1".to_owned(),
            attempt: 2,
            status: Some(200),
            request_id: Some("1f0c".to_owned()),
            duration: Duration::from_micros(12_900),
        };
        assert_eq!(
            sent.to_string(),
            "GetExport on API abc in eu-west-1: 200, attempt 2, 12 ms, request id 1f0c"
        );
        let lost = Sent { rest_api_id: None, status: None, request_id: None, ..sent };
        assert_eq!(lost.to_string(), "GetExport in eu-west-1: no answer, attempt 2, 12 ms");
    }
}
