//! Errors of code generation.

use std::path::PathBuf;
use std::{fmt, io};

use rsrpc_codegen::Diagnostics;

/// An error of code generation. `Debug` prints the `Display` text, since Cargo shows the `Debug` form of a build
/// script's error.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The .proto files have errors, or were not found.
    #[error("{0}")]
    Compile(#[source] Diagnostics),
    /// The .proto files are valid but cannot be generated as Rust code, or an option is invalid.
    #[error("{0}")]
    Generate(#[source] Diagnostics),
    /// protoc could not be run.
    #[error("cannot run protoc ({})", path.display())]
    Protoc {
        /// Path of protoc.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The descriptor set could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Path of the descriptor set.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// An output file or directory could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Path of the file or directory.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// `OUT_DIR` is not set, and no output directory was given.
    #[error("OUT_DIR is not set: run this from a build script, or choose a directory with `out_dir`")]
    NoOutDir,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // On separate lines: Cargo prints `Error: ` before the first.
            Self::Compile(errors) | Self::Generate(errors) => {
                write!(f, "the .proto files have errors\n{errors}")
            }
            Self::Write { source, .. } | Self::Read { source, .. } | Self::Protoc { source, .. } => {
                write!(f, "{self}: {source}")
            }
            Self::NoOutDir => write!(f, "{self}"),
        }
    }
}
