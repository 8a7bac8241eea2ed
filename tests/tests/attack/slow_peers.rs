//! Slow peers (slowloris).

use std::time::{Duration, Instant};

use rsrpc_tests::frames::{END_HEADERS, End, Peer, call_headers, frame, kind};
use rsrpc_tests::soon;

use super::target_server::TargetServer;

const UNARY: &str = "/rsrpc.testing.Testing/Unary";

struct Slow {
    name: &'static str,
    option: &'static str,
    /// First bytes, or `None` for a connection without a preface.
    first: fn() -> Option<Vec<u8>>,
    /// Bytes to send every few milliseconds afterwards.
    then: &'static [u8],
    end: fn() -> End,
}

const TIME: Duration = Duration::from_millis(400);

fn calm(debug: &str) -> End {
    End::GoAway(11, debug.to_owned())
}

const SLOW: &[Slow] = &[
    Slow {
        name: "nothing at all",
        option: "handshake_timeout=400",
        first: || None,
        then: b"",
        end: || End::Closed,
    },
    Slow {
        name: "no request",
        option: "first_request_timeout=400",
        first: || Some(vec![]),
        then: b"",
        end: || End::GoAway(0, String::new()),
    },
    Slow {
        name: "half a frame's header",
        option: "body_timeout=400",
        first: || Some(vec![0, 0]),
        then: b"",
        end: || calm("frame_too_slow"),
    },
    Slow {
        name: "half a frame, bit by bit",
        option: "body_timeout=400",
        first: || Some(frame(kind::DATA, 0, 1, &[0; 10_000])[..100].to_vec()),
        then: b"\0",
        end: || calm("frame_too_slow"),
    },
    Slow {
        name: "a header block that does not end",
        option: "header_timeout=400",
        first: || Some(frame(kind::HEADERS, 0, 1, &call_headers(UNARY))),
        then: b"",
        end: || calm("headers_too_slow"),
    },
    Slow {
        name: "a header block, bit by bit",
        option: "header_timeout=400",
        first: || {
            Some(
                [
                    frame(kind::HEADERS, 0, 1, &call_headers(UNARY)),
                    vec![0, 3, 0, 9, 0, 0, 0, 0, 1],
                ]
                .concat(),
            )
        },
        then: b"\0",
        end: || calm("headers_too_slow"),
    },
];

#[tokio::test]
async fn slow_http2_peers_are_closed() {
    for slow in SLOW {
        println!("{}", slow.name);
        let victim = TargetServer::start(&[slow.option]).await;
        let started = Instant::now();
        let peer = match (slow.first)() {
            None => Peer::silent(victim.address).await,
            Some(first) => {
                let mut peer = Peer::connect(victim.address, &[]).await;
                peer.send(&first).await.unwrap();
                peer
            }
        };
        let end = soon(peer.dribble(slow.then)).await;
        assert_eq!(end, (slow.end)(), "{}", slow.name);
        let took = started.elapsed();
        // One and a half times the timeout, plus a margin for slow machines.
        let most = TIME * 3 / 2 + Duration::from_millis(600);
        assert!((TIME..most).contains(&took), "{}: {took:?}", slow.name);
        victim.survived().await;
    }
}

/// Calls that wait for their handler or for the caller's next message are not slow.
#[tokio::test]
async fn waiting_calls_are_not_slow() {
    let victim =
        TargetServer::start(&["header_timeout=50", "body_timeout=50", "first_request_timeout=50"]).await;
    let mut peer = Peer::connect(victim.address, &[]).await;
    let call = frame(
        kind::HEADERS,
        END_HEADERS,
        1,
        &call_headers("/rsrpc.testing.Testing/Bidi"),
    );
    peer.send(&call).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_millis(500), peer.end()).await;
    assert!(ended.is_err(), "{ended:?}");
    victim.survived().await;
}
