//! Method options of `rsrpc/options.proto`, over the wire.

use std::time::Duration;

use rsrpc_runtime::{Channel, Code, Context, Protocol, Server, Status};
use rsrpc_tests::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use rsrpc_tests::options::{Optioned, OptionedClient, OptionedMethods, OptionedServer, Text};

struct Service;

impl Optioned for Service {
    async fn hang(&self, _cx: &Context, _request: Text) -> Result<Text, Status> {
        std::future::pending().await
    }

    async fn remaining(&self, cx: &Context, _request: Text) -> Result<Text, Status> {
        let remaining = cx.time_remaining();
        let seconds = remaining.map(|time| time.as_secs_f64().ceil().to_string());
        Ok(Text {
            text: seconds.unwrap_or_default(),
        })
    }

    async fn unlimited(&self, cx: &Context, request: Text) -> Result<Text, Status> {
        self.remaining(cx, request).await
    }
}

/// Runs `check` with the address of a server.
async fn serve(check: impl AsyncFnOnce(String)) {
    let server = Server::new().add_service(OptionedServer::new(Service));
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve_until(async { drop(stopped.await) }));
    soon(check(address)).await;
    drop(stop);
    soon(served).await.unwrap().unwrap();
}

fn client(address: &str, protocol: Protocol) -> OptionedClient {
    OptionedClient::new(Channel::builder(address).protocol(protocol).build().unwrap())
}

#[tokio::test]
async fn method_timeout_option() {
    serve(async |address| {
        for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
            let client = client(&address, protocol);
            let status = client.hang(Text::default()).await.unwrap_err();
            assert_eq!(status.code(), Code::DeadlineExceeded, "{protocol:?}: {status}");
        }
        let client = client(&address, Protocol::Grpc);
        let told = client.remaining(Text::default()).await.unwrap();
        assert_eq!(told.text, "3600");
        // A timeout of the call overrides the definition's.
        let told = client
            .remaining(Text::default())
            .timeout(Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(told.text, "60");
        let told = client.unlimited(Text::default()).await.unwrap();
        assert_eq!(told.text, "");
    })
    .await;
}

#[tokio::test]
async fn jsonrpc_name_option() {
    serve(async |address| {
        for (method, expected) in [
            ("how long?", r#"{"jsonrpc":"2.0","result":{},"id":1}"#),
            (
                "rsrpc.testing.options.Optioned/Remaining",
                r#"{"jsonrpc":"2.0","result":{},"id":1}"#,
            ),
            (
                "how long",
                r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}"#,
            ),
        ] {
            let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{{}},"id":1}}"#);
            let request = format!(
                "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: \
                 close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let mut connection = TcpStream::connect(&address).await.unwrap();
            connection.write_all(request.as_bytes()).await.unwrap();
            let mut response = String::new();
            connection.read_to_string(&mut response).await.unwrap();
            assert_eq!(response.split_once("\r\n\r\n").unwrap().1, expected, "{method}");
        }
    })
    .await;
}

#[test]
fn options_are_in_the_descriptor() {
    let options = OptionedMethods::REMAINING.descriptor().options();
    assert_eq!(options.timeout, Some(Duration::from_secs(3600)));
    assert_eq!(options.jsonrpc_name, Some("how long?"));
    assert_eq!(options.retry, None);
}
