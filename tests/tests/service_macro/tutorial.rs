//! The introductory example of JSON-RPC tutorials.

use rsrpc_runtime::{Protocol, Server, Status, service};

use crate::Running;

#[service(package = "hello")]
trait Hello {
    #[rpc(jsonrpc_name = "sayHello")]
    async fn say_hello(&self, name: String) -> Result<String, Status>;
}

struct MyHello;

impl Hello for MyHello {
    async fn say_hello(&self, name: String) -> Result<String, Status> {
        Ok(format!("Hello, {name}!"))
    }
}

#[tokio::test]
async fn say_hello() {
    let running = Running::start(Server::new().add_service(HelloServer::new(MyHello))).await;
    let request = r#"{"jsonrpc":"2.0","method":"sayHello","params":{"name":"Tom"},"id":1}"#;
    let expected = r#"{"jsonrpc":"2.0","result":"Hello, Tom!","id":1}"#;
    assert_eq!(running.post(request).await, expected);
    for protocol in [Protocol::JsonRpc, Protocol::Grpc] {
        let client = HelloClient::new(running.channel(protocol));
        assert_eq!(client.say_hello("Tom".into()).await.unwrap(), "Hello, Tom!");
    }
    running.stop().await;
}
