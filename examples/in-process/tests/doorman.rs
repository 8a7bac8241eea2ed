//! Tests of a service without a socket: the implementation alone, and behind its protocol.

use std::time::Duration;

use greeter::MyGreeter;
use greeter::helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply, HelloRequest};
use in_process::{Doorman, serve_in_memory};
use rsrpc_runtime::{Code, Context, Server, Status, Streaming};

const GUESTS: [&str; 2] = ["Ada", "Grace"];

/// A client of an implementation. Only the socket is replaced by memory.
fn client_of(greeter: impl Greeter) -> GreeterClient {
    let server = Server::new().add_service(GreeterServer::new(greeter));
    let (channel, _) = serve_in_memory(server).expect("a server and a channel");
    GreeterClient::new(channel)
}

fn named(name: &str) -> HelloRequest {
    HelloRequest {
        name: name.to_owned(),
    }
}

/// Runs the same checks for every greeter, since all implement the trait.
async fn check_guests_are_greeted(doorman: impl Greeter) {
    let cx = Context::new();
    let reply = doorman.say_hello(&cx, named("Ada")).await.unwrap();
    assert_eq!(reply.message, "Hello Ada");

    let mut replies = doorman.stream_hello(&cx, named("Grace")).await.unwrap();
    let mut count = 0;
    while let Some(reply) = replies.message().await.unwrap() {
        assert_eq!(reply.message, "Hello Grace");
        count += 1;
    }
    assert_eq!(count, 10);
}

async fn check_strangers_are_turned_away(doorman: impl Greeter) {
    let cx = Context::new();
    let status = doorman.say_hello(&cx, named("Mallory")).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(status.message(), "Mallory is not on the list");

    let (mut requests, stream) = Streaming::channel(1);
    let mut replies = doorman.chat(&cx, stream).await.unwrap();
    requests.send(named("Ada")).await.unwrap();
    assert_eq!(replies.message().await.unwrap().unwrap().message, "Hello Ada");
    requests.send(named("Mallory")).await.unwrap();
    let status = replies.message().await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(replies.message().await.unwrap(), None);
}

#[tokio::test]
async fn implementation_without_protocol() {
    check_guests_are_greeted(Doorman::new(MyGreeter, GUESTS)).await;
    check_strangers_are_turned_away(Doorman::new(MyGreeter, GUESTS)).await;
}

#[tokio::test]
async fn through_a_server_and_a_client() {
    check_guests_are_greeted(client_of(Doorman::new(MyGreeter, GUESTS))).await;
    check_strangers_are_turned_away(client_of(Doorman::new(MyGreeter, GUESTS))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_front_of_a_remote_greeter() {
    let doorman = || Doorman::new(client_of(MyGreeter), GUESTS);
    check_guests_are_greeted(client_of(doorman())).await;
    check_strangers_are_turned_away(client_of(doorman())).await;
}

/// A greeter that reports its remaining time, or never replies.
#[derive(Clone, Copy)]
enum StandIn {
    SaysItsTime,
    Sleeps,
}

impl Greeter for StandIn {
    async fn say_hello(&self, cx: &Context, _: HelloRequest) -> Result<HelloReply, Status> {
        match self {
            StandIn::SaysItsTime => Ok(HelloReply {
                message: format!("{:?}", cx.time_remaining()),
            }),
            StandIn::Sleeps => std::future::pending().await,
        }
    }

    async fn stream_hello(&self, _: &Context, _: HelloRequest) -> Result<Streaming<HelloReply>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn chat(&self, _: &Context, _: Streaming<HelloRequest>) -> Result<Streaming<HelloReply>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
}

/// The paused clock advances only when all tasks are idle, so the remaining time is exact.
#[tokio::test(start_paused = true)]
async fn deadline_reaches_the_inner_greeter() {
    let client = client_of(Doorman::new(client_of(StandIn::SaysItsTime), GUESTS));
    let call = client.say_hello(named("Ada")).timeout(Duration::from_secs(5));
    assert_eq!(call.await.unwrap().message, "Some(5s)");
    assert_eq!(client.say_hello(named("Ada")).await.unwrap().message, "None");
}

/// The paused clock makes this instant.
#[tokio::test(start_paused = true)]
async fn deadline_ends_a_call_to_a_sleeping_greeter() {
    let client = client_of(Doorman::new(client_of(StandIn::Sleeps), GUESTS));
    let call = client.say_hello(named("Ada")).timeout(Duration::from_secs(3600));
    assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
}
