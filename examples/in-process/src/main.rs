//! A client, a doorman and a greeter in one process, without a socket.

use std::error::Error;

use greeter::MyGreeter;
use greeter::helloworld::{GreeterClient, GreeterServer, HelloRequest};
use in_process::{Doorman, serve_in_memory};
use rsrpc_runtime::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (inside, _greeter) = serve_in_memory(Server::new().add_service(GreeterServer::new(MyGreeter)))?;
    let doorman = Doorman::new(GreeterClient::new(inside), ["Ada", "Grace"]);
    let (door, _doorman) = serve_in_memory(Server::new().add_service(GreeterServer::new(doorman)))?;

    let client = GreeterClient::new(door);
    for name in ["Ada", "Grace", "Mallory"] {
        let request = HelloRequest {
            name: name.to_owned(),
        };
        match client.say_hello(request).await {
            Ok(reply) => println!("{name}: {}", reply.message),
            Err(status) => println!("{name}: {status}"),
        }
    }
    Ok(())
}
