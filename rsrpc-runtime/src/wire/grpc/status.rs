//! Statuses on the wire: `grpc-status`, `grpc-message` and `grpc-status-details-bin`, and the mapping of HTTP and
//! HTTP/2 errors to statuses.

use std::borrow::Cow;

use base64::Engine as _;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};
use prost::Message as _;

use crate::call::{BASE64, Code, Metadata, Status, append_all};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The characters that `Percent-Encoded` escapes: everything but printable ASCII, and the percent sign.
const MESSAGE_SET: &AsciiSet = &CONTROLS.add(b'%');

/// Maximum size of all trailers in bytes, counted like an HTTP/2 header list. A peer fails the call if trailers
/// exceed its limit, and closes the connection with all calls if they exceed it by far. This crate accepts 16 KiB,
/// like C-core. The difference leaves room for the headers of a trailers-only response.
const MAX_TRAILERS_BYTES: usize = 15 << 10;
/// Bytes that HTTP/2 counts for each header in addition to its name and value.
const HEADER_OVERHEAD_BYTES: usize = 32;
/// Marks the end of a truncated message.
const ELLIPSIS: char = '…';

/// `google.rpc.Status`, the content of `grpc-status-details-bin`.
#[derive(Clone, PartialEq, prost::Message)]
struct StatusDetails {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Adds the outcome of a call to its trailers, within [`MAX_TRAILERS_BYTES`]. A long message is truncated. Details
/// that do not fit in addition to the message are dropped.
pub(crate) fn status_trailers(outcome: Result<(), &Status>, trailers: &mut HeaderMap) {
    let Err(status) = outcome else {
        trailers.insert(STATUS, HeaderValue::from_static("0"));
        return;
    };
    if let Some(metadata) = status.metadata_to_send() {
        append_all(trailers, metadata.as_headers().clone());
    }
    trailers.insert(STATUS, code_value(status.code()));
    let taken: usize = trailers
        .iter()
        .map(|(name, value)| header_size(name, value.len()))
        .sum();
    let mut room = MAX_TRAILERS_BYTES.saturating_sub(taken);
    let (message, encoded) =
        truncate_message(status.message(), room.saturating_sub(header_size(&MESSAGE, 0)));
    if !encoded.is_empty() {
        room = room.saturating_sub(header_size(&MESSAGE, encoded.len()));
        trailers.insert(
            MESSAGE,
            HeaderValue::from_str(&encoded).expect("a percent-encoded message is printable ASCII"),
        );
    }
    if !status.details().is_empty() {
        let details = StatusDetails {
            code: status.code().into(),
            message: message.into_owned(),
            details: status.details().to_vec(),
        };
        let value = BASE64.encode(details.encode_to_vec());
        if header_size(&DETAILS, value.len()) <= room {
            trailers.insert(
                DETAILS,
                HeaderValue::try_from(value).expect("base64 is a valid header value"),
            );
        } else {
            let bytes = value.len();
            let limit = MAX_TRAILERS_BYTES;
            tracing::warn!(%status, bytes, limit, "status details dropped: too large for the trailers");
        }
    }
}

/// Returns the bytes of [`MAX_TRAILERS_BYTES`] that a header uses.
fn header_size(name: &HeaderName, value: usize) -> usize {
    name.as_str().len() + value + HEADER_OVERHEAD_BYTES
}

/// Truncates a message until its percent-encoded form fits into `room` bytes. Returns the plain and the encoded form.
fn truncate_message(message: &str, room: usize) -> (Cow<'_, str>, Cow<'_, str>) {
    let encoded = Cow::from(percent_encode(message.as_bytes(), MESSAGE_SET));
    if encoded.len() <= room {
        return (message.into(), encoded);
    }
    let width = |character: char| {
        let mut bytes = [0; 4];
        let text = character.encode_utf8(&mut bytes).as_bytes();
        percent_encode(text, MESSAGE_SET).map(str::len).sum::<usize>()
    };
    let mut used = width(ELLIPSIS);
    if used > room {
        return Default::default();
    }
    let end = message.char_indices().find(|(_, character)| {
        used += width(*character);
        used > room
    });
    let end = end.map_or(message.len(), |(index, _)| index);
    let message = format!("{}{ELLIPSIS}", &message[..end]);
    let encoded = percent_encode(message.as_bytes(), MESSAGE_SET).to_string();
    (message.into(), encoded.into())
}

fn code_value(code: Code) -> HeaderValue {
    const VALUES: [&str; 17] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    ];
    HeaderValue::from_static(VALUES[code as usize])
}

/// Removes the outcome of the call from trailers. Returns `None` if they have no `grpc-status`. The remaining
/// trailers become the metadata of an error.
pub(crate) fn read_status(trailers: &mut HeaderMap) -> Option<Result<(), Status>> {
    let code = trailers.remove(STATUS)?;
    if code == "0" {
        if !trailers.is_empty() {
            trailers.remove(MESSAGE);
        }
        return Some(Ok(()));
    }
    let number = code.to_str().ok().and_then(|text| text.parse().ok());
    let message = trailers
        .remove(MESSAGE)
        .map(|value| decode_message(&value))
        .unwrap_or_default();
    let mut status = match number {
        // Unusual spellings of zero, such as `00`, also mean OK.
        Some(0) => return Some(Ok(())),
        Some(number) => Status::new(Code::from_i32(number), message),
        None => Status::unknown(format!(
            "the server sent the grpc-status {code:?}, which is not a number: {message}"
        )),
    };
    let details = trailers.get(DETAILS).and_then(|value| BASE64.decode(value).ok());
    if let Some(details) = details.and_then(|bytes| StatusDetails::decode(bytes.as_slice()).ok()) {
        status = details.details.into_iter().fold(status, Status::with_any);
    }
    if !trailers.is_empty() {
        status = status.with_received_metadata(Metadata::from_headers(std::mem::take(trailers)));
    }
    Some(Err(status))
}

