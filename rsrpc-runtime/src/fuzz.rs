//! Entry points of the fuzz targets to private parts of the runtime. Each function accepts arbitrary input and panics
//! if an invariant is violated.

use http::{HeaderMap, HeaderValue};

use crate::call::Metadata;
use crate::wire::grpc::{read_status, status_trailers};
use crate::wire::timeout::{format_timeout, parse_timeout};

/// Our client's limit on response trailers in bytes, counted as HTTP/2 header list size.
const MAX_TRAILER_BYTES: usize = 16 << 10;

/// Checks `grpc-timeout`: a parsed timeout formats to the same timeout, or to a slightly longer one where units are
/// rounded up.
pub fn timeout(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    match parse_timeout(&value) {
        Ok(timeout) => {
            let written = format_timeout(timeout);
            let again = parse_timeout(&written).expect("a formatted timeout parses");
            assert!(again >= timeout, "{value:?} became {written:?}");
            assert!(again - timeout <= timeout / 1_000, "{value:?} became {written:?}");
        }
        Err(reason) => assert!(reason.len() < 300, "{reason}"),
    }
}

/// Checks trailers: a received status can be forwarded within the size limit and is read back unchanged.
pub fn trailers(headers: &HeaderMap) {
    let mut received = headers.clone();
    let Some(outcome) = read_status(&mut received) else {
        return assert!(!headers.contains_key("grpc-status"));
    };
    let Err(status) = outcome else { return };
    let mut sent = HeaderMap::new();
    status_trailers(Err(&status), &mut sent);
    let size: usize = sent
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32)
        .sum();
    assert!(
        size <= MAX_TRAILER_BYTES || !status.metadata().is_empty(),
        "{size} bytes of trailers"
    );
    let again = read_status(&mut sent).expect("a status").expect_err("an error");
    assert_eq!(again.code(), status.code());
    match again.message().strip_suffix('…') {
        Some(cut) if again.message() != status.message() => assert!(status.message().starts_with(cut)),
        _ => assert!(again.message() == status.message() || again.message().is_empty()),
    }
}

/// Checks every accessor of metadata on arbitrary headers.
pub fn metadata(headers: HeaderMap) {
    let keys: Vec<_> = headers.keys().cloned().collect();
    let metadata = Metadata::from_headers(headers);
    for key in &keys {
        let key = key.as_str();
        let texts: Vec<_> = metadata.get_all(key).collect();
        // `get` considers only the first value, even if it is not text.
        assert!(metadata.get(key).is_none_or(|text| texts.first() == Some(&text)));
        let values: Vec<_> = metadata.get_all_bin(key).collect();
        assert_eq!(metadata.get_bin(key).as_ref(), values.first());
        if !key.ends_with("-bin") {
            continue;
        }
        // Decoded bytes can be encoded again and decode to the same value.
        let mut copy = Metadata::new();
        for value in &values {
            if copy.append_bin(key, value).is_err() {
                return;
            }
        }
        assert!(copy.get_all_bin(key).eq(values));
    }
    let _ = format!("{metadata:?}");
}
