//! Responses that violate the protocol, frame by frame. Each ends its call soon with a status that names the
//! violation, and does not affect other calls.

use std::time::{Duration, Instant};

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::{Code, Status};
use rsrpc_tests::raw::{RawServer, frame, message};
use rsrpc_tests::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{KINDS, call};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200` and gRPC's content type.
const HEAD: &[u8] = b"\x88\x0f\x10\x10application/grpc";

/// A literal header field without indexing, with lengths of one byte.
fn header(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0, name.len() as u8];
    bytes.extend(name.bytes());
    bytes.push(value.len() as u8);
    bytes.extend(value.bytes());
    bytes
}

/// A Trailers-Only response.
fn trailers_only(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = HEAD.to_vec();
    for (name, value) in headers {
        block.extend(header(name, value));
    }
    frame(HEADERS, END_HEADERS | END_STREAM, 1, &block)
}

fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, HEAD)
}

fn ok_trailers() -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, 1, &header("grpc-status", "0"))
}

/// A server that sends `bytes` after the first call's HEADERS and nothing afterwards.
async fn playing(bytes: Vec<u8>) -> RawServer {
    RawServer::sockets(move |mut socket| {
        let bytes = bytes.clone();
        async move {
            let _ = socket.write_all(&frame(SETTINGS, 0, 0, &[])).await;
            let mut read = Vec::new();
            while !read
                .windows(6)
                .any(|window| window == [HEADERS, END_HEADERS, 0, 0, 0, 1])
            {
                if socket.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let _ = socket.write_all(&bytes).await;
            read.clear();
            while socket.read_buf(&mut read).await.unwrap_or(0) > 0 {
                read.clear();
            }
        }
    })
    .await
}

fn answers() -> Vec<(&'static str, Vec<u8>, Result<(), Code>)> {
    let large = {
        // A literal of 20000 bytes: its length, less 127, in groups of seven bits.
        let mut block = HEAD.to_vec();
        block.extend([0, 1, b'x', 0x7f, 0xa1, 0x9b, 0x01]);
        block.extend(vec![b'y'; 20_000]);
        block
    };
    let bomb = {
        // Adds a field of 3,000 bytes to the dynamic table and repeats it with one byte each.
        let mut block = HEAD.to_vec();
        block.extend([0x40, 1, b'x', 0x7f, 0xb9, 0x16]);
        block.extend(vec![b'y'; 3000]);
        block.extend(vec![0xbe; 200_000]);
        block
    };
    let continuations: Vec<u8> = std::iter::once(frame(HEADERS, 0, 1, HEAD))
        .chain((0..20_000).map(|_| frame(CONTINUATION, 0, 1, &header("x", "y"))))
        .flatten()
        .collect();
    let early = |count: usize| -> Vec<u8> {
        // `:status: 103`, with the name's index in the static table.
        let hint = frame(HEADERS, END_HEADERS, 1, b"\x08\x03103");
        [
            hint.repeat(count),
            head(),
            frame(DATA, 0, 1, &message("good")),
            ok_trailers(),
        ]
        .concat()
    };
    let then = |frames: &[Vec<u8>]| [&[head()], frames].concat().concat();
    vec![
        ("early hints", early(3), Ok(())),
        ("early hints without end", early(10_000), Ok(())),
        (
            "a list of headers that is too large",
            frame(HEADERS, END_HEADERS, 1, &large),
            Err(Code::Internal),
        ),
        (
            "a bomb of HPACK",
            frame(HEADERS, END_HEADERS, 1, &bomb),
            Err(Code::ResourceExhausted),
        ),
        (
            "continuations without end",
            continuations,
            Err(Code::ResourceExhausted),
        ),
        (
            "no status code",
            frame(HEADERS, END_HEADERS, 1, &HEAD[1..]),
            Err(Code::Internal),
        ),
        (
            "bad compression",
            frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff]),
            Err(Code::Unavailable),
        ),
        (
            "a grpc-status of letters",
            trailers_only(&[("grpc-status", "x")]),
            Err(Code::Unknown),
        ),
        (
            "an empty grpc-status",
            trailers_only(&[("grpc-status", "")]),
            Err(Code::Unknown),
        ),
        (
            "a negative grpc-status",
            trailers_only(&[("grpc-status", "-1")]),
            Err(Code::Unknown),
        ),
        (
            "a grpc-status past all",
            trailers_only(&[("grpc-status", "99999999999999999999")]),
            Err(Code::Unknown),
        ),
        (
            "a grpc-message that is badly encoded",
            trailers_only(&[("grpc-status", "5"), ("grpc-message", "%zz%ff%")]),
            Err(Code::NotFound),
        ),
        (
            "invalid details",
            trailers_only(&[("grpc-status", "5"), ("grpc-status-details-bin", "!!!")]),
            Err(Code::NotFound),
        ),
        (
            "a length that lies",
            then(&[frame(DATA, 0, 1, &[0, 0, 0, 0, 99, 1]), ok_trailers()]),
            Err(Code::Internal),
        ),
        (
            "trailers that do not end it",
            then(&[frame(HEADERS, END_HEADERS, 1, &header("a", "b"))]),
            Err(Code::Internal),
        ),
        (
            "data before headers",
            frame(DATA, 0, 1, &message("good")),
            Err(Code::Unavailable),
        ),
        (
            "data on the connection",
            then(&[frame(DATA, 0, 0, &message("good"))]),
            Err(Code::Unavailable),
        ),
        (
            "data on an idle stream",
            then(&[frame(DATA, 0, 3, &message("good"))]),
            Err(Code::Unavailable),
        ),
        (
            "headers on a stream of the server",
            then(&[frame(HEADERS, END_HEADERS, 2, HEAD)]),
            Err(Code::Unavailable),
        ),
        (
            "a push promise",
            then(&[frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82])]),
            Err(Code::Unavailable),
        ),
        (
            "a window that overflows",
            then(&[frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff])]),
            Err(Code::Unavailable),
        ),
        (
            "a reset of a wrong size",
            then(&[frame(RESET, 0, 1, &[0])]),
            Err(Code::Unavailable),
        ),
        (
            "settings of a wrong size",
            then(&[frame(SETTINGS, 0, 0, &[0])]),
            Err(Code::Unavailable),
        ),
        (
            "a window of settings that is too large",
            then(&[frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff])]),
            Err(Code::Unavailable),
        ),
        (
            "a frame that is too large",
            then(&[vec![0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]]),
            Err(Code::Unavailable),
        ),
        (
            "frames of no known kind",
            then(&[
                frame(0xee, 7, 1, b"?"),
                frame(DATA, 0, 1, &message("good")),
                ok_trailers(),
            ]),
            Ok(()),
        ),
    ]
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

#[tokio::test]
async fn invalid_responses_are_named() {
    let before = resident();
    let mut wrong = Vec::new();
    for (name, bytes, expected) in answers() {
        for kind in KINDS {
            let server = playing(bytes.clone()).await;
            let client = server.client();
            let started = Instant::now();
            let (_, end) = soon(call(&client, kind, "")).await;
            assert!(started.elapsed() < Duration::from_secs(10), "{name}");
            let code = end.as_ref().map(|_| ()).map_err(Status::code);
            if code != expected {
                wrong.push(format!("{name}, {kind:?}: {end:?}"));
            }
            if let Err(status) = &end {
                assert!(status.message().len() < 1000, "{name}: {status}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes");
}

/// Statuses for the error codes of RST_STREAM (PROTOCOL-HTTP2, "Errors").
#[tokio::test]
async fn rst_stream_code_maps_to_status() {
    for (reason, expected) in [
        (0, Code::Internal),
        (1, Code::Internal),
        (2, Code::Internal),
        (3, Code::Internal),
        (4, Code::Internal),
        (6, Code::Internal),
        (7, Code::Unavailable),
        (8, Code::Cancelled),
        (9, Code::Internal),
        (10, Code::Internal),
        (11, Code::ResourceExhausted),
        (12, Code::PermissionDenied),
        (200, Code::Internal),
    ] {
        let bytes = [head(), frame(RESET, 0, 1, &[0, 0, 0, reason])].concat();
        let server = playing(bytes).await;
        let (_, end) = soon(call(&server.client(), MethodKind::Unary, "")).await;
        let status = end.unwrap_err();
        assert_eq!(status.code(), expected, "{reason}: {status}");
        assert!(
            status.message().contains("the server reset the stream with "),
            "{status}"
        );
    }
}

/// The beginning of a response that is not gRPC is part of the status.
#[tokio::test]
async fn non_grpc_body_is_in_the_error() {
    // `:status: 200` or `404`, and a content type.
    let page = |status: u8, body: &[u8], flags: u8| {
        let head = [&[status][..], b"\x0f\x10\x09text/html"].concat();
        [frame(HEADERS, END_HEADERS, 1, &head), frame(DATA, flags, 1, body)].concat()
    };
    let check = async |bytes: Vec<u8>, code: Code, cause: &str| {
        let server = playing(bytes).await;
        for kind in KINDS {
            let started = Instant::now();
            let (_, end) = soon(call(&server.client(), kind, "")).await;
            let status = end.unwrap_err();
            assert_eq!(status.code(), code);
            let message = status.message();
            let start = format!(
                "call to {} failed (waiting for the reply's headers, attempt 1, after ",
                server.address
            );
            assert!(message.starts_with(&start), "{message}");
            assert!(message.ends_with(&format!("): {cause}")), "{message}");
            assert!(started.elapsed() < Duration::from_secs(3), "{message}");
        }
    };
    let no_grpc = "the server answered with the content type \"text/html\", which is not gRPC's";
    let whole = page(0x88, b"<h1>Welcome</h1>\n", END_STREAM);
    check(whole, Code::Unknown, &format!("{no_grpc}: \"<h1>Welcome</h1>\"")).await;
    // An incomplete body is shown as far as it was received.
    let half = page(0x88, b"<h1>Wel", 0);
    check(half, Code::Unknown, &format!("{no_grpc}: \"<h1>Wel\"")).await;
    let long = page(0x88, &[b'x'; 10_000], 0);
    check(
        long,
        Code::Unknown,
        &format!("{no_grpc}: \"{}\"…", "x".repeat(256)),
    )
    .await;
    let missing = page(0x8d, b"no such page", END_STREAM);
    let not_found = "the server answered with the HTTP status 404 Not Found: \"no such page\"";
    check(missing, Code::Unimplemented, not_found).await;
    let nothing = page(0x8d, b"", END_STREAM);
    check(
        nothing,
        Code::Unimplemented,
        "the server answered with the HTTP status 404 Not Found",
    )
    .await;
}
