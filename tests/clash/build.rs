//! Compiles all of `proto` in one run, so that names can collide across files.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut protos = Vec::new();
    for folder in ["proto", "proto/packages"] {
        for entry in fs::read_dir(Path::new(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "proto") {
                protos.push(path);
            }
        }
    }
    protos.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    rsrpc_build::configure()
        .out_dir(out)
        .compile(&protos, &["proto"])?;
    Ok(())
}
