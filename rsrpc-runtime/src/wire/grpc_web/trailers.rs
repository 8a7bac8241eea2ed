//! Trailers as the last envelope of a body. Its flag has the highest bit set. It holds header lines in HTTP/1.1
//! format, without the final empty line.

use bytes::{BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
#[cfg(feature = "client")]
use http::{HeaderName, HeaderValue};

#[cfg(feature = "client")]
use crate::call::Status;

/// The bit of an envelope's flag that distinguishes trailers from messages.
pub(super) const TRAILERS_FLAG: u8 = 0x80;
/// Size in bytes of the flag and length of an envelope.
pub(super) const PREFIX_BYTES: usize = 5;

/// Encodes trailers with their envelope.
pub(super) fn encode_trailers_frame(trailers: &HeaderMap) -> Bytes {
    let length: usize = trailers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let mut encode_trailers_frame = BytesMut::with_capacity(PREFIX_BYTES + length);
    encode_trailers_frame.put_u8(TRAILERS_FLAG);
    encode_trailers_frame.put_u32(u32::try_from(length).expect("headers are far smaller than 4 GiB"));
    for (name, value) in trailers {
        encode_trailers_frame.put_slice(name.as_str().as_bytes());
        encode_trailers_frame.put_slice(b": ");
        encode_trailers_frame.put_slice(value.as_bytes());
        encode_trailers_frame.put_slice(b"\r\n");
    }
    encode_trailers_frame.freeze()
}

/// Parses the trailers in an envelope. Names may be in any case.
#[cfg(feature = "client")]
pub(super) fn parse_trailers(block: &[u8]) -> Result<HeaderMap, Status> {
    let mut trailers = HeaderMap::new();
    for line in block.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let header = colon.and_then(|colon| {
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
            Some((name, value))
        });
        let (name, value) = header.ok_or_else(|| {
            let excerpt: String = String::from_utf8_lossy(line).chars().take(64).collect();
            Status::internal(format!("invalid trailer line {excerpt:?}"))
        })?;
        trailers
            .try_append(name, value)
            .map_err(|_| Status::internal("too many trailers"))?;
    }
    Ok(trailers)
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn trailers_round_trip() {
        let mut trailers = HeaderMap::new();
        trailers.append("grpc-status", HeaderValue::from_static("5"));
        trailers.append("twice", HeaderValue::from_static("1"));
        trailers.append("twice", HeaderValue::from_static("2: b"));
        trailers.append("empty", HeaderValue::from_static(""));
        trailers.append("latin", HeaderValue::from_bytes(b"\xe9\t").unwrap());
        let encode_trailers_frame = encode_trailers_frame(&trailers);
        assert_eq!(encode_trailers_frame[0], 0x80);
        assert_eq!(
            encode_trailers_frame[1..5],
            (encode_trailers_frame.len() as u32 - 5).to_be_bytes()
        );
        let mut read = parse_trailers(&encode_trailers_frame[5..]).unwrap();
        assert_eq!(read.remove("latin").unwrap().as_bytes(), b"\xe9");
        trailers.remove("latin");
        assert_eq!(read, trailers);
    }

    #[test]
    fn line_variants_are_accepted() {
        let check = |block: &str, expected: &[(&str, &str)]| {
            let read = parse_trailers(block.as_bytes()).unwrap();
            let read: Vec<_> = read
                .iter()
                .map(|(n, v)| (n.as_str(), v.to_str().unwrap()))
                .collect();
            assert_eq!(read, expected, "{block:?}");
        };
        check("", &[]);
        check("Grpc-Status: 0\r\n", &[("grpc-status", "0")]);
        check("grpc-status:0\r\na:  b \r\n", &[("grpc-status", "0"), ("a", "b")]);
        check("grpc-status: 0\na: b", &[("grpc-status", "0"), ("a", "b")]);
        check("grpc-status: 0\r\n\r\n", &[("grpc-status", "0")]);
    }

    #[test]
    fn invalid_trailer_lines_are_rejected() {
        let check = |block: &[u8], expected: &str| {
            assert_eq!(parse_trailers(block).unwrap_err().message(), expected);
        };
        check(b"grpc-status", "invalid trailer line \"grpc-status\"");
        check(b": 0", "invalid trailer line \": 0\"");
        check(b"a b: 0", "invalid trailer line \"a b: 0\"");
        check(b"a: \0", "invalid trailer line \"a: \\0\"");
        check(b"a: b\rc", "invalid trailer line \"a: b\\rc\"");
        let many: String = (0..40_000).map(|number| format!("{number}:\n")).collect();
        check(many.as_bytes(), "too many trailers");
    }
}
