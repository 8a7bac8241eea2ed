//! Compiles `proto/helloworld.proto`; protoc is not needed.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::compile(&["proto/helloworld.proto"], &["proto"])
}
