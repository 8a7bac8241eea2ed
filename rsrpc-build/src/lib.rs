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
mod options;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

pub use error::Error;
pub use rsrpc_codegen::{Diagnostic, Diagnostics, Layout, Messages};

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

/// What to generate, and where to. The options are those of `protoc-gen-rsrpc` and `rsrpc.toml`, by the same names;
/// what is wrong with their values, [`compile`](Self::compile) reports.
///
/// A path of an option is `.a.b.Message.field` and all below it, or the end of one without the leading dot,
/// `Message.field`; `.` is everything.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is generated before `compile`"]
pub struct Builder {
    /// In the order of the calls, by name.
    settings: Vec<(&'static str, String)>,
    config: Option<PathBuf>,
    out_dir: Option<PathBuf>,
}

impl Builder {
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
            self.config
                .iter()
                .for_each(|path| rerun_if_changed(path.as_os_str()));
            protos
                .iter()
                .for_each(|path| rerun_if_changed(path.as_ref().as_os_str()));
        }
        let settings = self.settings.iter().map(|(name, value)| (*name, value.as_str()));
        let options = Options::collect(self.config.as_deref(), settings).map_err(Error::Generate)?;
        let compiled = protos::compile(protos, includes).map_err(Error::Compile)?;
        if cargo.is_some() {
            compiled
                .paths
                .iter()
                .for_each(|path| rerun_if_changed(path.as_os_str()));
        }
        let request = Request::from_descriptor_set(&compiled.descriptor_set, compiled.generate, options)
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
    for file in &output.files {
        let path = directory.join(&file.name);
        // With `layout=file` a file may be in a directory below.
        let parent = path.parent().unwrap_or(directory);
        fs::create_dir_all(parent).map_err(|source| Error::Write {
            path: parent.to_owned(),
            source,
        })?;
        if fs::read(&path).is_ok_and(|present| present == file.content.as_bytes()) {
            continue;
        }
        fs::write(&path, &file.content).map_err(|source| Error::Write { path, source })?;
    }
    Ok(())
}
