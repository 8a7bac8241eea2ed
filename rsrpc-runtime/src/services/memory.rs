//! In-memory connection between a service and a channel.

use crate::client::Channel;
use crate::server::{Server, Service};
use crate::transport;

/// Serves a service in memory and returns a gRPC channel to it.
///
/// The server's task ends when every clone of the channel is dropped.
///
/// # Panics
/// The caller is not in a tokio runtime.
pub fn in_memory(service: impl Service) -> Channel {
    let (listener, connector) = transport::memory();
    let server = Server::new().add_service(service).listen(listener);
    // The task ends with the channel, so its result is not needed.
    drop(tokio::spawn(
        server.expect("the paths of one service are unique").serve(),
    ));
    Channel::builder("memory:")
        .connector(connector)
        .build()
        .expect("an in-memory channel has a valid configuration")
}
