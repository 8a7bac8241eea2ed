//! A service that calls another, testable without sockets.
//!
//! [`Doorman`] takes any `impl Greeter`: a `GreeterClient` in production, a small implementation of the trait in unit
//! tests. [`serve_in_memory`] provides a real server and client where the protocol matters.

mod doorman;

pub use doorman::Doorman;

use std::error::Error;
use std::io;

use rsrpc_runtime::{Channel, Server, transport};
use tokio::task::JoinHandle;

/// Task of a server.
pub type Serving = JoinHandle<io::Result<()>>;

/// Serves in memory and returns a channel to the server.
///
/// The server speaks gRPC over HTTP/2 as over TCP. It runs until its task is aborted or the runtime ends.
///
/// # Errors The configuration of the server or the channel is invalid.
pub fn serve_in_memory(server: Server) -> Result<(Channel, Serving), Box<dyn Error + Send + Sync>> {
    let (listener, connector) = transport::memory();
    let server = server.listen(listener)?;
    let channel = Channel::builder("memory:").connector(connector).build()?;
    let serving = tokio::spawn(server.serve());
    Ok((channel, serving))
}
