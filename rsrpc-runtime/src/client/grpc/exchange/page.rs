//! A response that is none of gRPC's, such as a proxy's page: its beginning is shown in the status.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::RecvStream;
use tokio::time::Sleep;

use crate::call::Status;
use crate::client::excerpt::{SHOWN, excerpt};

/// How long its beginning is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The body of such a response, and what the call ends with.
pub(super) struct Page {
    body: RecvStream,
    cause: Option<Status>,
    beginning: Vec<u8>,
    patience: Pin<Box<Sleep>>,
}

impl Page {
    pub(super) fn new(body: RecvStream, cause: Status) -> Self {
        Self {
            body,
            cause: Some(cause),
            beginning: Vec::new(),
            patience: Box::pin(tokio::time::sleep(PATIENCE)),
        }
    }

    /// Ready with the status once enough is here, or no more comes.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        while self.beginning.len() <= SHOWN {
            match self.body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => {
                    let room = SHOWN + 1 - self.beginning.len();
                    self.beginning.extend_from_slice(&data[..data.len().min(room)]);
                }
                Poll::Ready(Some(Err(_)) | None) => break,
                Poll::Pending if self.patience.as_mut().poll(cx).is_ready() => break,
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
