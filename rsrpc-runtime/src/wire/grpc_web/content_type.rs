//! Content types: `application/grpc-web` and `application/grpc-web-text`, both with an optional `+NAME` suffix.

use http::HeaderValue;

/// The encoding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyEncoding {
    /// Raw bytes: `application/grpc-web`.
    Binary,
    /// Base64: `application/grpc-web-text`, for clients that can stream only text.
    Text,
}

const MEDIA_TYPE_PREFIX: &[u8] = b"application/grpc-web";

impl BodyEncoding {
    fn media_type(self) -> &'static str {
        match self {
            Self::Binary => "application/grpc-web",
            Self::Text => "application/grpc-web-text",
        }
    }
}

/// Parses a gRPC-Web content type into its body encoding and the optional name of the message format. Returns `None`
/// for any other content type.
pub(crate) fn parse_content_type(value: &[u8]) -> Option<(BodyEncoding, Option<&str>)> {
    let (start, rest) = value.split_at_checked(MEDIA_TYPE_PREFIX.len())?;
    if !start.eq_ignore_ascii_case(MEDIA_TYPE_PREFIX) {
        return None;
    }
    let essence = rest.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii_end();
    let (encoding, rest) = match essence.split_at_checked(5) {
        Some((text, rest)) if text.eq_ignore_ascii_case(b"-text") => (BodyEncoding::Text, rest),
        _ => (BodyEncoding::Binary, essence),
    };
    match rest {
        [] => Some((encoding, None)),
        [b'+', name @ ..] => Some((encoding, Some(std::str::from_utf8(name).ok()?))),
        _ => None,
    }
}

/// Converts a gRPC content type, `application/grpc` or `application/grpc+NAME`, to one of gRPC-Web. The result always
/// has a format name, as the protocol requires of senders. `bare` is the name for `application/grpc`.
pub(crate) fn grpc_web_content_type(
    grpc: &HeaderValue,
    bare: &str,
    encoding: BodyEncoding,
) -> Option<HeaderValue> {
    let name = grpc.to_str().ok()?.strip_prefix("application/grpc")?;
    let media_type = encoding.media_type();
    let text = match name.strip_prefix('+') {
        Some(name) => format!("{media_type}+{name}"),
        None if name.is_empty() => format!("{media_type}+{bare}"),
        None => return None,
    };
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_parsed() {
        let check =
            |value: &str, expected| assert_eq!(parse_content_type(value.as_bytes()), expected, "{value}");
        check("application/grpc-web", Some((BodyEncoding::Binary, None)));
        check(
            "Application/gRPC-Web ; charset=x",
            Some((BodyEncoding::Binary, None)),
        );
        check(
            "application/grpc-web+proto",
            Some((BodyEncoding::Binary, Some("proto"))),
        );
        check("application/grpc-web-text", Some((BodyEncoding::Text, None)));
        check(
            "application/grpc-web-TEXT+json;charset=utf-8",
            Some((BodyEncoding::Text, Some("json"))),
        );
        check("application/grpc", None);
        check("application/grpc+proto", None);
        check("application/grpc-webtext", None);
        check("application/grpc-web-texts", None);
        check("application/grpc-web-json", None);
        check("application/json", None);
        assert_eq!(parse_content_type(b"application/grpc-web+\xff"), None);
    }

    #[test]
    fn response_content_type_has_format_name() {
        let check = |grpc: &'static str, encoding, expected: Option<&str>| {
            let renamed = grpc_web_content_type(&HeaderValue::from_static(grpc), "proto", encoding);
            assert_eq!(
                renamed.as_ref().map(|value| value.to_str().unwrap()),
                expected,
                "{grpc}"
            );
        };
        check(
            "application/grpc",
            BodyEncoding::Binary,
            Some("application/grpc-web+proto"),
        );
        check(
            "application/grpc+json",
            BodyEncoding::Text,
            Some("application/grpc-web-text+json"),
        );
        check("application/grpcx", BodyEncoding::Binary, None);
        check("text/plain", BodyEncoding::Binary, None);
    }
}
