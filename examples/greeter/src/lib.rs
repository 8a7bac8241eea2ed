//! `helloworld.Greeter`: generated code and an implementation.

use std::io;

use rsrpc_runtime::{Context, Status, Streaming};

use helloworld::{Greeter, HelloReply, HelloRequest};

/// The generated code: the messages, the trait `Greeter`, `GreeterServer` and `GreeterClient`.
pub mod helloworld {
    rsrpc_runtime::include_proto!("helloworld");
}

/// Greets the named person.
#[derive(Debug, Clone, Copy, Default)]
pub struct MyGreeter;

impl Greeter for MyGreeter {
    async fn say_hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        Ok(hello(&request))
    }

    async fn stream_hello(
        &self,
        _: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        Ok(Streaming::iter((0..10).map(move |_| hello(&request))))
    }

    async fn chat(
        &self,
        _: &Context,
        requests: Streaming<HelloRequest>,
    ) -> Result<Streaming<HelloReply>, Status> {
        Ok(requests.map_ok(|request| hello(&request)))
    }
}

fn hello(request: &HelloRequest) -> HelloReply {
    HelloReply {
        message: format!("Hello {}", request.name),
    }
}

/// Completes on Ctrl-C or SIGTERM, which service managers send.
///
/// Signals are caught from this call on, not from the first poll, so that a signal right after the server has started
/// shuts it down gracefully.
///
/// # Errors The signal handlers cannot be installed.
#[cfg(unix)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
///
/// # Errors Never on this system.
#[cfg(not(unix))]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
