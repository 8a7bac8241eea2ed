//! The rest of a request that is refused: what comes of its body is read before the answer.
//!
//! An answer that ends a stream while the request goes on has to be followed by RST_STREAM with NO_ERROR
//! ([RFC 9113 §8.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.1)), which some clients take for a failure of
//! the answer itself. And of a stream that has ended here, `h2` ignores what breaks the rules there. A refusal is in
//! no hurry, so it waits for the end of the request, within limits.

use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::{Request, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::Body;

/// So much is read at most,
const MAX_REST: usize = 64 << 10;
/// for at most so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads a request to its end. Over HTTP/1.1, `hyper` does that by itself, or closes the connection.
pub(super) async fn read_rest(request: Request<Body>) {
    // A client that waits for our word before it sends its body is to get it.
    if request.version() != Version::HTTP_2 || request.headers().contains_key(EXPECT) {
        return;
    }
    let mut body = request.into_body();
    if body.is_end_stream() {
        return;
    }
    let reading = async {
        let mut read = 0;
        while read <= MAX_REST
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    let _ = tokio::time::timeout(PATIENCE, reading).await;
}
