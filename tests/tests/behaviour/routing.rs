//! Unknown methods, partially served services, and fallback services.

use rsrpc_runtime::generated::{BidiCall, MethodKind, UnaryCall};
use rsrpc_runtime::{Code, MessageCodec, Method, Server, Streaming};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::steered::Steered;
use rsrpc_tests::stubs::{Nothing, Stubs, StubsClient, StubsServer};
use rsrpc_tests::testing::TestingServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{call, text};

struct Unimplemented;

impl Stubs for Unimplemented {}

const fn nothing(kind: MethodKind, path: &'static str) -> Method<Nothing, Nothing> {
    let codec = MessageCodec::protobuf("rsrpc.testing.stubs.Nothing");
    Method::new(kind, path, codec, codec)
}

#[tokio::test]
async fn unknown_method_is_unimplemented() {
    static METHOD: Method<Nothing, Nothing> = nothing(MethodKind::Unary, "/rsrpc.testing.Testing/Nope");
    static SERVICE: Method<Nothing, Nothing> = nothing(MethodKind::Bidi, "/rsrpc.testing.Nope/Unary");
    Setup::default()
        .everywhere(async |fixture| {
            let channel = fixture.channel().build().unwrap();
            let status = UnaryCall::new(&channel, &METHOD, Nothing {}).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented);
            assert!(
                status.message().contains("/rsrpc.testing.Testing/Nope"),
                "{status}"
            );
            let (_tx, mut rx) = BidiCall::new(&channel, &SERVICE).open().await.unwrap();
            assert_eq!(rx.message().await.unwrap_err().code(), Code::Unimplemented);
            call(&fixture.client(), MethodKind::Unary, text(""))
                .await
                .end
                .unwrap();
        })
        .await;
}

#[tokio::test]
async fn default_stub_is_unimplemented() {
    Setup::default()
        .server(|server| server.add_service(StubsServer::new(Unimplemented)))
        .everywhere(async |fixture| {
            let client = StubsClient::new(fixture.channel().build().unwrap());
            let status = client.unary(Nothing {}).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented);
            assert_eq!(
                status.message(),
                "rsrpc.testing.stubs.Stubs.Unary is not implemented"
            );
            let never = Streaming::new(futures_util::stream::pending());
            let mut replies = client.bidi().send(never).await.unwrap();
            assert_eq!(replies.message().await.unwrap_err().code(), Code::Unimplemented);
        })
        .await;
}

#[tokio::test]
async fn duplicate_service_is_refused() {
    let twice = Server::new()
        .add_service(TestingServer::new(Steered::default()))
        .add_service(TestingServer::new(Steered::default()));
    let error = twice.into_service().unwrap_err().to_string();
    assert!(error.contains("/rsrpc.testing.Testing/Unary"), "{error}");
}

#[tokio::test]
async fn fallback_serves_unclaimed_grpc() {
    Setup::default()
        .server(|server| {
            let stubs = Server::new().add_service(StubsServer::new(Unimplemented));
            server.fallback(stubs.grpc_web().into_service().unwrap())
        })
        .everywhere(async |fixture| {
            let client = StubsClient::new(fixture.channel().build().unwrap());
            let status = client.unary(Nothing {}).await.unwrap_err();
            assert_eq!(
                status.message(),
                "rsrpc.testing.stubs.Stubs.Unary is not implemented"
            );
            call(&fixture.client(), MethodKind::Unary, text(""))
                .await
                .end
                .unwrap();
        })
        .await;
}

#[tokio::test]
async fn fallback_serves_http() {
    let setup = Setup::default().server(|server| {
        server.fallback(tower::service_fn(
            async |request: http::Request<rsrpc_runtime::server::Body>| {
                let shown = format!("{} {}", request.method(), request.uri().path());
                Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::new(
                    shown.into(),
                )))
            },
        ))
    });
    for transport in [Transport::Tcp, Transport::Layered] {
        let fixture = setup.start(transport).await;
        let target = fixture.channel().build().unwrap().target().to_string();
        let mut socket = tokio::net::TcpStream::connect(&target).await.unwrap();
        let request = b"GET /page HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        socket.write_all(request).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("GET /page"), "{answer}");
        call(&fixture.client(), MethodKind::Unary, text(""))
            .await
            .end
            .unwrap();
        fixture.stop().await;
    }
}

#[tokio::test]
async fn known_method_with_the_wrong_kind() {
    let setup = Setup::default();
    for transport in [Transport::Tcp, Transport::Layered] {
        let fixture = setup.start(transport).await;
        let target = fixture.channel().build().unwrap().target().to_string();
        let check = async |request: &str, head: &str, reason: &str| {
            let mut socket = tokio::net::TcpStream::connect(&target).await.unwrap();
            let request = format!("{request}\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with(head), "{answer}");
            assert!(answer.ends_with(reason), "{answer}");
        };
        check(
            "POST /rsrpc.testing.Testing/Unary HTTP/1.1\r\ncontent-type: text/plain",
            "HTTP/1.1 415 ",
            "this path is a gRPC method: use the content type application/grpc\n",
        )
        .await;
        check(
            "GET /rsrpc.testing.Testing/Unary HTTP/1.1",
            "HTTP/1.1 405 ",
            "this path is a gRPC method: use POST with the content type application/grpc\n",
        )
        .await;
        check(
            "POST /rsrpc.testing.Testing/Nope HTTP/1.1\r\ncontent-type: text/plain",
            "HTTP/1.1 404 ",
            "no service at this path\n",
        )
        .await;
        fixture.stop().await;
    }
}
