//! A gRPC response's body on its way to a client of gRPC-Web.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::content_type::BodyEncoding;
use super::{text, trailers};

/// A body whose trailers come as its last data. In the text form, each piece is encoded by itself: what the server has
/// flushed can be read at once.
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
