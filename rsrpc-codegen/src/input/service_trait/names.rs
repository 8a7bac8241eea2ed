//! Checks that names are unique and valid on the wire.

use std::collections::{HashMap, HashSet};

use syn::TraitItemFn;

use super::attributes::ServiceAttributes;
use super::errors::Errors;
use crate::model::{Method, RequestWrapper};
use crate::naming;

/// The result of claiming a method's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameClaim {
    /// All names were free.
    Granted,
    /// Another method has one of the wire names.
    Clash,
    /// Another method has the same Rust name.
    Repeated,
}

/// The names that a service's methods use.
#[derive(Default)]
pub(super) struct MethodNames {
    /// Rust method names.
    functions: HashSet<String>,
    /// Rust method names by wire name.
    wire: HashMap<String, String>,
    jsonrpc: HashMap<String, String>,
    constants: HashMap<String, String>,
    requests: HashMap<String, String>,
}

impl MethodNames {
    /// Claims a method's names. A method with errors claims only its Rust name.
    pub(super) fn claim(
        &mut self,
        function: &TraitItemFn,
        made: Option<&(Method, Option<RequestWrapper>)>,
        errors: &mut Errors,
    ) -> NameClaim {
        let ident = &function.sig.ident;
        let name = ident.to_string();
        if !self.functions.insert(name.clone()) {
            errors.add(ident, format!("the method `{name}` is defined twice; rename one"));
            return NameClaim::Repeated;
        }
        let Some((method, wrapper)) = made else {
            return NameClaim::Granted;
        };
        let proto_name = &method.proto_name;
        if let Some(other) = claim(&mut self.wire, proto_name, &name) {
            let message = format!(
                "the methods `{other}` and `{name}` both have the wire name `{proto_name}`; rename one, or set \
                 `#[rpc(name = \"…\")]`"
            );
            errors.add(ident, message);
            return NameClaim::Clash;
        }
        let constant = method.constant.to_string();
        if let Some(other) = claim(&mut self.constants, &constant, &name) {
            let message =
                format!("the methods `{other}` and `{name}` both need the constant `{constant}`; rename one");
            errors.add(ident, message);
            return NameClaim::Clash;
        }
        if let Some(alias) = &method.options.jsonrpc_name
            && let Some(other) = claim(&mut self.jsonrpc, alias, &name)
        {
            let message =
                format!("the methods `{other}` and `{name}` have the same `jsonrpc_name`, `{alias}`");
            errors.add(ident, message);
            return NameClaim::Clash;
        }
        if let Some(wrapper) = wrapper {
            let request = wrapper.ident.to_string();
            if let Some(other) = claim(&mut self.requests, &request, &name) {
                let message = format!(
                    "the requests of `{other}` and `{name}` both have the type name `{request}`; set another \
                     with `#[rpc(request = \"…\")]`"
                );
                errors.add(ident, message);
                return NameClaim::Clash;
            }
        }
        NameClaim::Granted
    }
}

/// Claims a name, or returns its current owner.
fn claim(names: &mut HashMap<String, String>, name: &str, owner: &str) -> Option<String> {
    if let Some(other) = names.get(name) {
        return Some(other.clone());
    }
    names.insert(name.to_owned(), owner.to_owned());
    None
}

/// Checks that the full names of methods do not start with a prefix reserved by JSON-RPC.
pub(super) fn check_package(attributes: &ServiceAttributes, methods: &[Method], errors: &mut Errors) {
    let full_name = crate::naming::join(&attributes.package, &attributes.name);
    let Some(beginning) = naming::RESERVED_IN_JSONRPC
        .iter()
        .find(|beginning| full_name.starts_with(**beginning))
    else {
        return;
    };
    if methods.iter().any(|method| method.options.jsonrpc_name.is_none()) {
        let message = format!(
            "JSON-RPC reserves names that begin with `{beginning}`, so the methods of `{full_name}` cannot be \
             called: \
             choose another `package`, or give each method a `jsonrpc_name`"
        );
        errors.add_at(attributes.package_span, message);
    }
}

/// Returns the file that would define the package: `greet/v1.proto` for `greet.v1`.
pub(super) fn file(package: &str) -> String {
    match package {
        "" => "_.proto".to_owned(),
        package => format!("{}.proto", package.replace('.', "/")),
    }
}
