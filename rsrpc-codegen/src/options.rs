//! What a user can choose, with the one parser that plugin and build script share.

use crate::diagnostic::{Diagnostic, Diagnostics};

/// What to generate, and how.
///
/// [`Options::default`] is what an empty parameter gives. [`Options::parse`] reads protoc's `--rsrpc_opt`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Clients; on by default.
    pub client: bool,
    /// Servers; on by default. The trait is left out only when clients are off, too.
    pub server: bool,
    /// Canonical proto3 JSON of every message, and JSON-RPC with it; on by default.
    pub json: bool,
    /// The encoded descriptors, for reflection; on by default.
    pub descriptor: bool,
    /// Bodies that answer UNIMPLEMENTED for the methods of the trait; off by default.
    pub default_stubs: bool,
    /// Proto paths that Rust code exists for already, such as `.google.api` and `::googleapis::google::api`.
    pub extern_path: Vec<(String, String)>,
    /// Proto paths whose `bytes` fields become `bytes::Bytes`; `.` is all of them.
    pub bytes: Vec<String>,
    /// Where generated code finds the runtime; `::rsrpc_runtime` by default.
    pub runtime_path: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            client: true,
            server: true,
            json: true,
            descriptor: true,
            default_stubs: false,
            extern_path: Vec::new(),
            bytes: Vec::new(),
            runtime_path: "::rsrpc_runtime".to_owned(),
        }
    }
}

/// An option by its name: its place in [`Options`] and its line of help.
struct Definition {
    name: &'static str,
    value: &'static str,
    help: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Switch(fn(&mut Options) -> &mut bool),
    ExternPath,
    Bytes,
    RuntimePath,
}

/// In the order of `--help`.
const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "client",
        value: "on|off",
        help: "clients (default: on)",
        kind: Kind::Switch(|options| &mut options.client),
    },
    Definition {
        name: "server",
        value: "on|off",
        help: "servers (default: on)",
        kind: Kind::Switch(|options| &mut options.server),
    },
    Definition {
        name: "json",
        value: "on|off",
        help: "canonical proto3 JSON of every message, for JSON-RPC (default: on)",
        kind: Kind::Switch(|options| &mut options.json),
    },
    Definition {
        name: "descriptor",
        value: "on|off",
        help: "the encoded descriptors, for reflection (default: on)",
        kind: Kind::Switch(|options| &mut options.descriptor),
    },
    Definition {
        name: "default_stubs",
        value: "on|off",
        help: "methods left out of an implementation answer UNIMPLEMENTED (default: off)",
        kind: Kind::Switch(|options| &mut options.default_stubs),
    },
    Definition {
        name: "extern_path",
        value: ".proto.path=::rust::path",
        help: "use existing Rust code for a package or type; repeatable (default: none)",
        kind: Kind::ExternPath,
    },
    Definition {
        name: "bytes",
        value: ".proto.path",
        help: "`bytes` fields under the path become `Bytes`, `.` means all; repeatable (default: none)",
        kind: Kind::Bytes,
    },
    Definition {
        name: "runtime_path",
        value: "::rust::path",
        help: "where generated code finds the runtime (default: ::rsrpc_runtime)",
        kind: Kind::RuntimePath,
    },
];

/// An option, as `--help` and the reference show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name, the same in protoc's parameter, the build script and macros.
    pub name: &'static str,
}

impl Options {
    /// All options, in the order of the reference.
    pub fn list() -> impl Iterator<Item = OptionInfo> {
        DEFINITIONS.iter().map(|definition| OptionInfo {
            name: definition.name,
        })
    }

    /// Reads options separated by commas, such as `client=off,extern_path=.google.api=::foo`.
    ///
    /// # Errors
    /// Unknown options and values, all of them.
    pub fn parse(parameter: &str) -> Result<Self, Diagnostics> {
        let mut options = Self::default();
        let mut errors = Vec::new();
        for option in parameter
            .split(',')
            .map(str::trim)
            .filter(|option| !option.is_empty())
        {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            if let Err(error) = options.set(name, value) {
                errors.push(error);
            }
        }
        if errors.is_empty() {
            Ok(options)
        } else {
            Err(Diagnostics::new(errors))
        }
    }

