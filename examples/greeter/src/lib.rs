//! `helloworld.Greeter`: the code that `build.rs` made of `proto/helloworld.proto`, and an implementation of it.

use std::io;

use rsrpc_runtime::{Context, Status, Streaming};

use helloworld::{Greeter, HelloReply, HelloRequest};

/// The generated code: the messages, the trait `Greeter`, `GreeterServer` and `GreeterClient`.
pub mod helloworld {
    rsrpc_runtime::include_proto!("helloworld");
}

/// Greets whoever is named.
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

/// Ready when the process is asked to end: by ctrl-c, or by SIGTERM, as service managers do.
///
/// The signals are caught from this call on, not from the first poll: one that comes as soon as the server says that
/// it listens ends it in order, too.
///
/// # Errors
/// The signals cannot be caught.
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

/// Ready when the process is asked to end, by ctrl-c.
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
