//! Who may call: which hosts the sandbox answers for, and which pages may call it.
//!
//! The sandbox has no authentication, so every page that a browser shows on this machine
//! could drive it. Two headers that pages cannot forge keep them out. `Host` names the page's
//! own site where its DNS name was rebound to loopback. `Origin` names the page's site in every
//! other request that can change something or whose answer could be read.
//!
//! Deliberately absent: CORS. The control plane sends no `Access-Control-Allow-…`.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use serde_json::json;

use super::error::{Code, Failure};
use super::host::{Authority, HostName};
use super::http::Answer;
use crate::sandbox::data::excerpt::excerpt;

/// The port of `http:` origins that name none.
const HTTP_PORT: u16 = 80;

/// What a server knows of itself, and what it was told to accept.
#[derive(Debug)]
pub(crate) struct Access {
    bound: SocketAddr,
    allowed: Vec<HostName>,
}

impl Access {
    pub(crate) fn new(bound: SocketAddr, allowed: Vec<HostName>) -> Self {
        Self { bound, allowed }
    }

    /// The host that a request is for, or the answer that refuses it.
    ///
    /// Other machines reach a server that is not bound to loopback under names that it cannot
    /// know, so there every host is accepted, also none.
    pub(crate) fn host(&self, parts: &Parts) -> Result<Option<HostName>, Answer> {
        let hosts = named(parts);
        if !self.bound.ip().to_canonical().is_loopback() {
            return Ok(hosts.ok().and_then(|hosts| hosts.into_iter().next()));
        }
        let hosts = hosts?;
        match hosts.iter().find(|host| !self.accepts(host)) {
            Some(foreign) => Err(misdirected(foreign)),
            None => Ok(hosts.into_iter().next()),
        }
    }

    fn accepts(&self, host: &HostName) -> bool {
        host.is_loopback()
            || host.is_private()
            || host.execute_api().is_some()
            || self.allowed.contains(host)
    }

    /// Refuses what a page of another origin sends. `local` is this end of the connection.
    pub(crate) fn origin(&self, headers: &HeaderMap, local: IpAddr) -> Result<(), Failure> {
        let foreign = headers.get_all(ORIGIN).iter().find(|origin| !self.is_own(origin, local));
        let Some(foreign) = foreign else {
            return Ok(());
        };
        Err(Failure::new(
            Code::AccessDenied,
            format!(
                "The sandbox refused this request and changed nothing: it comes from a web page \
                 with the origin {}, and pages of other origins can call stages only. Call the \
                 control plane from a program, which sends no Origin header",
                excerpt(&String::from_utf8_lossy(foreign.as_bytes()))
            ),
        ))
    }

    /// Whether an origin is the page's. The request's own `Host` decides nothing: after a DNS
    /// rebinding it agrees with the origin. Stages under a host of their own are other origins.
    fn is_own(&self, origin: &HeaderValue, local: IpAddr) -> bool {
        let authority = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"))
            .and_then(Authority::parse);
        let Some(Authority { host, port }) = authority else {
            return false;
        };
        let is_here = host.is_loopback() && host.execute_api().is_none()
            || host == HostName::address(local)
            || self.allowed.contains(&host);
        is_here && port.unwrap_or(HTTP_PORT) == self.bound.port()
    }
}

/// The hosts that a request names, in its target and in its one `Host` header; at least one.
/// A server may go by the target alone (RFC 9112, section 3.2.2); here both count.
fn named(parts: &Parts) -> Result<Vec<HostName>, Answer> {
    let target = parts.uri.authority().map(|authority| Authority::parse(authority.as_str()));
    let headers: Vec<_> = parts.headers.get_all(HOST).iter().collect();
    if headers.len() > 1 {
        return Err(malformed("more than one Host header"));
    }
    let header = headers.first().map(|host| host.to_str().ok().and_then(Authority::parse));
    let hosts: Option<Vec<HostName>> = target
        .into_iter()
        .chain(header)
        .map(|authority| authority.map(|authority| authority.host))
        .collect();
    match hosts {
        None => Err(malformed("a host that is not HOST or HOST:PORT")),
        Some(hosts) if hosts.is_empty() => Err(malformed("no Host header")),
        Some(hosts) => Ok(hosts),
    }
}

fn malformed(what: &str) -> Answer {
    let message = format!(
        "The sandbox refused this request and changed nothing: it has {what}. Send one Host header, \
         such as 127.0.0.1:4567"
    );
    Answer::json(400, &json!({ "message": message }))
}

