//! Every way in which rsrpc and tonic meet.

use std::time::Duration;

use greeter::helloworld as ours;
use rsrpc_runtime::{Channel, Code as OurCode};
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use with_tonic::helloworld::HelloRequest;
use with_tonic::helloworld::greeter_client::GreeterClient;
use with_tonic::{Running, behind_rsrpc, health_only, inside_tonic};

async fn servers() -> [Running; 2] {
    [inside_tonic().await.unwrap(), behind_rsrpc().await.unwrap()]
}

fn channel(server: &Running) -> Channel {
    Channel::builder(server.addr.to_string()).build().unwrap()
}

fn request(name: &str) -> HelloRequest {
    HelloRequest {
        name: name.to_owned(),
    }
}

/// Our own client, whoever has the socket.
#[tokio::test]
async fn our_client() {
    for server in servers().await {
        let client = ours::GreeterClient::new(channel(&server));
        let name = || ours::HelloRequest { name: "a".to_owned() };
        assert_eq!(client.say_hello(name()).await.unwrap().message, "Hello a");
        let mut stream = client.stream_hello(name()).await.unwrap();
        let mut count = 0;
        while let Some(reply) = stream.message().await.unwrap() {
            assert_eq!(reply.message, "Hello a");
            count += 1;
        }
        assert_eq!(count, 10);
        let (mut tx, mut rx) = client.chat().open().await.unwrap();
        for _ in 0..3 {
            tx.send(name()).await.unwrap();
            assert_eq!(rx.message().await.unwrap().unwrap().message, "Hello a");
        }
        tx.finish();
        assert_eq!(rx.message().await.unwrap(), None);
        drop((client, stream, rx));
        server.stop().await.unwrap();
    }
}

/// A client that tonic generated, over our channel: every kind of call, metadata, deadlines, cancellation.
#[tokio::test]
async fn tonics_client_over_our_channel() {
    for server in servers().await {
        let mut client = GreeterClient::new(channel(&server));
        let reply = client.say_hello(request("b")).await.unwrap();
        assert_eq!(reply.into_inner().message, "Hello b");

        let stream = client.stream_hello(request("b")).await.unwrap().into_inner();
        let replies: Vec<_> = stream.collect().await;
        assert_eq!(replies.len(), 10);
        assert!(
            replies
                .iter()
                .all(|reply| reply.as_ref().unwrap().message == "Hello b")
        );

        let (tx, rx) = tokio::sync::mpsc::channel(1);
        let requests = tokio_stream::wrappers::ReceiverStream::new(rx);
        let mut replies = client.chat(requests).await.unwrap().into_inner();
        for index in 0..3 {
            tx.send(request(&index.to_string())).await.unwrap();
            assert_eq!(
                replies.message().await.unwrap().unwrap().message,
                format!("Hello {index}")
            );
        }
        drop(tx);
        assert!(replies.message().await.unwrap().is_none());

        // A call that is dropped while it is under way harms nothing.
        let (tx, rx) = tokio::sync::mpsc::channel::<HelloRequest>(1);
        let requests = tokio_stream::wrappers::ReceiverStream::new(rx);
        drop(client.chat(requests).await.unwrap());
        tx.closed().await;

        let mut late = tonic::Request::new(tokio_stream::pending());
        late.set_timeout(Duration::from_millis(50));
        let ended = match client.chat(late).await {
            Ok(replies) => replies.into_inner().message().await.unwrap_err(),
            Err(status) => status,
        };
        assert!(
            matches!(ended.code(), Code::DeadlineExceeded | Code::Cancelled),
            "{ended:?}"
        );
        drop((client, replies));
        server.stop().await.unwrap();
    }
}

/// A service of tonic, unchanged: on our port, and beside our services on tonic's.
#[tokio::test]
async fn tonics_service() {
    for server in servers().await {
        let over_ours = HealthClient::new(channel(&server));
        let own = tonic::transport::Endpoint::new(format!("http://{}", server.addr)).unwrap();
        let over_own = HealthClient::new(own.connect().await.unwrap());
        let of = |service: &str| HealthCheckRequest {
            service: service.to_owned(),
        };
        macro_rules! check {
            ($client:expr) => {{
                let mut client = $client;
                let answer = client
                    .check(of("helloworld.Greeter"))
                    .await
                    .unwrap()
                    .into_inner();
                assert_eq!(answer.status(), ServingStatus::Serving);
                assert_eq!(
                    client.check(of("nobody")).await.unwrap_err().code(),
                    Code::NotFound
                );
                let mut watched = client
                    .watch(of("helloworld.Greeter"))
                    .await
                    .unwrap()
                    .into_inner();
                let first = watched.message().await.unwrap().unwrap();
                assert_eq!(first.status(), ServingStatus::Serving);
            }};
        }
        check!(over_ours);
        check!(over_own);
        server.stop().await.unwrap();
    }
}

/// What nobody serves.
#[tokio::test]
async fn unknown_methods() {
    let server = health_only().await.unwrap();
    let status = GreeterClient::new(channel(&server))
        .say_hello(request("c"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let client = ours::GreeterClient::new(channel(&server));
    let status = client.say_hello(ours::HelloRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), OurCode::Unimplemented);
    drop(client);
    server.stop().await.unwrap();
}

/// tonic's client gets our statuses, with all that they say.
#[tokio::test]
async fn failures_of_our_channel() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let channel = Channel::builder(addr.to_string()).build().unwrap();
    let status = GreeterClient::new(channel)
        .say_hello(request("d"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let message = status.message();
    assert!(
        message.starts_with(&format!(
            "cannot connect to {addr} (connecting, attempt 1, after "
        )),
        "{message}"
    );
    assert!(
        message.contains("): Connection refused (os error 111)"),
        "{message}"
    );
}
