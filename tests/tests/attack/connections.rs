//! Limits on the number, age and idle time of connections.

use std::process::Command;
use std::time::{Duration, Instant};

use rsrpc_tests::frames::{ACK, END_HEADERS, End, Peer, call_headers, frame, kind};
use rsrpc_tests::soon;

use super::target_server::TargetServer;

const NO_ERROR: u32 = 0;

fn hang() -> Vec<u8> {
    frame(
        kind::HEADERS,
        END_HEADERS,
        1,
        &call_headers("/rsrpc.testing.Testing/Bidi"),
    )
}

/// The limit is logged once, however many connections exceed it.
#[tokio::test]
async fn connection_limit_pauses_accepting() {
    let victim = TargetServer::start(&["max_connections=3", "handshake_timeout=200"]).await;
    let mut silent = vec![];
    for _ in 0..20 {
        silent.push(Peer::silent(victim.address).await);
    }
    // Idle connections time out three at a time. Then the server accepts the waiting one.
    victim.serves().await;
    drop(silent);
    let logged = victim.survived().await;
    let said = logged.matches("connection limit reached").count();
    assert_eq!(said, 1, "{logged}");
}

/// Without file descriptors the server pauses accepting and logs it once. It resumes when descriptors are free.
#[tokio::test]
async fn accepting_pauses_without_file_descriptors() {
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -n 40 && exec \"$0\""])
        .arg(env!("CARGO_BIN_EXE_attacked"));
    let victim = TargetServer::run(limited).await;
    let mut peers = vec![];
    for _ in 0..60 {
        peers.push(Peer::connect(victim.address, &[]).await);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(peers);
    let logged = victim.survived().await;
    let said = logged.matches("out of file descriptors").count();
    assert_eq!(said, 1, "{logged}");
}

#[tokio::test]
async fn stream_limit_refuses_streams() {
    const REFUSED_STREAM: u32 = 7;
    let victim = TargetServer::start(&["max_concurrent_streams=2"]).await;
    let mut peer = Peer::connect(victim.address, &[]).await;
    let block = call_headers("/rsrpc.testing.Testing/Bidi");
    for stream in [1, 3, 5] {
        peer.send(&frame(kind::HEADERS, END_HEADERS, stream, &block))
            .await
            .unwrap();
    }
    let reset = soon(peer.next_of(kind::RST_STREAM)).await.unwrap();
    assert_eq!(
        (reset.stream, reset.payload),
        (5, REFUSED_STREAM.to_be_bytes().to_vec())
    );
    victim.survived().await;
}

/// Expected end of a well-behaved connection: options, whether a call is in progress, and time.
#[tokio::test]
async fn connection_age_and_idle_timeouts() {
    for (options, has_call, answers, times) in [
        (&["keepalive=300"][..], false, false, Some((600, 1500))),
        (&["keepalive=300"], true, false, Some((600, 1500))),
        (&["keepalive=300"], true, true, None),
        (&["max_connection_idle=400"], false, true, Some((400, 1200))),
        (&["max_connection_idle=400"], true, true, None),
        (&["max_connection_age=600"], false, true, Some((540, 1300))),
        (&["max_connection_age=600"], true, true, None),
        (
            &["max_connection_age=300", "max_connection_age_grace=500"],
            true,
            true,
            Some((770, 1500)),
        ),
    ] {
        let what = format!("{options:?}, {has_call}, {answers}");
        println!("{what}");
        let victim = TargetServer::start(options).await;
        let started = Instant::now();
        let mut peer = Peer::connect(victim.address, &[]).await;
        if has_call {
            peer.send(&hang()).await.unwrap();
        }
        let lives = async {
            let mut told = None;
            while let Some(read) = peer.next().await {
                match read.kind {
                    kind::PING if answers && read.flags & ACK == 0 => {
                        peer.send(&frame(kind::PING, ACK, 0, &read.payload))
                            .await
                            .unwrap();
                    }
                    kind::GOAWAY => told = Some(read.payload[7]),
                    _ => {}
                }
            }
            told
        };
        match (
            tokio::time::timeout(Duration::from_millis(2500), lives).await,
            times,
        ) {
            (Ok(told), Some((least, most))) => {
                let took = started.elapsed();
                let expected = Duration::from_millis(least)..Duration::from_millis(most);
                assert!(expected.contains(&took), "{what}: {took:?}");
                assert_eq!(told.is_some(), answers, "{what}");
            }
            (Err(_), None) => {}
            (ended, _) => panic!("{what}: {ended:?}"),
        }
        drop(peer);
        victim.survived().await;
    }
}

/// A peer that never acknowledges the PING of a graceful shutdown does not delay the shutdown.
#[tokio::test]
async fn silent_peer_does_not_block_shutdown() {
    let mut victim = TargetServer::start(&["drain_timeout=60000"]).await;
    let mut peer = Peer::connect(victim.address, &[]).await;
    soon(peer.next_of(kind::SETTINGS)).await.expect("a server");
    let ending = tokio::spawn(async move { victim.end().await.0 });
    assert_eq!(soon(peer.end()).await, End::GoAway(NO_ERROR, String::new()));
    let took = soon(ending).await.unwrap();
    assert!(took < Duration::from_secs(10), "{took:?}");
}