fn misdirected(host: &HostName) -> Answer {
    let message = format!(
        "The sandbox refused this request and changed nothing: it does not answer for the host \
         {host}. On loopback it accepts loopback addresses, names without a dot, *.localhost, \
         *.internal and execute-api names, because a web page could reach it under any other \
         name. If the name is yours, start the sandbox with --allow-host {host}"
    );
    Answer::json(421, &json!({ "message": message }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(bound: &str, allowed: &[&str]) -> Access {
        let allowed = allowed.iter().map(|host| host.parse().expect("a host")).collect();
        Access::new(bound.parse().expect("an address"), allowed)
    }

    fn parts(target: &str, hosts: &[&str]) -> Parts {
        let mut request = hyper::Request::builder().uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).expect("a request").into_parts().0
    }

    /// The status of the refusal; 0 where there is none.
    fn refusal(access: &Access, target: &str, hosts: &[&str]) -> u16 {
        access.host(&parts(target, hosts)).map_or_else(|answer| answer.status, |_| 0)
    }

    #[test]
    fn on_loopback_only_names_that_cannot_be_rebound_are_accepted() {
        let access = access("127.0.0.1:4567", &["sandbox.example", "192.168.1.5"]);
        for host in [
            "127.0.0.1:4567",
            "127.9.9.9",
            "[::1]:4567",
            "[::ffff:127.0.0.1]:1",
            "localhost:4567",
            "LOCALHOST.:9",
            "localhost:",
            "apigateway",
            "my_service:4567",
            "orders.localhost:80",
            "host.docker.internal:4567",
            "abc.execute-api.us-east-1.amazonaws.com",
            "abc.execute-api.cn-north-1.amazonaws.com.cn:443",
            "Sandbox.Example.:8080",
            "192.168.1.5",
        ] {
            assert_eq!(refusal(&access, "/", &[host]), 0, "{host}");
        }
        for host in [
            "evil.example:4567",
            "0.0.0.0:4567",
            "192.168.1.6",
            "[2001:db8::1]:4567",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "internal.example",
            "localhost.localstack.cloud:4566",
            "apigateway.us-east-1.amazonaws.com",
            "abc.execute-api.evil.example",
            "a.sandbox.example",
        ] {
            assert_eq!(refusal(&access, "/", &[host]), 421, "{host}");
        }
        for host in ["", ":4567", "localhost:x", "user@localhost", "a b", "::1", "[::1"] {
            assert_eq!(refusal(&access, "/", &[host]), 400, "{host}");
        }
    }

    #[test]
    fn every_host_that_a_request_names_counts() {
        let access = access("[::1]:4567", &[]);
        assert_eq!(refusal(&access, "/", &[]), 400);
        assert_eq!(refusal(&access, "/", &["localhost", "localhost"]), 400);
        assert_eq!(refusal(&access, "http://localhost/", &["localhost"]), 0);
        assert_eq!(refusal(&access, "http://localhost/", &[]), 0);
        assert_eq!(refusal(&access, "http://evil.example/", &["localhost"]), 421);
        assert_eq!(refusal(&access, "http://localhost/", &["evil.example"]), 421);
        assert_eq!(refusal(&access, "http://u@localhost/", &["localhost"]), 400);
        let found = access.host(&parts("http://one/", &["two"])).expect("two that are accepted");
        assert_eq!(found, Some("one".parse().expect("a host")));
    }

    #[test]
    fn elsewhere_every_host_is_accepted() {
        for bound in ["0.0.0.0:4567", "[::]:4567", "192.168.1.5:4567"] {
            let access = access(bound, &[]);
            for hosts in [&["evil.example"][..], &[], &["a", "b"], &["a b"]] {
                assert_eq!(refusal(&access, "/", hosts), 0, "{bound} {hosts:?}");
            }
        }
        let mapped = access("[::ffff:127.0.0.1]:4567", &[]);
        assert_eq!(refusal(&mapped, "/", &["evil.example"]), 421);
    }

    fn is_refused(access: &Access, origins: &[&[u8]]) -> bool {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("evil.example:4567"));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_bytes(origin).expect("a value"));
        }
        access.origin(&headers, "192.168.1.5".parse().expect("an address")).is_err()
    }

    #[test]
    fn an_origin_is_compared_with_what_the_server_knows() {
        let access = access("0.0.0.0:4567", &["sandbox.example"]);
        assert!(!is_refused(&access, &[]));
        for own in [
            "http://127.0.0.1:4567",
            "http://[::1]:4567",
            "http://localhost:4567",
            "http://192.168.1.5:4567",
            "http://sandbox.example:4567",
        ] {
            assert!(!is_refused(&access, &[own.as_bytes()]), "{own}");
        }
        for foreign in [
            &b"http://evil.example:4567"[..],
            b"http://localhost",
            b"http://localhost:4568",
            b"https://localhost:4567",
            b"http://localhost:4567/",
            b"http://localhost:4567.evil.example",
            b"http://localhost@evil.example:4567",
            b"http://192.168.1.6:4567",
            b"http://intranet:4567",
            b"http://abc.execute-api.localhost:4567",
            b"localhost:4567",
            b"null",
            b"",
            b"http://\xff:4567",
        ] {
            assert!(is_refused(&access, &[foreign]), "{}", String::from_utf8_lossy(foreign));
        }
        assert!(is_refused(&access, &[b"http://localhost:4567", b"http://evil.example:4567"]));
    }
}
