//! Separates the headers of a call from those of the connection.

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Removes hop-by-hop headers, and all headers whose name starts with one of `prefixes`.
pub(crate) fn strip_transport_headers(headers: &mut HeaderMap, prefixes: &[&str]) {
    // RFC 9110 §7.6.1: `Connection` names further hop-by-hop fields. It may contain a hundred thousand names, so each
    // is looked up and none is stored.
    let named: Vec<HeaderValue> = headers.get_all(CONNECTION).iter().cloned().collect();
    for name in named
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        headers.remove(name.trim());
    }
    let is_dropped = |name: &HeaderName| {
        let name = name.as_str();
        is_connection_header(name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    if headers.keys().all(is_dropped) {
        *headers = HeaderMap::new();
        return;
    }
    let dropped: Vec<HeaderName> = headers.keys().filter(|name| is_dropped(name)).cloned().collect();
    for name in dropped {
        headers.remove(name);
    }
}

fn is_connection_header(name: &str) -> bool {
    matches!(
        name,
        "host"
            | "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "expect"
    )
}
