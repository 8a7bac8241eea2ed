//! The client: calls, and their printed results.

use std::time::Duration;

use greeter::helloworld::{GreeterClient, HelloRequest};
use rsrpc_runtime::{Channel, Protocol};

use crate::Failure;

/// Makes the calls that the protocol supports and prints the replies. Streams need gRPC.
pub(crate) async fn call(target: &str, protocol: Protocol, name: &str) -> Result<(), Failure> {
    // Building a channel does no I/O. The first call connects.
    let channel = Channel::builder(target)
        .protocol(protocol)
        .default_timeout(Duration::from_secs(20))
        .build()?;
    let client = GreeterClient::new(channel);
    match protocol {
        Protocol::JsonRpc => {
            println!("JSON-RPC to {target}");
            say_hello(&client, name).await
        }
        _ => {
            println!("gRPC to {target}");
            say_hello(&client, name).await?;
            stream_hello(&client, name).await?;
            chat(&client, &[name, "Ada", "Grace"]).await
        }
    }
}

async fn say_hello(client: &GreeterClient, name: &str) -> Result<(), Failure> {
    println!("  SayHello");
    said(name);
    let reply = client.say_hello(request(name)).await?;
    heard(&reply.message);
    Ok(())
}

async fn stream_hello(client: &GreeterClient, name: &str) -> Result<(), Failure> {
    println!("  StreamHello");
    said(name);
    let mut replies = client.stream_hello(request(name)).await?;
    while let Some(reply) = replies.message().await? {
        heard(&reply.message);
    }
    Ok(())
}

/// Sends each name after the greeting of the previous one.
async fn chat(client: &GreeterClient, names: &[&str]) -> Result<(), Failure> {
    println!("  Chat");
    let (mut requests, mut replies) = client.chat().open().await?;
    for name in names {
        said(name);
        requests.send(request(name)).await?;
        let reply = replies.message().await?.ok_or("the server ended the chat")?;
        heard(&reply.message);
    }
    // Half-closes the stream. Dropping the sender instead would cancel the call.
    requests.finish();
    match replies.message().await? {
        None => Ok(()),
        Some(reply) => Err(format!("a greeting for nobody: {}", reply.message).into()),
    }
}

fn request(name: &str) -> HelloRequest {
    HelloRequest {
        name: name.to_owned(),
    }
}

fn said(name: &str) {
    println!("    > {name}");
}

fn heard(message: &str) {
    println!("    < {message}");
}
