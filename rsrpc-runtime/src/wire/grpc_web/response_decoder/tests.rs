use std::collections::VecDeque;

use http_body_util::BodyExt as _;

use super::*;
use crate::wire::grpc_web::{TextBody, encode};

/// A body that arrives in these chunks.
struct Pieces(VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}

fn pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Pieces {
    Pieces(pieces.into_iter().map(Bytes::copy_from_slice).collect())
}

/// The decoded body: message bytes, trailers as text, and the error.
#[derive(Debug, PartialEq)]
struct Read {
    data: Vec<u8>,
    trailers: Option<String>,
    error: Option<String>,
}

async fn read(body: impl Body<Data = Bytes, Error = BoxError> + Unpin) -> Read {
    let mut body = ResponseDecoder::new(body, None);
    let mut read = Read {
        data: Vec::new(),
        trailers: None,
        error: None,
    };
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => read.data.extend(data),
            Ok(Err(frame)) => {
                let trailers = frame.into_trailers().expect("data or trailers");
                read.trailers = Some(format!("{trailers:?}"));
            }
            Err(error) => {
                read.error = Some(error.downcast::<Status>().expect("a status").message().to_owned());
                break;
            }
        }
    }
    read
}

const MESSAGES: &[u8] = b"\0\0\0\0\x03abc\0\0\0\0\0\x01\0\0\0\x02\x80\x80";
const TRAILERS_FRAME: &[u8] = b"\x80\0\0\0\x10grpc-status: 0\r\n";

#[tokio::test]
async fn body_may_be_split_anywhere() {
    let whole = [MESSAGES, TRAILERS_FRAME].concat();
    let expected = Read {
        data: MESSAGES.to_vec(),
        trailers: Some("{\"grpc-status\": \"0\"}".to_owned()),
        error: None,
    };
    for first in 0..=whole.len() {
        for second in first..=whole.len() {
            let cut = [&whole[..first], &whole[first..second], &whole[second..]];
            assert_eq!(read(pieces(cut)).await, expected, "{first} {second}");
        }
    }
    assert_eq!(read(pieces(whole.chunks(1))).await, expected);
    // The same body as base64 text, with padding at each point where the server flushed.
    for first in 0..=whole.len() {
        let text = [encode(&whole[..first]), encode(&whole[first..])].concat();
        for second in 0..=text.len() {
            let cut = TextBody::new(pieces([&text[..second], &text[second..]]));
            assert_eq!(read(cut).await, expected, "{first} {second}");
        }
    }
}

#[tokio::test]
async fn invalid_trailers_are_rejected() {
    let check = async |body: &[u8], data: &[u8], expected: Option<&str>| {
        for size in [1, 3, body.len().max(1)] {
            let read = read(pieces(body.chunks(size))).await;
            assert_eq!(read.data, data, "{body:?}");
            assert_eq!(read.error.as_deref(), expected, "{body:?}");
            assert_eq!(read.trailers, None, "{body:?}");
        }
    };
    let after = Some("the server sent data after the trailers");
    check(&[TRAILERS_FRAME, b"\0"].concat(), b"", after).await;
    check(&[TRAILERS_FRAME, MESSAGES].concat(), b"", after).await;
    check(
        &[MESSAGES, TRAILERS_FRAME, TRAILERS_FRAME].concat(),
        MESSAGES,
        after,
    )
    .await;
    check(b"\x80\0\0\0\0\0", b"", after).await;
    let inside = Some("the stream ended inside the trailers");
    for length in 1..TRAILERS_FRAME.len() {
        check(&TRAILERS_FRAME[..length], b"", inside).await;
    }
    check(
        b"\x82\0\0\0\0",
        b"",
        Some("the trailers begin with the flag 130, which is neither 128 nor 129"),
    )
    .await;
    check(
        b"\x81\0\0\0\x01a",
        b"",
        Some("the trailers are marked as compressed, but no grpc-encoding was announced"),
    )
    .await;
    check(
        b"\x80\0\x01\0\x01",
        b"",
        Some("trailers of 65537 bytes are larger than the limit of 65536 bytes"),
    )
    .await;
    check(b"\x80\0\0\0\x02ab", b"", Some("invalid trailer line \"ab\"")).await;
    // Missing trailers and truncated messages are left to the message decoder.
    check(b"", b"", None).await;
    check(MESSAGES, MESSAGES, None).await;
    check(&MESSAGES[..3], &MESSAGES[..3], None).await;
    check(&MESSAGES[..6], &MESSAGES[..6], None).await;
}

#[tokio::test]
async fn empty_trailers_are_accepted() {
    let read = read(pieces([b"\x80\0\0\0\0".as_slice()])).await;
    assert_eq!(read.trailers.as_deref(), Some("{}"));
}
