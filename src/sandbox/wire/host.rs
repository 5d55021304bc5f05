//! Host names, as `Host` headers, request targets, origins and `--allow-host` spell them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use crate::sandbox::data::excerpt::excerpt;

/// The longest DNS name (RFC 1035, section 2.3.4).
const LONGEST: usize = 253;

/// What the names of execute-api end with in each partition, and on LocalStack, whose name
/// resolves to loopback.
const EXECUTE_API_DOMAINS: [&str; 9] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".csp.hci.ic.gov",
    ".cloud.adc-e.uk",
    ".localhost",
    ".localhost.localstack.cloud",
];

/// The name or address of a host, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(Spelling);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Spelling {
    /// An IPv4 address in IPv6 form is the IPv4 address.
    Address(IpAddr),
    /// In lower case, without the full stop of the root.
    Name(String),
}

/// A text that is not a host name.
#[derive(Debug, thiserror::Error)]
#[error("{} is not a host name or an IP address; leave out scheme, port, path and wildcards", excerpt(.0))]
pub struct HostNameError(String);

impl FromStr for HostName {
    type Err = HostNameError;

    /// A name such as `sandbox.example`, or an address such as `192.0.2.1` or `[2001:db8::1]`.
    fn from_str(text: &str) -> Result<Self, HostNameError> {
        let invalid = || HostNameError(text.to_owned());
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: Ipv6Addr = inner.parse().map_err(|_| invalid())?;
            return Ok(Self::address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if let Ok(address) = name.parse::<std::net::Ipv4Addr>() {
            return Ok(Self::address(address.into()));
        }
        let is_label = |label: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !label.is_empty() && label.bytes().all(fits)
        };
        if name.len() <= LONGEST && name.split('.').all(is_label) {
            return Ok(Self(Spelling::Name(name.to_ascii_lowercase())));
        }
        Err(invalid())
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Spelling::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Spelling::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Spelling::Name(name) => f.write_str(name),
        }
    }
}

impl HostName {
    /// The host of an address.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self(Spelling::Address(address.to_canonical()))
    }

    /// A loopback address, or a name that is one wherever RFC 6761 is followed.
    pub(crate) fn is_loopback(&self) -> bool {
        match &self.0 {
            Spelling::Address(address) => address.is_loopback(),
            Spelling::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }

    /// A name that no one can register in public DNS: it has no dot, or is below `.internal`.
    pub(crate) fn is_private(&self) -> bool {
        match &self.0 {
            Spelling::Address(_) => false,
            Spelling::Name(name) => !name.contains('.') || name.ends_with(".internal"),
        }
    }

    /// The API's id in `API.execute-api.REGION.amazonaws.com`, and in what stands for it on
    /// loopback.
    pub(crate) fn execute_api(&self) -> Option<&str> {
        let Spelling::Name(name) = &self.0 else {
            return None;
        };
        let (api, _) = name.split_once(".execute-api.")?;
        // Of ".execute-api.localhost" the last full stop also begins the domain.
        let domain = &name[api.len() + ".execute-api".len()..];
        let known = EXECUTE_API_DOMAINS.iter().any(|suffix| {
            domain.strip_suffix(suffix).is_some_and(|region| match *suffix {
                ".localhost" => true,
                ".localhost.localstack.cloud" => region.is_empty(),
                _ => !region.is_empty(),
            })
        });
        (known && !api.contains('.')).then_some(api)
    }
}

/// A host, and a port where one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: HostName,
    pub(crate) port: Option<u16>,
}

impl Authority {
    /// `HOST` or `HOST:PORT`; none where it is not valid, or has user information.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let end = match text.find(']') {
            Some(bracket) => bracket + 1,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (host, rest) = text.split_at(end);
        // RFC 3986, section 3.2.3: the port may be empty.
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            None | Some(_) => return None,
        };
        Some(Self { host: host.parse().ok()?, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> HostName {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn one_host_has_several_spellings() {
        assert_eq!(host("LocalHost."), host("localhost"));
        assert_eq!(host("[::ffff:127.0.0.1]"), host("127.0.0.1"));
        assert_eq!(host("[0:0:0:0:0:0:0:1]").to_string(), "[::1]");
        let port = |text: &str| Authority::parse(text).map(|authority| authority.port);
        assert_eq!(port("localhost"), Some(None));
        assert_eq!(port("localhost:"), Some(None));
        assert_eq!(port("localhost:4567"), Some(Some(4567)));
        assert_eq!(port("[::1]:4567"), Some(Some(4567)));
        for wrong in [
            "",
            ":80",
            "::1",
            "[::1",
            "[::1]x",
            "[::1%25lo]",
            "[127.0.0.1]",
            "a:b",
            "a:99999",
            "a:+1",
            "a:1:2",
            "user@localhost",
            "a..b",
            ".",
            ".a",
            "a b",
            "a/b",
            "ä",
            "*.example",
            "http://a",
            &"a".repeat(254),
        ] {
            assert_eq!(Authority::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn loopback_is_what_cannot_be_elsewhere() {
        for yes in ["127.0.0.1", "127.255.0.9", "[::1]", "[::ffff:127.0.0.1]", "a.b.localhost"] {
            assert!(host(yes).is_loopback(), "{yes}");
        }
        for no in [
            "0.0.0.0",
            "[::]",
            "192.168.1.5",
            "localhost.evil.example",
            "notlocalhost",
            "127.1",
            "127.0.0.1.evil.example",
            "2130706433",
            "localhost.localstack.cloud",
        ] {
            assert!(!host(no).is_loopback(), "{no}");
        }
        assert!(host("sandbox").is_private() && host("host.docker.internal").is_private());
        assert!(!host("internal.example").is_private() && !host("10.0.0.1").is_private());
    }

    #[test]
    fn the_hosts_of_stages_name_their_api() {
        for (text, expected) in [
            ("a1.execute-api.eu-west-1.amazonaws.com", Some("a1")),
            ("A1.Execute-API.eu-west-1.AMAZONAWS.com.", Some("a1")),
            ("a1.execute-api.cn-north-1.amazonaws.com.cn", Some("a1")),
            ("a1.execute-api.eusc-de-east-1.amazonaws.eu", Some("a1")),
            ("a1.execute-api.us-iso-east-1.c2s.ic.gov", Some("a1")),
            ("a1.execute-api.localhost", Some("a1")),
            ("a1.execute-api.eu-west-1.localhost", Some("a1")),
            ("a1.execute-api.localhost.localstack.cloud", Some("a1")),
            ("a1.execute-api.localhost.evil.example", None),
            ("a1.execute-api.x.localhost.localstack.cloud", None),
            ("a1.execute-api.amazonaws.com", None),
            ("a1.execute-api.evil.example", None),
            ("a1.execute-api.eu-west-1.amazonaws.com.evil.example", None),
            ("evil.example.execute-api.eu-west-1.amazonaws.com", None),
            ("execute-api.eu-west-1.amazonaws.com", None),
            ("apigateway.eu-west-1.amazonaws.com", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(host(text).execute_api(), expected, "{text}");
        }
    }
}
