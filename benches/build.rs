//! Compiles `proto/bench.proto` for rsrpc and for tonic.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    rsrpc_build::configure()
        .bytes(".")
        .compile(&["proto/bench.proto"], &["proto"])?;

    let descriptors = protox::compile(["proto/bench.proto"], ["proto"])?;

    // A folder of its own: the two generators name their output alike.
    let tonic = PathBuf::from(std::env::var("OUT_DIR")?).join("tonic");
    std::fs::create_dir_all(&tonic)?;
    tonic_prost_build::configure()
        .out_dir(tonic)
        .bytes(".")
        .compile_fds(descriptors)?;
    Ok(())
}
