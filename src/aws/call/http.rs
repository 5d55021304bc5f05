//! The one HTTP client of a connection: for API Gateway, STS, SSO and the probe.
//!
//! It is built of the SDK's own connector (hyper, rustls with ring), with three
//! things added. Root certificates are loaded with the first request that needs
//! them, for that takes tens of milliseconds and an endpoint on loopback needs none.
//! The proxy of the environment is left out for loopback and link-local hosts, as
//! curl's users expect of `localhost` and the instance metadata service demands.
//! And an error says whether a connection was ever made: a request that never left
//! may be sent again, whatever it does.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::sent::note;

/// The client; clones share its connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Http {
    connectors: Arc<Mutex<HashMap<(Timeouts, Route), SharedHttpConnector>>>,
}

/// The limits of an attempt that the connector itself keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Timeouts {
    connect: Option<Duration>,
    read: Option<Duration>,
}

/// Which way a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Route {
    /// Plain HTTP to a near host: no certificates, no proxy.
    Bare,
    /// HTTPS to a near host.
    Direct,
    /// Everything else: the proxy of the environment decides.
    Environment,
}

/// What the SDK's connector failed with, and whether it had a connection.
#[derive(Debug, thiserror::Error)]
#[error("{}", match reached { Reached::Nobody => "no connection", Reached::Somebody => "no answer" })]
pub(crate) struct TransportError {
    pub reached: Reached,
    /// The connector's own judgement.
    pub timed_out: TimedOut,
    source: BoxError,
}

/// Whether the request may have been seen by anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// No connection was made: the request never left.
    Nobody,
    Somebody,
}

/// Whether a time limit ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimedOut {
    Yes,
    No,
}

impl Http {
    /// A connector with these limits, for requests outside the SDK.
    pub(crate) fn connector(&self, connect: Duration, read: Duration) -> impl HttpConnector {
        Dispatch {
            http: self.clone(),
            timeouts: Timeouts { connect: Some(connect), read: Some(read) },
        }
    }

    fn by_route(&self, timeouts: Timeouts, route: Route) -> SharedHttpConnector {
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        connectors
            .entry((timeouts, route))
            .or_insert_with(|| SharedHttpConnector::new(build(timeouts, route)))
            .clone()
    }
}

impl HttpClient for Http {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Dispatch {
            http: self.clone(),
            timeouts: Timeouts {
                connect: settings.connect_timeout(),
                read: settings.read_timeout(),
            },
        })
    }
}

/// Chooses the connector by the request's address.
#[derive(Debug)]
struct Dispatch {
    http: Http,
    timeouts: Timeouts,
}

impl HttpConnector for Dispatch {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.http.by_route(self.timeouts, route(request.uri()));
        // The SDK brings a capture of its own, which the connector fills in.
        let connection = match request.extension::<CaptureSmithyConnection>() {
            Some(capture) => capture.clone(),
            None => {
                let capture = CaptureSmithyConnection::new();
                request.add_extension(capture.clone());
                capture
            }
        };
        HttpConnectorFuture::new(async move {
            let answer = connector.call(request).await;
            answer.inspect(note).map_err(|error| {
                let reached = match connection.get() {
                    Some(_) => Reached::Somebody,
                    None => Reached::Nobody,
                };
                tell(error, reached)
            })
        })
    }
}

/// Keeps the kind of the error and puts what is known of the connection around it.
fn tell(error: ConnectorError, reached: Reached) -> ConnectorError {
    let timed_out = if error.is_timeout() { TimedOut::Yes } else { TimedOut::No };
    let rebuild: fn(BoxError) -> ConnectorError = match (timed_out, error.is_user()) {
        (TimedOut::Yes, _) => ConnectorError::timeout,
        (TimedOut::No, true) => ConnectorError::user,
        (TimedOut::No, false) => ConnectorError::io,
    };
    rebuild(Box::new(TransportError { reached, timed_out, source: error.into_source() }))
}

fn build(timeouts: Timeouts, route: Route) -> Connector {
    let mut settings = HttpConnectorSettings::builder();
    settings.set_connect_timeout(timeouts.connect);
    settings.set_read_timeout(timeouts.read);
    // Certificates are loaded with the context's trust store, unless it is empty.
    let context = match route {
        Route::Bare => {
            TlsContext::builder().with_trust_store(TrustStore::empty()).build().unwrap_or_default()
        }
        Route::Direct | Route::Environment => TlsContext::default(),
    };
    let proxy = match route {
        Route::Bare | Route::Direct => ProxyConfig::disabled(),
        Route::Environment => ProxyConfig::from_env(),
    };
    Connector::builder()
        .connector_settings(settings.build())
        .proxy_config(proxy)
        .tls_provider(Provider::rustls(CryptoMode::Ring))
        .tls_context(context)
        .build()
}

fn route(uri: &str) -> Route {
    match (host_of(uri).is_some_and(is_near), uri.starts_with("http:")) {
        (true, true) => Route::Bare,
        (true, false) => Route::Direct,
        (false, _) => Route::Environment,
    }
}

/// The host of an absolute URL, without port, user and the brackets of IPv6.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

/// Loopback (RFC 6761 gives it the whole of `.localhost`) and link-local addresses.
pub(crate) fn is_near(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unspecified() || v6.segments()[0] == 0xfd00,
        Err(_) => {
            let host = host.to_ascii_lowercase();
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_hosts_go_without_proxy_and_certificates() {
        for (uri, expected) in [
            ("http://127.0.0.1:4566/restapis", Route::Bare),
            ("http://[::1]:4566/restapis", Route::Bare),
            ("http://user:pw@localhost/", Route::Bare),
            ("http://169.254.169.254/latest", Route::Bare),
            ("https://api.localhost:8443", Route::Direct),
            ("https://apigateway.eu-west-1.amazonaws.com/", Route::Environment),
            ("http://127.0.0.1.example.com/", Route::Environment),
            ("http://localstack:4566", Route::Environment),
        ] {
            assert_eq!(route(uri), expected, "{uri}");
        }
    }

    #[test]
    fn hosts_are_found() {
        assert_eq!(host_of("http://[fe80::1]:80/x"), Some("fe80::1"));
        assert_eq!(host_of("http://:80"), None);
        assert_eq!(host_of("localhost"), None);
    }
}
