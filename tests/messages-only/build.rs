//! Generates messages and JSON, without clients and servers.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::configure()
        .client(false)
        .server(false)
        .compile(&["proto/library.proto"], &["proto"])
}
