//! Header values: timeouts, metadata, the status in trailers.

use http::{HeaderMap, HeaderName, HeaderValue};

/// One value of `grpc-timeout`.
pub fn grpc_timeout(input: &[u8]) {
    rsrpc_runtime::fuzz::timeout(input);
}

/// Lines of `name: value`, as request metadata and as trailers with a status.
pub fn metadata(input: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in input.split(|byte| *byte == b'\n').take(100) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let name = HeaderName::from_bytes(name.trim_ascii());
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    rsrpc_runtime::fuzz::trailers(&headers);
    rsrpc_runtime::fuzz::metadata(headers);
}
