//! Tests of code that calls a service, with the generated mock.

use std::time::Duration;

use greeter::helloworld::{
    Greeter, GreeterClient, GreeterDyn, GreeterMethods, GreeterMock, GreeterServer, HelloReply, HelloRequest,
};
use mocking::Concierge;
use rsrpc_runtime::client::Protocol;
use rsrpc_runtime::mock::Sequence;
use rsrpc_runtime::{Channel, Code, Context, Server, Status, transport};

fn request(name: &str) -> HelloRequest {
    HelloRequest { name: name.into() }
}

fn reply(message: &str) -> HelloReply {
    HelloReply {
        message: message.into(),
    }
}

fn concierge(mocks: &[&GreeterMock]) -> Concierge {
    Concierge::new(mocks.iter().map(|&mock| GreeterDyn::new(mock.clone())))
}

#[tokio::test]
async fn greeters_are_tried_in_order() {
    let (first, second) = (GreeterMock::new(), GreeterMock::new());
    let order = Sequence::new();
    first
        .expect_say_hello()
        .in_order(&order)
        .fails(Status::unavailable("asleep"));
    second
        .expect_say_hello()
        .with(request("Ada"))
        .in_order(&order)
        .returns(reply("Hello Ada"));
    let greeted = concierge(&[&first, &second])
        .say_hello(&Context::new(), request("Ada"))
        .await;
    assert_eq!(greeted.unwrap(), reply("Hello Ada"));
}

#[tokio::test]
async fn refusal_is_not_retried() {
    let (first, second) = (GreeterMock::new(), GreeterMock::new());
    first
        .expect_say_hello()
        .fails(Status::permission_denied("not on the list"));
    second.expect_say_hello().never();
    let refused = concierge(&[&first, &second])
        .say_hello(&Context::new(), request("Mallory"))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn mock_over_every_protocol() {
    let mock = GreeterMock::new();
    mock.expect_say_hello().times(2).returns(reply("Hello"));
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let (listener, connector) = transport::memory();
        let server = Server::new().add_service(GreeterServer::new(mock.clone()));
        tokio::spawn(server.listen(listener).unwrap().serve());
        let channel = Channel::builder("memory:")
            .connector(connector)
            .protocol(protocol);
        let remote = GreeterClient::new(channel.build().unwrap());
        let greeted = Concierge::new([GreeterDyn::new(remote)])
            .say_hello(&Context::new(), request("Grace"))
            .await;
        assert_eq!(greeted.unwrap(), reply("Hello"));
    }
    let calls = mock.calls_of(GreeterMethods::SAY_HELLO);
    assert!(calls.iter().all(|call| call.requests == [request("Grace")]));
}

/// The paused clock makes this instant.
#[tokio::test(start_paused = true)]
async fn slow_stream_is_forwarded_message_by_message() {
    let mock = GreeterMock::new();
    mock.expect_stream_hello()
        .after(Duration::from_secs(1))
        .paced(Duration::from_secs(1))
        .streams([reply("one"), reply("two")])
        .then_fails(Status::aborted("enough"));
    let mut replies = concierge(&[&mock])
        .stream_hello(&Context::new(), request("Ada"))
        .await
        .unwrap();
    assert_eq!(replies.message().await.unwrap(), Some(reply("one")));
    assert_eq!(replies.message().await.unwrap(), Some(reply("two")));
    assert_eq!(replies.message().await.unwrap_err().code(), Code::Aborted);
}

#[tokio::test]
async fn bidi_call_is_replied_to_by_the_test() {
    let mock = GreeterMock::new();
    let chat = mock
        .expect_chat()
        .replies_with(|_, requests| async move { Ok(requests.map_ok(|request| reply(&request.name))) });
    let client = mock.client();
    let mut replies = client
        .chat()
        .send(vec![request("a"), request("b")])
        .await
        .unwrap();
    assert_eq!(replies.message().await.unwrap(), Some(reply("a")));
    assert_eq!(replies.message().await.unwrap(), Some(reply("b")));
    assert_eq!(replies.message().await.unwrap(), None);
    assert_eq!(chat.received(), [request("a"), request("b")]);
}
