//! Compiles what the suites speak.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::configure()
        // Unimplemented has to stay unimplemented.
        .default_stubs(true)
        .compile(&["proto/conformance.proto", "proto/interop.proto"], &["proto"])
}
