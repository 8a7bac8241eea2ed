//! `#[service]` on Rust traits, over gRPC and JSON-RPC.

mod json;
mod mock_and_dyn;
mod protobuf;
mod tutorial;

use std::net::SocketAddr;

use rsrpc_runtime::{Channel, Protocol, Server};
use rsrpc_tests::{serve, soon};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server on a free port, until it is stopped.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
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

    fn channel(&self, protocol: Protocol) -> Channel {
        let target = format!("http://{}", self.address);
        Channel::builder(target)
            .protocol(protocol)
            .build()
            .expect("a channel")
    }

    /// Posts a text and returns the response body.
    async fn post(&self, text: &str) -> String {
        let request = format!(
            "POST / HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{text}",
            text.len()
        );
        let exchange = async {
            let mut socket = TcpStream::connect(self.address).await?;
            socket.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        let answer = soon(exchange).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        body.to_owned()
    }

    /// Calls a method with raw `params`. Returns the response from after `"jsonrpc":"2.0"`.
    async fn call(&self, method: &str, params: &str) -> String {
        let params = match params {
            "" => String::new(),
            params => format!(r#","params":{params}"#),
        };
        let text = format!(r#"{{"jsonrpc":"2.0","method":"{method}"{params},"id":1}}"#);
        let answer = self.post(&text).await;
        let outcome = answer.strip_prefix(r#"{"jsonrpc":"2.0","#);
        let outcome = outcome.and_then(|rest| rest.strip_suffix(r#","id":1}"#));
        outcome.unwrap_or(&answer).to_owned()
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.served).await.expect("a clean end");
    }
}
