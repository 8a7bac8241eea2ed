//! A gRPC response through an HTTP server of another library: the call's task writes, the HTTP server reads a body.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, Response};
use http_body::Frame as HttpFrame;
use tokio::sync::oneshot;

use crate::call::Status;
use crate::error::BoxError;
use crate::server::body::Body;
use crate::sync::MutexExt as _;
use crate::wire::grpc::FrameSink;
use crate::wire::http2::Frame;

/// Bytes buffered for the HTTP server before the writer waits.
const PIPE_CAPACITY_BYTES: usize = 256 * 1024;

/// The writing end, before the response headers are sent.
#[derive(Debug)]
pub(crate) struct PipeResponder {
    head: oneshot::Sender<Response<Body>>,
}

/// The writing end, after the response headers are sent.
#[derive(Debug)]
pub(crate) struct PipeSink(Arc<Mutex<ResponsePipe>>);

/// The reading end: the body that the HTTP server polls.
struct PipeBody(Arc<Mutex<ResponsePipe>>);

#[derive(Debug, Default)]
struct ResponsePipe {
    data: VecDeque<Bytes>,
    bytes: usize,
    end: Option<PipeEnd>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    reader_gone: bool,
}

#[derive(Debug)]
enum PipeEnd {
    /// All data is written, optionally followed by trailers.
    Finished(Option<HeaderMap>),
    /// The call's task was dropped before it finished the response.
    Abandoned,
    /// The reader has received the end.
    Consumed,
}

/// Creates a responder, and a receiver of the response, which completes when the headers are sent.
pub(crate) fn pipe() -> (PipeResponder, oneshot::Receiver<Response<Body>>) {
    let (head, response) = oneshot::channel();
    (PipeResponder { head }, response)
}

impl PipeResponder {
    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.head.poll_closed(cx)
    }

    /// Sends the response headers. The returned sink writes the body.
    pub(crate) fn send(self, head: Response<()>) -> Result<PipeSink, Status> {
        let pipe = Arc::new(Mutex::new(ResponsePipe::default()));
        let body = Body::new(PipeBody(pipe.clone()));
        let sink = PipeSink(pipe);
        self.head
            .send(head.map(|()| body))
            .map_err(|_| reader_dropped())?;
        Ok(sink)
    }

    /// Sends a response without a body.
    pub(crate) fn send_only(self, head: Response<()>) -> Result<(), Status> {
        self.head
            .send(head.map(|()| Body::empty()))
            .map_err(|_| reader_dropped())
    }
}

fn reader_dropped() -> Status {
    Status::cancelled("the HTTP server dropped the response")
}

fn lock(pipe: &Mutex<ResponsePipe>) -> MutexGuard<'_, ResponsePipe> {
    pipe.lock_unpoisoned()
}

impl ResponsePipe {
    fn end(&mut self, end: PipeEnd) {
        if self.end.is_none() {
            self.end = Some(end);
        }
        wake(&mut self.reader);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl FrameSink for PipeSink {
    fn send_data(&mut self, mut frame: Frame, end: bool) -> Result<(), Status> {
        let mut pipe = lock(&self.0);
        if pipe.reader_gone {
            return Err(reader_dropped());
        }
        let length = frame.remaining();
        if length > 0 {
            pipe.bytes += length;
            pipe.data.push_back(frame.copy_to_bytes(length));
        }
        if end {
            pipe.end(PipeEnd::Finished(None));
        }
        wake(&mut pipe.reader);
        Ok(())
    }

    fn send_trailers(&mut self, trailers: HeaderMap) -> Result<(), Status> {
        lock(&self.0).end(PipeEnd::Finished(Some(trailers)));
        Ok(())
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let mut pipe = lock(&self.0);
        if pipe.reader_gone {
            return Poll::Ready(Err(reader_dropped()));
        }
        if pipe.bytes < PIPE_CAPACITY_BYTES {
            return Poll::Ready(Ok(()));
        }
        pipe.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let mut pipe = lock(&self.0);
        if pipe.reader_gone {
            return Poll::Ready(reader_dropped());
        }
        pipe.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn reset(&mut self) {
        lock(&self.0).end(PipeEnd::Abandoned);
    }
}

impl Drop for PipeSink {
    fn drop(&mut self) {
        lock(&self.0).end(PipeEnd::Abandoned);
    }
}

impl http_body::Body for PipeBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, BoxError>>> {
        let mut pipe = lock(&self.0);
        if let Some(data) = pipe.data.pop_front() {
            pipe.bytes -= data.len();
            wake(&mut pipe.writer);
            return Poll::Ready(Some(Ok(HttpFrame::data(data))));
        }
        match pipe.end.take() {
            None => {
                pipe.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            Some(end) => {
                pipe.end = Some(PipeEnd::Consumed);
                match end {
                    PipeEnd::Finished(Some(trailers)) => Poll::Ready(Some(Ok(HttpFrame::trailers(trailers)))),
                    PipeEnd::Finished(None) | PipeEnd::Consumed => Poll::Ready(None),
                    PipeEnd::Abandoned => Poll::Ready(Some(Err(
                        "the call ended before its response was complete".into(),
                    ))),
                }
            }
        }
    }
}

impl Drop for PipeBody {
    fn drop(&mut self) {
        let mut pipe = lock(&self.0);
        pipe.reader_gone = true;
        pipe.data.clear();
        wake(&mut pipe.writer);
    }
}
