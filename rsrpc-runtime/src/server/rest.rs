//! The rest of a request that is refused: what comes of its body is read before the answer.
//!
//! Over HTTP/2, an answer that ends a stream while the request goes on has to be followed by RST_STREAM with NO_ERROR
//! ([RFC 9113 §8.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.1)), which some clients take for a failure of
//! the answer itself. And of a stream that has ended here, `h2` ignores what breaks the rules there. Over HTTP/1.1, the
//! connection would close in the face of a client that still sends, which may never see the answer then. A refusal is in
//! no hurry, so it waits for the end of the request, within limits.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, Response, Version};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::Body;
use super::linger::Linger;

/// So much is read at most,
const MAX_REST: usize = 64 << 10;
/// for at most so long.
const PATIENCE: Duration = Duration::from_secs(1);

/// The answer to a request that is refused.
pub(super) async fn refuse(request: Request<Body>, answer: Response<Body>) -> Response<Body> {
    // A client that waits for our word before it sends its body is to get it.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return answer;
    }
    let version = request.version();
    let mut body = request.into_body();
    let reading = async {
        let mut read = 0;
        while read <= MAX_REST {
            match body.frame().await {
                Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
                _ => return true,
            }
        }
        false
    };
    let has_ended = matches!(tokio::time::timeout(PATIENCE, reading).await, Ok(true));
    if has_ended || version >= Version::HTTP_2 {
        return answer;
    }
    let mut answer = answer.map(|answer| Body::new(Linger::new(answer, body)));
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
