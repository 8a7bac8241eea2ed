//! The JSON-RPC client with our server and with hand-made servers.

use std::time::Duration;

use calc::proto::{
    BlobRequest, CalcClient, CountRequest, EchoMessage, FailRequest, SubtractRequest, echo_message,
};
use rsrpc_runtime::client::JsonRpcError;
use rsrpc_runtime::interceptor::interceptor;
use rsrpc_runtime::prost_types::Timestamp;
use rsrpc_runtime::{Channel, Code, Protocol, Server, Status, transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Running;

fn client(target: String) -> CalcClient {
    let channel = Channel::builder(target).protocol(Protocol::JsonRpc).build();
    CalcClient::new(channel.expect("a target"))
}

async fn running() -> (Running, CalcClient) {
    let running = Running::start(Server::new().add_service(calc::service())).await;
    let client = client(running.address.to_string());
    (running, client)
}

fn subtract(minuend: i32, subtrahend: i32) -> SubtractRequest {
    SubtractRequest { minuend, subtrahend }
}

#[tokio::test]
async fn jsonrpc_client_round_trips_replies_and_statuses() {
    let (_running, client) = running().await;
    assert_eq!(client.subtract(subtract(5, 3)).await.unwrap(), 2);
    client.get_data(()).await.unwrap();
    let message = EchoMessage {
        text: "ü\"\\\n".into(),
        big_number: i64::MAX,
        nums: vec![1, -1],
        kind: 99,
        child: Some(Box::default()),
        choice: Some(echo_message::Choice::B(0)),
    };
    assert_eq!(client.echo(message.clone()).await.unwrap(), message);

    let failure = FailRequest {
        code: 5,
        message: "user 7".into(),
    };
    let status = client.fail(failure).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "user 7"));
    let status = client.panic(()).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Internal, "Internal error")
    );
    let status = client.blob(BlobRequest { size: 5_000_000 }).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let blob = client.blob(BlobRequest { size: 4_000_000 }).await.unwrap();
    assert_eq!(blob.data.len(), 4_000_000);
    let status = client.count(CountRequest { n: 1 }).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn concurrent_callers_share_a_channel() {
    let (running, client) = running().await;
    let callers: Vec<_> = (0..40)
        .map(|caller| {
            let client = client.clone();
            tokio::spawn(async move {
                for call in 0..20 {
                    assert_eq!(
                        client.subtract(subtract(caller, call)).await.unwrap(),
                        caller - call
                    );
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    drop(client);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn client_interceptors_wrap_jsonrpc_calls() {
    let server = Server::new()
        .add_service(calc::service())
        .intercept(interceptor(|call, next| async move {
            match call.metadata().get("token") {
                Some("good") => next.run(call).await,
                _ => Err(Status::unauthenticated("who are you?").with(Timestamp { seconds: 1, nanos: 0 })),
            }
        }));
    let running = Running::start(server).await;
    let status = client(running.address.to_string())
        .subtract(subtract(1, 1))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.detail::<Timestamp>().unwrap().unwrap().seconds, 1);

    let channel = Channel::builder(running.address.to_string())
        .protocol(Protocol::JsonRpc)
        .intercept(interceptor(|mut call, next| async move {
            call.metadata_mut().insert("token", "good").expect("metadata");
            next.run(call).await
        }));
    let client = CalcClient::new(channel.build().unwrap());
    assert_eq!(client.subtract(subtract(5, 3)).await.unwrap(), 2);
}

#[tokio::test]
async fn jsonrpc_over_memory() {
    let (listener, connector) = transport::memory();
    let server = Server::new()
        .add_service(calc::service())
        .listen(listener)
        .unwrap();
    let serving = tokio::spawn(server.serve_until(std::future::pending()));
    let channel = Channel::builder("memory:")
        .connector(connector)
        .protocol(Protocol::JsonRpc);
    let client = CalcClient::new(channel.build().unwrap());
    assert_eq!(client.subtract(subtract(5, 3)).await.unwrap(), 2);
    serving.abort();
}

/// A server that responds to the first request of each connection with `response` and closes it.
async fn played(response: impl Into<String>) -> CalcClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let response = response.into();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !read.ends_with(b"}") {
                socket.read_buf(&mut read).await.unwrap();
            }
            assert!(read.starts_with(b"POST /rpc HTTP/1.1\r\n"));
            socket.write_all(response.as_bytes()).await.unwrap();
        }
    });
    client(format!("http://{address}/rpc"))
}

fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn invalid_responses_become_statuses() {
    let check = async |status: &str, body: &str, code: Code, part: &str| {
        let client = played(response(status, body)).await;
        let status = client.subtract(subtract(5, 3)).await.unwrap_err();
        assert_eq!(status.code(), code, "{body}: {status}");
        assert!(status.message().contains(part), "{body}: {status}");
        status
    };
    let of_code =
        |code: i32| format!(r#"{{"jsonrpc":"2.0","error":{{"code":{code},"message":"no"}},"id":null}}"#);
    let status = check("200 OK", &of_code(-32000), Code::Unknown, "no").await;
    let source = std::error::Error::source(&status).unwrap();
    assert_eq!(source.downcast_ref::<JsonRpcError>().unwrap().code(), -32000);
    check("400 Bad Request", &of_code(-32602), Code::InvalidArgument, "no").await;
    check(
        "413 Payload Too Large",
        &of_code(-32007),
        Code::ResourceExhausted,
        "no",
    )
    .await;
    check("404 Not Found", "nothing", Code::Unimplemented, "404").await;
    check("503 Service Unavailable", "", Code::Unavailable, "503").await;
    check("200 OK", "<html>", Code::Internal, "no JSON-RPC response").await;
    check(
        "200 OK",
        r#"{"jsonrpc":"2.0","result":{},"id":1}"#,
        Code::Internal,
        "result",
    )
    .await;
    check("204 No Content", "", Code::Unknown, "204").await;

    let newer = r#"{"jsonrpc":"2.0","result":{"text":"a","added":[1],"kind":"KIND_NEW"},"id":1}"#;
    let message = played(response("200 OK", newer))
        .await
        .echo(EchoMessage::default())
        .await
        .unwrap();
    assert_eq!(message.text, "a");
}

/// An idle connection closed by the server does not fail the next call.
#[tokio::test]
async fn closed_idle_connection_is_replaced() {
    let body = r#"{"jsonrpc":"2.0","result":7,"id":1}"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(format!("http://{}/", listener.local_addr().unwrap()));
    for id in 1..5 {
        let called = tokio::spawn({
            let client = client.clone();
            async move { client.subtract(subtract(7, 0)).await }
        });
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"}") {
            socket.read_buf(&mut read).await.unwrap();
        }
        let body = body.replace(":1}", &format!(":{id}}}"));
        socket
            .write_all(response("200 OK", &body).as_bytes())
            .await
            .unwrap();
        assert_eq!(called.await.unwrap().unwrap(), 7);
        // Once the client has closed its side, too, the next call cannot be sent on this connection. A call that was
        // sent on it is not retried: the server may have executed it.
        socket.shutdown().await.unwrap();
        assert_eq!(socket.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn deadline_closes_the_http1_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(format!("http://{}/", listener.local_addr().unwrap()));
    let called = tokio::spawn(async move {
        let timeout = Duration::from_millis(500);
        client.subtract(subtract(7, 0)).timeout(timeout).await
    });
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    socket.read_to_end(&mut read).await.unwrap();
    let text = String::from_utf8(read).unwrap();
    assert!(text.contains("grpc-timeout: "), "{text}");
    assert_eq!(called.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn connection_refused_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(listener.local_addr().unwrap().to_string());
    drop(listener);
    for _ in 0..2 {
        let status = client.subtract(subtract(1, 1)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("cannot connect"), "{status}");
    }
}
