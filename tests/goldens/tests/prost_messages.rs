//! Services generated with `messages=none`, for messages that prost generated.

use rsrpc_runtime::{Channel, Context, Server, Status, Streaming, transport};

// A user's crate would make this module public.
#[allow(unreachable_pub)]
mod helloworld {
    /// Default output of prost-build.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct HelloRequest {
        #[prost(string, tag = "1")]
        pub name: ::prost::alloc::string::String,
    }

    /// Default output of prost-build.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct HelloReply {
        #[prost(string, tag = "1")]
        pub message: ::prost::alloc::string::String,
    }

    include!("../../../rsrpc-codegen/tests/golden/messages_none/helloworld.rs");
}

use helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply, HelloRequest};

struct MyGreeter;

impl Greeter for MyGreeter {
    async fn say_hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        let message = format!("Hello {}", request.name);
        Ok(HelloReply { message })
    }

    async fn stream_hello(
        &self,
        cx: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        let reply = self.say_hello(cx, request).await?;
        Ok(Streaming::iter([reply]))
    }

    async fn record(&self, _: &Context, _: Streaming<HelloRequest>) -> Result<HelloReply, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn chat(&self, _: &Context, _: Streaming<HelloRequest>) -> Result<Streaming<HelloReply>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

#[tokio::test]
async fn services_with_existing_prost_messages() {
    let (listener, connector) = transport::memory();
    let server = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .listen(listener)
        .unwrap();
    let server = tokio::spawn(server.serve());
    let channel = Channel::builder("memory:").connector(connector);
    let client = GreeterClient::new(channel.build().unwrap());
    let ada = HelloRequest {
        name: "Ada".to_owned(),
    };
    let reply = client.say_hello(ada.clone()).await.unwrap();
    assert_eq!(reply.message, "Hello Ada");
    let mut replies = client.stream_hello(ada).await.unwrap();
    assert_eq!(replies.message().await.unwrap(), Some(reply));
    server.abort();
}
