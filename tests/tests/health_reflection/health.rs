//! The health service, `grpc.health.v1.Health`.

use std::time::Duration;

use rsrpc_runtime::client::Protocol;
use rsrpc_runtime::health::v1::{HealthCheckRequest, HealthCheckResponse, HealthClient, HealthListRequest};
use rsrpc_runtime::health::{Health, HealthHandle, ServingStatus};
use rsrpc_runtime::transport::{Address, Connector as _, MemoryConnector};
use rsrpc_runtime::{Code, MessageCodec, Method, MethodKind, Server, Status, Streaming};
use rsrpc_tests::soon;
use rsrpc_tests::testing::TESTING_SERVICE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Serving;

const GREETER: &str = "helloworld.Greeter";

fn request(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

fn serve() -> (Serving, HealthHandle) {
    let (health, handle) = Health::new();
    // A server that waits for a call would not end with the test.
    let server = Server::new()
        .drain_timeout(Duration::from_secs(3600))
        .add_service(health);
    (Serving::start(server), handle)
}

async fn check(client: &HealthClient, service: &str) -> Result<ServingStatus, (Code, String)> {
    match soon(client.check(request(service)).into_future()).await {
        Ok(response) => Ok(response.status()),
        Err(status) => Err((status.code(), status.message().to_owned())),
    }
}

async fn next(stream: &mut Streaming<HealthCheckResponse>) -> Result<ServingStatus, Status> {
    let message = soon(stream.message()).await?;
    Ok(message.expect("a watch without end").status())
}

#[tokio::test]
async fn health_check_and_list_over_every_protocol() {
    let (serving, handle) = serve();
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let client = HealthClient::new(serving.channel_of(protocol));
        handle.clear(GREETER);
        assert_eq!(
            check(&client, "").await,
            Ok(ServingStatus::Serving),
            "{protocol:?}"
        );
        let unknown = "no health status is set for service helloworld.Greeter".to_owned();
        assert_eq!(check(&client, GREETER).await, Err((Code::NotFound, unknown)));

        handle.set_serving(GREETER);
        handle.set_not_serving(&TESTING_SERVICE);
        assert_eq!(check(&client, GREETER).await, Ok(ServingStatus::Serving));
        assert_eq!(
            check(&client, TESTING_SERVICE.name).await,
            Ok(ServingStatus::NotServing)
        );
        let list = client.list(HealthListRequest {}).await.unwrap();
        let mut list: Vec<_> = list
            .statuses
            .into_iter()
            .map(|(name, at)| (name, at.status()))
            .collect();
        list.sort();
        let expected = [
            (String::new(), ServingStatus::Serving),
            (GREETER.to_owned(), ServingStatus::Serving),
            (TESTING_SERVICE.name.to_owned(), ServingStatus::NotServing),
        ];
        assert_eq!(list, expected);

        handle.set(GREETER, ServingStatus::ServiceUnknown);
        assert_eq!(check(&client, GREETER).await.unwrap_err().0, Code::NotFound);
    }
    serving.stop().await;
}

