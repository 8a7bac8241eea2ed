//! Compiles `proto/calc.proto`; protoc is not needed.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::compile(&["proto/calc.proto"], &["proto"])
}
