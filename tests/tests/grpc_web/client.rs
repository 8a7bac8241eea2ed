//! gRPC-Web channels and servers that violate the protocol: every call ends with a status that names the violation.

use std::sync::{Arc, Mutex};

use http::Version;
use rsrpc_runtime::client::GrpcWeb;
use rsrpc_runtime::{Channel, Server};
use rsrpc_tests::certificates::LOCALHOST;
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::raw::{RawServer, envelope, message};
use rsrpc_tests::steered::Event;
use rsrpc_tests::testing::{Act, Request, TestingClient};
use rsrpc_tests::{eventually, soon};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A server that responds to every connection with these bytes and closes it.
async fn answering(answer: Vec<u8>) -> RawServer {
    RawServer::sockets(move |mut socket| {
        let answer = answer.clone();
        async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\0\0\0\0\0") {
                if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            let _ = socket.write_all(&answer).await;
        }
    })
    .await
}

/// Outcome of a unary call.
async fn outcome(answer: &[u8], how: GrpcWeb) -> Result<String, String> {
    let server = answering(answer.to_vec()).await;
    let address = server.address.to_string();
    let channel = Channel::builder(&address).grpc_web(how).build().unwrap();
    let called = soon(
        TestingClient::new(channel)
            .unary(Request::default())
            .into_future(),
    )
    .await;
    called.map(|reply| reply.text).map_err(|status| {
        let text = status.to_string().replace(&address, "ADDRESS");
        let Some((before, rest)) = text.split_once(", after ") else {
            return text;
        };
        format!(
            "{before}{}",
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        )
    })
}

fn ok(content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn invalid_grpc_web_responses_are_named() {
    let check = async |answer: &[u8], expected: Result<&str, &str>| {
        let outcome = outcome(answer, GrpcWeb::new()).await;
        let outcome = outcome.as_ref().map(String::as_str).map_err(String::as_str);
        assert_eq!(outcome, expected);
    };
    let web = "application/grpc-web+proto";
    let trailers = envelope(0x80, b"grpc-status: 0\r\n");
    let good = [message("good"), trailers.clone()].concat();
    check(&ok(web, &good), Ok("good")).await;
    check(&ok("application/grpc-web", &good), Ok("good")).await;
    let text: String = ["AAAAAAYKBGdvb2Q=", "gAAAABBncnBjLXN0YXR1czogMA0K"].concat();
    check(&ok("application/grpc-web-text", text.as_bytes()), Ok("good")).await;

    let reading = "call to ADDRESS failed (reading the reply's messages, attempt 1ms)";
    let ending = "call to ADDRESS failed (waiting for the reply's trailers, attempt 1ms)";
    let waiting = "call to ADDRESS failed (waiting for the reply's headers, attempt 1ms)";
    check(
        &ok(web, &[&good[..], b"\0"].concat()),
        Err(&format!(
            "INTERNAL: {reading}: the server sent data after the trailers"
        )),
    )
    .await;
    check(
        &ok(web, &message("good")),
        Err(&format!(
            "UNKNOWN: {ending}: the server ended the call without a grpc-status"
        )),
    )
    .await;
    check(
        &ok(web, &trailers[..9]),
        Err(&format!(
            "INTERNAL: {reading}: the stream ended inside the trailers"
        )),
    )
    .await;
    check(
        &ok(web, &message("good")[..6]),
        Err(&format!("INTERNAL: {reading}: the stream ended inside a message")),
    )
    .await;
    check(
        &ok(web, &trailers),
        Err(&format!(
            "UNIMPLEMENTED: {reading}: the server sent no reply to a unary call"
        )),
    )
    .await;
    check(
        &ok(
            web,
            &envelope(0x80, b"grpc-status: 5\r\ngrpc-message: user%207\r\n"),
        ),
        Err("NOT_FOUND: user 7"),
    )
    .await;
    check(
        &ok("application/grpc-web-text", b"AA*A"),
        Err(&format!(
            "INTERNAL: {reading}: invalid base64 in gRPC-Web text body after 0 characters: \
             Invalid symbol 42, offset 2."
        )),
    )
    .await;
    check(
        &ok("text/html", b"<h1>hi</h1>"),
        Err(&format!(
            "UNKNOWN: {waiting}: the server answered with the content type \"text/html\", which is not gRPC-Web's: \
             \"<h1>hi</h1>\""
        )),
    )
    .await;
    check(
        &ok("application/grpc-web+json", b""),
        Err(&format!(
            "INTERNAL: {waiting}: the server answered with the content type \"application/grpc-web+json\", which was \
             not asked for"
        )),
    )
    .await;
    check(
        b"HTTP/1.1 503 Busy\r\ncontent-length: 5\r\n\r\nlater",
        Err(&format!(
            "UNAVAILABLE: {waiting}: the server answered with the HTTP status 503 Service Unavailable: \"later\""
        )),
    )
    .await;
    check(
        b"HTTP/1.1 200 OK\r\n\r\n",
        Err(&format!(
            "UNKNOWN: {waiting}: the server answered without a content type, thus not in gRPC-Web"
        )),
    )
    .await;
    check(
        b"SSH-2.0-OpenSSH_9.2\r\n",
        Err(&format!(
            "UNAVAILABLE: {waiting}: the server violated HTTP/1.1: invalid HTTP version parsed"
        )),
    )
    .await;
}

#[tokio::test]
async fn connection_refused_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    for how in [GrpcWeb::new(), GrpcWeb::new().http2()] {
        let channel = Channel::builder(&address).grpc_web(how).build().unwrap();
        let status = TestingClient::new(channel)
            .unary(Request::default())
            .await
            .unwrap_err();
        let text = status.to_string();
        assert!(
            text.starts_with(&format!(
                "UNAVAILABLE: cannot connect to {address} (connecting, attempt 1, after "
            )),
            "{text}"
        );
    }
}

