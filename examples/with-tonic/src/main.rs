//! Calls an rsrpc greeter and a tonic health service on one port with clients of both: first on a tonic server, then
//! on an rsrpc server.

use greeter::helloworld as ours;
use rsrpc_runtime::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use with_tonic::{Failure, Running, behind_rsrpc, helloworld as tonics, inside_tonic};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    println!("rsrpc inside tonic");
    call(inside_tonic().await?).await?;
    println!("tonic behind rsrpc");
    call(behind_rsrpc().await?).await
}

async fn call(server: Running) -> Result<(), Failure> {
    let channel = Channel::builder(server.addr.to_string()).build()?;
    let name = || "World".to_owned();

    let client = ours::GreeterClient::new(channel.clone());
    let reply = client.say_hello(ours::HelloRequest { name: name() }).await?;
    println!("  rsrpc's client                          {}", reply.message);

    let mut client = tonics::greeter_client::GreeterClient::new(channel.clone());
    let reply = client.say_hello(tonics::HelloRequest { name: name() }).await?;
    println!(
        "  tonic's client over rsrpc's channel     {}",
        reply.into_inner().message
    );

    let mut client =
        tonics::greeter_client::GreeterClient::connect(format!("http://{}", server.addr)).await?;
    let reply = client.say_hello(tonics::HelloRequest { name: name() }).await?;
    println!(
        "  tonic's client over its own             {}",
        reply.into_inner().message
    );

    let request = HealthCheckRequest {
        service: "helloworld.Greeter".to_owned(),
    };
    let health = HealthClient::new(channel).check(request).await?;
    println!(
        "  tonic's health service                  {:?}",
        health.into_inner().status()
    );
    server.stop().await
}
