//! Header values that never change, and content types.

use http::HeaderValue;

pub(crate) const CONTENT_TYPE_GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
pub(crate) const TE_TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Whether a content type is gRPC with protobuf messages: `application/grpc` or `application/grpc+proto`.
pub(crate) fn is_grpc_content_type(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    if value == b"application/grpc" {
        return true;
    }
    let essence = value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    essence.eq_ignore_ascii_case(b"application/grpc")
        || essence.eq_ignore_ascii_case(b"application/grpc+proto")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let check = |value, expected| {
            assert_eq!(
                is_grpc_content_type(&HeaderValue::from_static(value)),
                expected,
                "{value}"
            )
        };
        check("application/grpc", true);
        check("application/grpc+proto", true);
        check("Application/gRPC; charset=x", true);
        check("application/grpc+json", false);
        check("application/grpc-web", false);
        check("application/json", false);
    }
}
