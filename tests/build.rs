//! Generates the services that the tests share.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::compile(&["jsonrpc/calc.proto"], &["jsonrpc"])
}
