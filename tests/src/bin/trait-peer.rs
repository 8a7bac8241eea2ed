//! Serves [`rsrpc_tests::trait_first`] for `tests/foreign/trait_first.py`: prints `listening ADDR`; SIGTERM ends it.

use rsrpc_runtime::Server;
use rsrpc_tests::trait_first::{CatalogServer, MyCatalog};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut terminated = signal(SignalKind::terminate())?;
    let server = Server::new()
        .add_service(CatalogServer::new(MyCatalog))
        .bind("127.0.0.1:0")
        .await?;
    println!("listening {}", server.local_addr());
    server
        .serve_until(async move {
            let _ = terminated.recv().await;
        })
        .await?;
    Ok(())
}
