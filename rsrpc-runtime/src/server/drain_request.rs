//! Draining requests that are refused: reads the remainder of the body, within limits, before or after the response.
//!
//! Over HTTP/2, a response that ends the stream before the request has ended must be followed by RST_STREAM with
//! NO_ERROR ([RFC 9113 §8.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.1)). Some clients take this reset for a
//! failure of the response. In addition, `h2` ignores protocol violations on a stream that has ended locally. Over
//! HTTP/1.1, the connection would close while the client is still sending. Closing with unread bytes resets the
//! connection, and the client may lose the response. A refusal is not urgent, so it waits for the end of the request.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, Response, Version};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::body::Body;
use crate::error::BoxError;

/// Maximum number of bytes read before a refusal.
const MAX_DRAINED_BYTES: usize = 64 << 10;
/// Maximum time to read before a refusal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum time to read after a response over HTTP/1.1.
const DRAIN_AFTER_RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns `response` to a refused request after draining the body.
pub(super) async fn refuse_after_drain(request: Request<Body>, response: Response<Body>) -> Response<Body> {
    // With `Expect: 100-continue`, the client sends its body only after an interim response. It must get the refusal
    // first.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return response;
    }
    let version = request.version();
    let mut body = request.into_body();
    let reading = async {
        let mut read = 0;
        while read <= MAX_DRAINED_BYTES {
            match body.frame().await {
                Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
                _ => return true,
            }
        }
        false
    };
    let has_ended = matches!(tokio::time::timeout(DRAIN_TIMEOUT, reading).await, Ok(true));
    if has_ended || version >= Version::HTTP_2 {
        return response;
    }
    let mut response = response.map(|response| Body::new(DrainAfterResponse::new(response, body)));
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A request body that returns its unread remainder when the call drops it.
pub(super) struct LentBody {
    body: Option<Body>,
    back: Option<oneshot::Sender<Body>>,
}

/// A response body that ends when the request has ended, or after `DRAIN_AFTER_RESPONSE_TIMEOUT`.
pub(super) struct DrainAfterResponse {
    response: Body,
    until: Option<Pin<Box<Sleep>>>,
    remainder: RequestRemainder,
}

/// The request body that a response drains.
enum RequestRemainder {
    /// A call still reads it.
    Lent(oneshot::Receiver<Body>),
    /// The call has dropped it, or never read it.
    Returned(Body),
}

impl DrainAfterResponse {
    /// Drains a request body that no other task reads.
    pub(super) fn new(response: Body, remainder: Body) -> Self {
        Self {
            response,
            until: None,
            remainder: RequestRemainder::Returned(remainder),
        }
    }
}

/// Lends a request body to a call. The returned function wraps the body of the response.
pub(super) fn lend_body(body: Body) -> (LentBody, impl FnOnce(Body) -> DrainAfterResponse) {
    let (back, remainder) = oneshot::channel();
    let lent = LentBody {
        body: Some(body),
        back: Some(back),
    };
    let drain = |response| DrainAfterResponse {
        response,
        until: None,
        remainder: RequestRemainder::Lent(remainder),
    };
    (lent, drain)
}

impl http_body::Body for LentBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }
}

impl Drop for LentBody {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take())
            && !http_body::Body::is_end_stream(&body)
        {
            let _ = back.send(body);
        }
    }
}

impl http_body::Body for DrainAfterResponse {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if this.until.is_none() {
            let frame = ready!(Pin::new(&mut this.response).poll_frame(cx));
            if frame.is_some() {
                return Poll::Ready(frame);
            }
        }
        let until = this
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(DRAIN_AFTER_RESPONSE_TIMEOUT)));
        if until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        loop {
            match &mut this.remainder {
                RequestRemainder::Lent(remainder) => match ready!(Pin::new(remainder).poll(cx)) {
                    Ok(remainder) => this.remainder = RequestRemainder::Returned(remainder),
                    // The call has read the request to its end.
                    Err(_) => return Poll::Ready(None),
                },
                RequestRemainder::Returned(remainder) => match ready!(Pin::new(remainder).poll_frame(cx)) {
                    Some(Ok(_)) => {}
                    _ => return Poll::Ready(None),
                },
            }
        }
    }
}
