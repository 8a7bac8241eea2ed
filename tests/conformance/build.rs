//! Compiles the .proto files of the suites.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::configure()
        // Unimplemented methods must stay unimplemented.
        .default_stubs(true)
        .compile(&["proto/conformance.proto", "proto/interop.proto"], &["proto"])
}
