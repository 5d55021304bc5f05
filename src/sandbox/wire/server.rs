//! Connections: HTTP in, HTTP out, and the ends that only a connection can have.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

use super::access::Access;
use super::host::HostName;
use super::http::{Answer, Body, Request};
use super::ids::{extended_request_id, request_id};
use crate::sandbox::control::dispatch::{Close, Shared, control};
use crate::sandbox::control::engine::Engine;
use crate::sandbox::control::{admin, sts};
use crate::sandbox::stage::invoke::{self, Target};
use crate::sandbox::stage::page;

/// Largest request that a stage takes ("payload size 10 MB").
const STAGE_LIMIT: usize = 10 * 1024 * 1024;

/// Largest request that the control plane takes.
const CONTROL_LIMIT: usize = 8 * 1024 * 1024;

/// How much of a body that is too large is read and thrown away, so that the
/// caller gets its answer.
const DISCARDED: usize = 64 * 1024 * 1024;

/// Serves until `shutdown` resolves; then what is open is dropped and the data
/// directory let go.
pub(crate) async fn run(
    (listener, bound): (TcpListener, SocketAddr),
    engine: Engine,
    shutdown: impl Future<Output = ()>,
) {
    let shared = Arc::new(Shared::new(engine, bound));
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
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let ends = Ends { local: local.ip(), peer: peer.ip() };
    let (close, mut closed) = mpsc::unbounded_channel();
    let service = service_fn(move |request| {
        let (shared, close) = (Arc::clone(&shared), close.clone());
        async move { Ok::<_, Infallible>(respond(shared, request, ends, close).await) }
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

/// The addresses of a connection.
#[derive(Clone, Copy)]
struct Ends {
    local: IpAddr,
    peer: IpAddr,
}

/// What a request is for.
enum Purpose {
    Stage(Target),
    Admin,
    Page,
    Sts,
    Control,
}

fn purpose(method: &str, path: &str, host: Option<&HostName>) -> Purpose {
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

/// What a request is for, or the answer that refuses it.
fn admit(access: &Access, parts: &Parts, ends: Ends) -> Result<Purpose, Answer> {
    let host = access.host(parts)?;
    let purpose = purpose(parts.method.as_str(), parts.uri.path(), host.as_ref());
    match &purpose {
        // Stages are called from pages.
        Purpose::Stage(_) => {}
        Purpose::Admin | Purpose::Page | Purpose::Sts | Purpose::Control => {
            access.origin(&parts.headers, ends.local)?;
        }
    }
    Ok(purpose)
}

async fn respond(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
    ends: Ends,
    close: UnboundedSender<Close>,
) -> Response<Full<Bytes>> {
    let at = SystemTime::now();
    let ids = (request_id(), extended_request_id());
    let (parts, body) = request.into_parts();
    let purpose = match admit(&shared.access, &parts, ends) {
        Ok(purpose) => purpose,
        Err(refusal) => {
            // Thrown away, so that the caller gets its answer.
            read(body, 0).await;
            return http(refusal, &ids);
        }
    };
    let limit = if matches!(purpose, Purpose::Stage(_)) { STAGE_LIMIT } else { CONTROL_LIMIT };
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Body::TooLarge,
        source_ip: ends.peer.to_string(),
    };
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
    Some(if seen > limit { Body::TooLarge } else { Body::Read(bytes.into()) })
}

/// An answer with the headers that every answer has.
fn http(
    answer: Answer,
    (request_id, extended_request_id): &(String, String),
) -> Response<Full<Bytes>> {
    let Answer { status, headers, body } = answer;
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
    for (name, value) in [("x-amzn-requestid", request_id), ("x-amz-apigw-id", extended_request_id)]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.entry(HeaderName::from_static(name)).or_insert(value);
        }
    }
    response
}
