//! Connections: HTTP in, HTTP out, and the faults that only a connection can have.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

use super::audit::Row;
use super::engine::Engine;
use super::error::{Code, Failure};
use super::faults::{Fault, FaultKind};
use super::invoke::{self, Target};
use super::operations::tags;
use super::route::{Found, find};
use super::state::random_id;
use super::wire::{Answer, Body, Request, segments};
use super::{admin, page, sts};

/// Largest request that a stage takes ("payload size 10 MB").
const STAGE_LIMIT: usize = 10 * 1024 * 1024;

/// Largest request that the control plane takes.
const CONTROL_LIMIT: usize = 8 * 1024 * 1024;

/// How much of a body that is too large is read and thrown away, so that the
/// caller gets its answer.
const DISCARDED: usize = 64 * 1024 * 1024;

/// The engine, as all connections share it; it is never held across an await.
pub(crate) struct Shared {
    engine: Mutex<Option<Engine>>,
    region: String,
}

impl Shared {
    pub(crate) fn new(engine: Engine) -> Self {
        let region = engine.options.region.clone();
        Self {
            engine: Mutex::new(Some(engine)),
            region,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the engine, unless it was closed.
    fn with(&self, action: impl FnOnce(&mut Engine) -> Answer) -> Answer {
        match self.lock().as_mut() {
            Some(engine) => action(engine),
            None => Failure::new(Code::ServiceUnavailable, "The sandbox is stopping").into(),
        }
    }
}

/// How a connection ends when it does not end by itself.
enum Close {
    /// With a reset.
    Reset,
    /// After these bytes; none for an end without an answer.
    After(Bytes),
}

/// Serves until `shutdown` resolves; then what is open is dropped and the data
/// directory let go.
pub(crate) async fn run(listener: TcpListener, engine: Engine, shutdown: impl Future<Output = ()>) {
    let shared = Arc::new(Shared::new(engine));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(Arc::clone(&shared), stream, peer));
                }
                // Too many open files, or a connection that ended before it began.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
    shared.lock().take();
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr) {
    // Answers are small and written at once; waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let (close, mut closed) = mpsc::unbounded_channel();
    let service = service_fn(move |request| {
        let (shared, close) = (Arc::clone(&shared), close.clone());
        async move { Ok::<_, Infallible>(respond(shared, request, peer, close).await) }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let close = tokio::select! {
        _ = &mut connection => return,
        Some(close) = closed.recv() => close,
    };
    let mut stream = connection.into_parts().io.into_inner();
    match close {
        Close::Reset => {
            let _ = stream.set_zero_linger();
        }
        Close::After(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    }
}

/// What a request is for.
enum Purpose {
    Stage(Target),
    Admin,
    Page,
    Sts,
    Control,
}

fn purpose(method: &str, path: &str, host: Option<&str>) -> Purpose {
    if let Some(target) = invoke::target(path, host) {
        return Purpose::Stage(target);
    }
    match (method, path) {
        (_, path) if path.starts_with("/_sandbox") => Purpose::Admin,
        ("GET" | "HEAD", "/") => Purpose::Page,
        ("POST", "/") => Purpose::Sts,
        _ => Purpose::Control,
    }
}

async fn respond(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    close: UnboundedSender<Close>,
) -> Response<Full<Bytes>> {
    let at = SystemTime::now();
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let host = parts
        .uri
        .host()
        .or_else(|| parts.headers.get(HOST).and_then(|host| host.to_str().ok()))
        .map(str::to_owned);
    let purpose = purpose(&method, &path, host.as_deref());
    let limit = if matches!(purpose, Purpose::Stage(_)) {
        STAGE_LIMIT
    } else {
        CONTROL_LIMIT
    };
    let mut request = Request {
        method,
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Body::TooLarge,
        source_ip: peer.ip().to_string(),
    };
    let ids = (request_id(), extended_request_id());
    request.body = match read(body, limit).await {
        Some(body) => body,
        // The caller broke off; nobody reads this.
        None => return http(Answer::empty(400), &ids),
    };
    let answer = match purpose {
        Purpose::Stage(target) => {
            let ids = ids.clone();
            shared.with(|engine| engine.invoke(&target, &request, ids))
        }
        _ if matches!(request.body, Body::TooLarge) => {
            Answer::json(413, &serde_json::json!({ "message": "Request Too Long" }))
        }
        Purpose::Admin => shared.with(|engine| admin::answer(engine, &request)),
        Purpose::Page => shared.with(|engine| page::answer(engine)),
        Purpose::Sts => sts::answer(&request, &ids.0),
        Purpose::Control => control(&shared, request, at, &close, &ids).await,
    };
    http(answer, &ids)
}

/// Reads a body; `None` when the caller breaks off.
async fn read(mut body: Incoming, limit: usize) -> Option<Body> {
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.ok()?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            bytes.extend_from_slice(data);
        } else {
            bytes = Vec::new();
        }
        if seen > DISCARDED {
            break;
        }
    }
    Some(if seen > limit {
        Body::TooLarge
    } else {
        Body::Read(bytes.into())
    })
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
async fn control(
    shared: &Arc<Shared>,
    request: Request,
    at: SystemTime,
    close: &UnboundedSender<Close>,
    ids: &(String, String),
) -> Answer {
    let path = segments(&request.path);
    let found = path
        .as_ref()
        .and_then(|path| find(&request.method, path, &request.query_pairs()));
    let fault = found.as_ref().and_then(|found| {
        let api = api_of(found);
        shared
            .lock()
            .as_mut()
            .and_then(|engine| engine.faults.strike(found.route.operation, api))
    });
    let mut listed = Listed {
        shared: Arc::clone(shared),
        row: Some(Row {
            n: 0,
            at: at
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs_f64(),
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
    Failure::new(
        Code::UnknownOperation,
        format!("The sandbox knows no operation {method} {path}"),
    )
    .into()
}

/// The API that a call is on.
fn api_of(found: &Found) -> Option<&str> {
    found
        .parameters
        .iter()
        .find_map(|(name, value)| match *name {
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
            late.await
                .unwrap_or_else(|_| failure(Code::InternalFailure, "Internal server error"))
        }
    };
    let struck = !matches!(fault.kind, FaultKind::Delay);
    match &fault.retry_after {
        Some(seconds) if struck => answer.header("Retry-After", seconds.header()),
        _ => answer,
    }
}

fn denied(shared: &Shared, request: &Request) -> Answer {
    let (verb, region, path) = (&request.method, &shared.region, &request.path);
    Failure::new(
        Code::AccessDenied,
        format!(
            "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: \
             apigateway:{verb} on resource: arn:aws:apigateway:{region}::{path} because no \
             identity-based policy allows the apigateway:{verb} action"
        ),
    )
    .into()
}

/// An answer as it stands on the wire, with half of its body.
fn halved(answer: &Answer, (request_id, _): &(String, String)) -> Bytes {
    let reason = StatusCode::from_u16(answer.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!(
        "x-amzn-RequestId: {request_id}\r\nContent-Length: {}\r\n\r\n",
        answer.body.len()
    ));
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
    bytes.into()
}

/// An answer with the headers that every answer has.
fn http(
    answer: Answer,
    (request_id, extended_request_id): &(String, String),
) -> Response<Full<Bytes>> {
    let Answer {
        status,
        headers,
        body,
    } = answer;
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let map = response.headers_mut();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        // What cannot stand in a header is left out.
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    for (name, value) in [
        ("x-amzn-requestid", request_id),
        ("x-amz-apigw-id", extended_request_id),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.entry(HeaderName::from_static(name)).or_insert(value);
        }
    }
    response
}

/// A random UUID.
fn request_id() -> String {
    let bits = fastrand::u128(..);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        (bits >> 96) & 0xffff_ffff,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xfff,
        ((bits >> 48) & 0x3fff) | 0x8000,
        bits & 0xffff_ffff_ffff
    )
}

fn extended_request_id() -> String {
    format!("{}=", random_id(15))
}
