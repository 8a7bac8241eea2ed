//! A concierge in front of two mocks, with printed explanations.

use std::error::Error;

use greeter::helloworld::{GreeterClient, GreeterDyn, GreeterMock, GreeterServer, HelloReply, HelloRequest};
use mocking::Concierge;
use rsrpc_runtime::client::Protocol;
use rsrpc_runtime::{Channel, Server, Status};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (asleep, awake) = (GreeterMock::new(), GreeterMock::new());
    asleep
        .expect_say_hello()
        .times(2)
        .fails(Status::unavailable("asleep"));
    awake
        .expect_say_hello()
        .when(|request| request.name == "Ada")
        .times(2)
        .returns(HelloReply {
            message: "Hello Ada".into(),
        });

    // One mock is used directly, the other through a gRPC client. The concierge sees no difference.
    let concierge = Concierge::new([GreeterDyn::new(asleep.clone()), GreeterDyn::new(awake.client())]);
    println!("{concierge:?}");

    let server = Server::new()
        .add_service(GreeterServer::new(concierge))
        .bind("127.0.0.1:0")
        .await?;
    let target = server.local_addr().to_string();
    let serving = tokio::spawn(server.serve());
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let client = GreeterClient::new(Channel::builder(&target).protocol(protocol).build()?);
        let request = HelloRequest { name: "Ada".into() };
        println!("{protocol}: {}", client.say_hello(request).await?.message);
    }
    serving.abort();

    // Checks the expectations. Dropping the first handle of a mock checks them, too.
    asleep.verify();
    awake.verify();
    println!("both were called as expected");
    Ok(())
}
