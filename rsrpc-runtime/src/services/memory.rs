//! A service behind a channel, within the process.

use crate::client::Channel;
use crate::server::{Server, Service};
use crate::transport;

/// Serves a service in memory; the channel to it speaks gRPC.
///
/// The server's task ends once every clone of the channel is dropped.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn in_memory(service: impl Service) -> Channel {
    let (listener, connector) = transport::memory();
    let server = Server::new().add_service(service).listen(listener);
    // Its end is that of the channel, which nobody has to be told of.
    drop(tokio::spawn(
        server.expect("one service claims no path twice").serve(),
    ));
    Channel::builder("memory:")
        .connector(connector)
        .build()
        .expect("a channel in memory lacks nothing")
}
