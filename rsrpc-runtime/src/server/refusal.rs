//! Plain-text HTTP responses to requests that no protocol of the server handles.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

use super::body::Body;

/// The response status and text for a request that is refused, unless a fallback handles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) &'static str);

pub(crate) const NOT_FOUND: Refusal = Refusal(StatusCode::NOT_FOUND, "no service at this path\n");
pub(crate) const UNSUPPORTED_GRPC: Refusal = Refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported gRPC content type for this server or method\n",
);

pub(crate) const GRPC_REQUIRES_CONTENT_TYPE: Refusal = Refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "this path is a gRPC method: use the content type application/grpc\n",
);
pub(crate) const GRPC_REQUIRES_POST: Refusal = Refusal(
    StatusCode::METHOD_NOT_ALLOWED,
    "this path is a gRPC method: use POST with the content type application/grpc\n",
);

/// Creates a response with one line of text.
pub(crate) fn plain_text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}
