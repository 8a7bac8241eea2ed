//! Content types: `application/grpc-web`, `application/grpc-web-text`, and `+NAME` behind either.

use http::HeaderValue;

/// How a body's bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are: `application/grpc-web`.
    Binary,
    /// In base64: `application/grpc-web-text`, for who can only read text as it comes.
    Text,
}

const BEGINNING: &[u8] = b"application/grpc-web";

impl Form {
    fn beginning(self) -> &'static str {
        match self {
            Self::Binary => "application/grpc-web",
            Self::Text => "application/grpc-web-text",
        }
    }
}

/// Takes a content type of gRPC-Web apart: its form, and the name of the messages' format if it has one. `None` for
/// any other.
pub(crate) fn split(value: &[u8]) -> Option<(Form, Option<&str>)> {
    let (start, rest) = value.split_at_checked(BEGINNING.len())?;
    if !start.eq_ignore_ascii_case(BEGINNING) {
        return None;
    }
    let essence = rest.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii_end();
    let (form, rest) = match essence.split_at_checked(5) {
        Some((text, rest)) if text.eq_ignore_ascii_case(b"-text") => (Form::Text, rest),
        _ => (Form::Binary, essence),
    };
    match rest {
        [] => Some((form, None)),
        [b'+', name @ ..] => Some((form, Some(std::str::from_utf8(name).ok()?))),
        _ => None,
    }
}

/// The content type of gRPC-Web for one of gRPC, `application/grpc` or `application/grpc+NAME`. The name is always
/// said, as the protocol asks senders to: `bare` is what stands behind none.
pub(crate) fn rename(grpc: &HeaderValue, bare: &str, form: Form) -> Option<HeaderValue> {
    let name = grpc.to_str().ok()?.strip_prefix("application/grpc")?;
    let beginning = form.beginning();
    let text = match name.strip_prefix('+') {
        Some(name) => format!("{beginning}+{name}"),
        None if name.is_empty() => format!("{beginning}+{bare}"),
        None => return None,
    };
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let check = |value: &str, expected| assert_eq!(split(value.as_bytes()), expected, "{value}");
        check("application/grpc-web", Some((Form::Binary, None)));
        check("Application/gRPC-Web ; charset=x", Some((Form::Binary, None)));
        check("application/grpc-web+proto", Some((Form::Binary, Some("proto"))));
        check("application/grpc-web-text", Some((Form::Text, None)));
        check(
            "application/grpc-web-TEXT+json;charset=utf-8",
            Some((Form::Text, Some("json"))),
        );
        check("application/grpc", None);
        check("application/grpc+proto", None);
        check("application/grpc-webtext", None);
        check("application/grpc-web-texts", None);
        check("application/grpc-web-json", None);
        check("application/json", None);
        assert_eq!(split(b"application/grpc-web+\xff"), None);
    }

    #[test]
    fn names_are_always_said() {
        let check = |grpc: &'static str, form, expected: Option<&str>| {
            let renamed = rename(&HeaderValue::from_static(grpc), "proto", form);
            assert_eq!(
                renamed.as_ref().map(|value| value.to_str().unwrap()),
                expected,
                "{grpc}"
            );
        };
        check(
            "application/grpc",
            Form::Binary,
            Some("application/grpc-web+proto"),
        );
        check(
            "application/grpc+json",
            Form::Text,
            Some("application/grpc-web-text+json"),
        );
        check("application/grpcx", Form::Binary, None);
        check("text/plain", Form::Binary, None);
    }
}
