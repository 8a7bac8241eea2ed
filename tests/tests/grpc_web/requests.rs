//! gRPC-Web requests, valid and invalid, and their responses.

use std::time::Duration;

use rsrpc_runtime::Server;
use rsrpc_runtime::prost::Message as _;
use rsrpc_tests::raw::envelope;
use rsrpc_tests::soon;
use rsrpc_tests::testing::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Answer, UNARY, base64, read, request, send, served, text_of};

async fn post(address: &str, content_type: &str, body: &[u8]) -> Answer {
    let head = format!("POST {UNARY}");
    send(address, &head, &[("content-type", content_type)], body).await
}

#[tokio::test]
async fn response_body_ends_with_trailers() {
    let address = served(Server::new().grpc_web()).await;
    for (asked, answered) in [
        ("application/grpc-web", "application/grpc-web+proto"),
        ("application/grpc-web+proto", "application/grpc-web+proto"),
    ] {
        let answer = post(&address, asked, &request("Tom")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(answered))
        );
        assert_eq!(answer.header("grpc-status"), None);
        let [(0, reply), (0x80, trailers)] = answer.envelopes()[..] else {
            panic!("{answer:?}")
        };
        assert_eq!(
            (text_of(reply).as_str(), trailers),
            ("Tom", &b"grpc-status: 0\r\n"[..])
        );
    }
    let answer = post(
        &address,
        "application/grpc-web+json",
        &envelope(0, br#"{"text":"Tom"}"#),
    )
    .await;
    assert_eq!(answer.header("content-type"), Some("application/grpc-web+json"));
    let (_, reply) = answer.envelopes()[0];
    assert!(reply.starts_with(br#"{"text":"Tom""#), "{answer:?}");
}

#[tokio::test]
async fn text_form_is_base64_with_inner_padding() {
    let address = served(Server::new().grpc_web()).await;
    let whole = request("Tom");
    let (head, rest) = whole.split_at(1);
    let trailers = base64(&envelope(0x80, b"grpc-status: 0\r\n"));
    for body in [base64(&whole), [base64(head), base64(rest)].concat()] {
        let answer = post(&address, "application/grpc-web-text", &body).await;
        assert_eq!(
            answer.header("content-type"),
            Some("application/grpc-web-text+proto")
        );
        assert!(answer.body.ends_with(&trailers), "{answer:?}");
    }
    // Request and response choose binary or text form independently.
    let accept = ("accept", "application/grpc-web-text");
    let binary = ("content-type", "application/grpc-web+proto");
    let answer = send(&address, &format!("POST {UNARY}"), &[binary, accept], &whole).await;
    assert!(answer.body.ends_with(&trailers), "{answer:?}");
}

#[tokio::test]
async fn invalid_grpc_web_requests_are_refused() {
    let address = served(Server::new().grpc_web().max_request_size(100)).await;
    let check = async |content_type: &str, body: &[u8], code: &str, message: &str| {
        let answer = post(&address, content_type, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.status(), (code.to_owned(), message.to_owned()));
    };
    let (binary, text) = ("application/grpc-web", "application/grpc-web-text");
    let not_base64 = "invalid base64 in gRPC-Web text body after";
    check(
        text,
        b"A",
        "13",
        "the gRPC-Web text body ends inside a base64 group of four characters",
    )
    .await;
    check(
        text,
        b"AA\r\n",
        "13",
        &format!("{not_base64} 0 characters: Invalid symbol 13, offset 2."),
    )
    .await;
    check(binary, b"", "12", "expected one message, got none").await;
    check(binary, b"\0\0\0", "13", "the stream ended inside a message").await;
    check(
        binary,
        &request("Tom")[..7],
        "13",
        "the stream ended inside a message",
    )
    .await;
    check(
        binary,
        &[request("a"), request("b")].concat(),
        "12",
        "expected one message, got more",
    )
    .await;
    check(
        binary,
        &envelope(0x80, b"a: b\r\n"),
        "13",
        "a message begins with the flag 128, which is neither 0 nor 1",
    )
    .await;
    check(
        binary,
        &envelope(1, b"x"),
        "13",
        "a message is marked as compressed, but no grpc-encoding was announced",
    )
    .await;
    let large = Request {
        payload: vec![0; 200],
        ..Request::default()
    };
    check(
        binary,
        &envelope(0, &large.encode_to_vec()),
        "8",
        "a message of 203 bytes is larger than the limit of 100 bytes",
    )
    .await;
}

#[tokio::test]
async fn requests_that_are_not_calls_get_http_errors() {
    let address = served(Server::new().grpc_web()).await;
    let check = async |head: &str, content_type: &str, status: u16, body: &str| {
        let answer = send(&address, head, &[("content-type", content_type)], b"").await;
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(
            (answer.status, text.as_str()),
            (status, body),
            "{head} {content_type}"
        );
    };
    let web = "application/grpc-web";
    check(
        &format!("PUT {UNARY}"),
        web,
        405,
        "gRPC-Web calls must use POST\n",
    )
    .await;
    let unsupported = "unsupported gRPC content type for this server or method\n";
    for content_type in [
        "application/grpc-web+thrift",
        "application/grpc-webs",
        "application/grpcweb",
    ] {
        check(&format!("POST {UNARY}"), content_type, 415, unsupported).await;
    }
    check(
        &format!("POST {UNARY}"),
        "application/grpc",
        505,
        "gRPC requires HTTP/2\n",
    )
    .await;
    // Without `.grpc_web(…)`, gRPC-Web requests are refused.
    let closed = served(Server::new()).await;
    assert_eq!(post(&closed, web, &request("")).await.status, 415);
    let unknown = send(&address, "POST /a.B/C", &[("content-type", web)], b"").await;
    let (code, message) = unknown.status();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("12", "no service on this server has the method /a.B/C")
    );
    // A Trailers-Only response.
    assert_eq!(
        (unknown.header("grpc-status"), unknown.body.len()),
        (Some("12"), 0)
    );
}

#[tokio::test]
async fn slow_request_body_times_out() {
    let server = Server::new().grpc_web().body_timeout(Duration::from_millis(200));
    let address = served(server).await;
    let mut socket = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST {UNARY} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/grpc-web\r\ncontent-length: 100\r\n\r\n\0\0"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    soon(socket.read_to_end(&mut answer)).await.unwrap();
    let (code, message) = read(&answer).status();
    assert_eq!(code, "4");
    assert!(message.starts_with("request body too slow"), "{message}");
}

/// A client that reads only after sending its whole request would lose a response followed by an early close.
#[tokio::test]
async fn response_waits_for_the_end_of_the_request() {
    let address = served(Server::new().grpc_web()).await;
    let large = envelope(0, &vec![0; 16 << 20]);
    let answer = post(&address, "application/grpc-web", &large).await;
    let message = "a message of 16777216 bytes is larger than the limit of 4194304 bytes";
    assert_eq!(answer.status(), ("8".to_owned(), message.to_owned()));
}

/// A refusal does not close the connection before the request has ended, and the client can use it again.
#[tokio::test]
async fn refusal_waits_for_the_end_of_the_request() {
    let address = served(Server::new().grpc_web()).await;
    for (request, headers, status) in [
        (format!("PUT {UNARY}"), "content-type: application/grpc-web", 405),
        (
            format!("POST {UNARY}"),
            "content-type: application/grpc-web\r\norigin: http://elsewhere",
            403,
        ),
        (
            format!("POST {UNARY}"),
            "content-type: application/grpc-what",
            415,
        ),
        (format!("POST {UNARY}"), "content-type: application/grpc", 505),
        ("POST /nowhere".to_owned(), "content-type: text/plain", 404),
    ] {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        let head = format!("{request} HTTP/1.1\r\nhost: x\r\n{headers}\r\ncontent-length: 10\r\n\r\nfirst");
        socket.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let rest = format!("after{request} HTTP/1.1\r\nhost: x\r\n{headers}\r\nconnection: close\r\n\r\n");
        socket.write_all(rest.as_bytes()).await.unwrap();
        let mut answers = Vec::new();
        soon(socket.read_to_end(&mut answers)).await.unwrap();
        let answers = String::from_utf8_lossy(&answers);
        let expected = format!("HTTP/1.1 {status} ");
        assert_eq!(answers.matches(&expected).count(), 2, "{request}: {answers}");
    }
    // More than the server reads of a refused request.
    let answer = send(
        &address,
        &format!("PUT {UNARY}"),
        &[("content-type", "application/grpc-web")],
        &vec![0; 16 << 20],
    )
    .await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.body, b"gRPC-Web calls must use POST\n");
}
