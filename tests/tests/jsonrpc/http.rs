//! HTTP rules of JSON-RPC that the cases do not cover.

use std::convert::Infallible;

use http::{Request, Response};
use rsrpc_runtime::Server;
use rsrpc_runtime::server::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::case::HttpRequest;
use super::client::{Connection, Version, http1_bytes, read_http1};
use super::{PLAIN_CALL, Running};

const TOO_BIG: &str = r#"{"jsonrpc":"2.0","error":{"code":-32007,"message":"Request is too big"},"id":null}"#;

fn small_server() -> Server {
    Server::new().add_service(calc::service()).max_request_size(1000)
}

#[tokio::test]
async fn oversized_body_closes_the_connection() {
    let running = Running::start(small_server()).await;
    for chunked in [false, true] {
        let mut request = HttpRequest::post("x".repeat(1001));
        if chunked {
            request = request.header("transfer-encoding", "chunked");
        }
        let Connection::Http1(mut socket) = running.open(Version::Http1).await else {
            unreachable!()
        };
        socket.write_all(&http1_bytes(&request)).await.unwrap();
        let response = read_http1(&mut socket).await;
        assert_eq!(
            (response.status, response.header("connection")),
            (413, Some("close"))
        );
        assert_eq!(response.body, TOO_BIG.as_bytes());
        assert_eq!(socket.read(&mut [0; 1]).await.unwrap(), 0);
    }
    let fitting = HttpRequest::post(format!("{PLAIN_CALL:1000}"));
    assert_eq!(running.open(Version::Http1).await.send(fitting).await.status, 200);
}

/// Content-Length alone refuses a body. A client with `Expect: 100-continue` is refused before it sends, and the
/// server reads only a bounded part of a refused body.
#[tokio::test]
async fn content_length_over_the_limit_is_refused() {
    let running = Running::start(small_server()).await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let Connection::Http1(mut socket) = running.open(Version::Http1).await else {
            unreachable!()
        };
        let head = format!(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n{expect}content-length: 99999999999\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(read_http1(&mut socket).await.status, 413, "{expect}");
        assert_eq!(socket.read(&mut [0; 1]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn refusals_name_the_reason() {
    let running = Running::start(small_server()).await;
    let mut connection = running.open(Version::Http1).await;
    let get = HttpRequest {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let response = connection.send(get.clone()).await;
    assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
    let response = connection
        .send(HttpRequest {
            path: "/x".to_owned(),
            ..get.clone()
        })
        .await;
    assert_eq!(response.status, 404);
    assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    let response = connection
        .send(HttpRequest::post(PLAIN_CALL).header("origin", "http://evil"))
        .await;
    assert_eq!(response.status, 403);
    let response = connection
        .send(HttpRequest::post(PLAIN_CALL).header("origin", "http://test"))
        .await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn fallback_serves_requests_that_are_not_jsonrpc() {
    let fallback = |request: Request<Body>| async move {
        let text = format!("fallback {} {}", request.method(), request.uri().path());
        Ok::<_, Infallible>(Response::new(Body::from(text)))
    };
    let server = small_server()
        .jsonrpc_path("/rpc")
        .fallback(tower::service_fn(fallback));
    let running = Running::start(server).await;
    for version in [Version::Http1, Version::Http2] {
        let mut connection = running.open(version).await;
        let mut request = HttpRequest::post(PLAIN_CALL);
        assert_eq!(connection.send(request.clone()).await.body, b"fallback POST /");
        request.path = "/rpc".to_owned();
        assert_eq!(connection.send(request.clone()).await.json()["result"], 2);
        request.method = "PUT".to_owned();
        assert_eq!(connection.send(request.clone()).await.body, b"fallback PUT /rpc");
        request.method = "POST".to_owned();
        request.headers.clear();
        assert_eq!(connection.send(request).await.body, b"fallback POST /rpc");
    }
}
