//! Answers over HTTP/1.1 to requests that are not read to their end. The connection closes behind such an answer, and closed
//! with bytes unread it would be reset, and the answer lost: so what the client still sends is taken off it for a while.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
#[cfg(feature = "grpc-web")]
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::{Body, BoxError};

/// How long the rest of a request is read.
const LINGER: Duration = Duration::from_secs(1);

/// A request's body, of which the rest is handed back once the call is done with it.
#[cfg(feature = "grpc-web")]
pub(super) struct Lent {
    body: Option<Body>,
    back: Option<oneshot::Sender<Body>>,
}

/// An answer that ends when its request has, or after a while.
pub(super) struct Linger {
    answer: Body,
    until: Option<Pin<Box<Sleep>>>,
    rest: Rest,
}

enum Rest {
    #[cfg(feature = "grpc-web")]
    Lent(oneshot::Receiver<Body>),
    Back(Body),
}

impl Linger {
    /// Of a request whose body nobody reads any further.
    pub(super) fn new(answer: Body, rest: Body) -> Self {
        Self {
            answer,
            until: None,
            rest: Rest::Back(rest),
        }
    }
}

/// Lends a body; the second half wraps the answer.
#[cfg(feature = "grpc-web")]
pub(super) fn lend(body: Body) -> (Lent, impl FnOnce(Body) -> Linger) {
    let (back, rest) = oneshot::channel();
    let lent = Lent {
        body: Some(body),
        back: Some(back),
    };
    let linger = |answer| Linger {
        answer,
        until: None,
        rest: Rest::Lent(rest),
    };
    (lent, linger)
}

#[cfg(feature = "grpc-web")]
impl http_body::Body for Lent {
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

#[cfg(feature = "grpc-web")]
impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take())
            && !http_body::Body::is_end_stream(&body)
        {
            let _ = back.send(body);
        }
    }
}

impl http_body::Body for Linger {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if this.until.is_none() {
            let frame = ready!(Pin::new(&mut this.answer).poll_frame(cx));
            if frame.is_some() {
                return Poll::Ready(frame);
            }
        }
        let until = this
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        if until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        loop {
            match &mut this.rest {
                #[cfg(feature = "grpc-web")]
                Rest::Lent(rest) => match ready!(Pin::new(rest).poll(cx)) {
                    Ok(rest) => this.rest = Rest::Back(rest),
                    // It was read to its end.
                    Err(_) => return Poll::Ready(None),
                },
                Rest::Back(rest) => match ready!(Pin::new(rest).poll_frame(cx)) {
                    Some(Ok(_)) => {}
                    _ => return Poll::Ready(None),
                },
            }
        }
    }
}