    /// Sets one option by its name. A switch without a value is on.
    ///
    /// # Errors
    /// An unknown option or value.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), Diagnostic> {
        let Some(definition) = DEFINITIONS.iter().find(|definition| definition.name == name) else {
            let known: Vec<_> = DEFINITIONS.iter().map(|definition| definition.name).collect();
            return Err(Diagnostic::error(format!(
                "unknown option `{name}`; the options are {}",
                known.join(", ")
            )));
        };
        let invalid = || {
            let found = value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"));
            let valid = match definition.kind {
                Kind::Switch(_) => "`on` or `off`".to_owned(),
                _ => format!("`{}`", definition.value),
            };
            Diagnostic::error(format!("option `{name}` takes {valid}, not {found}"))
        };
        match definition.kind {
            Kind::Switch(place) => {
                *place(self) = match value {
                    None | Some("on") => true,
                    Some("off") => false,
                    Some(_) => return Err(invalid()),
                }
            }
            Kind::ExternPath => {
                let (proto, rust) = value
                    .and_then(|value| value.split_once('='))
                    .ok_or_else(invalid)?;
                if !is_proto_path(proto) || !is_rust_type(rust) {
                    return Err(invalid());
                }
                if self.extern_path.iter().any(|(known, _)| known == proto) {
                    return Err(Diagnostic::error(format!(
                        "option `extern_path` is given twice for `{proto}`"
                    )));
                }
                self.extern_path.push((proto.to_owned(), rust.to_owned()));
            }
            Kind::Bytes => {
                let path = value
                    .filter(|path| *path == "." || is_proto_path(path))
                    .ok_or_else(invalid)?;
                self.bytes.push(path.to_owned());
            }
            Kind::RuntimePath => {
                let path = value.filter(|path| is_rust_path(path)).ok_or_else(invalid)?;
                self.runtime_path = path.to_owned();
            }
        }
        Ok(())
    }

    /// Checks what was put into the fields without [`set`](Self::set).
    pub(crate) fn check(&self) -> Vec<Diagnostic> {
        let mut again = Self::default();
        let paths = self
            .extern_path
            .iter()
            .map(|(proto, rust)| ("extern_path", format!("{proto}={rust}")));
        let bytes = self.bytes.iter().map(|path| ("bytes", path.clone()));
        let runtime = std::iter::once(("runtime_path", self.runtime_path.clone()));
        paths
            .chain(bytes)
            .chain(runtime)
            .filter_map(|(name, value)| again.set(name, Some(&value)).err())
            .collect()
    }

    /// The table that `--help` prints.
    pub fn help() -> String {
        let width = DEFINITIONS
            .iter()
            .map(|definition| definition.synopsis().len())
            .max()
            .unwrap_or(0);
        DEFINITIONS
            .iter()
            .map(|definition| format!("  {:width$}  {}\n", definition.synopsis(), definition.help))
            .collect()
    }
}

impl Definition {
    fn synopsis(&self) -> String {
        format!("{}={}", self.name, self.value)
    }
}

fn is_proto_path(path: &str) -> bool {
    path.strip_prefix('.')
        .is_some_and(|path| path.split('.').all(crate::naming::is_identifier))
}

fn is_rust_path(path: &str) -> bool {
    syn::parse_str::<syn::Path>(path).is_ok()
}

fn is_rust_type(path: &str) -> bool {
    syn::parse_str::<syn::Type>(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parameter: &str, expected: Result<Options, &str>) {
        let found = Options::parse(parameter).map_err(|errors| errors.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{parameter}");
    }

    #[test]
    fn options_are_read() {
        check("", Ok(Options::default()));
        check("client,server=on, json=on,", Ok(Options::default()));
        check(
            "client=off,default_stubs,bytes=.,bytes=.a.B.c,extern_path=.google.api=::foo::api,runtime_path=crate::rt",
            Ok(Options {
                client: false,
                default_stubs: true,
                bytes: vec![".".into(), ".a.B.c".into()],
                extern_path: vec![(".google.api".into(), "::foo::api".into())],
                runtime_path: "crate::rt".into(),
                ..Options::default()
            }),
        );
    }

    #[test]
    fn every_bad_option_is_named() {
        check(
            "clint,json=yes,extern_path=google=::a,extern_path=.a,bytes,bytes=a,runtime_path=1,server=",
            Err(
                "unknown option `clint`; the options are client, server, json, descriptor, default_stubs, \
                 extern_path, bytes, runtime_path\n\
                 option `json` takes `on` or `off`, not `yes`\n\
                 option `extern_path` takes `.proto.path=::rust::path`, not `google=::a`\n\
                 option `extern_path` takes `.proto.path=::rust::path`, not `.a`\n\
                 option `bytes` takes `.proto.path`, not nothing\n\
                 option `bytes` takes `.proto.path`, not `a`\n\
                 option `runtime_path` takes `::rust::path`, not `1`\n\
                 option `server` takes `on` or `off`, not ``",
            ),
        );
        check(
            "extern_path=.a=::b,extern_path=.a=::c",
            Err("option `extern_path` is given twice for `.a`"),
        );
    }
}
