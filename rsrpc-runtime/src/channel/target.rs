//! Channel targets, in the syntax of [gRPC name resolution](https://github.com/grpc/grpc/blob/master/doc/naming.md).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

/// A parsed target.
///
/// | syntax | connects to |
/// |---|---|
/// | `dns:///host:port`, `host:port` | the first address of a host name that accepts the connection |
/// | `ipv4:1.2.3.4:port`, `ipv6:[::1]:port` | a TCP address |
/// | `http://host:port/path` | `host:port` in plaintext; the path is used by JSON-RPC and gRPC-Web |
/// | `https://host:port/path` | `host:port` over TLS; the path as above |
/// | `unix:path`, `unix:///absolute/path` | a Unix socket |
/// | `memory:` | the in-process listener of the channel's connector |
///
/// The default port is 443, or 80 for `http://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: String,
    endpoint: Endpoint,
    authority: Authority,
    path: PathAndQuery,
    security: TargetSecurity,
    scheme: Scheme,
}

/// The transport security that a target's scheme requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetSecurity {
    /// No requirement: the channel decides.
    Unspecified,
    /// Plaintext, for `http://`.
    Plaintext,
    /// TLS, for `https://`.
    Tls,
}

/// The part of a target that is resolved to addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Host(String, u16),
    Address(SocketAddr),
    Unix(PathBuf),
    Memory,
}

/// An invalid target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The text does not have the syntax of a target.
    #[error(
        "invalid target {target:?}: {reason}; write dns:///host:port, host:port, https://host:port, http://host:port, unix:/path or memory:"
    )]
    Malformed {
        /// The target as given.
        target: String,
        /// The syntax error.
        reason: String,
    },
    /// The scheme is unknown.
    #[error("invalid target {target:?}: unknown scheme; use dns, ipv4, ipv6, http, https, unix or memory")]
    UnknownScheme {
        /// The target as given.
        target: String,
    },
}

impl Target {
    /// Parses a target.
    ///
    /// # Errors
    /// The syntax is invalid or the scheme is unknown.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let malformed = |reason: &str| TargetError::Malformed {
            target: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (scheme, rest) = split_scheme(text);
        let rest_of_uri = || {
            rest.strip_prefix("//")
                .ok_or_else(|| malformed("`//` is missing after the scheme"))
        };
        match scheme {
            "" => Self::host(text, rest, 443),
            "dns" => Self::host(text, after_authority(rest), 443),
            "http" | "https" => {
                let (security, port) = match scheme {
                    "http" => (TargetSecurity::Plaintext, 80),
                    _ => (TargetSecurity::Tls, 443),
                };
                let (host, path) = split_path(rest_of_uri()?);
                let mut target = Self::host(text, host, port)?;
                target.path = path.parse().map_err(|_| malformed("the path is invalid"))?;
                target.security = security;
                Ok(target)
            }
            "ipv4" | "ipv6" => {
                let address = after_authority(rest)
                    .parse()
                    .map_err(|_| malformed("expected an IP address with a port"))?;
                let is_right = matches!(
                    (scheme, address),
                    ("ipv4", SocketAddr::V4(_)) | ("ipv6", SocketAddr::V6(_))
                );
                if !is_right {
                    return Err(malformed(
                        "the IP version of the address does not match the scheme",
                    ));
                }
                Self::new(text, Endpoint::Address(address), &address.to_string())
            }
            "unix" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => Err(malformed("the path is missing")),
                path => Self::new(text, Endpoint::Unix(path.into()), "localhost"),
            },
            "memory" => Self::new(text, Endpoint::Memory, "localhost"),
            _ => Err(TargetError::UnknownScheme {
                target: text.to_owned(),
            }),
        }
    }

    fn host(text: &str, host: &str, default_port: u16) -> Result<Self, TargetError> {
        let malformed = |reason: &str| TargetError::Malformed {
            target: text.to_owned(),
            reason: reason.to_owned(),
        };
        let authority: Authority = host.parse().map_err(|_| malformed("the host is invalid"))?;
        if host.contains('@') {
            return Err(malformed("user names are not supported"));
        }
        let name = authority.host();
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() == name => default_port,
            None => return Err(malformed("the port must be a number up to 65535")),
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let endpoint = match bare.parse::<IpAddr>() {
            _ if bare.is_empty() => return Err(malformed("the host is missing")),
            Ok(address) => Endpoint::Address((address, port).into()),
            Err(_) => Endpoint::Host(bare.to_owned(), port),
        };
        Self::new(text, endpoint, authority.as_str())
    }

    fn new(text: &str, endpoint: Endpoint, authority: &str) -> Result<Self, TargetError> {
        let authority = authority.parse().map_err(|_| TargetError::Malformed {
            target: text.to_owned(),
            reason: "the host is invalid".to_owned(),
        })?;
        let path = PathAndQuery::from_static("/");
        Ok(Self {
            text: text.to_owned(),
            endpoint,
            authority,
            path,
            security: TargetSecurity::Unspecified,
            scheme: Scheme::HTTP,
        })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The path that JSON-RPC requests are posted to, and the prefix of gRPC-Web method paths.
    pub(crate) fn path(&self) -> &PathAndQuery {
        &self.path
    }

    /// The value of the `:authority` pseudo-header (HTTP/2) or the `host` header (HTTP/1.1).
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns the URI of a path at this target.
    pub(crate) fn uri(&self, path: PathAndQuery) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).expect("scheme, authority and path make a URI")
    }

    /// The transport security that the scheme requires.
    pub(crate) fn security(&self) -> TargetSecurity {
        self.security
    }

    /// Sets the scheme of request URIs to `https`.
    #[cfg(feature = "tls")]
    pub(crate) fn over_tls(self) -> Self {
        let scheme = Scheme::HTTPS;
        Self { scheme, ..self }
    }

    /// The host without brackets and port, as the server's certificate must name it.
    #[cfg(feature = "tls")]
    pub(crate) fn host_name(&self) -> &str {
        let host = self.authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        bare.unwrap_or(host)
    }

    /// Returns whether plaintext needs no further permission: for `http://`, loopback, Unix sockets and memory.
    pub(crate) fn allows_plaintext(&self) -> bool {
        match self.security {
            TargetSecurity::Plaintext => true,
            TargetSecurity::Tls => false,
            TargetSecurity::Unspecified => match &self.endpoint {
                Endpoint::Host(host, _) => host.eq_ignore_ascii_case("localhost"),
                Endpoint::Address(address) => address.ip().to_canonical().is_loopback(),
                Endpoint::Unix(_) | Endpoint::Memory => true,
            },
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Splits a target into its scheme and the text after the colon. The scheme is empty if missing, as in `localhost:80`.
fn split_scheme(text: &str) -> (&str, &str) {
    match text.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") => (scheme, rest),
        Some((scheme @ ("dns" | "ipv4" | "ipv6" | "unix" | "memory"), rest)) => (scheme, rest),
        _ => ("", text),
    }
}

/// Strips `//authority/`. The authority would select a DNS server and is ignored.
fn after_authority(rest: &str) -> &str {
    match rest.strip_prefix("//") {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, endpoint)| endpoint),
        None => rest,
    }
}

