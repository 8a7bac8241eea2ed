//! Compiles the .proto files of the tests.

fn main() -> Result<(), rsrpc_build::Error> {
    rsrpc_build::compile(&["proto/testing.proto"], &["proto"])?;
    rsrpc_build::compile(&["proto/trait_first.proto"], &["proto"])?;
    rsrpc_build::compile(
        &["proto/json_corpus.proto", "proto/json_corpus_proto2.proto"],
        &["proto"],
    )?;
    rsrpc_build::compile(&["proto/options.proto"], &["proto"])?;
    rsrpc_build::compile(&["proto/mocked.proto"], &["proto"])?;
    rsrpc_build::configure()
        .default_stubs(true)
        .compile(&["proto/stubs.proto"], &["proto"])
}
