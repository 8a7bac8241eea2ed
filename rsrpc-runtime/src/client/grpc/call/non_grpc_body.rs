//! The body of a response that is not gRPC, such as a proxy's error page. The status shows an excerpt of it.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use h2::RecvStream;
use tokio::time::Sleep;

use crate::call::Status;
use crate::client::body_excerpt::{EXCERPT_TIMEOUT, MAX_EXCERPT_BYTES, excerpt};

/// The body of a response that is not gRPC, and the status of its call.
pub(super) struct NonGrpcBody {
    body: RecvStream,
    cause: Option<Status>,
    beginning: Vec<u8>,
    timeout: Pin<Box<Sleep>>,
}

impl NonGrpcBody {
    pub(super) fn new(body: RecvStream, cause: Status) -> Self {
        Self {
            body,
            cause: Some(cause),
            beginning: Vec::new(),
            timeout: Box::pin(tokio::time::sleep(EXCERPT_TIMEOUT)),
        }
    }

    /// Ready with the status once the excerpt is complete, the body has ended, or the timeout has passed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        while self.beginning.len() <= MAX_EXCERPT_BYTES {
            match self.body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => {
                    let room = MAX_EXCERPT_BYTES + 1 - self.beginning.len();
                    self.beginning.extend_from_slice(&data[..data.len().min(room)]);
                }
                Poll::Ready(Some(Err(_)) | None) => break,
                Poll::Pending if self.timeout.as_mut().poll(cx).is_ready() => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        let cause = self.cause.take().unwrap_or_else(|| Status::unknown(""));
        Poll::Ready(match self.beginning.is_empty() {
            true => cause,
            false => cause.map_message(|message| format!("{message}: {}", excerpt(&self.beginning))),
        })
    }
}
