//! Shared parts of the tests: a service that requests steer, its servers on every transport, and HTTP/2 peers that
//! misbehave.

pub mod certificates;
pub mod fixture;
pub mod frames;
pub mod raw;
pub mod steered;
pub mod trait_first;

/// Generated from `proto/testing.proto`.
pub mod testing {
    rsrpc_runtime::include_proto!("rsrpc.testing");
}

/// Generated from `proto/mocked.proto`.
pub mod mocked {
    rsrpc_runtime::include_proto!("rsrpc.testing.mocked");
}

/// Generated from `proto/stubs.proto`.
pub mod stubs {
    rsrpc_runtime::include_proto!("rsrpc.testing.stubs");
}

/// Generated from `proto/options.proto`.
pub mod options {
    rsrpc_runtime::include_proto!("rsrpc.testing.options");
}

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use rsrpc_runtime::Server;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Serves on a free port until the sender is used or dropped. The handle ends with the server.
///
/// # Panics No port is free, or the listener fails.
pub async fn serve(server: Server) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let server = server.bind("127.0.0.1:0").await.expect("a free port");
    let address = server.local_addr().to_string().parse().expect("a TCP address");
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        server.serve_until(stopped).await.expect("a listener");
    });
    (address, stop, served)
}

/// Waits at most 10 seconds, so that a test that hangs fails at its caller's line.
///
/// # Panics The time is up.
#[track_caller]
pub fn soon<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(Duration::from_secs(20), work).await {
            Ok(output) => output,
            Err(_) => panic!("{place}: still not ready"),
        }
    }
}

/// Yields to other tasks until `done` returns true.
///
/// # Panics It does not within 10 seconds.
pub async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
}
