//! The body of an HTTP request: complete, or a stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use http_body_util::combinators::UnsyncBoxBody;

/// The body of a request. A complete one needs no allocation.
#[derive(Debug)]
pub(crate) enum HttpRequestBody {
    Complete(Full<Bytes>),
    #[cfg_attr(
        not(feature = "grpc-web"),
        allow(dead_code, reason = "JSON-RPC sends complete bodies only")
    )]
    Stream(UnsyncBoxBody<Bytes, BoxError>),
}

impl HttpRequestBody {
    /// Returns a copy that shares the bytes, or `None` for a stream.
    #[cfg_attr(
        not(feature = "grpc-web"),
        allow(dead_code, reason = "JSON-RPC does not use HTTP/2")
    )]
    pub(crate) fn try_clone(&self) -> Option<Self> {
        match self {
            Self::Complete(body) => Some(Self::Complete(body.clone())),
            Self::Stream(_) => None,
        }
    }
}

impl Body for HttpRequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut *self {
            Self::Complete(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Self::Stream(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Complete(body) => body.is_end_stream(),
            Self::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Complete(body) => body.size_hint(),
            Self::Stream(body) => body.size_hint(),
        }
    }
}
