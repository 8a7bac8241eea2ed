//! Sources of descriptors.

use std::ffi::OsString;
#[cfg(not(feature = "protox"))]
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

#[cfg(feature = "protox")]
use rsrpc_codegen::protos;
use rsrpc_codegen::{Options, Request};

use crate::cargo::Cargo;
use crate::{Error, protoc};

/// Source of the descriptors.
#[derive(Debug, Clone, Default)]
pub(crate) enum Input {
    /// protox, or `$PROTOC` for editions. Without the feature `protox`: `$PROTOC` or the installed protoc.
    #[default]
    Default,
    Protoc(PathBuf),
    DescriptorSetFile(PathBuf),
    DescriptorSet(Vec<u8>),
}

impl Input {
    /// Reads the generator's request and declares its dependencies to Cargo.
    pub(crate) fn read(
        self,
        protos: &[&Path],
        includes: &[&Path],
        options: Options,
        cargo: &Cargo,
    ) -> Result<Request, Error> {
        match self {
            Self::Default => by_default(protos, includes, options, cargo),
            Self::Protoc(path) => {
                cargo.existing(protos.iter().copied().chain([path.as_path()]));
                by_protoc(&path, protos, includes, options, cargo)
            }
            Self::DescriptorSetFile(path) => {
                cargo.file(&path);
                let set = fs::read(&path).map_err(|source| Error::Read { path, source })?;
                from_set(&set, protos, includes, options)
            }
            // Without declared dependencies Cargo reruns the script on any change of the package.
            Self::DescriptorSet(set) => from_set(&set, protos, includes, options),
        }
    }
}

/// protoc named by the environment.
fn named_protoc(cargo: &Cargo) -> Option<OsString> {
    cargo.variable("PROTOC");
    env::var_os("PROTOC").filter(|path| !path.is_empty())
}

#[cfg(feature = "protox")]
fn by_default(
    protos: &[&Path],
    includes: &[&Path],
    options: Options,
    cargo: &Cargo,
) -> Result<Request, Error> {
    // Declared before anything can fail: a repair must rerun the script.
    cargo.existing(protos.iter().copied());
    match protos::compile(protos, includes) {
        Ok(compiled) => {
            let request = Request::from_descriptor_set(&compiled.descriptor_set, compiled.generate, options)
                .map_err(Error::Generate)?;
            cargo.imports(request.file_names(), includes);
            Ok(request)
        }
        Err(errors) if protos::need_protoc(&errors) => match named_protoc(cargo) {
            Some(path) => by_protoc(Path::new(&path), protos, includes, options, cargo),
            None => Err(Error::Compile(errors)),
        },
        Err(errors) => Err(Error::Compile(errors)),
    }
}

#[cfg(not(feature = "protox"))]
fn by_default(
    protos: &[&Path],
    includes: &[&Path],
    options: Options,
    cargo: &Cargo,
) -> Result<Request, Error> {
    cargo.existing(protos.iter().copied());
    let protoc = PathBuf::from(named_protoc(cargo).unwrap_or_else(|| "protoc".into()));
    by_protoc(&protoc, protos, includes, options, cargo).map_err(|error| match error {
        Error::Protoc { path, source } if source.kind() == ErrorKind::NotFound => Error::Protoc {
            path,
            source: std::io::Error::new(source.kind(), NO_PROTOC),
        },
        error => error,
    })
}

#[cfg(not(feature = "protox"))]
const NO_PROTOC: &str = "not found; install protoc, set the environment variable PROTOC to its path, or enable the \
                         feature `protox` of rsrpc-build, which needs no protoc";

fn by_protoc(
    protoc: &Path,
    protos: &[&Path],
    includes: &[&Path],
    options: Options,
    cargo: &Cargo,
) -> Result<Request, Error> {
    let set = protoc::compile(protoc, protos, includes, cargo)?;
    let request = from_set(&set, protos, includes, options)?;
    cargo.imports(request.file_names(), includes);
    Ok(request)
}

fn from_set(set: &[u8], protos: &[&Path], includes: &[&Path], options: Options) -> Result<Request, Error> {
    let generate = protos.iter().map(|path| name(path, includes)).collect();
    Request::from_descriptor_set(set, generate, options).map_err(Error::Generate)
}

/// Returns the import name of a file: its path relative to the first include directory that contains it.
fn name(path: &Path, includes: &[&Path]) -> String {
    let plain = |path: &Path| -> PathBuf {
        let components = path.components();
        components
            .filter(|component| *component != Component::CurDir)
            .collect()
    };
    let path = plain(path);
    let relative = includes
        .iter()
        .find_map(|include| path.strip_prefix(plain(include)).ok());
    let components = relative.unwrap_or(&path).components();
    let names: Vec<_> = components
        .map(|component| component.as_os_str().to_string_lossy())
        .collect();
    names.join("/")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::name;

    #[test]
    fn names_are_relative_to_the_first_include() {
        for (path, includes, expected) in [
            ("proto/a/b.proto", &["proto"][..], "a/b.proto"),
            ("./proto/a.proto", &["proto/"], "a.proto"),
            ("proto/a.proto", &["other", "./proto"], "a.proto"),
            ("proto/a/b.proto", &["proto", "proto/a"], "a/b.proto"),
            ("proto/a/b.proto", &["proto/a", "proto"], "b.proto"),
            ("a.proto", &["."], "a.proto"),
            ("a/b.proto", &[], "a/b.proto"),
            ("a/b.proto", &["proto"], "a/b.proto"),
            ("/x/proto/a.proto", &["/x/proto"], "a.proto"),
        ] {
            let includes: Vec<_> = includes.iter().map(Path::new).collect();
            assert_eq!(name(Path::new(path), &includes), expected, "{path} {includes:?}");
        }
    }
}
