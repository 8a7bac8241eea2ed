//! A service with an error can still be implemented, served and called.

use rsrpc_runtime::{Channel, Context, Server, Status, service};

#[service(codec = "json", package = "ui")]
pub trait Greeter {
    async fn say_hello(&self, cx: &Context, name: &str) -> Result<String, Status>;
    fn count(&self) -> Result<u64, Status>;
    async fn add(&self, a: i32, b: i32) -> Result<i32, Status>;
    async fn apart(&self, (a, b): (i32, i32)) -> Result<i32, Status> {
        Ok(a + b)
    }
}

struct MyGreeter;

impl Greeter for MyGreeter {
    async fn say_hello(&self, _: &Context, name: &str) -> Result<String, Status> {
        Ok(format!("Hello {name}"))
    }

    fn count(&self) -> Result<u64, Status> {
        Ok(0)
    }

    async fn add(&self, a: i32, b: i32) -> Result<i32, Status> {
        Ok(a + b)
    }
}

async fn call(channel: Channel) -> Result<i32, Status> {
    let _server = Server::new().add_service(GreeterServer::new(MyGreeter));
    GreeterClient::new(channel).add(1, 2).await
}

fn main() {
    let _ = call;
    let _ = GREETER_SERVICE.name;
}
