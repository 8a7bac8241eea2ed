//! Parts that all protocols over HTTP/2 share: frames, budgets and plain HTTP bodies.

mod budget;
mod frame;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::error::BoxError;
use bytes::Bytes;
use h2::{RecvStream, SendStream};
use http_body::{Body, Frame as HttpFrame};

pub(crate) use budget::{Budget, BudgetPermit, BudgetWaiter};
pub(crate) use frame::Frame;

/// Bytes per second below which a peer is too slow. Apache requires the same rate of request bodies.
pub(crate) const MIN_BYTES_PER_SECOND: usize = 500;

/// Returns `true` if the bytes received in this time are below [`MIN_BYTES_PER_SECOND`].
pub(crate) fn is_below_min_rate(bytes: usize, time: std::time::Duration) -> bool {
    (bytes as f64) < MIN_BYTES_PER_SECOND as f64 * time.as_secs_f64()
}

/// The body of a request on an HTTP/2 connection that this crate drives.
pub(crate) struct Http2Body {
    stream: RecvStream,
    data_ended: bool,
    /// Delays reading while its budget is exceeded.
    waiter: Option<BudgetWaiter>,
}

impl Http2Body {
    pub(crate) fn new(stream: RecvStream) -> Self {
        Self {
            data_ended: stream.is_end_stream(),
            stream,
            waiter: None,
        }
    }

    /// Stops reading while `budget` is exceeded.
    #[cfg(feature = "server")]
    pub(crate) fn with_budget(mut self, budget: std::sync::Arc<Budget>) -> Self {
        self.waiter = Some(BudgetWaiter::new(budget));
        self
    }
}

impl Body for Http2Body {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, h2::Error>>> {
        if let Some(waiter) = &mut self.waiter
            && !waiter.is_free()
        {
            ready!(waiter.poll(cx));
        }
        if !self.data_ended {
            if let Some(data) = ready!(self.stream.poll_data(cx)).transpose()? {
                let _ = self.stream.flow_control().release_capacity(data.len());
                return Poll::Ready(Some(Ok(HttpFrame::data(data))));
            }
            self.data_ended = true;
        }
        let trailers = ready!(self.stream.poll_trailers(cx))?;
        Poll::Ready(trailers.map(|trailers| Ok(HttpFrame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }
}

/// Sends a body with its trailers, at the rate that the peer's flow control allows.
pub(crate) async fn send_body<B>(
    stream: &mut SendStream<Frame>,
    mut body: Pin<&mut B>,
) -> Result<(), BoxError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    loop {
        let next = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Pending => match stream.poll_reset(cx) {
                Poll::Ready(reset) => Poll::Ready(Err(reset)),
                Poll::Pending => Poll::Pending,
            },
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        });
        let frame = match next.await {
            Ok(Some(frame)) => frame.map_err(Into::into)?,
            Ok(None) => break,
            Err(reset) => return Err(format!("the peer reset the stream: {}", reset?).into()),
        };
        match frame.into_data() {
            Ok(data) if data.is_empty() => {}
            Ok(data) => send_data(stream, data).await?,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    return Ok(stream.send_trailers(trailers)?);
                }
            }
        }
    }
    Ok(stream.send_data(Frame::default(), true)?)
}

async fn send_data(stream: &mut SendStream<Frame>, mut data: Bytes) -> Result<(), BoxError> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = match stream.capacity() {
            0 => poll_fn(|cx| stream.poll_capacity(cx))
                .await
                .ok_or("the peer closed the stream")??,
            room => room,
        };
        let part = data.split_to(room.min(data.len()));
        if !part.is_empty() {
            stream.send_data(part.into(), false)?;
        }
    }
    Ok(())
}
