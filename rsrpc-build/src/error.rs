//! Why nothing was generated.

use std::path::PathBuf;
use std::{fmt, io};

use rsrpc_codegen::Diagnostics;

/// Why nothing was generated. `Debug` reads as `Display`, since Cargo shows that of a build script which returns it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The .proto files have errors, or were not found.
    #[error("{0}")]
    Compile(#[source] Diagnostics),
    /// The .proto files are right, and no Rust code can be made of them, or an option is wrong.
    #[error("{0}")]
    Generate(#[source] Diagnostics),
    /// protoc could not be run.
    #[error("cannot run protoc ({})", path.display())]
    Protoc {
        /// By this path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The descriptor set could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An output file or directory could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nowhere to write to.
    #[error("OUT_DIR is not set: run this from a build script, or choose a directory with `out_dir`")]
    NoOutDir,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // On lines of their own: Cargo prints `Error: ` before the first.
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
