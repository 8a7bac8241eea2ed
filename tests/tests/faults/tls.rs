//! TLS failures: errors of the client, and behaviour of the server towards bad handshakes.

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rsrpc_runtime::client::ChannelBuilder;
use rsrpc_runtime::server::ServeError;
use rsrpc_runtime::tls::{HandshakeError, Identity, ServerTls, Tls, TlsError};
use rsrpc_runtime::{Channel, Protocol, Server, Status};
use rsrpc_tests::certificates::{Authority, LOCALHOST};
use rsrpc_tests::fixture::{Fixture, Setup, Transport};
use rsrpc_tests::raw::RawServer;
use rsrpc_tests::soon;
use rsrpc_tests::testing::{Request, TestingClient};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client_errors::{NEXT, assert_text};

async fn start(tls: ServerTls) -> Fixture {
    let setup = Setup::default().server(move |builder| builder.tls(tls.clone()));
    setup.start(Transport::Tcp).await
}

fn address(fixture: &Fixture) -> SocketAddr {
    let channel = fixture.channel().plaintext().build().unwrap();
    channel.target().to_string().parse().unwrap()
}

async fn called(channel: ChannelBuilder) -> Result<(), Status> {
    let client = TestingClient::new(channel.build().unwrap());
    soon(client.unary(Request::default()).into_future())
        .await
        .map(drop)
}

async fn failure(channel: ChannelBuilder) -> Status {
    called(channel).await.unwrap_err()
}

/// Asserts UNAVAILABLE in this phase with this cause.
#[track_caller]
fn assert_unconnected(status: &Status, phase: &str, cause: &str) {
    let text =
        format!("UNAVAILABLE: cannot connect to 127.0.0.1:P ({phase}, attempt 1, after T): {cause}{NEXT}");
    assert_text(status, &text);
}

const TLS: &str = "TLS handshake";

#[tokio::test]
async fn untrusted_certificate_error() {
    let authority = &LOCALHOST.authority;
    let dated = |from: i32, until: i32| {
        authority
            .issue_with(&["127.0.0.1"], |params| {
                params.not_before = rcgen::date_time_ymd(from, 1, 1);
                params.not_after = rcgen::date_time_ymd(until, 1, 1);
            })
            .identity()
    };
    let check = async |shown: Identity, tls: Tls, cause: &str| {
        let fixture = start(ServerTls::with_identity(shown)).await;
        for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
            let status = failure(fixture.channel().tls(tls.clone()).protocol(protocol)).await;
            // `normalised` takes the text after a colon for a port.
            assert_unconnected(&status, TLS, &cause.replace("00:00:00Z", "00:P:PZ"));
            let source = status
                .source()
                .expect("a source")
                .downcast_ref::<HandshakeError>();
            let source = source.expect("of TLS");
            assert_eq!(source.to_string(), cause);
            assert!(source.source().is_some(), "{status:?}");
        }
        fixture.stop().await;
    };
    let good = || LOCALHOST.server.identity();
    check(
        good(),
        LOCALHOST.tls().server_name("wrong.example").unwrap(),
        "the server's certificate does not match the name wrong.example: it is valid for localhost, 127.0.0.1",
    )
    .await;
    check(
        good(),
        Tls::roots(Authority::new("another root").pem()).unwrap(),
        "the server's certificate is not trusted: its issuer's root certificate is not among the channel's roots; \
         pass it to Tls::roots",
    )
    .await;
    check(
        dated(2019, 2020),
        LOCALHOST.tls(),
        "the server's certificate has expired: it was valid until 2020-01-01T00:00:00Z",
    )
    .await;
    check(
        dated(2999, 3000),
        LOCALHOST.tls(),
        "the server's certificate is not valid yet: it becomes valid at 2999-01-01T00:00:00Z; check the local clock",
    )
    .await;
}

