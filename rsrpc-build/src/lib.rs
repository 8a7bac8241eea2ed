//! Compiles .proto files into rsrpc services from a build script. protoc is not needed.
//!
//! The default feature `protox` compiles .proto files in Rust; without it, protoc is needed. The default feature `config` reads
//! `rsrpc.toml`. Disabling both halves the dependencies of this crate.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), rsrpc_build::Error> {
//!     rsrpc_build::compile(&["proto/helloworld.proto"], &["proto"])
//! }
//! ```
//!
//! Include the code with `pub mod helloworld { rsrpc_runtime::include_proto!("helloworld"); }`. For several packages that
//! refer to each other, include the module tree: `include!(concat!(env!("OUT_DIR"), "/mod.rs"));`.

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

/// Compiles .proto files into Cargo's `OUT_DIR` with the default options.
///
/// `protos` are the files to generate code for. `includes` are the directories that contain them and their imports.
/// Types of `google/protobuf` are built in.
///
/// # Errors See [`Builder::compile`].
pub fn compile(protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
    configure().compile(protos, includes)
}

/// Returns a builder with the default options.
pub fn configure() -> Builder {
    Builder::default()
}

/// Options of the generator. They are the options of `protoc-gen-rsrpc` and `rsrpc.toml`, with the same names.
/// [`compile`](Self::compile) reports invalid values.
///
/// A path in an option is `.a.b.Message.field` with everything below it, or without the leading dot a suffix such as
/// `Message.field`. `.` matches everything.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is generated before `compile`"]
pub struct Builder {
    /// Options in the order of the calls, by name.
    settings: Vec<(&'static str, String)>,
    config: Option<PathBuf>,
    input: Input,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// Compiles the .proto files with this protoc, such as the one of the crate `protoc-bin-vendored`.
    ///
    /// The default is protox, a compiler in Rust, which does not support editions. If a file uses editions and the
    /// environment variable `PROTOC` names a protoc, that protoc compiles all files. Otherwise `PROTOC` is ignored.
    ///
    /// Without the default feature `protox`, the protoc named by `PROTOC` or the installed protoc compiles all files.
    pub fn protoc(mut self, path: impl Into<PathBuf>) -> Self {
        self.input = Input::Protoc(path.into());
        self
    }

    /// Reads an encoded `FileDescriptorSet` with all imports from a file instead of compiling .proto files. `protoc
    /// --include_imports --include_source_info --descriptor_set_out=FILE` and `buf build -o FILE` write one.
    ///
    /// The arguments of [`compile`](Self::compile) are then file names in the set, or paths with that name.
    pub fn descriptor_set(mut self, path: impl Into<PathBuf>) -> Self {
        self.input = Input::DescriptorSetFile(path.into());
        self
    }

    /// Like [`descriptor_set`](Self::descriptor_set), from memory.
    pub fn descriptor_set_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::DescriptorSet(bytes.into());
        self
    }

    /// Sets the output directory, which is created if missing. Default: Cargo's `OUT_DIR`.
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
        self
    }

    /// Compiles .proto files and writes changed output files. Files of earlier runs that this run does not write are
    /// kept, but `mod.rs` does not include them.
    ///
    /// Makes Cargo rerun the build script when a file or an import changes, when a file appears in an include
    /// directory that would take precedence, and when protoc changes, if it is used.
    ///
    /// # Errors All errors of the files, with file, line and column; files that cannot be read or written; a protoc
    /// that cannot be run.
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

/// Writes files whose content changed, so that Cargo recompiles nothing needlessly.
fn write(directory: &Path, output: &Output) -> Result<(), Error> {
    for file in &output.files {
        let path = directory.join(&file.name);
        // With `layout=file` a file may be in a subdirectory.
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