#[tokio::test]
async fn dropped_reply_stream_cancels_its_handler() {
    for transport in [Transport::GrpcWeb, Transport::GrpcWebText] {
        let fixture = Setup::default().start(transport).await;
        for act in [Act::HangStream, Act::Endless] {
            let request = Request {
                act: act.into(),
                ..Request::default()
            };
            let call = fixture.client().server_stream(request).metadata("x-watch", "");
            let mut replies = call.await.unwrap();
            replies.message().await.unwrap().unwrap();
            drop(replies);
            soon(fixture.probe.until(Event::Cancelled)).await;
            eventually("the handler is gone", || fixture.probe.live() == 0).await;
        }
        fixture.stop().await;
    }
}

/// ALPN selects the HTTP version.
#[tokio::test]
async fn grpc_web_over_tls_with_http1_and_http2() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    let layer = tower::util::MapRequestLayer::new(move |request: http::Request<_>| {
        let content_type = request.headers()["content-type"].to_str().unwrap().to_owned();
        noted.lock().unwrap().push((request.version(), content_type));
        request
    });
    let server = Server::new().tls(LOCALHOST.server_tls()).grpc_web().layer(layer);
    let address = super::served(server).await;
    for (how, version, content_type) in [
        (GrpcWeb::new(), Version::HTTP_11, "application/grpc-web+proto"),
        (
            GrpcWeb::new().text(),
            Version::HTTP_11,
            "application/grpc-web-text+proto",
        ),
        (
            GrpcWeb::new().http2(),
            Version::HTTP_2,
            "application/grpc-web+proto",
        ),
        (
            GrpcWeb::new().http2().text(),
            Version::HTTP_2,
            "application/grpc-web-text+proto",
        ),
    ] {
        let channel = Channel::builder(format!("https://{address}")).grpc_web(how);
        let client = TestingClient::new(channel.tls(LOCALHOST.tls()).build().unwrap());
        let request = Request {
            text: "asked".to_owned(),
            replies: 3,
            ..Request::default()
        };
        let reply = soon(client.unary(request.clone()).into_future()).await.unwrap();
        assert_eq!(reply.text, "asked");
        let mut replies = soon(client.server_stream(request.clone()).into_future())
            .await
            .unwrap();
        for _ in 0..3 {
            assert_eq!(soon(replies.message()).await.unwrap().unwrap().text, "asked");
        }
        assert_eq!(soon(replies.message()).await.unwrap(), None);
        let reply = soon(client.client_stream([request.clone(), request]).into_future()).await;
        assert_eq!(reply.unwrap().text, "askedasked");
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen, vec![(version, content_type.to_owned()); 3]);

        // The channel does not trust the issuer of the certificate.
        let channel = Channel::builder(format!("https://{address}")).grpc_web(how);
        let status = TestingClient::new(channel.build().unwrap())
            .unary(Request::default())
            .await
            .unwrap_err();
        let begin = format!(
            "UNAVAILABLE: cannot connect to https://{address} at {address} (TLS handshake, attempt 1, "
        );
        assert!(status.to_string().starts_with(&begin), "{status}");
    }
}
