//! A service that calls another, written so that its tests need no socket.
//!
//! [`Doorman`] takes any `impl Greeter`: in production a `GreeterClient`, in a unit test a few lines that implement the
//! trait. [`serve_in_memory`] puts a real server and a real client around it where the protocol itself matters.

mod doorman;

pub use doorman::Doorman;

use std::error::Error;
use std::io;

use rsrpc_runtime::{Channel, Server, transport};
use tokio::task::JoinHandle;

/// A server's task.
pub type Serving = JoinHandle<io::Result<()>>;

/// A server that listens nowhere but in memory, and the channel that leads to it.
///
/// It speaks gRPC over HTTP/2 as it would over TCP. The server runs until its task is aborted or the runtime ends.
///
/// # Errors
/// The server or the channel is not configured as it has to be.
pub fn serve_in_memory(server: Server) -> Result<(Channel, Serving), Box<dyn Error + Send + Sync>> {
    let (listener, connector) = transport::memory();
    let server = server.listen(listener)?;
    let channel = Channel::builder("memory:").connector(connector).build()?;
    let serving = tokio::spawn(server.serve());
    Ok((channel, serving))
}
