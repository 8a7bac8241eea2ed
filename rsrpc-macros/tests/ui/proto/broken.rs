//! Errors of .proto files, without errors that follow from them.

mod syntax {
    use rsrpc_runtime::{Channel, Server, Status, service};

    #[service(proto = "protos/syntax.proto")]
    pub trait Greeter {}

    struct Mine;

    impl Greeter for Mine {}

    pub async fn everything(channel: Channel) -> Result<(), Status> {
        let server: GreeterServer<Mine> = GreeterServer::new(Mine);
        let _ = Server::new().add_service(server);
        let client = GreeterClient::new(channel);
        drop(client);
        Ok(())
    }
}

mod types {
    rsrpc_runtime::proto!("protos/types.proto");
}

mod generator {
    rsrpc_runtime::proto!("protos/greeter.proto", "protos/generator.proto");
}

mod import {
    rsrpc_runtime::proto!("protos/import.proto");
}

mod nowhere {
    rsrpc_runtime::proto!("protos/nowhere.proto", includes = ["protos", "."]);
}

mod edition {
    #[rsrpc_runtime::service(proto = "protos/edition.proto")]
    pub trait New {}
}

fn main() {}
