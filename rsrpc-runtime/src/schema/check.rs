//! Run-time part of `assert_proto!`.

use std::fs;
use std::path::Path;

use prost::Message as _;
use prost_types::FileDescriptorProto;

use super::difference::{Difference, differences};
use super::set::SchemaFiles;
use super::{Schema, SchemaError};

/// The checked-in file when the test was compiled.
#[derive(Debug, Clone, Copy)]
pub enum CheckedIn {
    /// The file did not exist.
    Missing,
    /// The file was not a valid `.proto` file: the parser's error.
    Broken(&'static str),
    /// The encoded `FileDescriptorProto`. Type names need not be resolved.
    Parsed(&'static [u8]),
}

/// A difference between a checked-in file and the exported schema, or a failure to compare them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtoError {
    /// The schema cannot be exported.
    #[error("cannot export the Rust definitions as a .proto file:\n{0}")]
    Schema(#[from] SchemaError),
    /// The schema has no definitions in Rust.
    #[error("nothing to export: the schema has no definitions in Rust")]
    Empty,
    /// The checked-in file does not exist.
    #[error("{path} does not exist; RSRPC_BLESS=1 writes it")]
    Missing {
        /// Path of the file.
        path: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Path of the file.
        path: String,
        /// The I/O error.
        source: std::io::Error,
    },
    /// The checked-in file is not a valid `.proto` file.
    #[error("{path} is not a .proto file: {reason}\nRSRPC_BLESS=1 overwrites it")]
    Broken {
        /// Path of the file.
        path: String,
        /// The parser's error.
        reason: String,
    },
    /// The file differs, and was written after the test was compiled, so it has not been parsed.
    #[error(
        "{path} differs from the export of the Rust definitions, and was written after this test was compiled: recompile \
         the test to list the differences\nRSRPC_BLESS=1 overwrites it"
    )]
    Unread {
        /// Path of the file.
        path: String,
    },
    /// The file differs from the export.
    #[error("{}", differs(path, differences))]
    Differs {
        /// Path of the file.
        path: String,
        /// The differences. Empty if only comments, order or formatting differ.
        differences: Vec<Difference>,
    },
}

fn differs(path: &str, differences: &[Difference]) -> String {
    let mut text = format!("{path} differs from the export of the Rust definitions:");
    for difference in differences {
        text.push_str("\n  ");
        text.push_str(&difference.to_string());
    }
    if differences.is_empty() {
        text.push_str("\n  compatible: comments, the order of definitions, or format");
    }
    text + "\nRSRPC_BLESS=1 overwrites it"
}

impl Schema {
    /// Writes the `.proto` file of the first described package. Blocks on file I/O.
    ///
    /// # Errors
    /// The schema cannot be exported, or the file cannot be written.
    pub fn write_proto(&self, path: &Path) -> Result<(), ProtoError> {
        let package = self.packages().next().ok_or(ProtoError::Empty)?;
        let text = self.to_proto(package)?;
        let io = |source| ProtoError::Io {
            path: path.display().to_string(),
            source,
        };
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(io)?;
        }
        fs::write(path, text).map_err(io)
    }

    /// Compares a checked-in `.proto` file with the export of the first described package. Blocks on file I/O.
    ///
    /// # Errors
    /// The file is missing or differs, or the schema cannot be exported.
    #[doc(hidden)]
    pub fn check_proto(&self, path: &Path, checked_in: CheckedIn) -> Result<(), ProtoError> {
        let package = self.packages().next().ok_or(ProtoError::Empty)?;
        let expected = self.to_proto(package)?;
        let shown = || path.display().to_string();
        let io = |source| ProtoError::Io {
            path: shown(),
            source,
        };
        let found = match fs::read_to_string(path) {
            Ok(found) => found.replace("\r\n", "\n"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ProtoError::Missing { path: shown() });
            }
            Err(error) => return Err(io(error)),
        };
        if found == expected {
            return Ok(());
        }
        let broken = |reason: String| ProtoError::Broken {
            path: shown(),
            reason,
        };
        let old = match checked_in {
            CheckedIn::Parsed(bytes) => {
                FileDescriptorProto::decode(bytes).map_err(|error| broken(error.to_string()))?
            }
            CheckedIn::Broken(reason) => return Err(broken(reason.to_owned())),
            CheckedIn::Missing => return Err(ProtoError::Unread { path: shown() }),
        };
        let files = SchemaFiles::new(self);
        let differences = match files.of_package(package) {
            Some(new) => differences(&old, new, &files.types().collect()),
            None => Vec::new(),
        };
        Err(ProtoError::Differs {
            path: shown(),
            differences,
        })
    }
}
