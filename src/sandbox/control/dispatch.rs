//! Control-plane calls from the connection's side: their rows in the audit, and the
//! faults that strike them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use hyper::body::Bytes;
use tokio::sync::mpsc::UnboundedSender;

use super::audit::Row;
use super::engine::Engine;
use super::faults::{Fault, FaultKind};
use super::operations::tags;
use super::policy;
use super::route::{Found, find};
use crate::sandbox::wire::access::Access;
use crate::sandbox::wire::error::{Code, Failure};
use crate::sandbox::wire::http::{Answer, Request, segments};

/// The engine, as all connections share it; it is never held across an await.
pub(crate) struct Shared {
    engine: Mutex<Option<Engine>>,
    region: String,
    pub(crate) access: Access,
}

impl Shared {
    pub(crate) fn new(engine: Engine, bound: SocketAddr) -> Self {
        let region = engine.options.region.clone();
        let access = Access::new(bound, engine.options.allow_hosts.clone());
        Self { engine: Mutex::new(Some(engine)), region, access }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the engine, unless it was closed.
    pub(crate) fn with(&self, action: impl FnOnce(&mut Engine) -> Answer) -> Answer {
        match self.lock().as_mut() {
            Some(engine) => action(engine),
            None => Failure::new(Code::ServiceUnavailable, "The sandbox is stopping").into(),
        }
    }
}

/// How a connection ends when it does not end by itself.
pub(crate) enum Close {
    /// With a reset.
    Reset,
    /// After these bytes; none for an end without an answer.
    After(Bytes),
}

/// A call that gets its row when it is answered, or when its caller is gone.
struct Listed {
    shared: Arc<Shared>,
    row: Option<Row>,
}

impl Listed {
    fn answered(&mut self, status: u16) {
        if let Some(mut row) = self.row.take() {
            row.status = status;
            if let Some(engine) = self.shared.lock().as_mut() {
                engine.audit.add(row);
            }
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.answered(0);
    }
}

/// A control-plane call: its fault, if one strikes, or its answer.
pub(crate) async fn control(
    shared: &Arc<Shared>,
    request: Request,
    at: SystemTime,
    close: &UnboundedSender<Close>,
    ids: &(String, String),
) -> Answer {
    let path = segments(&request.path);
    let found = path.as_ref().and_then(|path| find(&request.method, path, &request.query_pairs()));
    let fault = found.as_ref().and_then(|found| {
        let api = api_of(found);
        shared.lock().as_mut().and_then(|engine| engine.faults.strike(found.route.operation, api))
    });
    let mut listed = Listed {
        shared: Arc::clone(shared),
        row: Some(Row {
            n: 0,
            at: at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            method: request.method.clone(),
            path: request.path.clone(),
            operation: found.as_ref().map(|found| found.route.operation),
            status: 0,
            fault: fault.as_ref().map(|fault| fault.kind.as_str()),
        }),
    };
    let answer = match (found, path.is_some()) {
        (_, false) => Failure::bad_request("The path is not UTF-8").into(),
        (None, true) => unknown(&request),
        (Some(found), true) => match fault {
            None => shared.with(|engine| engine.call(&found, &request)),
            Some(fault) => strike(shared, found, request, &fault, (&mut listed, close, ids)).await,
        },
    };
    listed.answered(answer.status);
    answer
}

fn unknown(request: &Request) -> Answer {
    let Request { method, path, .. } = request;
    Failure::new(Code::UnknownOperation, format!("The sandbox knows no operation {method} {path}"))
        .into()
}

/// The API that a call is on.
fn api_of(found: &Found) -> Option<&str> {
    found.parameters.iter().find_map(|(name, value)| match *name {
        "restapi_id" => Some(value.as_str()),
        "resource_arn" => tags::target(value).map(|(api, _)| api),
        _ => None,
    })
}

/// Does what a fault says. Those that give no answer end the connection, and this
/// never returns.
async fn strike(
    shared: &Arc<Shared>,
    found: Found,
    request: Request,
    fault: &Fault,
    (listed, close, ids): (&mut Listed, &UnboundedSender<Close>, &(String, String)),
) -> Answer {
    let end = async |listed: &mut Listed, status: u16, how: Close| -> Answer {
        listed.answered(status);
        let _ = close.send(how);
        std::future::pending().await
    };
    let failure = |code: Code, message: &str| Answer::from(Failure::new(code, message));
    let answer = match fault.kind {
        FaultKind::Throttled => failure(Code::TooManyRequests, "Too Many Requests"),
        FaultKind::ThrottledBare => Answer::empty(429),
        FaultKind::InternalFailure => failure(Code::InternalFailure, "Internal server error"),
        FaultKind::Unavailable => failure(Code::ServiceUnavailable, "Service unavailable"),
        FaultKind::Conflict => failure(
            Code::Conflict,
            "Unable to complete operation due to concurrent modification. Please try again later.",
        ),
        FaultKind::BadRequest => failure(Code::BadRequest, "Injected fault"),
        FaultKind::AccessDenied => denied(shared, &request),
        FaultKind::ResetBefore => end(listed, 0, Close::Reset).await,
        FaultKind::ResetAfter => {
            shared.with(|engine| engine.call(&found, &request));
            end(listed, 0, Close::Reset).await
        }
        FaultKind::Truncate => {
            let answer = shared.with(|engine| engine.call(&found, &request));
            let half = halved(&answer, ids);
            end(listed, answer.status, Close::After(half)).await
        }
        FaultKind::Timeout => {
            tokio::time::sleep(fault.hold_s.duration()).await;
            end(listed, 0, Close::After(Bytes::new())).await
        }
        FaultKind::Delay => {
            let (shared, hold) = (Arc::clone(shared), fault.hold_s.duration());
            // A task of its own, which goes on when the caller has gone.
            let late = tokio::spawn(async move {
                tokio::time::sleep(hold).await;
                shared.with(|engine| engine.call(&found, &request))
            });
            late.await.unwrap_or_else(|_| failure(Code::InternalFailure, "Internal server error"))
        }
    };
    let struck = !matches!(fault.kind, FaultKind::Delay);
    match &fault.retry_after {
        Some(seconds) if struck => answer.header("Retry-After", seconds.header()),
        _ => answer,
    }
}

fn denied(shared: &Shared, request: &Request) -> Answer {
    let action = format!("apigateway:{}", request.method);
    let resource = policy::arn(&shared.region, &request.path);
    let why = format!("because no identity-based policy allows the {action} action");
    policy::denial(&action, &resource, &why).into()
}

/// An answer as it stands on the wire, with half of its body.
fn halved(answer: &Answer, (request_id, _): &(String, String)) -> Bytes {
    let reason = StatusCode::from_u16(answer.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", answer.status);
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let length = answer.body.len();
    let _ = write!(head, "x-amzn-RequestId: {request_id}\r\nContent-Length: {length}\r\n\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
    bytes.into()
}
