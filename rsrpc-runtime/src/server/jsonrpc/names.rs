//! The JSON-RPC names of methods.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::route::JsonRoute;
use crate::call::{Method, MethodDescriptor, ServiceDescriptor};
use crate::server::route::{Route, SharedRoute};
use crate::server::serve_error::ServeError;

/// Prefixes reserved by the protocol: `rpc.` by JSON-RPC 2.0 §8, `$/` for messages such as `$/cancelRequest`.
const RESERVED_PREFIXES: [&str; 2] = ["rpc.", "$/"];

/// The methods with JSON, as services register them.
#[derive(Default)]
pub(crate) struct JsonMethods {
    methods: Vec<JsonMethod>,
    aliases: Vec<JsonAlias>,
}

#[derive(Debug)]
struct JsonAlias {
    service: &'static str,
    alias: String,
    method: String,
}

/// A method that has JSON-RPC names.
#[derive(Clone)]
pub(crate) enum JsonMethod {
    /// A method that plain JSON-RPC can call.
    Unary(Arc<dyn JsonRoute>),
    /// A method that requires a transport with streams.
    Streaming(&'static MethodDescriptor),
}

impl JsonMethod {
    fn descriptor(&self) -> &'static MethodDescriptor {
        match self {
            Self::Unary(route) => route.method(),
            Self::Streaming(descriptor) => descriptor,
        }
    }
}

impl JsonMethods {
    pub(crate) fn unary<T, F, Rx, Tx, Req, Rep>(&mut self, route: SharedRoute<T, F, Rx, Tx, Req, Rep>)
    where
        Route<T, F, Rx, Tx, Req, Rep>: JsonRoute + 'static,
    {
        if has_json(route.method) {
            self.methods.push(JsonMethod::Unary(route));
        }
    }

    pub(crate) fn streaming<T, F, Rx, Tx, Req, Rep>(&mut self, route: SharedRoute<T, F, Rx, Tx, Req, Rep>) {
        if has_json(route.method) {
            self.methods
                .push(JsonMethod::Streaming(route.method.descriptor()));
        }
    }

    /// Adds the aliases that a service declares. Each pair is an alias and a method name.
    pub(crate) fn aliases(&mut self, service: &'static ServiceDescriptor, aliases: &[(String, String)]) {
        let aliases = aliases.iter().map(|(alias, method)| JsonAlias {
            service: service.name,
            alias: alias.clone(),
            method: method.clone(),
        });
        self.aliases.extend(aliases);
    }
}

fn has_json<Req, Rep>(method: &Method<Req, Rep>) -> bool {
    method.request().as_json().is_some() && method.reply().as_json().is_some()
}

impl fmt::Debug for JsonMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonMethods")
            .field("methods", &self.methods.len())
            .field("aliases", &self.aliases)
            .finish()
    }
}

/// Returns whether a service is one of gRPC's standard services, such as health. They get no bare names: `Check`,
/// `List` and `Watch` would conflict with methods of the application.
fn is_standard(service: &str) -> bool {
    service.starts_with("grpc.")
}

/// The JSON-RPC names of all methods.
#[derive(Default)]
pub(crate) struct JsonMethodNames {
    methods: HashMap<String, JsonMethod>,
}

impl JsonMethodNames {
    /// Assigns names to each method: `pkg.Svc/Method`, the gRPC path, `pkg.Svc.Method`, the name in its definition,
    /// and the declared aliases. If `bare` is set, also `Method`.
    ///
    /// # Errors Two methods have the same name, an alias is reserved, or an alias refers to a missing method.
    pub(crate) fn new(registered: JsonMethods, bare: bool) -> Result<Self, ServeError> {
        let mut names = Self::default();
        for method in &registered.methods {
            let descriptor = method.descriptor();
            let canonical = descriptor.full_name();
            names.claim(canonical, method)?;
            names.claim(descriptor.path(), method)?;
            names.claim(&format!("{}.{}", descriptor.service(), descriptor.name()), method)?;
            if let Some(name) = descriptor.options().jsonrpc_name {
                if is_reserved_alias(name) {
                    return Err(ServeError::ReservedName(name.to_owned()));
                }
                names.claim(name, method)?;
            }
            if bare && !is_standard(descriptor.service()) {
                names.claim(descriptor.name(), method)?;
            }
        }
        for JsonAlias {
            service,
            alias,
            method,
        } in registered.aliases
        {
            if is_reserved_alias(&alias) {
                return Err(ServeError::ReservedName(alias));
            }
            let found = registered.methods.iter().find(|known| {
                let descriptor = known.descriptor();
                descriptor.service() == service && descriptor.name() == method
            });
            let Some(found) = found else {
                return Err(ServeError::UnknownMethod {
                    alias,
                    service,
                    method,
                });
            };
            names.claim(&alias, found)?;
        }
        Ok(names)
    }

    /// Returns the method with this name. Names are case-sensitive and not trimmed.
    pub(crate) fn find(&self, name: &str) -> Option<&JsonMethod> {
        self.methods.get(name)
    }

