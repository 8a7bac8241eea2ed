//! One request of HTTP/1.1 on a connection of its own.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Failure;

pub(crate) async fn get(addr: SocketAddr, path: &str) -> Result<String, Failure> {
    let request = Request::get(path).header("host", addr.to_string());
    send(addr, request.body(Full::default())?).await
}

pub(crate) async fn post_json(addr: SocketAddr, path: &str, text: &'static str) -> Result<String, Failure> {
    let request = Request::post(path)
        .header("host", addr.to_string())
        .header("content-type", "application/json");
    send(addr, request.body(Full::from(text))?).await
}

async fn send(addr: SocketAddr, request: Request<Full<Bytes>>) -> Result<String, Failure> {
    let socket = TokioIo::new(TcpStream::connect(addr).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(socket).await?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    drop(sender);
    driving.await??;
    if !head.status.is_success() {
        return Err(format!("HTTP {}: {}", head.status, String::from_utf8_lossy(&body)).into());
    }
    Ok(String::from_utf8(body.into())?)
}
