//! Which web pages may call: a browser sends their requests with its user's network and cookies, and says where the
//! page came from in `Origin` ([RFC 6454](https://www.rfc-editor.org/rfc/rfc6454)).

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Request};

use super::settings::Settings;

/// What a request's `Origin` means for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// Not sent by a page, or by one of our own.
    Same,
    /// Sent by a page of a listed origin, which has to be told that it may read the answer.
    Listed(HeaderValue),
    Forbidden(&'static str),
}

impl Access {
    pub(super) fn of<B>(request: &Request<B>, settings: &Settings) -> Self {
        let own = own_authority(request);
        if !settings.allowed_hosts.is_empty() && !own.is_some_and(|host| is_listed_host(host, settings)) {
            return Self::Forbidden("this host is not served here\n");
        }
        let Some(origin) = request.headers().get(ORIGIN) else {
            return Self::Same;
        };
        let Ok(text) = origin.to_str() else {
            return Self::Forbidden("the origin is not allowed\n");
        };
        if own.is_some_and(|own| is_own(text, own)) {
            return Self::Same;
        }
        if is_listed(text, settings) {
            return Self::Listed(origin.clone());
        }
        Self::Forbidden("the origin is not allowed\n")
    }
}

/// Whether a page may be told, in a preflight, that it may call.
pub(super) fn listed_origin(headers: &HeaderMap, settings: &Settings) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    is_listed(origin.to_str().ok()?, settings).then(|| origin.clone())
}

fn is_listed(origin: &str, settings: &Settings) -> bool {
    settings
        .allowed_origins
        .iter()
        .any(|listed| listed == "*" || listed.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// The host and port that the request was sent to.
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

fn is_listed_host(host: &str, settings: &Settings) -> bool {
    // A colon within brackets belongs to an IPv6 address.
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    };
    settings
        .allowed_hosts
        .iter()
        .any(|listed| listed.eq_ignore_ascii_case(host) || listed.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(uri: &str, host: Option<&str>, origin: Option<&str>, settings: &Settings) -> Access {
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        Access::of(&request.body(()).unwrap(), settings)
    }

    #[test]
    fn pages_of_the_own_host_and_of_listed_origins_may_call() {
        let settings = Settings {
            allowed_origins: vec!["https://App.example".into(), "null".into()],
            ..Settings::default()
        };
        let check = |uri, host, origin, expected: bool| {
            let access = access(uri, host, origin, &settings);
            let allowed = !matches!(access, Access::Forbidden(_));
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
            access("/", Some("a"), Some("null"), &settings),
            Access::Listed(HeaderValue::from_static("null"))
        );
        let closed = Settings::default();
        assert!(matches!(
            access("/", Some("a"), Some("null"), &closed),
            Access::Forbidden(_)
        ));
    }

    #[test]
    fn hosts_can_be_listed() {
        let settings = Settings {
            allowed_hosts: vec!["localhost".into(), "[::1]".into(), "a:1".into()],
            ..Settings::default()
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
            let allowed = access("/", Some(host), None, &settings) == Access::Same;
            assert_eq!(allowed, expected, "{host}");
        }
        assert_ne!(access("/", None, None, &settings), Access::Same);
    }
}
