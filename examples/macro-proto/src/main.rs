//! A service from a .proto file without a build script: `#[service(proto = …)]` compiles the file, again whenever it
//! changes. The file's types are in scope where the trait is defined.

use std::error::Error;

use rsrpc_runtime::{Channel, Context, Protocol, Server, Status, Streaming, service};

/// Methods written here are compared with the file's. An empty trait takes them from the file.
#[service(proto = "proto/helloworld.proto")]
pub trait Greeter {
    /// Sends a greeting that fits the mood.
    async fn say_hello(&self, cx: &Context, request: HelloRequest) -> Result<HelloReply, Status>;

    async fn try_moods(&self, cx: &Context, request: HelloRequest) -> Result<Streaming<HelloReply>, Status>;
}

struct Moody;

impl Greeter for Moody {
    async fn say_hello(&self, _cx: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        if request.name.is_empty() {
            return Err(Status::invalid_argument("who is there?"));
        }
        Ok(greet(&request.name, request.mood()))
    }

    async fn try_moods(&self, _cx: &Context, request: HelloRequest) -> Result<Streaming<HelloReply>, Status> {
        let moods = [Mood::Unspecified, Mood::Cheerful, Mood::Gloomy];
        let replies = moods.map(|mood| greet(&request.name, mood));
        Ok(Streaming::iter(replies))
    }
}

// The imported package is a module beside the messages.
use moods::Mood;

fn greet(name: &str, mood: Mood) -> HelloReply {
    let message = match mood {
        Mood::Cheerful => format!("What a day, {name}!"),
        Mood::Gloomy => format!("Oh. {name}."),
        Mood::Unspecified => format!("Hello, {name}!"),
    };
    HelloReply { message }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Server::new()
        .add_service(GreeterServer::new(Moody))
        .bind("127.0.0.1:0")
        .await?;
    let addr = server.local_addr().to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));

    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let client = GreeterClient::new(Channel::builder(&addr).protocol(protocol).build()?);
        let mut request = HelloRequest {
            name: "Tom".to_owned(),
            ..HelloRequest::default()
        };
        request.set_mood(Mood::Cheerful);
        println!("{protocol:?}: {}", client.say_hello(request).await?.message);
        match client.say_hello(HelloRequest::default()).await {
            Ok(reply) => return Err(format!("nobody was greeted: {}", reply.message).into()),
            Err(status) => println!("{protocol:?}: {status}"),
        }
    }

    let client = GreeterClient::new(Channel::builder(&addr).build()?);
    let request = HelloRequest {
        name: "Ada".to_owned(),
        ..HelloRequest::default()
    };
    let mut replies = client.try_moods(request).await?;
    while let Some(reply) = replies.message().await? {
        println!("a stream: {}", reply.message);
    }

    drop(stop);
    serving.await??;
    Ok(())
}
