//! What the tests of rsrpc share: a service that does what it is asked for, servers of it over every transport, and
//! HTTP/2 peers that behave badly.

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

/// Serves on a free port until the sender is used or dropped; the handle ends with the server.
///
/// # Panics
/// There is no port, or the listener fails.
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

/// Waits for what has to come; a test that hangs says where.
///
/// # Panics
/// It does not come.
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

/// Lets everything run that can, until `done`.
///
/// # Panics
/// It never is.
pub async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
}
