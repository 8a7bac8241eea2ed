//! Certificates of the interoperability tests, from grpc-go's module.

use std::path::PathBuf;
use std::process::Command;

use crate::Failure;

const MODULE: &str = "google.golang.org/grpc@v1.85.0";

/// Reads a file of `testdata`.
///
/// # Errors Go is missing, or the module was not downloaded.
pub fn read(name: &str) -> Result<Vec<u8>, Failure> {
    let go = Command::new("go").args(["env", "GOMODCACHE"]).output();
    let go =
        go.map_err(|error| format!("cannot run go, which knows where grpc-go's certificates are: {error}"))?;
    let cache = String::from_utf8(go.stdout)?;
    let path = PathBuf::from(cache.trim())
        .join(MODULE)
        .join("testdata")
        .join(name);
    std::fs::read(&path).map_err(|error| {
        let path = path.display();
        format!("cannot read {path}: {error}; get it with `go mod download {MODULE}`").into()
    })
}