/// Percent-decodes a message. Keeps invalid escapes and replaces invalid UTF-8.
fn decode_message(value: &HeaderValue) -> String {
    percent_decode(value.as_bytes()).decode_utf8_lossy().into_owned()
}

/// Maps an HTTP status to a gRPC code, for a response without a `grpc-status`
/// ([http-grpc-status-mapping.md](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md)).
pub(crate) fn from_http_status(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// Maps an HTTP/2 connection or stream error to a status, as specified in section "Errors" of PROTOCOL-HTTP2.
pub(crate) fn from_h2(error: h2::Error) -> Status {
    let code = match error.reason() {
        Some(Reason::REFUSED_STREAM) => Code::Unavailable,
        Some(Reason::CANCEL) => Code::Cancelled,
        Some(Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
        Some(Reason::INADEQUATE_SECURITY) => Code::PermissionDenied,
        // The whole connection is going away, so the call can be retried on another connection.
        Some(_) if error.is_go_away() => Code::Unavailable,
        Some(_) => Code::Internal,
        None => Code::Unavailable,
    };
    Status::new(code, error.to_string()).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(status: &Status) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        status_trailers(Err(status), &mut trailers);
        trailers
    }

    #[test]
    fn status_round_trips() {
        let mut status =
            Status::not_found("no \u{1f600} 100%\r\n").with(prost_types::Timestamp { seconds: 5, nanos: 1 });
        status.metadata_mut().insert("retry", "no").unwrap();
        let mut trailers = sent(&status);
        assert_eq!(trailers["grpc-message"], "no %F0%9F%98%80 100%25%0D%0A");
        let received = read_status(&mut trailers).unwrap().unwrap_err();
        assert_eq!(
            (received.code(), received.message()),
            (status.code(), status.message())
        );
        assert_eq!(
            received
                .detail::<prost_types::Timestamp>()
                .unwrap()
                .unwrap()
                .seconds,
            5
        );
        assert_eq!(received.metadata().get("retry"), Some("no"));
    }

    #[track_caller]
    fn size_of(trailers: &HeaderMap) -> usize {
        trailers
            .iter()
            .map(|(name, value)| header_size(name, value.len()))
            .sum()
    }

    #[test]
    fn message_and_details_fit_trailer_limit() {
        let detail = |length| prost_types::Any {
            type_url: "x/y".to_owned(),
            value: vec![0; length],
        };
        for message in [
            "",
            "no",
            "\u{1f600}\r",
            &"x".repeat(100_000),
            &"\u{1f600}".repeat(100_000),
        ] {
            for length in [0, 1000, 10_000, 100_000] {
                let status = Status::not_found(message.to_owned()).with_any(detail(length));
                let mut trailers = sent(&status);
                assert!(size_of(&trailers) <= MAX_TRAILERS_BYTES, "{length}");
                let received = read_status(&mut trailers).unwrap().unwrap_err();
                assert_eq!(received.code(), Code::NotFound);
                match received.message().strip_suffix(ELLIPSIS) {
                    Some(start) => assert!(message.starts_with(start) && start.len() > 4000),
                    None => assert_eq!(received.message(), message),
                }
                let fits = message.len() < 1000 && length < 11_000;
                assert_eq!(received.details().len(), usize::from(fits), "{length}");
            }
        }
        // Metadata from the handler is never dropped. The message is dropped instead.
        let mut status = Status::not_found("why");
        status.metadata_mut().insert("much", &"x".repeat(20_000)).unwrap();
        assert!(!sent(&status).contains_key(MESSAGE));
    }

    #[test]
    fn received_metadata_is_forwarded_only_if_changed() {
        let received = || {
            let mut trailers = HeaderMap::new();
            trailers.insert(STATUS, HeaderValue::from_static("5"));
            trailers.insert("content-type", HeaderValue::from_static("application/grpc"));
            trailers.insert("session", HeaderValue::from_static("secret"));
            read_status(&mut trailers).unwrap().unwrap_err()
        };
        assert_eq!(received().metadata().get("session"), Some("secret"));
        assert_eq!(sent(&received()).len(), 1);
        let mut changed = received();
        changed.metadata_mut().remove("content-type");
        assert_eq!(sent(&changed)["session"], "secret");
    }

    #[test]
    fn unusual_statuses_are_parsed() {
        let check = |code: &'static str, message: &'static str, expected: Result<(), (Code, &str)>| {
            let mut trailers = HeaderMap::new();
            trailers.insert(STATUS, HeaderValue::from_static(code));
            trailers.insert(MESSAGE, HeaderValue::from_static(message));
            let read = read_status(&mut trailers).unwrap();
            let read = read.as_ref().map_err(|status| (status.code(), status.message()));
            assert_eq!(read.copied(), expected);
        };
        check("00", "", Ok(()));
        check("5", "%", Err((Code::NotFound, "%")));
        check("5", "%zz%41", Err((Code::NotFound, "%zzA")));
        check("5", "%ff", Err((Code::NotFound, "\u{fffd}")));
        check("77", "x", Err((Code::Unknown, "x")));
        check(
            "x",
            "y",
            Err((
                Code::Unknown,
                "the server sent the grpc-status \"x\", which is not a number: y",
            )),
        );
        assert!(read_status(&mut HeaderMap::new()).is_none());
    }
}
