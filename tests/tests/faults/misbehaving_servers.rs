//! Misbehaving servers: each call ends soon with the right code, and the channel stays usable.

use std::time::Duration;

use h2::Reason;
use http::{HeaderValue, Response, StatusCode};
use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::interceptor::{Call, Next, interceptor};
use rsrpc_runtime::{Channel, Code, Streaming};
use rsrpc_tests::raw::{RawCall, RawServer, envelope, frame, head, message, trailers};
use rsrpc_tests::soon;
use rsrpc_tests::testing::{Request, TestingClient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{KINDS, call};

/// Behaviour of the server, number of replies that still arrive, and the outcome of the call. When the outcome is OK,
/// a method with a single reply fails for the number of replies.
const MISBEHAVIOURS: &[(&str, usize, Result<(), Code>)] = &[
    ("good", 1, Ok(())),
    ("html", 0, Err(Code::Unknown)),
    ("no content type", 0, Err(Code::Unknown)),
    ("http 400", 0, Err(Code::Internal)),
    ("http 401", 0, Err(Code::Unauthenticated)),
    ("http 403", 0, Err(Code::PermissionDenied)),
    ("http 404", 0, Err(Code::Unimplemented)),
    ("http 503", 0, Err(Code::Unavailable)),
    ("http 500", 0, Err(Code::Unknown)),
    ("trailers only", 0, Err(Code::NotFound)),
    ("trailers only ok", 0, Ok(())),
    ("no status", 0, Err(Code::Unknown)),
    ("reply, no status", 1, Err(Code::Unknown)),
    ("reply, trailers without status", 1, Err(Code::Unknown)),
    ("reply, bad status", 1, Err(Code::Unknown)),
    ("reply, failed", 1, Err(Code::Aborted)),
    ("reset", 0, Err(Code::Internal)),
    ("refused", 0, Err(Code::Unavailable)),
    ("head, cancelled", 0, Err(Code::Cancelled)),
    ("head, calm", 0, Err(Code::ResourceExhausted)),
    ("reply, reset", 1, Err(Code::Internal)),
    ("half a reply, reset", 0, Err(Code::Internal)),
    ("closed", 0, Err(Code::Unavailable)),
    ("head, closed", 0, Err(Code::Unavailable)),
    ("half a reply, closed", 0, Err(Code::Unavailable)),
    ("no reply", 0, Ok(())),
    ("two replies", 2, Ok(())),
    ("half a prefix", 0, Err(Code::Internal)),
    ("half a reply", 0, Err(Code::Internal)),
    ("half a reply, failed", 0, Err(Code::Aborted)),
    ("half a reply, no status", 0, Err(Code::Internal)),
    ("too large", 0, Err(Code::ResourceExhausted)),
    ("compressed", 0, Err(Code::Internal)),
    ("odd flag", 0, Err(Code::Internal)),
    ("no protobuf", 0, Err(Code::Internal)),
    ("no protobuf, and more", 0, Err(Code::Internal)),
];

async fn misbehave(mut call: RawCall) {
    let behaviour = call.header("x-do");
    let mut parts = behaviour.split(", ");
    let first = parts.next().unwrap_or_default();
    if first == "good" {
        return call.answer_well().await;
    }
    call.read().await;
    let plain = |status: StatusCode, content_type: Option<&'static str>| {
        let mut head = Response::new(());
        *head.status_mut() = status;
        if let Some(value) = content_type {
            let value = HeaderValue::from_static(value);
            head.headers_mut().insert("content-type", value);
        }
        head
    };
    if let Some(status) = first.strip_prefix("http ") {
        let head = plain(status.parse().unwrap(), Some("text/plain"));
        let mut stream = call.respond.send_response(head, false).unwrap();
        return stream.send_data("sorry".into(), true).unwrap();
    }
    let mut stream = match first {
        "html" | "no content type" => {
            let content_type = (first == "html").then_some("text/html");
            let head = plain(StatusCode::OK, content_type);
            let mut stream = call.respond.send_response(head, false).unwrap();
            return stream.send_data("<p>welcome".into(), true).unwrap();
        }
        "trailers only" | "trailers only ok" => {
            let mut head = head();
            let status = if first == "trailers only" { "5" } else { "0" };
            *head.headers_mut() = head.headers().clone();
            head.headers_mut().extend(trailers(status));
            return drop(call.respond.send_response(head, true).unwrap());
        }
        "reset" => return call.respond.send_reset(Reason::INTERNAL_ERROR),
        "refused" => return call.respond.send_reset(Reason::REFUSED_STREAM),
        "closed" => return close(&call).await,
        _ => call.begin(),
    };
    let reply = message("good");
    let mut send = |data: bytes::Bytes| stream.send_data(data, false).unwrap();
    match first {
        "reply" => send(reply.clone()),
        "two replies" => [0; 2].iter().for_each(|_| send(reply.clone())),
        "half a prefix" => send(reply.slice(..3)),
        "half a reply" => send(reply.slice(..8)),
        "too large" => send(bytes::Bytes::from_static(&[0, 0, 0x50, 0, 0, 1, 2])),
        "compressed" => send(envelope(1, b"gzip")),
        "odd flag" => send(envelope(7, b"?")),
        "no protobuf" => send(envelope(0, &[0xff])),
        _ => {}
    }
    if matches!(first, "too large" | "compressed" | "odd flag" | "no protobuf") {
        if parts.next().is_some() {
            send(reply);
        }
        // The server sends nothing more: only the client can end the call.
        return std::future::pending().await;
    }
    match parts.next() {
        None if first == "no status" => stream.send_data(bytes::Bytes::new(), true).unwrap(),
        None => stream.send_trailers(trailers("0")).unwrap(),
        Some("no status") => stream.send_data(bytes::Bytes::new(), true).unwrap(),
        Some("trailers without status") => stream.send_trailers(http::HeaderMap::new()).unwrap(),
        Some("bad status") => stream.send_trailers(trailers("fine")).unwrap(),
        Some("failed") => stream.send_trailers(trailers("10")).unwrap(),
        Some("cancelled") => stream.send_reset(Reason::CANCEL),
        Some("calm") => stream.send_reset(Reason::ENHANCE_YOUR_CALM),
        Some("closed") => close(&call).await,
        Some("reset") => {
            // A reset discards frames that are still queued.
            while call.read().await {}
            call.flush().await;
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
        Some(other) => panic!("{other}"),
    }
}

/// Closes the connection before the stream is dropped, which would reset it.
async fn close(call: &RawCall) {
    call.connection.close.notify_one();
    std::future::pending().await
}

#[tokio::test]
async fn misbehaviour_maps_to_status() {
    let server = RawServer::http2(misbehave).await;
    let client = server.client();
    for (behaviour, replies, expected) in MISBEHAVIOURS {
        for kind in KINDS {
            let (texts, end) = soon(call(&client, kind, behaviour)).await;
            let what = format!("{behaviour}: {kind:?} {end:?}");
            let code = end.map_err(|status| status.code());
            if matches!(kind, MethodKind::ServerStreaming | MethodKind::Bidi) {
                assert_eq!((texts.len(), code), (*replies, *expected), "{what}");
            } else {
                let exactly_one = if *replies == 1 {
                    Ok(())
                } else {
                    Err(Code::Unimplemented)
                };
                assert_eq!(code, expected.and(exactly_one), "{what}");
            }
            let (texts, end) = soon(call(&client, kind, "good")).await;
            end.unwrap_or_else(|status| panic!("after {what}: {status}"));
            assert_eq!(texts, ["good"]);
        }
    }
}

#[tokio::test]
async fn server_may_send_headers_after_the_first_request_message() {
    async fn patient(mut call: RawCall) {
        assert!(call.read().await);
        let mut stream = call.begin();
        stream.send_data(message("heard"), false).unwrap();
        while call.read().await {}
        stream.send_trailers(trailers("0")).unwrap();
    }
    let server = RawServer::http2(patient).await;
    let intercepted = Channel::builder(server.address.to_string())
        .intercept(interceptor(|call: Call, next: Next| next.run(call)))
        .build()
        .unwrap();
    for client in [server.client(), TestingClient::new(intercepted)] {
        let (mut tx, mut rx) = soon(client.bidi().open()).await.unwrap();
        soon(tx.send(Request::default())).await.unwrap();
        let heard = soon(rx.message()).await.unwrap().unwrap();
        assert_eq!(heard.text, "heard");
        tx.finish();
        assert_eq!(soon(rx.message()).await.unwrap(), None);
    }
}

/// A server may respond before the request ends and then reset the stream with NO_ERROR (RFC 9113 §8.1). The client
/// may read both at once.
#[tokio::test]
async fn response_followed_by_no_error_reset_succeeds() {
    const HEAD: &[u8] = b"\x88\x0f\x10\x10application/grpc";
    const NOT_FOUND: &[u8] = b"\0\x0bgrpc-status\x015";
    const OK: &[u8] = b"\0\x0bgrpc-status\x010";
    const STREAM: u32 = 1;
    let reset = frame(3, 0, STREAM, &[0; 4]);
    let only = [HEAD, NOT_FOUND].concat();
    let whole = [
        frame(1, 4, STREAM, HEAD),
        frame(0, 0, STREAM, &message("good")),
        frame(1, 5, STREAM, OK),
    ];
    for (answer, expected) in [
        (frame(1, 5, STREAM, &only), Err(Code::NotFound)),
        (whole.concat(), Ok(())),
    ] {
        let bytes = [answer, reset.clone()].concat();
        let server = RawServer::sockets(move |mut socket| {
            let bytes = bytes.clone();
            async move {
                socket.write_all(&frame(4, 0, 0, &[])).await.unwrap();
                let mut read = Vec::new();
                // Type, flags and stream of the request's HEADERS.
                while !read.windows(6).any(|window| window == [1, 4, 0, 0, 0, 1]) {
                    socket.read_buf(&mut read).await.unwrap();
                }
                socket.write_all(&bytes).await.unwrap();
                while socket.read_buf(&mut read).await.unwrap_or(0) > 0 {}
            }
        })
        .await;
        let never = || Streaming::new(futures_util::stream::pending());
        for _ in 0..20 {
            let (_, end) = soon(call(&server.client(), MethodKind::Unary, "")).await;
            assert_eq!(end.map_err(|status| status.code()), expected);
            let end = soon(server.client().client_stream(never()).into_future()).await;
            assert_eq!(end.map(drop).map_err(|status| status.code()), expected);
            let client = server.client();
            let (_, end) = soon(async { super::drain(client.bidi().send(never()).await).await }).await;
            assert_eq!(end.map_err(|status| status.code()), expected);
        }
    }
}

#[tokio::test]
async fn goaway_replaces_the_connection() {
    async fn last_answer(call: RawCall) {
        let connection = call.connection.clone();
        call.answer_well().await;
        connection.go_away.notify_one();
    }
    let server = RawServer::http2(last_answer).await;
    let client = server.client();
    let mut lost = 0;
    for round in 0..100 {
        for kind in KINDS {
            if let (_, Err(status)) = soon(call(&client, kind, "good")).await {
                // A request that crosses the server's final GOAWAY is retried, except a request stream of which a
                // message was already sent.
                assert!(
                    matches!(kind, MethodKind::ClientStreaming | MethodKind::Bidi),
                    "{status}"
                );
                assert_eq!(status.code(), Code::Unavailable, "{round} {kind:?}: {status}");
                lost += 1;
                soon(call(&client, kind, "good")).await.1.unwrap();
            }
        }
    }
    assert!(lost <= 20, "{lost} of 400 calls were lost");
    assert!(server.connections() > 10, "{}", server.connections());
}

#[tokio::test]
async fn non_http2_server_is_unavailable() {
    for greeting in [
        &b""[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-x\r\n",
        &[0; 4096],
    ] {
        for reads in [false, true] {
            let server = RawServer::sockets(move |mut socket| async move {
                if reads {
                    let _ = socket.read(&mut [0; 64]).await;
                }
                let _ = socket.write_all(greeting).await;
            })
            .await;
            for kind in KINDS {
                let (_, end) = soon(call(&server.client(), kind, "")).await;
                let status = end.unwrap_err();
                // These zeros decode as an HTTP/2 frame of an unexpected type.
                let expected: &[Code] = match greeting.first() {
                    Some(0) => &[Code::Unavailable, Code::Internal],
                    _ => &[Code::Unavailable],
                };
                assert!(
                    expected.contains(&status.code()),
                    "{greeting:?} {kind:?}: {status:?}"
                );
                assert!(status.message().contains(&server.address.to_string()), "{status}");
            }
        }
    }
}

#[tokio::test]
async fn deadline_ends_a_call_to_a_silent_server() {
    let server = RawServer::sockets(|socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let channel = Channel::builder(server.address.to_string()).default_timeout(Duration::from_millis(100));
    let client = TestingClient::new(channel.build().unwrap());
    for kind in KINDS {
        let (_, end) = soon(call(&client, kind, "")).await;
        assert_eq!(end.unwrap_err().code(), Code::DeadlineExceeded, "{kind:?}");
    }
}
