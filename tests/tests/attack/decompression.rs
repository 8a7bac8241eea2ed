//! Decompression bombs: messages that grow a thousandfold.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::GzEncoder;
use http::{HeaderMap, Method, Request};
use rsrpc_runtime::prost::Message as _;
use rsrpc_tests::raw::envelope;
use rsrpc_tests::testing::{Act, Request as Asked};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::target_server::TargetServer;

const LIMIT: usize = 4 << 20;
const ALGORITHMS: [&str; 2] = ["gzip", "zstd"];
/// `grpc-status` and `grpc-message` of a call, or `None` while it has not ended.
type Outcome = Option<(String, String)>;

/// A compressed request of about `size` bytes when decompressed.
fn bomb(algorithm: &str, act: Act, size: usize) -> Bytes {
    let plain = Asked {
        payload: vec![0; size],
        act: act.into(),
        ..Asked::default()
    };
    let plain = plain.encode_to_vec();
    let packed = match algorithm {
        "gzip" => {
            let mut encoder = GzEncoder::new(vec![], flate2::Compression::default());
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::bulk::compress(&plain, 3).unwrap(),
        other => panic!("{other}"),
    };
    assert!(packed.len() < size / 500, "{}", packed.len());
    envelope(1, &packed)
}

/// Sends the request in many concurrent unary calls on one connection and counts the outcomes. At most `unended`
/// calls may stay open; once the others have ended, they get one more second.
async fn calls(
    victim: &TargetServer,
    algorithm: &'static str,
    request: Bytes,
    ends: bool,
    number: usize,
    endless: usize,
) -> BTreeMap<Outcome, usize> {
    let socket = TcpStream::connect(victim.address).await.unwrap();
    let (sender, connection) = h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(async move { drop(connection.await) });
    let mut running = JoinSet::new();
    for _ in 0..number {
        let (sender, request) = (sender.clone(), request.clone());
        running.spawn(call(sender, algorithm, request, ends));
    }
    let mut outcomes = BTreeMap::new();
    while !running.is_empty() {
        let patience = if running.len() > endless { 60 } else { 1 };
        let next = tokio::time::timeout(Duration::from_secs(patience), running.join_next()).await;
        let Ok(Some(ended)) = next else { break };
        *outcomes.entry(Some(ended.unwrap())).or_default() += 1;
    }
    if !running.is_empty() {
        outcomes.insert(None, running.len());
    }
    connection.abort();
    outcomes
}

async fn call(
    sender: h2::client::SendRequest<Bytes>,
    algorithm: &str,
    message: Bytes,
    ends: bool,
) -> (String, String) {
    let request = Request::builder()
        .method(Method::POST)
        .uri("http://a/rsrpc.testing.Testing/Unary")
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .header("grpc-encoding", algorithm)
        .body(())
        .unwrap();
    let mut sender = sender.ready().await.unwrap();
    let (response, mut body) = sender.send_request(request, false).unwrap();
    body.send_data(message, ends).unwrap();
    let (head, mut reply) = response.await.unwrap().into_parts();
    while let Some(data) = reply.data().await {
        let data = data.unwrap();
        reply.flow_control().release_capacity(data.len()).unwrap();
    }
    let trailers = reply.trailers().await.unwrap();
    let said = |headers: &HeaderMap, name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let headers = trailers.unwrap_or(head.headers);
    let [status, message] = ["grpc-status", "grpc-message"].map(|name| said(&headers, name));
    (status.unwrap_or_default(), message.unwrap_or_default())
}

fn refused(message: &str) -> Outcome {
    Some(("8".to_owned(), message.to_owned()))
}

/// Decompression stops at the message size limit.
#[tokio::test]
async fn decompression_stops_at_the_message_limit() {
    for algorithm in ALGORITHMS {
        println!("{algorithm}");
        let victim = TargetServer::start(&["compression=1"]).await;
        let bomb = bomb(algorithm, Act::Reply, 64 << 20);
        let outcomes = calls(&victim, algorithm, bomb, true, 20, 0).await;
        let message = format!("a message decompresses to more than the limit of {LIMIT} bytes");
        assert_eq!(outcomes, BTreeMap::from([(refused(&message), 20)]));
        victim.survived().await;
    }
}

/// A hundred concurrent calls hold messages just below the limit, in handlers or in requests that never end.
#[tokio::test]
async fn decompression_budget_limits_concurrent_messages() {
    for algorithm in ALGORITHMS {
        for (act, ends) in [(Act::Hang, true), (Act::Reply, false)] {
            println!("{algorithm}, {act:?}, {ends}");
            let victim = TargetServer::start(&["compression=1"]).await;
            let bomb = bomb(algorithm, act, LIMIT - 100);
            let outcomes = calls(&victim, algorithm, bomb, ends, 100, 9).await;
            // Expected outcomes of a message that arrives in two DATA frames.
            let messages = [
                "decompressed messages on this connection exceed the limit of 33554432 bytes (max_unfinished_bytes)",
                "partially received messages on this connection exceed the limit of 33554432 bytes (max_unfinished_bytes)",
            ];
            let refused = messages.map(|message| outcomes.get(&refused(message)).copied());
            let refused: usize = refused.into_iter().flatten().sum();
            let held = outcomes.get(&None).copied().unwrap_or_default();
            // Each server thread may admit one more message concurrently.
            assert!((8..=9).contains(&held) && held + refused == 100, "{outcomes:?}");
            victim.survived().await;
        }
    }
}

/// The budget of a message is released after its call.
#[tokio::test]
async fn decompression_budget_is_released_after_a_call() {
    let victim = TargetServer::start(&["compression=1"]).await;
    let bomb = bomb("zstd", Act::Reply, LIMIT - 100);
    let socket = TcpStream::connect(victim.address).await.unwrap();
    let (sender, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    for _ in 0..20 {
        let (status, message) = call(sender.clone(), "zstd", bomb.clone(), true).await;
        assert_eq!(status, "0", "{message}");
    }
    drop(sender);
    victim.survived().await;
}
