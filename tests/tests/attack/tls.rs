//! Attacks over TLS, and handshakes that never finish.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rsrpc_tests::frames::{ACK, END_HEADERS, End, Peer, call_headers, frame, kind};
use rsrpc_tests::soon;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::target_server::TargetServer;

const TIME: Duration = Duration::from_millis(400);

fn config(root: &str, alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(root.as_bytes());
    roots.add(root.expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what both versions need")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

/// A ClientHello.
fn client_hello(victim: &TargetServer) -> Vec<u8> {
    let name = "localhost".try_into().expect("a name");
    let config = config(victim.root(), &[b"h2"]);
    let mut connection = ClientConnection::new(config, name).expect("a good configuration");
    let mut hello = vec![];
    connection.write_tls(&mut hello).expect("it writes to memory");
    hello
}

/// Connects and completes the handshake.
async fn connect(victim: &TargetServer, alpn: &[&[u8]]) -> Peer<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(victim.address).await.expect("a listener");
    let name = "localhost".try_into().expect("a name");
    let connecting = TlsConnector::from(config(victim.root(), alpn)).connect(name, socket);
    let socket = soon(connecting).await.expect("a handshake");
    Peer { socket }
}

/// One timeout covers TLS handshake and request head.
#[tokio::test]
async fn tls_handshake_timeout() {
    /// Header of a 16 KiB record that announces a ClientHello.
    const RECORD: &[u8] = &[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc];
    for (name, first, then) in [
        ("nothing", Some(0), &b""[..]),
        ("one byte", Some(1), b""),
        ("half a ClientHello", Some(100), b""),
        ("a ClientHello, and nothing more", Some(usize::MAX), b""),
        ("a ClientHello, byte by byte", None, b"\0"),
    ] {
        println!("{name}");
        let victim = TargetServer::start(&["tls=1", "handshake_timeout=400"]).await;
        let hello = client_hello(&victim);
        let started = Instant::now();
        let mut peer = Peer::silent(victim.address).await;
        let first = first.map_or(RECORD, |end| &hello[..end.min(hello.len())]);
        peer.send(first).await.expect("an open socket");
        assert_eq!(soon(peer.dribble(then)).await, End::Closed, "{name}");
        let took = started.elapsed();
        let most = TIME + Duration::from_millis(600);
        assert!((TIME..most).contains(&took), "{name}: {took:?}");
        victim.survived().await;
    }
    for alpn in [&[&b"h2"[..]][..], &[]] {
        println!("a handshake, and nothing more: {alpn:?}");
        let victim = TargetServer::start(&["tls=1", "handshake_timeout=400"]).await;
        let started = Instant::now();
        // The handshake has used part of the timeout.
        let peer = connect(&victim, alpn).await;
        assert_eq!(soon(peer.rest()).await, End::Closed);
        let took = started.elapsed();
        let most = TIME + Duration::from_millis(600);
        assert!((TIME..most).contains(&took), "{took:?}");
        victim.survived().await;
    }
}

/// Bytes that are not TLS close the connection at once.
#[tokio::test]
async fn invalid_tls_records_close_the_connection() {
    let victim = TargetServer::start(&["tls=1"]).await;
    let hello = client_hello(&victim);
    let mut broken = hello.clone();
    broken[6] ^= 0xff;
    for (name, garbage) in [
        ("an empty record", b"\x16\x03\x01\x00\x00".to_vec()),
        ("no ClientHello", broken),
        ("another type of record", [&[0x17], &hello[1..]].concat()),
        (
            "a record that is too large",
            [&b"\x16\x03\x01\xff\xff"[..], &[1; 70_000]].concat(),
        ),
        ("zeros", vec![0; 64]),
        ("a request", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ] {
        println!("{name}");
        for _ in 0..20 {
            let mut peer = Peer::silent(victim.address).await;
            let _ = peer.send(&garbage).await;
            let ended = tokio::time::timeout(Duration::from_secs(5), peer.dribble(b"")).await;
            assert!(ended.is_ok(), "{name}");
        }
    }
    victim.survived().await;
}

/// A thousand unfinished handshakes do not block another client's, and neither do handshakes aborted right after the
/// server has signed.
#[tokio::test]
async fn tls_handshake_flood() {
    for (name, end, number) in [("half", 100, 500), ("whole", usize::MAX, 200)] {
        println!("{name}");
        let victim = TargetServer::start(&["tls=1", "handshake_timeout=2000"]).await;
        let hello = client_hello(&victim);
        let mut peers = vec![];
        for _ in 0..number {
            let mut peer = Peer::silent(victim.address).await;
            peer.send(&hello[..end.min(hello.len())])
                .await
                .expect("an open socket");
            peers.push(peer);
        }
        victim.serves().await;
        for peer in peers {
            assert_eq!(soon(peer.end()).await, End::Closed);
        }
        victim.survived().await;
    }
}

/// Frame inspection works within TLS.
#[tokio::test]
async fn http2_attacks_within_tls() {
    let unary = call_headers("/rsrpc.testing.Testing/Unary");
    for (option, bytes, said) in [
        (
            "tls=1",
            frame(kind::PING, 0, 0, &[0; 8]).repeat(10),
            "too_many_pings",
        ),
        (
            "tls=1",
            frame(kind::SETTINGS, 0, 0, &[]).repeat(200),
            "too_many_settings",
        ),
        (
            "header_timeout=400",
            frame(kind::HEADERS, 0, 1, &unary),
            "headers_too_slow",
        ),
        ("body_timeout=400", vec![0, 0], "frame_too_slow"),
    ] {
        println!("{said}");
        let victim = TargetServer::start(&["tls=1", option]).await;
        let mut peer = connect(&victim, &[b"h2"]).await;
        let opening = [
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
            &frame(kind::SETTINGS, 0, 0, &[]),
            &frame(kind::SETTINGS, ACK, 0, &[]),
            &bytes,
        ];
        peer.send(&opening.concat()).await.expect("an open socket");
        let end = soon(peer.rest()).await;
        assert_eq!(end, End::GoAway(11, said.to_owned()));
        victim.survived().await;
    }
    // A call that only waits is unaffected.
    let victim = TargetServer::start(&["tls=1", "header_timeout=100", "body_timeout=100"]).await;
    let mut peer = connect(&victim, &[b"h2"]).await;
    let opening = [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        &frame(kind::SETTINGS, 0, 0, &[]),
        &frame(
            kind::HEADERS,
            END_HEADERS,
            1,
            &call_headers("/rsrpc.testing.Testing/Bidi"),
        ),
    ];
    peer.send(&opening.concat()).await.expect("an open socket");
    let ended = tokio::time::timeout(Duration::from_millis(500), peer.rest()).await;
    assert!(ended.is_err(), "{ended:?}");
    victim.survived().await;
}