    fn claim(&mut self, name: &str, method: &JsonMethod) -> Result<(), ServeError> {
        // A package named `rpc` is valid. Its methods are reachable through aliases and paths.
        if is_reserved(name) {
            return Ok(());
        }
        match self.methods.insert(name.to_owned(), method.clone()) {
            Some(other) if other.descriptor() != method.descriptor() => Err(ServeError::DuplicateName {
                name: name.to_owned(),
                first: other.descriptor().full_name(),
                second: method.descriptor().full_name(),
            }),
            _ => Ok(()),
        }
    }
}

fn is_reserved(name: &str) -> bool {
    requires_streaming(name)
        || RESERVED_PREFIXES
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

/// Returns whether an alias is reserved. More names than those of [`is_reserved`], so that the protocol can be
/// extended.
fn is_reserved_alias(name: &str) -> bool {
    is_reserved(name) || name.starts_with("rsrpc_")
}

/// Returns whether a name belongs to the streaming extension, such as `rsrpc_subscribe`, but not
/// `rsrpc_package.Service/Method`.
pub(crate) fn requires_streaming(name: &str) -> bool {
    name.starts_with("rsrpc_") && !name.contains(['.', '/'])
}

impl fmt::Debug for JsonMethodNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.methods.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{MessageCodec, MethodKind, MethodOptions};

    fn method(path: &'static str) -> JsonMethod {
        let codec = || MessageCodec::<()>::protobuf("google.protobuf.Empty");
        let method = Box::leak(Box::new(Method::new(MethodKind::Bidi, path, codec(), codec())));
        JsonMethod::Streaming(method.descriptor())
    }

    fn names(
        paths: &[&'static str],
        aliases: &[(&str, &str)],
        bare: bool,
    ) -> Result<JsonMethodNames, String> {
        let registered = JsonMethods {
            methods: paths.iter().map(|path| method(path)).collect(),
            aliases: aliases
                .iter()
                .map(|(alias, method)| JsonAlias {
                    service: "p.S",
                    alias: (*alias).to_owned(),
                    method: (*method).to_owned(),
                })
                .collect(),
        };
        JsonMethodNames::new(registered, bare).map_err(|error| error.to_string())
    }

    #[test]
    fn names_resolve_to_methods() {
        let known = names(&["/p.S/M", "/p.S/N"], &[("m", "M"), ("p.S/M", "M")], false).unwrap();
        for name in ["p.S/M", "/p.S/M", "p.S.M", "m"] {
            assert_eq!(known.find(name).unwrap().descriptor().path(), "/p.S/M", "{name}");
        }
        for name in ["", "M", "p.s/M", "p.S/M ", "p/S/M", "S/M", "rpc.discover"] {
            assert!(known.find(name).is_none(), "{name}");
        }
        let bare = names(&["/p.S/M", "/p.S/N"], &[("M", "M")], true).unwrap();
        assert!(bare.find("M").is_some() && bare.find("N").is_some());
        let named = Method::new(
            MethodKind::Unary,
            "/p.S/M",
            MessageCodec::<()>::protobuf("google.protobuf.Empty"),
            MessageCodec::<()>::protobuf("google.protobuf.Empty"),
        );
        let named = Box::leak(Box::new(
            named.with_options(MethodOptions::new().jsonrpc_name("m")),
        ));
        let registered = JsonMethods {
            methods: vec![JsonMethod::Streaming(named.descriptor())],
            aliases: vec![],
        };
        let named = JsonMethodNames::new(registered, false).unwrap();
        assert_eq!(named.find("m").unwrap().descriptor().path(), "/p.S/M");
        let reserved = names(&["/rpc.S/M"], &[], false).unwrap();
        assert!(reserved.find("rpc.S/M").is_none() && reserved.find("/rpc.S/M").is_some());
    }

    #[test]
    fn duplicate_and_reserved_names_are_rejected() {
        let check = |paths, aliases, bare, expected: &str| {
            assert_eq!(names(paths, aliases, bare).unwrap_err(), expected);
        };
        let both = "is claimed by both";
        check(
            &["/p.S/M", "/q.S/M"],
            &[],
            true,
            &format!("the JSON-RPC name \"M\" {both} p.S/M and q.S/M"),
        );
        check(
            &["/p.S/M", "/p.S/N"],
            &[("x", "M"), ("x", "N")],
            false,
            &format!("the JSON-RPC name \"x\" {both} p.S/M and p.S/N"),
        );
        check(
            &["/p.S/M", "/p.S/N"],
            &[("p.S.N", "M")],
            false,
            &format!("the JSON-RPC name \"p.S.N\" {both} p.S/N and p.S/M"),
        );
        check(
            &["/p.S/M"],
            &[("x", "Nope")],
            false,
            "the JSON-RPC alias \"x\" refers to p.S/Nope, which does not exist or was generated without JSON",
        );
        check(
            &["/p.S/M"],
            &[("rpc.x", "M")],
            false,
            "the JSON-RPC alias \"rpc.x\" starts with a reserved prefix: rpc., rsrpc_ or $/",
        );
    }
}
