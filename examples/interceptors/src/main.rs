//! Interceptors on a server, a service and a channel: the same trait on both sides, for unary and streaming calls.
//! Output lines that begin with a level come from `Logging`.

mod outcomes;
mod service;

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use greeter::helloworld::{GreeterClient, HelloRequest};
use rsrpc_runtime::interceptor::{
    BearerAuth, BearerToken, DefaultTimeout, Interceptor, Logging, interceptor,
};
use rsrpc_runtime::{Channel, Protocol, Server, Status};

use outcomes::Outcomes;
use service::User;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt().without_time().with_ansi(false).init();

    let outcomes = Outcomes::default();
    let server = Server::new()
        // The interceptor added first sees a call first and its reply last.
        .intercept(outcomes.clone())
        // Unauthenticated calls go no further: they are not logged and their messages are not read.
        .intercept(BearerAuth::verify(user_of))
        .intercept(Logging::new())
        .intercept(DefaultTimeout::new(Duration::from_secs(5)))
        // Interceptors of a service run after those of the server.
        .add_service(service::service())
        .bind("127.0.0.1:0")
        .await?;
    let addr = server.local_addr().to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));

    call(&addr).await?;

    drop(stop);
    serving.await??;
    for ((method, code), tally) in outcomes.tallies() {
        println!(
            "{method} ended {} times with {code}, after {:?} in all",
            tally.calls, tally.time
        );
    }
    Ok(())
}

/// Stands for a session lookup or a signature check.
async fn user_of(token: String) -> Result<User, Status> {
    match token.as_str() {
        "sesame" => Ok(User("Ali Baba".to_owned())),
        _ => Err(Status::unauthenticated("this token is not known")),
    }
}

async fn call(addr: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let stranger = GreeterClient::new(Channel::builder(addr).build()?);
    match stranger.say_hello(named("World")).await {
        Ok(_) => return Err("a stranger was let in".into()),
        Err(status) => println!("without a token: {status}"),
    }

    let client = GreeterClient::new(channel(addr, Protocol::Grpc)?);

    let response = client.say_hello(named("  World ")).detailed().await?;
    println!("with a token: {}", response.message.message);
    println!("  served-request: {:?}", response.headers.get("served-request"));

    println!(
        "answered on the way: {}",
        client.say_hello(named("nobody")).await?.message
    );

    match client.say_hello(named(" ")).await {
        Ok(reply) => return Err(format!("a blank was greeted: {}", reply.message).into()),
        Err(status) => println!("refused on the way: {status}"),
    }

    let mut replies = client.stream_hello(named("Ada")).await?;
    let mut count = 0;
    while let Some(reply) = replies.message().await? {
        count += 1;
        if count == 1 {
            println!("a stream: {} …", reply.message);
        }
    }
    println!("  {count} replies");

    let client = GreeterClient::new(channel(addr, Protocol::JsonRpc)?);
    let reply = client.say_hello(named("World")).await?;
    println!("over JSON-RPC: {}", reply.message);
    Ok(())
}

/// A channel with interceptors, for any protocol.
fn channel(addr: &str, protocol: Protocol) -> Result<Channel, Box<dyn Error + Send + Sync>> {
    Ok(Channel::builder(addr)
        .protocol(protocol)
        .intercept(BearerToken::new("sesame").ok_or("this is no token")?)
        .intercept(number_requests())
        .build()?)
}

/// Adds metadata to each request.
fn number_requests() -> impl Interceptor {
    let last = AtomicU64::new(0);
    interceptor(move |mut call, next| {
        let number = last.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            let added = call.metadata_mut().insert("request-id", &number.to_string());
            added.map_err(|error| Status::internal(error.to_string()))?;
            next.run(call).await
        }
    })
}

fn named(name: &str) -> HelloRequest {
    HelloRequest {
        name: name.to_owned(),
    }
}
