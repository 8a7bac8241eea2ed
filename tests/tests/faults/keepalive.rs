//! Client keepalive: dead servers are detected, and servers that limit PINGs are respected.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsrpc_runtime::client::ChannelBuilder;
use rsrpc_runtime::transport::{Address, Connector, Socket};
use rsrpc_runtime::{Channel, Status};
use rsrpc_tests::raw::frame;
use rsrpc_tests::testing::{Request, TestingClient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::Instant;

use super::KINDS;

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;

/// Behaviour of the server.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Sends SETTINGS and nothing else.
    Dead,
    /// Acknowledges PINGs, never replies to calls.
    Patient,
    /// Replies to calls late.
    Slow,
    /// Acknowledges PINGs and sends GOAWAY on the second.
    Irritable,
}

/// A connector to an in-memory server that counts PINGs.
#[derive(Clone)]
struct Noting {
    manner: Manner,
    pings: Arc<Mutex<Vec<Instant>>>,
    connections: Arc<AtomicUsize>,
}

impl Connector for Noting {
    async fn connect(&self, _: Address) -> std::io::Result<Socket> {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        self.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(self.clone().serve(theirs));
        Ok(Socket::new(ours))
    }
}

impl Noting {
    fn new(manner: Manner) -> Self {
        Self {
            manner,
            pings: Arc::default(),
            connections: Arc::default(),
        }
    }

    async fn serve(self, mut socket: DuplexStream) -> std::io::Result<()> {
        socket.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        socket.read_exact(&mut [0; 24]).await?;
        let mut pings = 0;
        loop {
            let mut head = [0; 9];
            socket.read_exact(&mut head).await?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            socket.read_exact(&mut payload).await?;
            let (kind, is_ack) = (head[3], head[4] & 1 == 1);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            if kind == PING {
                self.pings.lock().unwrap().push(Instant::now());
                pings += 1;
            }
            match (kind, self.manner) {
                (_, Manner::Dead) => {}
                (SETTINGS, _) if !is_ack => socket.write_all(&frame(SETTINGS, 1, 0, &[])).await?,
                (PING, Manner::Irritable) if pings == 2 => {
                    let calm = [&[0, 0, 0, 1, 0, 0, 0, 11][..], b"too_many_pings"].concat();
                    return socket.write_all(&frame(GO_AWAY, 0, 0, &calm)).await;
                }
                (PING, _) => socket.write_all(&frame(PING, 1, 0, &payload)).await?,
                (HEADERS, Manner::Slow) => {
                    tokio::time::sleep(Duration::from_secs(15)).await;
                    let mut answer = b"\x88\x0f\x10\x10application/grpc\0\x0bgrpc-status\x015".to_vec();
                    answer.extend([0, 1, b'x', 0x7f, 0x81, 4]);
                    answer.extend([b'y'; 640]);
                    socket.write_all(&frame(HEADERS, 5, stream, &answer)).await?;
                }
                _ => {}
            }
        }
    }

    fn pings(&self) -> usize {
        self.pings.lock().unwrap().len()
    }

    fn client(&self, options: impl FnOnce(ChannelBuilder) -> ChannelBuilder) -> TestingClient {
        let channel = Channel::builder("memory:").connector(self.clone());
        TestingClient::new(options(channel).build().unwrap())
    }
}

async fn call_for(client: &TestingClient, seconds: u64) -> Status {
    let call = client.unary(Request::default());
    call.timeout(Duration::from_secs(seconds)).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn keepalive_detects_a_dead_server() {
    for kind in KINDS {
        let server = Noting::new(Manner::Dead);
        let client = server.client(|channel| channel);
        let started = Instant::now();
        let status = super::call(&client, kind, "").await.1.unwrap_err();
        assert!(started.elapsed() <= Duration::from_secs(30));
        assert_eq!(
            status.to_string(),
            "UNAVAILABLE: call to memory: failed (waiting for the reply's headers, attempt 1, after 28s): the server \
             did not answer a PING within 20s"
        );
        // The connection is not used again.
        super::call(&client, kind, "").await.1.unwrap_err();
        assert_eq!(server.connections.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn keepalive_time_and_timeout_are_configurable() {
    for (time, timeout, expected) in [(60, 5, 65), (1, 20, 30), (10, 1, 11)] {
        let server = Noting::new(Manner::Dead);
        let client = server.client(|channel| {
            channel
                .keepalive_time(Duration::from_secs(time))
                .keepalive_timeout(Duration::from_secs(timeout))
        });
        let started = Instant::now();
        super::call(&client, KINDS[0], "").await.1.unwrap_err();
        assert_eq!(started.elapsed().as_secs(), expected, "{time} {timeout}");
    }
    let server = Noting::new(Manner::Dead);
    let client = server.client(|channel| channel.keepalive_time(Duration::MAX));
    let status = call_for(&client, 100_000).await;
    assert_eq!(status.code(), rsrpc_runtime::Code::DeadlineExceeded);
    assert_eq!(server.pings(), 0);
}

/// gRPC servers tolerate one PING in five minutes without data, and two more until a call is replied to.
#[tokio::test(start_paused = true)]
async fn keepalive_stays_within_server_ping_limits() {
    let server = Noting::new(Manner::Patient);
    let client = server.client(|channel| channel);
    for _ in 0..10 {
        call_for(&client, 3600).await;
    }
    assert_eq!(server.pings(), 2);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

/// The server's PING count starts over with each reply.
#[tokio::test(start_paused = true)]
async fn replies_reset_the_ping_limit() {
    let server = Noting::new(Manner::Slow);
    let client = server.client(|channel| channel);
    for round in 1..=5 {
        let status = call_for(&client, 3600).await;
        assert_eq!(status.code(), rsrpc_runtime::Code::NotFound);
        assert_eq!(server.pings(), round);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn keepalive_without_calls() {
    let every = |channel: ChannelBuilder| channel.keepalive_time(Duration::from_secs(10));
    let server = Noting::new(Manner::Patient);
    let client = server.client(every);
    call_for(&client, 65).await;
    assert!((5..=6).contains(&server.pings()), "{}", server.pings());
    let gaps: Vec<_> = server
        .pings
        .lock()
        .unwrap()
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .collect();
    assert!(gaps.iter().all(|gap| *gap >= Duration::from_secs(10)), "{gaps:?}");
    // No PINGs without calls.
    let before = server.pings();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(server.pings() <= before + 1);

    let server = Noting::new(Manner::Patient);
    let client = server.client(|channel| every(channel).keepalive_without_calls(true));
    call_for(&client, 1).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(server.pings() > 50, "{}", server.pings());
}

#[tokio::test(start_paused = true)]
async fn too_many_pings_doubles_the_keepalive_time() {
    let server = Noting::new(Manner::Irritable);
    let client = server.client(|channel| channel.keepalive_time(Duration::from_secs(10)));
    for seconds in [10, 20, 40] {
        let status = call_for(&client, 3600).await;
        assert!(
            status
                .message()
                .ends_with("the server sent GOAWAY with ENHANCE_YOUR_CALM and debug data \"too_many_pings\""),
            "{status}"
        );
        let pings = std::mem::take(&mut *server.pings.lock().unwrap());
        assert_eq!(pings.len(), 2);
        assert_eq!((pings[1] - pings[0]).as_secs(), seconds);
    }
}