/// The JSON-RPC name `Check` stays free for services of the user.
#[tokio::test]
async fn health_claims_no_short_jsonrpc_names() {
    let (health, _) = Health::new();
    let server = Server::new().jsonrpc_bare_names(true).add_service(health);
    let serving = Serving::start(server);
    let channel = serving.channel_of(Protocol::JsonRpc);
    let named = |path: &'static str| -> &'static Method<HealthCheckRequest, HealthCheckResponse> {
        Box::leak(Box::new(Method::new(
            MethodKind::Unary,
            path,
            MessageCodec::protobuf("grpc.health.v1.HealthCheckRequest").json(),
            MessageCodec::protobuf("grpc.health.v1.HealthCheckResponse").json(),
        )))
    };
    let whole = channel.unary(named("/grpc.health.v1.Health/Check"), request(""));
    assert_eq!(
        soon(whole.into_future()).await.unwrap().status(),
        ServingStatus::Serving
    );
    let bare = channel.unary(named("/Check"), request(""));
    let refused = soon(bare.into_future()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    serving.stop().await;
}

#[tokio::test]
async fn unknown_service_name_is_truncated() {
    let (serving, _) = serve();
    let client = HealthClient::new(serving.channel());
    let (code, message) = check(&client, &"ä".repeat(1 << 20)).await.unwrap_err();
    assert_eq!(code, Code::NotFound);
    assert_eq!(
        message,
        format!("no health status is set for service {}", "ä".repeat(128))
    );
    serving.stop().await;
}

#[tokio::test]
async fn health_watch_reports_changes_until_shutdown() {
    let (serving, handle) = serve();
    let client = HealthClient::new(serving.channel());
    let mut whole = client.watch(request("")).await.unwrap();
    let mut greeter = client.watch(request(GREETER)).await.unwrap();
    assert_eq!(next(&mut whole).await.unwrap(), ServingStatus::Serving);
    assert_eq!(next(&mut greeter).await.unwrap(), ServingStatus::ServiceUnknown);
    handle.set_serving(GREETER);
    assert_eq!(next(&mut greeter).await.unwrap(), ServingStatus::Serving);
    handle.clear(GREETER);
    assert_eq!(next(&mut greeter).await.unwrap(), ServingStatus::ServiceUnknown);
    handle.set_serving(GREETER);
    assert_eq!(next(&mut greeter).await.unwrap(), ServingStatus::Serving);

    let second = Serving::start(Server::new().add_service(handle.health()));
    serving.stop().await;
    for stream in [&mut whole, &mut greeter] {
        assert_eq!(next(stream).await.unwrap(), ServingStatus::NotServing);
        let end = next(stream).await.unwrap_err();
        assert_eq!(
            (end.code(), end.message()),
            (Code::Unavailable, "the server is shutting down")
        );
    }
    // The shutdown of one server does not affect another.
    let client = HealthClient::new(second.channel());
    assert_eq!(check(&client, GREETER).await, Ok(ServingStatus::Serving));
    second.stop().await;
}

#[tokio::test]
async fn health_is_not_serving_during_drain() {
    let (health, _handle) = Health::new();
    let (entered, mut has_entered) = tokio::sync::mpsc::channel(1);
    let (go, wait) = tokio::sync::watch::channel(false);
    let health = health.intercept(rsrpc_runtime::interceptor::interceptor(move |call, next| {
        let (entered, mut wait) = (entered.clone(), wait.clone());
        async move {
            let _ = entered.send(()).await;
            let _ = wait.wait_for(|go| *go).await;
            next.run(call).await
        }
    }));
    let serving = Serving::start(Server::new().add_service(health));
    let client = HealthClient::new(serving.channel());
    let asked = tokio::spawn(async move { check(&client, "").await });
    soon(has_entered.recv()).await.unwrap();
    let stopped = tokio::spawn(serving.stop());
    // The server waits for the call, which asks for the status only now.
    tokio::task::yield_now().await;
    go.send_replace(true);
    assert_eq!(soon(asked).await.unwrap(), Ok(ServingStatus::NotServing));
    stopped.await.unwrap();
}

#[tokio::test]
async fn health_shutdown_and_resume() {
    let (serving, handle) = serve();
    let client = HealthClient::new(serving.channel());
    handle.set_serving(GREETER);
    let mut watch = client.watch(request(GREETER)).await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap(), ServingStatus::Serving);
    handle.shutdown();
    assert_eq!(next(&mut watch).await.unwrap(), ServingStatus::NotServing);
    assert_eq!(check(&client, "").await, Ok(ServingStatus::NotServing));
    assert_eq!(handle.status(GREETER), Some(ServingStatus::NotServing));
    let list = client.list(HealthListRequest {}).await.unwrap();
    assert!(
        list.statuses
            .values()
            .all(|at| at.status() == ServingStatus::NotServing)
    );
    // Takes effect after `resume`.
    handle.set_not_serving("");
    handle.resume();
    assert_eq!(next(&mut watch).await.unwrap(), ServingStatus::Serving);
    assert_eq!(check(&client, "").await, Ok(ServingStatus::NotServing));
    serving.stop().await;
}

/// Status and body of `GET /healthz`.
async fn healthz(connector: &MemoryConnector) -> (u16, String) {
    let mut socket = connector.connect(Address::Memory).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    socket.write_all(request).await.unwrap();
    let mut answer = String::new();
    soon(socket.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[tokio::test]
async fn healthz_follows_the_server_status() {
    let ok = (200, "ok\n".to_owned());
    let not_serving = (503, "not serving\n".to_owned());
    let serving = Serving::start(Server::new());
    assert_eq!(healthz(&serving.connector).await, ok);
    serving.stop().await;

    let (serving, handle) = serve();
    let connector = serving.connector.clone();
    assert_eq!(healthz(&connector).await, ok);
    handle.set_not_serving(GREETER);
    assert_eq!(healthz(&connector).await, ok);
    for status in [
        ServingStatus::NotServing,
        ServingStatus::Unknown,
        ServingStatus::ServiceUnknown,
    ] {
        handle.set("", status);
        assert_eq!(healthz(&connector).await, not_serving, "{status:?}");
    }
    handle.set_serving("");
    assert_eq!(healthz(&connector).await, ok);
    handle.shutdown();
    assert_eq!(healthz(&connector).await, not_serving);
    handle.resume();
    assert_eq!(healthz(&connector).await, ok);
    serving.stop().await;
}
