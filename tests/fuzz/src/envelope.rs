//! Length-prefixed messages.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Version};
use http_body::Frame;
use http_body_util::StreamBody;

use crate::service::answer;

/// Sends the body of a client-streaming call once whole and once in chunks. The first byte is the size of the chunks,
/// the second selects `grpc-encoding`. Both outcomes must be equal.
pub fn envelope(input: &[u8]) {
    let [size, encoding, body @ ..] = input else {
        return;
    };
    let encoding = ["identity", "gzip", "deflate", "zstd", "unknown"][usize::from(*encoding) % 5];
    let whole = outcome(body, body.len().max(1), encoding);
    let pieces = outcome(body, usize::from(*size) % 9 + 1, encoding);
    assert_eq!(whole, pieces);
}

/// Status, message and reply of a call.
fn outcome(body: &[u8], size: usize, encoding: &str) -> (String, String, Bytes) {
    let frames: Vec<_> = body
        .chunks(size)
        .map(|chunk| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(chunk))))
        .collect();
    let request = Request::post("http://fuzz/fuzz.Fuzzed/Collect")
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-encoding", encoding)
        .body(StreamBody::new(stream::iter(frames)))
        .expect("a request");
    let answer = answer(request);
    assert_eq!(answer.head.status(), 200);
    let text = |name: &str| {
        let value = answer
            .trailers
            .get(name)
            .or_else(|| answer.head.headers().get(name));
        value.map(|value| value.to_str().expect("ASCII").to_owned())
    };
    let status = text("grpc-status").expect("a status");
    assert_eq!(status == "0", !answer.body.is_empty());
    (status, text("grpc-message").unwrap_or_default(), answer.body)
}
