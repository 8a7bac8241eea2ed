//! An HTTP/1.1 request on a new connection.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Failure;

/// Returns the page at a path.
pub(crate) async fn get(addr: SocketAddr, path: &str) -> Result<String, Failure> {
    let request = Request::get(path)
        .header("host", addr.to_string())
        .body(Empty::<Bytes>::new())?;
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
