//! The bodies of JSON-RPC over HTTP: one text, of limited size.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use tokio::time::Sleep;

use crate::server::{Body, BoxError};

/// How long the rest of a refused body is read.
const LINGER: Duration = Duration::from_secs(1);
/// Room made for a body on the word of its length alone.
const TRUSTED_LENGTH: usize = 64 * 1024;

/// Why there is no text.
pub(super) enum ReadError {
    /// It is too big; with what is left of it, unless that is known to be nothing.
    TooBig(Option<Body>),
    /// The client is gone, or something below has failed.
    Broken(BoxError),
}

/// Reads a whole body, which is given back without a copy if it arrives in one piece. One that says that it is too
/// big is not read at all.
pub(super) async fn read(mut body: Body, length: Option<u64>, limit: usize) -> Result<Bytes, ReadError> {
    let length = length.map_or(Some(0), |length| usize::try_from(length).ok());
    let Some(length) = length.filter(|length| *length <= limit) else {
        return Err(ReadError::TooBig(Some(body)));
    };
    let mut first = Bytes::new();
    let mut joined: Option<BytesMut> = None;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(data) = frame.map_err(ReadError::Broken)?.into_data() else {
            continue;
        };
        let read = joined.as_ref().map_or(first.len(), BytesMut::len);
        if data.len() > limit.saturating_sub(read) {
            return Err(ReadError::TooBig((!body.is_end_stream()).then_some(body)));
        }
        match &mut joined {
            None if first.is_empty() => first = data,
            Some(joined) => joined.extend_from_slice(&data),
            None => {
                let room = length.min(TRUSTED_LENGTH).max(read + data.len());
                let mut both = BytesMut::with_capacity(room);
                both.extend_from_slice(&first);
                both.extend_from_slice(&data);
                joined = Some(both);
            }
        }
    }
    Ok(joined.map_or(first, BytesMut::freeze))
}

/// An answer that ends when its request has, or after a while.
pub(super) struct Linger {
    answer: Option<Bytes>,
    rest: Body,
    until: Pin<Box<Sleep>>,
}

impl Linger {
    pub(super) fn new(answer: Bytes, rest: Body) -> Self {
        Self {
            answer: Some(answer),
            rest,
            until: Box::pin(tokio::time::sleep(LINGER)),
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
        if let Some(answer) = self.answer.take() {
            return Poll::Ready(Some(Ok(Frame::data(answer))));
        }
        if self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        loop {
            match Pin::new(&mut self.rest).poll_frame(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
