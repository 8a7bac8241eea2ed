//! The standard services: health and reflection.

mod health;
mod reflection;

use rsrpc_runtime::client::Protocol;
use rsrpc_runtime::transport::{MemoryConnector, memory};
use rsrpc_runtime::{Channel, Server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server in memory, until it is stopped.
struct Serving {
    connector: MemoryConnector,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Serving {
    fn start(server: Server) -> Self {
        let (listener, connector) = memory();
        let server = server.listen(listener).expect("services that fit together");
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));
        Self {
            connector,
            stop,
            serving,
        }
    }

    fn channel(&self) -> Channel {
        self.channel_of(Protocol::Grpc)
    }

    fn channel_of(&self, protocol: Protocol) -> Channel {
        let builder = Channel::builder("memory:").connector(self.connector.clone());
        builder.protocol(protocol).build().expect("a channel in memory")
    }

    /// Waits until the server has ended.
    async fn stop(self) {
        let _ = self.stop.send(());
        rsrpc_tests::soon(self.serving)
            .await
            .expect("no panic")
            .expect("no error");
    }
}
