//! A call with resolved options, ready to be sent by a protocol's client.

use std::time::Instant;

use http::HeaderMap;

use super::options::Cancellation;
use crate::call::{CallParts, Metadata, Method, now};
use crate::wire::timeout::{TIMEOUT_HEADER, format_timeout};

/// A call with resolved options. Its timeout is running.
pub(crate) struct PreparedCall<Req: 'static, Rep: 'static> {
    pub(crate) method: &'static Method<Req, Rep>,
    pub(crate) parts: CallParts,
    pub(crate) cancellation: Cancellation,
}

/// Returns the headers of a request: the channel's common headers, the remaining timeout, and the call's metadata.
pub(crate) fn request_headers(
    common: &HeaderMap,
    deadline: Option<Instant>,
    metadata: &Metadata,
) -> HeaderMap {
    let mut headers = common.clone();
    if let Some(deadline) = deadline {
        let left = deadline.saturating_duration_since(now());
        headers.insert(TIMEOUT_HEADER, format_timeout(left));
    }
    if !metadata.is_empty() {
        headers.extend(metadata.as_headers().clone());
    }
    headers
}
