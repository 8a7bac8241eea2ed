//! Converts a gRPC response body for a gRPC-Web client.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::content_type::BodyEncoding;
use super::{text, trailers};

/// A body that sends its trailers as the last data. In the text encoding each chunk is encoded separately, so a
/// client can read flushed data at once.
#[derive(Debug)]
pub(crate) struct ResponseEncoder<B> {
    body: B,
    encoding: BodyEncoding,
    ended: bool,
}

impl<B> ResponseEncoder<B> {
    pub(crate) fn new(body: B, encoding: BodyEncoding) -> Self {
        let ended = false;
        Self {
            body,
            encoding,
            ended,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ResponseEncoder<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            ended => {
                self.ended = true;
                return Poll::Ready(ended);
            }
        };
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                self.ended = true;
                let Ok(trailers) = frame.into_trailers() else {
                    return Poll::Ready(None);
                };
                trailers::encode_trailers_frame(&trailers)
            }
        };
        let data = match self.encoding {
            BodyEncoding::Binary => data,
            BodyEncoding::Text => text::encode(&data),
        };
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
