//! A response's body of gRPC-Web as that of gRPC: the envelopes of messages pass as they are, that of the trailers
//! becomes trailers.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame};

use super::trailers::{PREFIX, TRAILERS, parse};
use crate::call::{Compression, Status};
use crate::error::BoxError;
use crate::wire::grpc::decompress;

/// The largest trailers taken, in bytes, also when they were decompressed: several times what HTTP/2 allows there.
const MOST_TRAILERS: usize = 64 * 1024;

/// Reads a response's body.
pub(crate) struct ReplyBody<B> {
    body: B,
    /// What the headers announced, which compressed trailers are compressed by.
    compression: Option<Compression>,
    /// What is not looked at yet.
    chunk: Bytes,
    at: At,
}

/// What the next byte is part of.
#[derive(Debug)]
enum At {
    /// The flag and length of an envelope, as far as they are here.
    Prefix {
        bytes: [u8; PREFIX],
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
    /// Nothing may come any more.
    End(HeaderMap),
    Over,
}

const BETWEEN: At = At::Prefix {
    bytes: [0; PREFIX],
    count: 0,
};

impl<B> ReplyBody<B> {
    pub(crate) fn new(body: B, compression: Option<Compression>) -> Self {
        Self {
            body,
            compression,
            chunk: Bytes::new(),
            at: BETWEEN,
        }
    }

    /// Looks at what is here; gives as much as belongs to messages.
    fn advance(&mut self) -> Result<Bytes, Status> {
        let mut passed = 0;
        while passed < self.chunk.len() {
            let rest = &self.chunk[passed..];
            match &mut self.at {
                At::Prefix { bytes, count } => {
                    if *count == 0 && rest[0] & TRAILERS != 0 && passed > 0 {
                        // The messages before go first.
                        break;
                    }
                    let taken = rest.len().min(PREFIX - *count);
                    bytes[*count..*count + taken].copy_from_slice(&rest[..taken]);
                    *count += taken;
                    let bytes = *bytes;
                    let is_whole = *count == PREFIX;
                    if bytes[0] & TRAILERS == 0 {
                        passed += taken;
                    } else {
                        self.chunk.advance(taken);
                    }
                    if is_whole {
                        self.at = begin(bytes)?;
                        // Empty ones are whole already.
                        self.end_trailers()?;
                    }
                }
                At::Message { left } => {
                    let taken = rest.len().min(*left);
                    passed += taken;
                    *left -= taken;
                    if *left == 0 {
                        self.at = BETWEEN;
                    }
                }
                At::Trailers { length, block, .. } => {
                    let taken = rest.len().min(*length - block.len());
                    block.extend_from_slice(&rest[..taken]);
                    self.chunk.advance(taken);
                    self.end_trailers()?;
                }
                At::End(_) | At::Over => {
                    return Err(Status::internal("the server sent data behind the trailers"));
                }
            }
        }
        Ok(self.chunk.split_to(passed))
    }

    /// Reads the trailers once they are whole.
    fn end_trailers(&mut self) -> Result<(), Status> {
        let At::Trailers {
            compressed,
            length,
            block,
        } = &mut self.at
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
            block = decompress(algorithm, &block, MOST_TRAILERS)?;
        }
        self.at = At::End(parse(&block)?);
        Ok(())
    }
}

fn begin(prefix: [u8; PREFIX]) -> Result<At, Status> {
    let [flag, length @ ..] = prefix;
    let length = u32::from_be_bytes(length) as usize;
    if flag & TRAILERS == 0 {
        // Whoever reads the messages looks at their flags and lengths.
        return Ok(match length {
            0 => BETWEEN,
            left => At::Message { left },
        });
    }
    if flag & !TRAILERS > 1 {
        return Err(Status::internal(format!(
            "the trailers begin with the flag {flag}, which is neither 128 nor 129"
        )));
    }
    if length > MOST_TRAILERS {
        return Err(Status::resource_exhausted(format!(
            "trailers of {length} bytes are larger than the limit of {MOST_TRAILERS} bytes"
        )));
    }
    Ok(At::Trailers {
        compressed: flag & 1 != 0,
        length,
        block: BytesMut::new(),
    })
}

impl<B> Body for ReplyBody<B>
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
                    this.at = At::Over;
                    return Poll::Ready(Some(Err(status.into())));
                }
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                // HTTP's own trailers are none of this protocol's.
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => break,
            }
        }
        // A message that is cut off is noticed by who reads it.
        Poll::Ready(match std::mem::replace(&mut this.at, At::Over) {
            At::End(trailers) => Some(Ok(Frame::trailers(trailers))),
            At::Trailers { .. } => Some(Err(cut_off())),
            At::Prefix { bytes, count } if count > 0 && bytes[0] & TRAILERS != 0 => Some(Err(cut_off())),
            _ => None,
        })
    }
}

fn cut_off() -> BoxError {
    Status::internal("the stream ended inside the trailers").into()
}

impl<B> fmt::Debug for ReplyBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyBody")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
