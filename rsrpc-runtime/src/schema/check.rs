//! What `assert_proto!` does at run time.

use std::fs;
use std::path::Path;

use prost::Message as _;
use prost_types::FileDescriptorProto;

use super::difference::{Difference, differences};
use super::set::SchemaFiles;
use super::{Schema, SchemaError};

/// The checked-in file, as it was when the test was compiled.
#[derive(Debug, Clone, Copy)]
pub enum CheckedIn {
    /// There was none.
    Missing,
    /// It is no `.proto` file: the parser's error.
    Broken(&'static str),
    /// Its encoded `FileDescriptorProto`, whose names need not be resolved.
    Parsed(&'static [u8]),
}

/// Why a checked-in file is not what the schema exports.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtoError {
    /// The schema cannot be exported.
    #[error("the definitions in Rust make no .proto file:\n{0}")]
    Schema(#[from] SchemaError),
    /// Nothing is defined in Rust.
    #[error("nothing is defined in Rust, so there is nothing to export")]
    Empty,
    /// There is no such file.
    #[error("{path} does not exist; RSRPC_BLESS=1 writes it")]
    Missing {
        /// Its path.
        path: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Its path.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no `.proto` file.
    #[error("{path} is not a .proto file: {reason}\nRSRPC_BLESS=1 writes it anew")]
    Broken {
        /// Its path.
        path: String,
        /// What the parser says.
        reason: String,
    },
    /// The file says something else, and came after the test was compiled, so that nobody has parsed it.
    #[error(
        "{path} is not what the definitions in Rust export; it was written after this test was compiled, so touch the \
         test's source to be told the differences\nRSRPC_BLESS=1 writes it anew"
    )]
    Unread {
        /// Its path.
        path: String,
    },
    /// The file says something else.
    #[error("{}", differs(path, differences))]
    Differs {
        /// Its path.
        path: String,
        /// The differences; none if only comments, order or format differ.
        differences: Vec<Difference>,
    },
}

fn differs(path: &str, differences: &[Difference]) -> String {
    let mut text = format!("{path} is not what the definitions in Rust export, which differs in:");
    for difference in differences {
        text.push_str("\n  ");
        text.push_str(&difference.to_string());
    }
    if differences.is_empty() {
        text.push_str("\n  compatible: comments, the order of definitions, or format");
    }
    text + "\nRSRPC_BLESS=1 writes what is exported"
}

impl Schema {
    /// Writes the `.proto` file of the package that was described first.
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

    /// Compares a checked-in `.proto` file with what the package that was described first exports as.
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
