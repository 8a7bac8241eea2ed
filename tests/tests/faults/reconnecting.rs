//! Channels connect lazily, share a connection, and reconnect with backoff.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::transport::{Address, Connector, MemoryConnector, Socket, memory};
use rsrpc_runtime::{Channel, Code, Protocol, Server};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::raw::RawServer;
use rsrpc_tests::soon;
use rsrpc_tests::steered::{Event, Steered};
use rsrpc_tests::testing::{Act, Request, TestingClient, TestingServer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{KINDS, call};

/// A connector that counts its attempts and fails without a target.
#[derive(Clone, Default)]
struct Counting {
    attempts: Arc<AtomicUsize>,
    to: Option<MemoryConnector>,
}

impl Connector for Counting {
    async fn connect(&self, address: Address) -> std::io::Result<Socket> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        match &self.to {
            Some(connector) => connector.connect(address).await,
            None => Err(std::io::Error::other("the cable is cut")),
        }
    }
}

fn channel(connector: &Counting) -> TestingClient {
    let channel = Channel::builder("memory:").connector(connector.clone()).build();
    TestingClient::new(channel.unwrap())
}

fn serve(connector: &mut Counting) -> JoinHandle<std::io::Result<()>> {
    let (listener, to) = memory();
    connector.to = Some(to);
    let server = Server::new().add_service(TestingServer::new(Steered::default()));
    tokio::spawn(server.listen(listener).unwrap().serve())
}

#[tokio::test]
async fn channel_connects_on_first_call() {
    let mut connector = Counting::default();
    let _server = serve(&mut connector);
    let client = channel(&connector);
    let unmade = client.unary(Request::default());
    tokio::task::yield_now().await;
    assert_eq!(connector.attempts.load(Ordering::SeqCst), 0);
    unmade.await.unwrap();
    assert_eq!(connector.attempts.load(Ordering::SeqCst), 1);
}

#[test]
fn channel_builds_outside_a_runtime() {
    let client = TestingClient::new(Channel::builder("127.0.0.1:1").build().unwrap());
    drop(client.unary(Request::default()));
    drop(client.bidi());
}

#[tokio::test]
async fn concurrent_first_calls_share_a_connection() {
    let mut connector = Counting::default();
    let _server = serve(&mut connector);
    let client = channel(&connector);
    let calls: Vec<_> = (0..100)
        .map(|index| {
            let client = client.clone();
            tokio::spawn(async move { call(&client, KINDS[index % 4], "").await.1 })
        })
        .collect();
    for called in calls {
        called.await.unwrap().unwrap();
    }
    assert_eq!(connector.attempts.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn failed_connections_back_off_and_fail_fast() {
    let mut connector = Counting::default();
    let client = channel(&connector);
    let attempts = || connector.attempts.load(Ordering::SeqCst);
    for kind in KINDS {
        for _ in 0..10 {
            let status = call(&client, kind, "").await.1.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable);
            assert!(status.message().contains("memory:"), "{status}");
            assert!(status.message().contains("the cable is cut"), "{status}");
        }
    }
    assert_eq!(attempts(), 1, "the backoff is a second, ± 20 %");
    tokio::time::advance(Duration::from_millis(1201)).await;
    call(&client, MethodKind::Unary, "").await.1.unwrap_err();
    assert_eq!(attempts(), 2);
    tokio::time::advance(Duration::from_millis(1201)).await;
    call(&client, MethodKind::Unary, "").await.1.unwrap_err();
    assert_eq!(attempts(), 2, "the second backoff is longer");
    tokio::time::advance(Duration::from_millis(800)).await;
    call(&client, MethodKind::Unary, "").await.1.unwrap_err();
    assert_eq!(attempts(), 3);

    let _server = serve(&mut connector);
    let recovered = channel(&connector);
    call(&recovered, MethodKind::Unary, "").await.1.unwrap();
}

#[tokio::test]
async fn connect_error_names_target_address_and_cause() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let missing = std::env::temp_dir().join("rsrpc-nobody.sock");
    for (target, parts) in [
        (
            format!("127.0.0.1:{port}"),
            vec![format!("127.0.0.1:{port}"), "refused".to_owned()],
        ),
        (
            format!("localhost:{port}"),
            vec![
                format!("localhost:{port}"),
                " at ".to_owned(),
                "refused".to_owned(),
            ],
        ),
        (
            format!("unix:{}", missing.display()),
            vec![missing.display().to_string(), "No such file".to_owned()],
        ),
    ] {
        let client = TestingClient::new(Channel::builder(target.clone()).build().unwrap());
        for kind in KINDS {
            let status = soon(call(&client, kind, "")).await.1.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{target}");
            for part in &parts {
                assert!(status.message().contains(part), "{target}: {status}");
            }
            assert!(std::error::Error::source(&status).is_some(), "{target}");
        }
    }
}

