//! Runs protoc to make a descriptor set.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, io};

use rsrpc_codegen::{Diagnostic, OPTIONS_PROTO, OPTIONS_PROTO_NAME};

use crate::Error;
use crate::cargo::Cargo;

/// Returns the encoded descriptor set of the files and their imports.
pub(crate) fn compile(
    protoc: &Path,
    protos: &[&Path],
    includes: &[&Path],
    cargo: &Cargo,
) -> Result<Vec<u8>, Error> {
    let directory = Scratch::new(cargo.out_dir())?;
    let own = directory.write(OPTIONS_PROTO_NAME, OPTIONS_PROTO)?;
    let set = directory.path.join("descriptors");
    let mut command = Command::new(protoc);
    command
        .args([
            "--include_imports",
            "--include_source_info",
            "--descriptor_set_out",
        ])
        .arg(&set);
    for include in includes.iter().copied().chain([own]) {
        command.arg("-I").arg(include);
    }
    let output = command
        .args(protos)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Protoc {
            path: protoc.to_owned(),
            source,
        })?;
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    if output.status.success() {
        lines.for_each(|line| cargo.warn(line));
        return fs::read(&set).map_err(|source| Error::Read { path: set, source });
    }
    let mut errors: Vec<_> = lines.map(diagnostic).collect();
    if errors.is_empty() {
        errors.push(Diagnostic::error(format!(
            "protoc failed and said nothing ({})",
            output.status
        )));
    }
    Err(Error::Compile(errors.into_iter().collect()))
}

/// Parses `a.proto:3:5: message`.
fn diagnostic(line: &str) -> Diagnostic {
    let placed = || {
        let (place, message) = line.split_once(": ")?;
        let mut parts = place.rsplitn(3, ':');
        let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Diagnostic::error(message).in_file(parts.next()?).at(line, column))
    };
    placed().unwrap_or_else(|| Diagnostic::error(line))
}

/// A directory that is removed on drop.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(parent: Option<&Path>) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let parent = parent.map_or_else(env::temp_dir, Path::to_owned);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!(".rsrpc-build-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::Write { path, source }),
            }
        }
    }

    /// Writes a file and returns the directory that its name is relative to.
    fn write(&self, name: &str, text: &str) -> Result<&Path, Error> {
        let path = self.path.join(name);
        let parent = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|source| Error::Write {
                path: path.clone(),
                source,
            })?;
        Ok(&self.path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A directory that cannot be removed stays in `OUT_DIR` or the system's temporary directory.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::diagnostic;

    #[test]
    fn protoc_error_locations_are_parsed() {
        for (line, file, position) in [
            (
                "a/b.proto:3:15: Expected \";\".",
                Some("a/b.proto"),
                Some((3, 15)),
            ),
            (r"C:\a.proto:1:2: x", Some(r"C:\a.proto"), Some((1, 2))),
            ("a.proto: File not found.", None, None),
            ("nothing", None, None),
        ] {
            let found = diagnostic(line);
            assert_eq!((found.file(), found.position()), (file, position));
            assert_eq!(found.to_string(), line);
        }
    }
}
