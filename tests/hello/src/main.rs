//! Starts a server on a free port and calls it.

use hello::MyGreeter;
use hello::helloworld::{GreeterClient, GreeterServer, HelloRequest};
use rsrpc_runtime::{Channel, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .bind("127.0.0.1:0")
        .await?;
    let addr = server.local_addr().to_string();
    tokio::spawn(server.serve());

    let client = GreeterClient::new(Channel::builder(addr).build()?);
    let request = HelloRequest { name: "World".into() };
    let reply = client.say_hello(request).await?;
    println!("{}", reply.message);
    Ok(())
}