fn split_path(rest: &str) -> (&str, &str) {
    match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_parse_to_endpoints_and_security() {
        let host = |name: &str, port| Some(Endpoint::Host(name.into(), port));
        let check = |text: &str, endpoint: Option<Endpoint>, plaintext: bool| {
            let target = Target::parse(text).ok();
            assert_eq!(
                target.as_ref().map(|target| target.endpoint().clone()),
                endpoint,
                "{text}"
            );
            assert_eq!(
                target.is_some_and(|target| target.allows_plaintext()),
                plaintext,
                "{text}"
            );
        };
        check("greeter.internal:50051", host("greeter.internal", 50051), false);
        check("greeter.internal", host("greeter.internal", 443), false);
        check("dns:///greeter.internal:1", host("greeter.internal", 1), false);
        check(
            "dns://8.8.8.8/greeter.internal:1",
            host("greeter.internal", 1),
            false,
        );
        check("dns:greeter.internal:1", host("greeter.internal", 1), false);
        check("localhost:80", host("localhost", 80), true);
        check("https://localhost/rpc", host("localhost", 443), false);
        check("http://greeter.internal/rpc", host("greeter.internal", 80), true);
        check(
            "127.0.0.1:7",
            Some(Endpoint::Address(([127, 0, 0, 1], 7).into())),
            true,
        );
        check(
            "10.0.0.1:7",
            Some(Endpoint::Address(([10, 0, 0, 1], 7).into())),
            false,
        );
        check(
            "[::1]:7",
            Some(Endpoint::Address("[::1]:7".parse().unwrap())),
            true,
        );
        check(
            "[::ffff:127.0.0.1]:7",
            Some(Endpoint::Address("[::ffff:127.0.0.1]:7".parse().unwrap())),
            true,
        );
        check(
            "ipv4:127.0.0.1:7",
            Some(Endpoint::Address(([127, 0, 0, 1], 7).into())),
            true,
        );
        check(
            "ipv6:[::1]:7",
            Some(Endpoint::Address("[::1]:7".parse().unwrap())),
            true,
        );
        check(
            "unix:/run/x.sock",
            Some(Endpoint::Unix("/run/x.sock".into())),
            true,
        );
        check(
            "unix:///run/x.sock",
            Some(Endpoint::Unix("/run/x.sock".into())),
            true,
        );
        check("unix:x.sock", Some(Endpoint::Unix("x.sock".into())), true);
        check("memory:", Some(Endpoint::Memory), true);
        for wrong in [
            "",
            ":80",
            "host:",
            "host:x",
            "host:99999",
            "a b:1",
            "ipv4:::1",
            "ipv4:[::1]:7",
            "unix:",
            "ftp://x",
            "http:x",
            "https:x",
            "http://",
            "user@host:1",
            "http://h/a b",
        ] {
            check(wrong, None, false);
        }
        assert_eq!(Target::parse("http://h/rpc?x=1").unwrap().path(), "/rpc?x=1");
    }
}
