//! Converts a gRPC-Web response body to a gRPC body: passes message envelopes through, and turns the trailer envelope
//! into HTTP trailers.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame};

use super::trailers::{PREFIX_BYTES, TRAILERS_FLAG, parse_trailers};
use crate::call::{Compression, Status};
use crate::error::BoxError;
use crate::wire::grpc::decompress;

/// Maximum size of trailers in bytes, before and after decompression. Several times the usual HTTP/2 limit.
const MAX_TRAILERS_BYTES: usize = 64 * 1024;

/// A gRPC body that is decoded from a gRPC-Web response body.
pub(crate) struct ResponseDecoder<B> {
    body: B,
    /// The algorithm from the response headers, used for compressed trailers.
    compression: Option<Compression>,
    /// Bytes that have not been parsed yet.
    chunk: Bytes,
    position: DecodePosition,
}

/// The part of the body to which the next byte belongs.
#[derive(Debug)]
enum DecodePosition {
    /// The flag and length of an envelope, as far as they have arrived.
    Prefix {
        bytes: [u8; PREFIX_BYTES],
        count: usize,
    },
    Message {
        left: usize,
    },
    Trailers {
        compressed: bool,
        length: usize,
        block: BytesMut,
    },
    /// The trailers were read. No more data may follow.
    End(HeaderMap),
    Over,
}

const FRAME_START: DecodePosition = DecodePosition::Prefix {
    bytes: [0; PREFIX_BYTES],
    count: 0,
};

impl<B> ResponseDecoder<B> {
    pub(crate) fn new(body: B, compression: Option<Compression>) -> Self {
        Self {
            body,
            compression,
            chunk: Bytes::new(),
            position: FRAME_START,
        }
    }

    /// Parses the chunk and returns the bytes that belong to messages.
    fn advance(&mut self) -> Result<Bytes, Status> {
        let mut passed = 0;
        while passed < self.chunk.len() {
            let rest = &self.chunk[passed..];
            match &mut self.position {
                DecodePosition::Prefix { bytes, count } => {
                    if *count == 0 && rest[0] & TRAILERS_FLAG != 0 && passed > 0 {
                        // Return the preceding messages first.
                        break;
                    }
                    let taken = rest.len().min(PREFIX_BYTES - *count);
                    bytes[*count..*count + taken].copy_from_slice(&rest[..taken]);
                    *count += taken;
                    let bytes = *bytes;
                    let is_whole = *count == PREFIX_BYTES;
                    if bytes[0] & TRAILERS_FLAG == 0 {
                        passed += taken;
                    } else {
                        self.chunk.advance(taken);
                    }
                    if is_whole {
                        self.position = begin_frame(bytes)?;
                        // Empty trailers are already complete.
                        self.end_trailers()?;
                    }
                }
                DecodePosition::Message { left } => {
                    let taken = rest.len().min(*left);
                    passed += taken;
                    *left -= taken;
                    if *left == 0 {
                        self.position = FRAME_START;
                    }
                }
                DecodePosition::Trailers { length, block, .. } => {
                    let taken = rest.len().min(*length - block.len());
                    block.extend_from_slice(&rest[..taken]);
                    self.chunk.advance(taken);
                    self.end_trailers()?;
                }
                DecodePosition::End(_) | DecodePosition::Over => {
                    return Err(Status::internal("the server sent data after the trailers"));
                }
            }
        }
        Ok(self.chunk.split_to(passed))
    }

    /// Parses the trailers if they are complete.
    fn end_trailers(&mut self) -> Result<(), Status> {
        let DecodePosition::Trailers {
            compressed,
            length,
            block,
        } = &mut self.position
        else {
            return Ok(());
        };
        if block.len() < *length {
            return Ok(());
        }
        let mut block = std::mem::take(block).freeze();
        if *compressed {
            let algorithm = self.compression.ok_or_else(|| {
                Status::internal("the trailers are marked as compressed, but no grpc-encoding was announced")
            })?;
            block = decompress(algorithm, &block, MAX_TRAILERS_BYTES)?;
        }
        self.position = DecodePosition::End(parse_trailers(&block)?);
        Ok(())
    }
}

fn begin_frame(prefix: [u8; PREFIX_BYTES]) -> Result<DecodePosition, Status> {
    let [flag, length @ ..] = prefix;
    let length = u32::from_be_bytes(length) as usize;
    if flag & TRAILERS_FLAG == 0 {
        // The message decoder checks flags and lengths.
        return Ok(match length {
            0 => FRAME_START,
            left => DecodePosition::Message { left },
        });
    }
    if flag & !TRAILERS_FLAG > 1 {
        return Err(Status::internal(format!(
            "the trailers begin with the flag {flag}, which is neither 128 nor 129"
        )));
    }
    if length > MAX_TRAILERS_BYTES {
        return Err(Status::resource_exhausted(format!(
            "trailers of {length} bytes are larger than the limit of {MAX_TRAILERS_BYTES} bytes"
        )));
    }
    Ok(DecodePosition::Trailers {
        compressed: flag & 1 != 0,
        length,
        block: BytesMut::new(),
    })
}

impl<B> Body for ResponseDecoder<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        loop {
            match this.advance() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Err(status) => {
                    this.chunk.clear();
                    this.position = DecodePosition::Over;
                    return Poll::Ready(Some(Err(status.into())));
                }
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                // gRPC-Web does not use HTTP trailers.
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => break,
            }
        }
        // The message decoder detects a truncated message.
        Poll::Ready(
            match std::mem::replace(&mut this.position, DecodePosition::Over) {
                DecodePosition::End(trailers) => Some(Ok(Frame::trailers(trailers))),
                DecodePosition::Trailers { .. } => Some(Err(cut_off())),
                DecodePosition::Prefix { bytes, count } if count > 0 && bytes[0] & TRAILERS_FLAG != 0 => {
                    Some(Err(cut_off()))
                }
                _ => None,
            },
        )
    }
}

fn cut_off() -> BoxError {
    Status::internal("the stream ended inside the trailers").into()
}

impl<B> fmt::Debug for ResponseDecoder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseDecoder")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
