//! Compiles .proto files into rsrpc services from a build script. protoc is not needed.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), rsrpc_build::Error> {
//!     rsrpc_build::compile(&["proto/helloworld.proto"], &["proto"])
//! }
//! ```
//!
//! The crate then has `pub mod helloworld { rsrpc_runtime::include_proto!("helloworld"); }`, or, for several packages
//! that use one another, the whole tree of modules by `include!(concat!(env!("OUT_DIR"), "/mod.rs"));`.

mod error;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

pub use error::Error;
pub use rsrpc_codegen::{Diagnostic, Diagnostics};

use rsrpc_codegen::{Options, Output, Request, protos};

/// Compiles .proto files into Cargo's `OUT_DIR`, with the default options.
///
/// `protos` are the files to generate code for, `includes` the directories that they and their imports are in. Types of
/// `google/protobuf` are known without files.
///
/// # Errors
/// See [`Builder::compile`].
pub fn compile(protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
    configure().compile(protos, includes)
}

/// Options of one's own, on the way to [`Builder::compile`].
pub fn configure() -> Builder {
    Builder::default()
}

/// What to generate, and where to. The options are those of `protoc-gen-rsrpc`, by the same names.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is generated before `compile`"]
pub struct Builder {
    options: Options,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// Whether clients are generated; they are by default.
    pub fn client(mut self, enabled: bool) -> Self {
        self.options.client = enabled;
        self
    }

    /// Whether servers are generated; they are by default.
    pub fn server(mut self, enabled: bool) -> Self {
        self.options.server = enabled;
        self
    }

    /// Whether messages convert to and from canonical proto3 JSON, which JSON-RPC needs; they do by default.
    pub fn json(mut self, enabled: bool) -> Self {
        self.options.json = enabled;
        self
    }

    /// Whether the encoded descriptors are embedded, which reflection needs; they are by default.
    pub fn descriptor(mut self, enabled: bool) -> Self {
        self.options.descriptor = enabled;
        self
    }

    /// Whether methods that an implementation leaves out answer UNIMPLEMENTED; by default they do not compile.
    pub fn default_stubs(mut self, enabled: bool) -> Self {
        self.options.default_stubs = enabled;
        self
    }

    /// Uses Rust code that exists already for a proto package or type, such as `.google.api` and
    /// `::googleapis::google::api`.
    pub fn extern_path(mut self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.options.extern_path.push((proto.into(), rust.into()));
        self
    }

    /// Makes the `bytes` fields under a proto path `Bytes` instead of `Vec<u8>`; `.` is all of them.
    pub fn bytes(mut self, path: impl Into<String>) -> Self {
        self.options.bytes.push(path.into());
        self
    }

    /// Where generated code finds the runtime; `::rsrpc_runtime` by default.
    pub fn runtime_path(mut self, path: impl Into<String>) -> Self {
        self.options.runtime_path = path.into();
        self
    }

    /// Where files are written to; Cargo's `OUT_DIR` by default. The directory is made if it does not exist.
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
        self
    }

    /// Compiles .proto files and writes what changed. Tells Cargo to run the build script again when one of them, or
    /// an import, changes.
    ///
    /// # Errors
    /// Everything that is wrong with the files, each finding with file, line and column; files that cannot be read or
    /// written.
    pub fn compile(self, protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
        let cargo = env::var_os("OUT_DIR");
        let out_dir = self
            .out_dir
            .or_else(|| cargo.as_deref().map(PathBuf::from))
            .ok_or(Error::NoOutDir)?;
        if cargo.is_some() {
            // Before anything can fail: the build script has to run again when the error is repaired.
            protos
                .iter()
                .for_each(|path| rerun_if_changed(path.as_ref().as_os_str()));
        }
        let compiled = protos::compile(protos, includes).map_err(Error::Compile)?;
        if cargo.is_some() {
            compiled
                .paths
                .iter()
                .for_each(|path| rerun_if_changed(path.as_os_str()));
        }
        let request = Request::from_descriptor_set(&compiled.descriptor_set, compiled.generate, self.options)
            .map_err(Error::Generate)?;
        let output = rsrpc_codegen::generate(&request).map_err(Error::Generate)?;
        if cargo.is_some() {
            output
                .warnings
                .iter()
                .for_each(|warning| println!("cargo:warning={warning}"));
        }
        write(&out_dir, &output)
    }
}

fn rerun_if_changed(path: &OsStr) {
    println!("cargo:rerun-if-changed={}", path.display());
}

/// Writes the files whose content is new, so that Cargo compiles nothing again without need.
fn write(directory: &Path, output: &Output) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(|source| Error::Write {
        path: directory.to_owned(),
        source,
    })?;
    for file in &output.files {
        let path = directory.join(&file.name);
        if fs::read(&path).is_ok_and(|present| present == file.content.as_bytes()) {
            continue;
        }
        fs::write(&path, &file.content).map_err(|source| Error::Write { path, source })?;
    }
    Ok(())
}
