//! The text encoding: base64 in chunks, each with optional padding.
//!
//! A sender encodes the available bytes and flushes them. Padding may therefore follow any group of four characters,
//! and the received data may be split anywhere.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body::{Body, Frame};

use crate::call::Status;
use crate::error::BoxError;

/// Characters in a base64 group. A group encodes three bytes, or fewer with padding.
const GROUP: usize = 4;

/// Encodes a chunk as base64 with padding.
pub(crate) fn encode(data: &[u8]) -> Bytes {
    STANDARD.encode(data).into()
}

/// A decoder for base64 that arrives in chunks.
#[derive(Debug, Default)]
struct Base64Decoder {
    /// The start of an incomplete group.
    held: [u8; GROUP],
    count: usize,
    /// Characters decoded so far, for error messages.
    read: u64,
}

impl Base64Decoder {
    fn decode(&mut self, mut text: &[u8]) -> Result<Bytes, Status> {
        let length = text.len() as u64;
        let mut bytes = Vec::with_capacity((self.count + text.len()).div_ceil(GROUP) * 3);
        if self.count > 0 {
            let taken = text.len().min(GROUP - self.count);
            let (first, rest) = text.split_at(taken);
            self.held[self.count..self.count + taken].copy_from_slice(first);
            self.count += taken;
            text = rest;
            if self.count < GROUP {
                self.read += length;
                return Ok(Bytes::new());
            }
            self.count = 0;
            self.decode_groups(&self.held, &mut bytes)?;
        }
        let (mut whole, rest) = text.split_at(text.len() / GROUP * GROUP);
        while !whole.is_empty() {
            // Decode up to the first padding. Another encoded chunk starts after it.
            let padded = whole.iter().position(|byte| *byte == b'=');
            let end = padded.map_or(whole.len(), |at| (at / GROUP + 1) * GROUP);
            let (piece, rest) = whole.split_at(end);
            self.decode_groups(piece, &mut bytes)?;
            whole = rest;
        }
        self.held[..rest.len()].copy_from_slice(rest);
        self.count = rest.len();
        self.read += length;
        Ok(bytes.into())
    }

    fn decode_groups(&self, groups: &[u8], bytes: &mut Vec<u8>) -> Result<(), Status> {
        STANDARD.decode_vec(groups, bytes).map_err(|error| {
            let read = self.read;
            Status::internal(format!(
                "invalid base64 in gRPC-Web text body after {read} characters: {error}"
            ))
            .with_source(error)
        })
    }

    fn finish(&self) -> Result<(), Status> {
        if self.count == 0 {
            return Ok(());
        }
        Err(Status::internal(
            "the gRPC-Web text body ends inside a base64 group of four characters",
        ))
    }
}

/// A body that decodes the base64 of another body.
#[derive(Debug)]
pub(crate) struct TextBody<B> {
    body: B,
    decoder: Base64Decoder,
    ended: bool,
}

impl<B> TextBody<B> {
    pub(crate) fn new(body: B) -> Self {
        Self {
            body,
            decoder: Base64Decoder::default(),
            ended: false,
        }
    }
}

impl<B> Body for TextBody<B>
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
        while !this.ended {
            let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(frame) => frame.map_err(Into::into),
                None => {
                    this.ended = true;
                    return Poll::Ready(this.decoder.finish().err().map(|status| Err(status.into())));
                }
            };
            let data = match frame {
                Ok(frame) => match frame.into_data() {
                    Ok(text) => this.decoder.decode(&text).map_err(Into::into),
                    // gRPC-Web does not use HTTP trailers.
                    Err(_) => continue,
                },
                Err(error) => Err(error),
            };
            match data {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Err(error) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<Vec<u8>, String> {
        let mut decoder = Base64Decoder::default();
        let mut bytes = Vec::new();
        for piece in pieces {
            bytes.extend(
                decoder
                    .decode(piece)
                    .map_err(|status| status.message().to_owned())?,
            );
        }
        decoder.finish().map_err(|status| status.message().to_owned())?;
        Ok(bytes)
    }

    #[test]
    fn base64_may_be_split_and_padded_anywhere() {
        let sent: [&[u8]; 7] = [b"a", b"bc", b"", b"def", b"g", b"h", b"ijklmnopqr"];
        let text: Vec<u8> = sent.iter().flat_map(|piece| encode(piece)).collect();
        let expected: Vec<u8> = sent.concat();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(decode(&pieces).as_ref(), Ok(&expected), "{first} {second}");
            }
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(decode(&single), Ok(expected));
    }

    #[test]
    fn invalid_base64_is_rejected() {
        let wrong = "invalid base64 in gRPC-Web text body after";
        let check = |pieces: &[&[u8]], expected: String| assert_eq!(decode(pieces), Err(expected));
        check(
            &[b"AA!A"],
            format!("{wrong} 0 characters: Invalid symbol 33, offset 2."),
        );
        check(
            &[b"AAAA", b"A\nAA"],
            format!("{wrong} 4 characters: Invalid symbol 10, offset 1."),
        );
        check(
            &[b"===="],
            format!("{wrong} 0 characters: Invalid symbol 61, offset 0."),
        );
        check(
            &[b"A", b"==="],
            format!("{wrong} 1 characters: Invalid symbol 61, offset 1."),
        );
        check(
            &[b"AA=A"],
            format!("{wrong} 0 characters: Invalid symbol 61, offset 2."),
        );
        let cut = "the gRPC-Web text body ends inside a base64 group of four characters";
        for text in ["A", "AA", "AAA", "AAAAA", "AA="] {
            check(&[text.as_bytes()], cut.to_owned());
        }
    }

    #[test]
    fn padded_groups_decode_to_one_byte_each() {
        let text = b"AA==".repeat(100_000);
        let bytes = Base64Decoder::default().decode(&text).unwrap();
        assert_eq!(bytes.len(), 100_000);
    }
}
