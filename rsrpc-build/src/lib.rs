//! Compiles .proto files into rsrpc services from a build script. protoc is not needed.
//!
//! Without the default features it is, and this crate brings half as many others along: `protox` is a compiler of .proto
//! files in Rust, `config` reads `rsrpc.toml`.
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

mod cargo;
mod error;
mod input;
mod options;
mod protoc;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::Error;
pub use rsrpc_codegen::{Diagnostic, Diagnostics, Layout, Messages};

use cargo::Cargo;
use input::Input;
use rsrpc_codegen::{Options, Output};

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
    input: Input,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// Has this protoc compile the .proto files, such as the one that `protoc-bin-vendored` brings along.
    ///
    /// Without, a compiler in Rust does (protox). It does not read editions: when a file uses one, and the environment
    /// variable `PROTOC` names a protoc, that compiles all files. Else `PROTOC` is not looked at.
    ///
    /// Without the feature `protox`, a default one, the protoc that `PROTOC` names compiles all files, or the one that
    /// is installed.
    pub fn protoc(mut self, path: impl Into<PathBuf>) -> Self {
        self.input = Input::Protoc(path.into());
        self
    }

    /// Compiles no .proto files: takes an encoded `FileDescriptorSet`, which has to hold the imports, from a file.
    /// `protoc --include_imports --include_source_info --descriptor_set_out=FILE` writes one, `buf build -o FILE`, too.
    ///
    /// What [`compile`](Self::compile) is then given are names in the set, or paths whose file would have that name.
    pub fn descriptor_set(mut self, path: impl Into<PathBuf>) -> Self {
        self.input = Input::DescriptorSetFile(path.into());
        self
    }

    /// As [`descriptor_set`](Self::descriptor_set), from memory.
    pub fn descriptor_set_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::DescriptorSet(bytes.into());
        self
    }

    /// Where files are written to; Cargo's `OUT_DIR` by default. The directory is made if it does not exist.
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
        self
    }

    /// Compiles .proto files and writes what changed. Files that an earlier run wrote and this one does not are left
    /// where they are; `mod.rs` does not mention them.
    ///
    /// Tells Cargo to run the build script again when one of the files or of their imports changes, when a file appears
    /// in an include directory that would be imported instead, and, where it matters, when protoc does.
    ///
    /// # Errors
    /// Everything that is wrong with the files, each finding with file, line and column; files that cannot be read or
    /// written; a protoc that cannot be run.
    pub fn compile(self, protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
        let cargo = Cargo::from_env();
        let out_dir = self
            .out_dir
            .or_else(|| cargo.out_dir().map(Path::to_owned))
            .ok_or(Error::NoOutDir)?;
        if let Some(config) = &self.config {
            cargo.file(config);
        }
        let settings = self.settings.iter().map(|(name, value)| (*name, value.as_str()));
        let options = Options::collect(self.config.as_deref(), settings).map_err(Error::Generate)?;
        let protos: Vec<&Path> = protos.iter().map(AsRef::as_ref).collect();
        let includes: Vec<&Path> = includes.iter().map(AsRef::as_ref).collect();
        let request = self.input.read(&protos, &includes, options, &cargo)?;
        let output = rsrpc_codegen::generate(&request).map_err(Error::Generate)?;
        output.warnings.iter().for_each(|warning| cargo.warn(warning));
        write(&out_dir, &output)
    }
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
