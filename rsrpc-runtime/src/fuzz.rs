//! What the fuzz targets of this repository do with parts of the runtime that nobody else can reach: each function takes
//! anything at all, and panics if what the part promises does not hold.

use http::{HeaderMap, HeaderValue};

use crate::call::Metadata;
use crate::wire::grpc::{read_status, status_trailers};
use crate::wire::timeout::{format_timeout, parse_timeout};

/// What our own client allows an answer's trailers to take, counted as HTTP/2 counts.
const MAX_TRAILER_BYTES: usize = 16 << 10;

/// `grpc-timeout`: what is read can be written, to a text that means as much or, where units are rounded up, a little
/// more.
pub fn timeout(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    match parse_timeout(&value) {
        Ok(timeout) => {
            let written = format_timeout(timeout);
            let again = parse_timeout(&written).expect("what we write, we read");
            assert!(again >= timeout, "{value:?} became {written:?}");
            assert!(again - timeout <= timeout / 1_000, "{value:?} became {written:?}");
        }
        Err(reason) => assert!(reason.len() < 300, "{reason}"),
    }
}

/// Trailers: a status that is read can be sent on, within the room there is, and is then read as the same.
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

/// Metadata as it came: every way to look at it.
pub fn metadata(headers: HeaderMap) {
    let keys: Vec<_> = headers.keys().cloned().collect();
    let metadata = Metadata::from_headers(headers);
    for key in &keys {
        let key = key.as_str();
        let texts: Vec<_> = metadata.get_all(key).collect();
        // The first value counts, whether or not it is text.
        assert!(metadata.get(key).is_none_or(|text| texts.first() == Some(&text)));
        let values: Vec<_> = metadata.get_all_bin(key).collect();
        assert_eq!(metadata.get_bin(key).as_ref(), values.first());
        if !key.ends_with("-bin") {
            continue;
        }
        // Bytes that were read can be written, and are then read as the same.
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
