//! Connections whose first bytes are not a request: the server closes them, and other clients are served.

use std::time::Duration;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::transport::{Address, Connector as _, memory};
use rsrpc_runtime::{Channel, Server};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Steered;
use rsrpc_tests::testing::{TestingClient, TestingServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::call;
use super::invalid_requests::{SOCKETS, connect, others_go_on};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// First bytes of a connection that then stays silent or closes.
fn gibberish() -> Vec<(&'static str, Vec<u8>)> {
    let spoken = |frames: &[u8]| [PREFACE, SETTINGS, frames].concat();
    let noise: Vec<u8> = (0..65_536u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    vec![
        ("noise", noise),
        ("zeros", vec![0; 4096]),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20)),
        (
            "half a request",
            b"POST /rsrpc.testing.Testing/Unary HTTP/1.1\r\nhost".to_vec(),
        ),
        ("half a preface", PREFACE[..10].to_vec()),
        ("a wrong preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_vec()),
        ("a preface", PREFACE.to_vec()),
        ("half a frame", spoken(&[0, 0, 20, 1])),
        (
            "a frame without its end",
            spoken(&[0, 0, 20, 1, 4, 0, 0, 0, 1, 0x82]),
        ),
        (
            "a frame that is too large",
            spoken(&[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
        ),
        ("headers on stream 0", spoken(&[0, 0, 1, 1, 4, 0, 0, 0, 0, 0x82])),
        ("an even stream", spoken(&[0, 0, 1, 1, 4, 0, 0, 0, 2, 0x82])),
        ("data on an idle stream", spoken(&[0, 0, 1, 0, 0, 0, 0, 0, 1, 0])),
        ("a lone continuation", spoken(&[0, 0, 1, 9, 4, 0, 0, 0, 1, 0x82])),
        (
            "bad compression",
            spoken(&[0, 0, 2, 1, 4, 0, 0, 0, 1, 0xff, 0xff]),
        ),
        (
            "settings of a wrong size",
            [PREFACE, &[0, 0, 5, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]].concat(),
        ),
        (
            "a window that overflows",
            spoken(&[0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]),
        ),
        (
            "an empty window update",
            spoken(&[0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ),
        (
            "a push promise",
            spoken(&[0, 0, 5, 5, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x82]),
        ),
        ("headers without end", spoken(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82])),
        ("an unknown frame", spoken(&[0, 0, 1, 0xee, 0, 0, 0, 0, 0, 0])),
    ]
}

#[tokio::test]
async fn invalid_preface_closes_only_its_connection() {
    for transport in SOCKETS {
        let fixture = Setup::default().start(transport).await;
        for (name, bytes) in gibberish() {
            println!("{transport:?}: {name}");
            let mut silent = connect(&fixture).await;
            // The server may have closed the connection already.
            let _ = silent.write_all(&bytes).await;
            others_go_on(&fixture).await;
            let mut gone = connect(&fixture).await;
            let _ = gone.write_all(&bytes).await;
            drop(gone);
            others_go_on(&fixture).await;
            let _ = silent.shutdown().await;
            let mut answer = Vec::new();
            let _ = soon(silent.read_to_end(&mut answer)).await;
        }
        fixture.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn silent_connection_is_closed() {
    let (listener, connector) = memory();
    let server = Server::new().add_service(TestingServer::new(Steered::default()));
    let serving = tokio::spawn(server.listen(listener).unwrap().serve());
    let channel = Channel::builder("memory:")
        .connector(connector.clone())
        .build()
        .unwrap();
    let client = TestingClient::new(channel);
    for said in [&b""[..], b"P", &PREFACE[..10], b"POST / HTTP/1.1\r\nhost: "] {
        let mut socket = connector.connect(Address::Memory).await.unwrap();
        socket.write_all(said).await.unwrap();
        call(&client, MethodKind::Unary, "").await.1.unwrap();
        let started = tokio::time::Instant::now();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut answer))
            .await
            .unwrap();
        // An incomplete HTTP/1.1 head has a longer timeout.
        let most = if said.starts_with(b"POST") { 21 } else { 11 };
        assert!(started.elapsed() <= Duration::from_secs(most), "{said:?}");
        call(&client, MethodKind::Unary, "").await.1.unwrap();
    }
    serving.abort();
}

#[tokio::test]
async fn grpc_over_http1_is_refused() {
    let fixture = Setup::default().start(Transport::Tcp).await;
    let mut socket = connect(&fixture).await;
    let request =
        b"POST /rsrpc.testing.Testing/Unary HTTP/1.1\r\nhost: a\r\ncontent-type: application/grpc\r\n\
                    content-length: 5\r\nconnection: close\r\n\r\n\0\0\0\0\0";
    socket.write_all(request).await.unwrap();
    let mut answer = String::new();
    soon(socket.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 505"), "{answer}");
    others_go_on(&fixture).await;
    fixture.stop().await;
}
