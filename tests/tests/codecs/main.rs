//! Formats and compression of gRPC messages, as callers and handlers see them and on the wire.

mod compression;
mod formats;

use std::net::SocketAddr;

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue, Request};
use rsrpc_runtime::Server;
use rsrpc_tests::{serve, soon};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server on a free port, until it is stopped.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// A raw response.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: HeaderMap,
    /// Flag and payload of each message.
    messages: Vec<(u8, Bytes)>,
    trailers: HeaderMap,
}

impl Running {
    async fn start(server: Server) -> Self {
        let (address, stop, served) = serve(server).await;
        Self {
            address,
            stop,
            served,
        }
    }

    /// Posts bytes to a method.
    async fn post(&self, path: &str, headers: &[(&'static str, &'static str)], body: Bytes) -> Answer {
        let work = async {
            let socket = TcpStream::connect(self.address).await.expect("a server");
            let (mut requests, connection) = h2::client::handshake(socket).await.expect("HTTP/2");
            let driving = tokio::spawn(connection);
            let mut request = Request::post(format!("http://test{path}"))
                .body(())
                .expect("a request");
            request
                .headers_mut()
                .insert("te", HeaderValue::from_static("trailers"));
            for (name, value) in headers {
                request
                    .headers_mut()
                    .append(*name, HeaderValue::from_static(value));
            }
            let (response, mut sender) = requests.send_request(request, false).expect("a stream");
            sender.send_data(body, true).expect("a window");
            let (head, mut body) = response.await.expect("an answer").into_parts();
            let mut bytes = Vec::new();
            while let Some(data) = body.data().await {
                let data = data.expect("no reset");
                body.flow_control()
                    .release_capacity(data.len())
                    .expect("what was read");
                bytes.extend_from_slice(&data);
            }
            let trailers = body.trailers().await.expect("no reset").unwrap_or_default();
            driving.abort();
            Answer {
                status: head.status.as_u16(),
                head: head.headers,
                messages: messages(bytes.into()),
                trailers,
            }
        };
        soon(work).await
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.served).await.expect("a clean end");
    }
}

impl Answer {
    /// `grpc-status` from headers or trailers.
    fn code(&self) -> &str {
        let status = self.trailers.get("grpc-status").or(self.head.get("grpc-status"));
        status.and_then(|status| status.to_str().ok()).unwrap_or("none")
    }

    fn header(&self, name: &str) -> &str {
        self.head
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("none")
    }
}

fn messages(mut bytes: Bytes) -> Vec<(u8, Bytes)> {
    let mut messages = Vec::new();
    while bytes.remaining() >= 5 {
        let flag = bytes.get_u8();
        let length = bytes.get_u32() as usize;
        messages.push((flag, bytes.split_to(length.min(bytes.len()))));
    }
    messages
}