/// A connector that counts its attempts, each of which fails after 10 ms.
#[derive(Clone, Default)]
struct Slow(Arc<AtomicUsize>);

impl Connector for Slow {
    async fn connect(&self, _: Address) -> std::io::Result<Socket> {
        self.0.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(std::io::Error::other("the cable is cut"))
    }
}

/// Concurrent calls share an attempt to connect and its backoff of one second.
#[tokio::test(start_paused = true)]
async fn concurrent_failed_attempts_back_off_once() {
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let connector = Slow::default();
        let channel = Channel::builder("memory:")
            .protocol(protocol)
            .connector(connector.clone());
        let client = TestingClient::new(channel.build().unwrap());
        let calls: Vec<_> = (0..50)
            .map(|_| tokio::spawn(client.unary(Request::default()).into_future()))
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap_err().code(), Code::Unavailable);
        }
        let made = connector.0.load(Ordering::SeqCst);
        tokio::time::advance(Duration::from_millis(1201)).await;
        client.unary(Request::default()).await.unwrap_err();
        assert_eq!(connector.0.load(Ordering::SeqCst), made + 1, "{protocol}");
    }
}

/// Connections that are closed at once, after bytes that are not HTTP/2.
#[derive(Clone)]
struct Closing(Arc<AtomicUsize>, &'static [u8]);

impl Connector for Closing {
    async fn connect(&self, _: Address) -> std::io::Result<Socket> {
        if self.0.fetch_add(1, Ordering::SeqCst) > 1000 {
            return Err(std::io::Error::other("this goes on for ever"));
        }
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        tokio::io::AsyncWriteExt::write_all(&mut theirs, self.1).await?;
        Ok(Socket::new(ours))
    }
}

/// A proxy without a backend accepts and closes. The attempt fails and backs off.
#[tokio::test(start_paused = true)]
async fn connections_without_http2_back_off() {
    for word in [&b""[..], b"HTTP/1.1 503 Service Unavailable\r\n\r\n"] {
        let connector = Closing(Arc::default(), word);
        let channel = Channel::builder("memory:").connector(connector.clone()).build();
        let client = TestingClient::new(channel.unwrap());
        for made in 1..=3 {
            for kind in KINDS.repeat(5) {
                let status = call(&client, kind, "").await.1.unwrap_err();
                assert_eq!(status.code(), Code::Unavailable, "{status}");
                assert!(status.message().contains("memory:"), "{status}");
            }
            assert_eq!(connector.0.load(Ordering::SeqCst), made);
            tokio::time::advance(Duration::from_secs(4)).await;
        }
    }
}

/// A server that sends GOAWAY on every connection ends the calls instead of retrying them forever.
#[tokio::test]
async fn goaway_on_every_connection_ends_calls() {
    const SETTINGS_AND_GOAWAY: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let connector = Closing(Arc::default(), SETTINGS_AND_GOAWAY);
    let channel = Channel::builder("memory:").connector(connector.clone()).build();
    let client = TestingClient::new(channel.unwrap());
    for kind in KINDS {
        let before = connector.0.load(Ordering::SeqCst);
        let status = soon(call(&client, kind, "")).await.1.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        let made = connector.0.load(Ordering::SeqCst) - before;
        assert!(made <= 5, "{kind:?}: {made} connections");
    }
}

async fn serve_at(address: SocketAddr) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let server = Server::new()
        .add_service(TestingServer::new(Steered::default()))
        .drain_timeout(Duration::from_millis(50))
        .bind(address)
        .await
        .unwrap();
    let Address::Tcp(address) = *server.local_addr() else {
        panic!("TCP");
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move { drop(stopped.await) };
    let task = tokio::spawn(async move { server.serve_until(stopped).await.unwrap() });
    (address, stop, task)
}

#[tokio::test]
async fn channel_reconnects_after_server_restart() {
    let (address, stop, task) = serve_at(([127, 0, 0, 1], 0).into()).await;
    let client = TestingClient::new(Channel::builder(address.to_string()).build().unwrap());
    let mut running = (stop, task);
    for _ in 0..5 {
        for kind in KINDS {
            soon(call(&client, kind, "")).await.1.unwrap();
        }
        let _ = running.0.send(());
        soon(running.1).await.unwrap();
        let (_, stop, task) = serve_at(address).await;
        running = (stop, task);
    }
    soon(call(&client, MethodKind::Unary, "")).await.1.unwrap();
}

#[tokio::test]
async fn dropping_the_channel_closes_its_connection() {
    let (closed, mut closes) = tokio::sync::mpsc::unbounded_channel();
    let server = RawServer::sockets(move |mut socket| {
        let closed = closed.clone();
        async move {
            let mut read = Vec::new();
            while tokio::io::AsyncReadExt::read_buf(&mut socket, &mut read)
                .await
                .unwrap_or(0)
                > 0
            {}
            let _ = closed.send(());
        }
    })
    .await;
    let client = server.client();
    let unanswered = tokio::time::timeout(
        Duration::from_millis(50),
        client.unary(Request::default()).into_future(),
    );
    assert!(unanswered.await.is_err());
    assert!(closes.try_recv().is_err());
    drop(client);
    soon(closes.recv()).await.unwrap();
}

#[tokio::test]
async fn stream_outlives_its_client() {
    let fixture = Setup::default().start(Transport::Tcp).await;
    let client = fixture.client();
    let (mut tx, mut rx) = client.bidi().open().await.unwrap();
    drop(client);
    for _ in 0..3 {
        tx.send(Request::default()).await.unwrap();
        assert!(soon(rx.message()).await.unwrap().is_some());
    }
    tx.finish();
    assert!(soon(rx.message()).await.unwrap().is_none());
    fixture.stop().await;
}

#[tokio::test]
async fn call_waits_for_a_free_stream() {
    let setup = Setup::default().server(|server| server.max_concurrent_streams(1));
    let fixture = setup.start(Transport::Tcp).await;
    let client = fixture.client();
    // The first call ensures that the server's SETTINGS have arrived.
    call(&client, MethodKind::Unary, "").await.1.unwrap();
    let hangs = Request {
        act: Act::HangStream.into(),
        ..Request::default()
    };
    let mut first = client.server_stream(hangs).await.unwrap();
    first.message().await.unwrap().unwrap();
    let late = client
        .unary(Request::default())
        .timeout(Duration::from_millis(50));
    assert_eq!(late.await.unwrap_err().code(), Code::DeadlineExceeded);
    let (waiting, ()) = tokio::join!(soon(call(&client, MethodKind::Unary, "")), async {
        tokio::task::yield_now().await;
        drop(first);
    });
    waiting.1.unwrap();
    fixture.probe.until(Event::Gone).await;
    fixture.stop().await;
}
