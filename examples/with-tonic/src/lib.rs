//! rsrpc and tonic together, in the three ways there are:
//!
//! - [`inside_tonic`]: services of rsrpc on a server of tonic, beside one of tonic's;
//! - [`behind_rsrpc`]: a service of tonic on a server of rsrpc, as its fallback;
//! - a client that tonic generated over rsrpc's [`Channel`](rsrpc_runtime::Channel), which is a `tower` service: pass it
//!   to `new`, where tonic's own would go.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;

use greeter::MyGreeter;
use greeter::helloworld::GreeterServer;
use rsrpc_runtime::Server;
use rsrpc_runtime::transport::Address;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;

/// What tonic generated of the greeter's file.
pub mod helloworld {
    #![allow(missing_docs, clippy::all)]
    tonic::include_proto!("helloworld");
}

/// What can go wrong in an example.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A server that runs.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), Failure>>,
}

impl Running {
    fn start<S, Fut>(addr: SocketAddr, serve: S) -> Self
    where
        S: FnOnce(oneshot::Receiver<()>) -> Fut,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        Self {
            addr,
            stop,
            serving: tokio::spawn(serve(stopped)),
        }
    }

    /// Ends it, once its calls have.
    ///
    /// # Errors
    /// The server failed.
    pub async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        self.serving.await?
    }
}

/// tonic has the socket. Its router asks its own services first, then rsrpc's, which answer UNIMPLEMENTED for what they
/// do not know.
///
/// # Errors
/// No port is free.
pub async fn inside_tonic() -> Result<Running, Failure> {
    let (health, service) = tonic_health::server::health_reporter();
    health
        .set_service_status("helloworld.Greeter", tonic_health::ServingStatus::Serving)
        .await;
    let rpc = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .into_service()?;
    let mut routes = Routes::new(service);
    let router = std::mem::take(routes.axum_router_mut());
    let routes = Routes::from(router.fallback_service(rpc));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = tonic::transport::Server::builder().add_routes(routes);
    Ok(Running::start(addr, |stopped| async move {
        let stopped = async { drop(stopped.await) };
        server
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), stopped)
            .await?;
        Ok(())
    }))
}

/// rsrpc has the socket: its services take the short way, and tonic's, unchanged, gets what none of them claims.
///
/// # Errors
/// No port is free.
pub async fn behind_rsrpc() -> Result<Running, Failure> {
    let (health, service) = tonic_health::server::health_reporter();
    health
        .set_service_status("helloworld.Greeter", tonic_health::ServingStatus::Serving)
        .await;
    let server = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .fallback(service);
    serve(server).await
}

/// The health service of tonic alone, on a server of rsrpc.
///
/// # Errors
/// No port is free.
pub async fn health_only() -> Result<Running, Failure> {
    let (_, service) = tonic_health::server::health_reporter();
    serve(Server::new().fallback(service)).await
}

async fn serve(server: Server) -> Result<Running, Failure> {
    let server = server.bind("127.0.0.1:0").await?;
    let Address::Tcp(addr) = *server.local_addr() else {
        return Err("a TCP address was asked for".into());
    };
    Ok(Running::start(addr, |stopped| async move {
        server.serve_until(async { drop(stopped.await) }).await?;
        Ok(())
    }))
}