#[tokio::test]
async fn missing_or_untrusted_client_certificate() {
    let roots = LOCALHOST.authority.pem();
    let fixture = start(LOCALHOST.server_tls().require_client_certificates(roots).unwrap()).await;
    let missing = failure(fixture.channel().tls(LOCALHOST.tls())).await;
    assert_unconnected(
        &missing,
        "HTTP/2 handshake",
        "the connection was lost: the server requires a client certificate; set one with Tls::identity",
    );
    let foreign = Authority::new("another root")
        .issue(&["client.example"])
        .identity();
    let foreign = failure(fixture.channel().tls(LOCALHOST.tls().identity(foreign))).await;
    assert_unconnected(
        &foreign,
        "HTTP/2 handshake",
        "the connection was lost: the server refused the client certificate: received fatal alert: UnknownCA",
    );
    let known = LOCALHOST.authority.issue(&["client.example"]).identity();
    called(fixture.channel().tls(LOCALHOST.tls().identity(known)))
        .await
        .unwrap();
    fixture.stop().await;
}

/// A rustls server that offers these ALPN protocols and keeps its connections open.
async fn raw(alpn: &'static [&'static [u8]]) -> RawServer {
    let issued = &LOCALHOST.server;
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    RawServer::sockets(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut socket) = acceptor.accept(socket).await {
                let _ = socket.read_to_end(&mut Vec::new()).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn alpn_without_h2_error() {
    const ALPN: [&[&[u8]]; 2] = [&[], &[b"http/1.1"]];
    for alpn in ALPN {
        let server = raw(alpn).await;
        let status = failure(Channel::builder(server.address.to_string()).tls(LOCALHOST.tls())).await;
        assert_unconnected(
            &status,
            TLS,
            "the server did not select HTTP/2 (\"h2\") with ALPN, which gRPC requires: the server or a proxy in \
             front of it speaks only HTTP/1.1",
        );
    }
}

#[tokio::test]
async fn tls_client_to_plaintext_server() {
    let plaintext = Setup::default().start(Transport::Tcp).await;
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let status = failure(plaintext.channel().tls(LOCALHOST.tls()).protocol(protocol)).await;
        assert_unconnected(
            &status,
            TLS,
            "the server does not speak TLS on this port; use http:// or .plaintext() if plaintext is intended",
        );
    }
    plaintext.stop().await;
}

#[tokio::test]
async fn plaintext_client_to_tls_server() {
    let fixture = start(LOCALHOST.server_tls()).await;
    let status = failure(fixture.channel()).await;
    assert_unconnected(
        &status,
        "HTTP/2 handshake",
        "the server sent GOAWAY with INADEQUATE_SECURITY and debug data \"this port speaks TLS only\"",
    );
    let status = failure(fixture.channel().protocol(Protocol::JsonRpc)).await;
    assert!(status.message().contains("400 Bad Request"), "{status}");

    let mut socket = TcpStream::connect(address(&fixture)).await.unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    soon(socket.read_to_string(&mut answer)).await.unwrap();
    assert_eq!(
        answer,
        "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 26\r\n\r\nthis \
         port speaks TLS only\n"
    );
    fixture.stop().await;
}

#[tokio::test]
async fn handshake_closed_or_timed_out() {
    let leaves = RawServer::sockets(|mut socket| async move {
        let _ = socket.read(&mut [0; 4096]).await;
    })
    .await;
    let status = failure(Channel::builder(leaves.address.to_string()).tls(LOCALHOST.tls())).await;
    assert_unconnected(
        &status,
        TLS,
        "the server closed the connection during the TLS handshake",
    );
    let silent = RawServer::sockets(|mut socket| async move {
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let channel = Channel::builder(silent.address.to_string())
        .tls(LOCALHOST.tls())
        .connect_timeout(Duration::from_millis(200));
    assert_unconnected(
        &failure(channel).await,
        TLS,
        "no answer before the connect timeout of T",
    );
}

/// Waits until the server has closed a connection.
async fn closed(socket: &mut TcpStream) {
    // A reset ends the connection, too.
    let _ = soon(socket.read_to_end(&mut Vec::new())).await;
}

#[tokio::test]
async fn server_handshake_timeout_does_not_block_accepting() {
    let setup = Setup::default().server(|server| {
        server
            .tls(LOCALHOST.server_tls())
            .handshake_timeout(Duration::from_millis(500))
    });
    let fixture = setup.start(Transport::Tcp).await;
    let hello = client_hello();
    let beginnings = [&b""[..], &hello[..1], &hello[..hello.len() / 2], b"PR"];
    let mut slow = Vec::new();
    for beginning in beginnings {
        let mut socket = TcpStream::connect(address(&fixture)).await.unwrap();
        socket.write_all(beginning).await.unwrap();
        slow.push(socket);
    }
    called(fixture.channel().tls(LOCALHOST.tls())).await.unwrap();
    for socket in &mut slow {
        closed(socket).await;
    }
    fixture.stop().await;
}

#[tokio::test]
async fn invalid_handshake_closes_the_connection() {
    let fixture = start(LOCALHOST.server_tls()).await;
    let hello = client_hello();
    let mut broken = hello.clone();
    broken[6] ^= 0xff;
    let mut endless = vec![22, 3, 1, 0x40, 0];
    endless.resize(5 + 0x4000, 0xff);
    for garbage in [
        &b"\x16\x03\x01\x00\x00"[..],
        &broken,
        &endless,
        &[0xff; 64],
        &[0; 64],
    ] {
        let mut socket = TcpStream::connect(address(&fixture)).await.unwrap();
        let _ = socket.write_all(garbage).await;
        let _ = socket.shutdown().await;
        closed(&mut socket).await;
        called(fixture.channel().tls(LOCALHOST.tls())).await.unwrap();
    }
    fixture.stop().await;
}

fn client_hello() -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn tls_configuration_errors() {
    let (certificate, key) = (&LOCALHOST.server.certificate, &LOCALHOST.server.key);
    let check = |made: Result<(), TlsError>, expected: &str| {
        assert_eq!(made.unwrap_err().to_string(), expected);
    };
    let identity = |certificate: &str, key: &str| Identity::from_pem(certificate, key).map(drop);
    check(
        identity("", key),
        "cannot load the certificate: the PEM contains no certificate; expected a line -----BEGIN CERTIFICATE-----",
    );
    check(
        identity(key, key),
        "cannot load the certificate: the PEM contains no certificate; expected a line -----BEGIN CERTIFICATE-----",
    );
    check(
        identity(certificate, certificate),
        "cannot load the private key: the PEM contains no private key; expected a line -----BEGIN PRIVATE KEY-----, \
         -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY----- (decrypt a key with a passphrase first)",
    );
    check(
        identity(certificate, &LOCALHOST.authority.issue(&["a"]).key),
        "cannot use the private key: it does not belong to the first certificate in the PEM; put its certificate first",
    );
    check(
        identity(&certificate[..certificate.len() / 2], key),
        "cannot load the certificate: malformed PEM: the line -----END CERTIFICATE----- is missing",
    );
    check(
        identity(
            "-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n",
            key,
        ),
        "cannot load the certificate: malformed PEM: the body is not valid base64",
    );
    check(
        identity(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            key,
        ),
        "cannot load the certificate: invalid peer certificate: BadEncoding",
    );
    check(
        identity(
            certificate,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ),
        "cannot load the private key: unexpected error: failed to parse private key as RSA, ECDSA, or EdDSA",
    );
    check(
        Tls::roots("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").map(drop),
        "cannot load root certificate 1: invalid peer certificate: BadEncoding",
    );
    check(
        Tls::roots("").map(drop),
        "cannot load the root certificates: the PEM contains no certificate; expected a line \
         -----BEGIN CERTIFICATE-----",
    );
    check(
        LOCALHOST.tls().server_name("a b").map(drop),
        "invalid server name \"a b\": expected a DNS name or an IP address",
    );
    check(
        Identity::from_files("/nowhere/tls.crt", "/nowhere/tls.key").map(drop),
        "cannot read /nowhere/tls.crt: No such file or directory (os error 2)",
    );
}

#[test]
fn mounted_router_refuses_tls() {
    let mounted = Server::new().tls(LOCALHOST.server_tls()).into_service().map(drop);
    let error = mounted.unwrap_err();
    assert!(matches!(error, ServeError::MountedTls));
    assert_eq!(
        error.to_string(),
        "cannot use TLS in a mounted router: remove .tls(…) and configure TLS in the surrounding server"
    );
}
