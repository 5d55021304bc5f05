//! A server that does as it was told, in raw bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Status, header lines, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// RST without a byte.
    Reset,
    /// The connection is closed without a byte.
    Close,
    /// Status and headers with the full length, half of the body, then closed.
    Truncate(u16, String),
    /// Nothing for that long, then closed.
    Hang(Duration),
    /// Status and headers with the full length, one byte, and then nothing for that long.
    Stall(u16, Duration),
}

/// A JSON answer.
pub fn json(status: u16, body: impl ToString) -> Act {
    Act::Answer(status, Vec::new(), body.to_string())
}

/// An error as AWS puts it.
pub fn error(status: u16, code: &str, message: &str) -> Act {
    let body = serde_json::json!({ "message": message });
    Act::Answer(
        status,
        vec![("x-amzn-ErrorType", code.to_owned()), ("x-amzn-RequestId", "req-1".to_owned())],
        body.to_string(),
    )
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub at: Instant,
}

impl Seen {
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// One request a connection; after the script's end every request is answered 501.
pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let script: Arc<Mutex<VecDeque<Act>>> = Arc::new(Mutex::new(script.into_iter().collect()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&all)));
            }
        });
        Self { url, seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }

    /// The request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    seen.lock().expect("no panic").push(request);
    let act = script.lock().expect("no panic").pop_front();
    match act.unwrap_or_else(|| json(501, r#"{"message":"the script is over"}"#)) {
        Act::Answer(status, headers, body) => {
            let answer = head(status, &headers, body.len()) + &body;
            write(&mut stream, answer.as_bytes()).await;
        }
        Act::Raw(bytes) => write(&mut stream, &bytes).await,
        Act::Reset => stream.set_zero_linger().expect("a socket"),
        Act::Close => {}
        Act::Truncate(status, body) => {
            let answer = head(status, &[], body.len()) + &body[..body.len() / 2];
            write(&mut stream, answer.as_bytes()).await;
        }
        Act::Hang(duration) => tokio::time::sleep(duration).await,
        Act::Stall(status, duration) => {
            let answer = head(status, &[], 100) + "{";
            // As in `write`, but the connection stays open.
            let _ = stream.write_all(answer.as_bytes()).await;
            tokio::time::sleep(duration).await;
        }
    }
}

fn head(status: u16, headers: &[(&'static str, String)], length: usize) -> String {
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head + &format!("Content-Length: {length}\r\n\r\n")
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) {
    // A client that has given up is no failure of the server's.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().expect("a number"));
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen {
        method,
        path,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        at: Instant::now(),
    })
}
