//! rsrpc and axum on one port: services mounted in an axum application, and axum routes as the fallback of an rsrpc
//! server.

mod http;

use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use axum::routing::get;
use greeter::MyGreeter;
use greeter::helloworld::{GreeterClient, GreeterServer, HelloRequest};
use rsrpc_runtime::transport::Address;
use rsrpc_runtime::{Channel, Peer, Protocol, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    println!("rsrpc inside axum");
    inside_axum().await?;
    println!("axum behind rsrpc");
    behind_rsrpc().await
}

/// axum (with hyper) owns the socket. gRPC needs axum's feature `http2`.
async fn inside_axum() -> Result<(), Failure> {
    let rpc = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .into_service()?;
    let app = Router::new()
        // JSON-RPC is POST `/`, which can also serve a page. gRPC uses one path per method.
        .route("/", get(page).post_service(rpc.clone()))
        .fallback_service(rpc)
        .layer(map_request(tell_peer));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let make_service = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, make_service).with_graceful_shutdown(async { drop(stopped.await) });
    let serving = tokio::spawn(async { serving.await });
    call(addr).await?;
    drop(stop);
    Ok(serving.await??)
}

/// Only the server that accepts a connection knows its peer. This layer passes it to handlers, as `cx.peer()`.
async fn tell_peer(ConnectInfo(addr): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(Peer::from(addr));
    request
}

/// rsrpc owns the socket, so gRPC calls take its fast path. Other requests go to axum.
async fn behind_rsrpc() -> Result<(), Failure> {
    let server = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .fallback(Router::new().route("/", get(page)))
        .bind("127.0.0.1:0")
        .await?;
    let Address::Tcp(addr) = *server.local_addr() else {
        return Err("a TCP address was asked for".into());
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));
    call(addr).await?;
    drop(stop);
    Ok(serving.await??)
}

async fn page() -> &'static str {
    "an ordinary page"
}

/// Requests a page, a gRPC call and a JSON-RPC call from one port.
async fn call(addr: SocketAddr) -> Result<(), Failure> {
    println!("  GET /        {}", http::get(addr, "/").await?);
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let channel = Channel::builder(addr.to_string()).protocol(protocol).build()?;
        let request = HelloRequest {
            name: format!("{protocol:?}"),
        };
        let reply = GreeterClient::new(channel).say_hello(request).await?;
        println!("  SayHello     {}", reply.message);
    }
    Ok(())
}
