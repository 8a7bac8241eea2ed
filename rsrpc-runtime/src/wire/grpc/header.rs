//! Headers of gRPC: content types and `grpc-encoding`.

use http::{HeaderName, HeaderValue};

pub(crate) const CONTENT_TYPE_GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
pub(crate) const ENCODING_NAME: &str = "grpc-encoding";
pub(crate) const ENCODING: HeaderName = HeaderName::from_static(ENCODING_NAME);
pub(crate) const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// The message format that a gRPC content type names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subtype<'a> {
    /// `application/grpc`.
    Bare,
    /// `application/grpc+NAME`.
    Named(&'a str),
    /// Another protocol, such as gRPC-Web, or an invalid subtype.
    Foreign,
}

impl<'a> Subtype<'a> {
    /// Parses a content type. Returns `None` if it does not start with `application/grpc`.
    #[inline]
    pub(crate) fn of(value: &'a HeaderValue) -> Option<Self> {
        if value.as_bytes() == b"application/grpc" {
            return Some(Self::Bare);
        }
        Self::parse(value.as_bytes())
    }

    fn parse(value: &'a [u8]) -> Option<Self> {
        let (start, rest) = value.split_at_checked(16)?;
        if !start.eq_ignore_ascii_case(b"application/grpc") {
            return None;
        }
        let essence = rest.split(|byte| *byte == b';').next().unwrap_or_default();
        Some(match essence.trim_ascii_end() {
            [] => Self::Bare,
            [b'+', name @ ..] => std::str::from_utf8(name).map_or(Self::Foreign, Self::Named),
            _ => Self::Foreign,
        })
    }
}

/// Returns the content type for a subtype.
pub(crate) fn content_type(subtype: &'static str) -> HeaderValue {
    HeaderValue::try_from(format!("application/grpc+{subtype}"))
        .expect("a subtype contains only letters and digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_subtypes_are_parsed() {
        let check = |value, expected| {
            assert_eq!(Subtype::of(&HeaderValue::from_static(value)), expected, "{value}");
        };
        check("application/grpc", Some(Subtype::Bare));
        check("application/grpc+proto", Some(Subtype::Named("proto")));
        check("Application/gRPC ; charset=x", Some(Subtype::Bare));
        check(
            "application/grpc+json;charset=utf-8",
            Some(Subtype::Named("json")),
        );
        check("application/grpc-web", Some(Subtype::Foreign));
        check("application/grpcx", Some(Subtype::Foreign));
        check("application/json", None);
        check("application/grp", None);
    }
}
