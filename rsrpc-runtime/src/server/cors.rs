//! Cross-origin access (CORS). A browser sends a page's requests with its user's network and cookies, and names the
//! page's origin in `Origin` ([RFC 6454](https://www.rfc-editor.org/rfc/rfc6454)).

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::body::Body;
use super::refusal::plain_text;

/// The allowed origins and hosts. One list applies to every protocol that browsers use.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedOrigins {
    pub(super) allowed: Vec<String>,
    pub(super) hosts: Vec<String>,
}

/// The result of checking a request's `Origin` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OriginAccess {
    /// The request has no origin, or the server's own.
    Same,
    /// The request comes from a listed origin. The response must allow this origin to read it.
    Listed(HeaderValue),
    Forbidden(&'static str),
}

impl AllowedOrigins {
    /// Checks the host and the origin of a request.
    pub(crate) fn access<B>(&self, request: &Request<B>) -> OriginAccess {
        let own = own_authority(request);
        if !self.hosts.is_empty() && !own.is_some_and(|host| self.is_listed_host(host)) {
            return OriginAccess::Forbidden("this host is not allowed\n");
        }
        let Some(origin) = request.headers().get(ORIGIN) else {
            return OriginAccess::Same;
        };
        let Ok(text) = origin.to_str() else {
            return OriginAccess::Forbidden("the origin is not allowed\n");
        };
        if own.is_some_and(|own| is_own(text, own)) {
            return OriginAccess::Same;
        }
        if self.is_listed(text) {
            return OriginAccess::Listed(origin.clone());
        }
        OriginAccess::Forbidden("the origin is not allowed\n")
    }

    /// Returns the response to a [CORS preflight](https://fetch.spec.whatwg.org/#cors-preflight-fetch). Returns
    /// `None` for any other request. Also returns `None` when no origin is listed, so that a fallback can handle the
    /// preflight.
    pub(crate) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let headers = request.headers();
        let is_one = *request.method() == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !is_one || self.allowed.is_empty() {
            return None;
        }
        let Some(origin) = self.listed_origin(headers) else {
            return Some(plain_text(StatusCode::FORBIDDEN, "the origin is not allowed\n"));
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let response_headers = response.headers_mut();
        response_headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        if let Some(requested) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            response_headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
        }
        // The maximum that browsers honor.
        response_headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        let vary = "origin, access-control-request-headers";
        response_headers.insert(VARY, HeaderValue::from_static(vary));
        response_headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        Some(response)
    }

    fn listed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.is_listed(origin.to_str().ok()?).then(|| origin.clone())
    }

    fn is_listed(&self, origin: &str) -> bool {
        self.allowed
            .iter()
            .any(|listed| listed == "*" || listed.trim_end_matches('/').eq_ignore_ascii_case(origin))
    }

    fn is_listed_host(&self, host: &str) -> bool {
        // A colon inside brackets belongs to an IPv6 address.
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => name,
            _ => host,
        };
        self.hosts
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(host) || listed.eq_ignore_ascii_case(name))
    }
}

/// Allows pages of a listed origin to read the response.
pub(crate) fn allow_origin(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

/// Returns the host and port that the request was sent to.
fn own_authority<B>(request: &Request<B>) -> Option<&str> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(HOST)?.to_str().ok(),
    }
}

fn is_own(origin: &str, own: &str) -> bool {
    let (origin, port) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
        (Some(rest), _) => (rest, ":80"),
        (_, Some(rest)) => (rest, ":443"),
        _ => return false,
    };
    let without_default = |authority: &'_ str| {
        authority
            .strip_suffix(port)
            .unwrap_or(authority)
            .to_ascii_lowercase()
    };
    without_default(origin) == without_default(own)
}

#[cfg(test)]
impl AllowedOrigins {
    pub(crate) fn allowing<const N: usize>(allowed: [&str; N]) -> Self {
        Self {
            allowed: allowed.map(str::to_owned).into(),
            hosts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(uri: &str, host: Option<&str>, origin: Option<&str>, origins: &AllowedOrigins) -> OriginAccess {
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        origins.access(&request.body(()).unwrap())
    }

    #[test]
    fn own_and_listed_origins_are_allowed() {
        let origins = AllowedOrigins {
            allowed: vec!["https://App.example".into(), "null".into()],
            ..AllowedOrigins::default()
        };
        let check = |uri, host, origin, expected: bool| {
            let access = access(uri, host, origin, &origins);
            let allowed = !matches!(access, OriginAccess::Forbidden(_));
            assert_eq!(allowed, expected, "{uri} {host:?} {origin:?}");
        };
        check("/", Some("a:1"), None, true);
        check("/", Some("a:1"), Some("http://a:1"), true);
        check("/", Some("A:1"), Some("http://a:1"), true);
        check("http://a:1/", None, Some("http://a:1"), true);
        check("/", Some("a"), Some("http://a:80"), true);
        check("/", Some("a:443"), Some("https://a"), true);
        check("/", Some("a:80"), Some("https://a"), false);
        check("/", Some("a:1"), Some("http://a:2"), false);
        check("/", Some("a:1"), Some("http://a"), false);
        check("/", Some("a:1"), Some("http://b:1"), false);
        check("/", Some("a:1"), Some("http://x.a:1"), false);
        check("/", Some("a:1"), Some("https://app.example"), true);
        check("/", Some("a:1"), Some("http://app.example"), false);
        check("/", Some("a:1"), Some("null"), true);
        check("/", Some("a:1"), Some(""), false);
        check("/", None, Some("http://a"), false);
        assert_eq!(
            access("/", Some("a"), Some("null"), &origins),
            OriginAccess::Listed(HeaderValue::from_static("null"))
        );
        let closed = AllowedOrigins::default();
        assert!(matches!(
            access("/", Some("a"), Some("null"), &closed),
            OriginAccess::Forbidden(_)
        ));
    }

    #[test]
    fn allowed_hosts_are_checked() {
        let origins = AllowedOrigins {
            hosts: vec!["localhost".into(), "[::1]".into(), "a:1".into()],
            ..AllowedOrigins::default()
        };
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("a:1", true),
            ("a:2", false),
            ("a", false),
            ("evil", false),
        ] {
            let allowed = access("/", Some(host), None, &origins) == OriginAccess::Same;
            assert_eq!(allowed, expected, "{host}");
        }
        assert_ne!(access("/", None, None, &origins), OriginAccess::Same);
    }
}
