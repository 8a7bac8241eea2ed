//! Generates code from `proto/helloworld.proto`, without protoc.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::compile(&["proto/helloworld.proto"], &["proto"])
}
