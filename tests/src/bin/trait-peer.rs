//! Serves [`rsrpc_tests::trait_first`] for `tests/foreign/trait_first.py` and grpcurl. Its health status is
//! NOT_SERVING. Prints `listening ADDR`; SIGTERM ends it. With an argument it serves TLS and writes its root
//! certificate to the file of that name.

use rsrpc_runtime::Server;
use rsrpc_runtime::health::Health;
use rsrpc_runtime::reflection::Reflection;
use rsrpc_tests::certificates::LOCALHOST;
use rsrpc_tests::trait_first::{CATALOG_SERVICE, CatalogServer, MyCatalog};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut terminated = signal(SignalKind::terminate())?;
    let (health, handle) = Health::new();
    handle.set_not_serving(&CATALOG_SERVICE);
    let mut server = Server::new()
        .add_service(CatalogServer::new(MyCatalog))
        .add_service(health)
        .add_service(Reflection::new());
    if let Some(root) = std::env::args_os().nth(1) {
        std::fs::write(root, LOCALHOST.authority.pem())?;
        server = server.tls(LOCALHOST.server_tls());
    }
    let server = server.bind("127.0.0.1:0").await?;
    println!("listening {}", server.local_addr());
    server
        .serve_until(async move {
            let _ = terminated.recv().await;
        })
        .await?;
    Ok(())
}
