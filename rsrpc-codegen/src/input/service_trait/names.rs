//! Names that must be there only once, and what they become on the wire.

use std::collections::{HashMap, HashSet};

use syn::TraitItemFn;

use super::attributes::ServiceAttributes;
use super::errors::Errors;
use crate::model::{Method, RequestWrapper};
use crate::naming;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameClaim {
    /// The names were free.
    Granted,
    /// Another method has one of the names on the wire.
    Clash,
    /// Another method has the same name in Rust.
    Repeated,
}

/// The names of a service's methods that are taken.
#[derive(Default)]
pub(super) struct MethodNames {
    /// The methods, as Rust calls them.
    functions: HashSet<String>,
    /// By the name on the wire, the name in Rust.
    wire: HashMap<String, String>,
    jsonrpc: HashMap<String, String>,
    constants: HashMap<String, String>,
    requests: HashMap<String, String>,
}

impl MethodNames {
    /// Claims a method's names. What is no method of the service claims only its own.
    pub(super) fn claim(
        &mut self,
        function: &TraitItemFn,
        made: Option<&(Method, Option<RequestWrapper>)>,
        errors: &mut Errors,
    ) -> NameClaim {
        let ident = &function.sig.ident;
        let name = ident.to_string();
        if !self.functions.insert(name.clone()) {
            errors.add(
                ident,
                format!("the method `{name}` is defined twice; each has a name of its own"),
            );
            return NameClaim::Repeated;
        }
        let Some((method, wrapper)) = made else {
            return NameClaim::Granted;
        };
        let proto_name = &method.proto_name;
        if let Some(other) = claim(&mut self.wire, proto_name, &name) {
            let message = format!(
                "the methods `{other}` and `{name}` are both called `{proto_name}` on the wire: rename one, or give \
                 it another name with `#[rpc(name = \"…\")]`"
            );
            errors.add(ident, message);
            return NameClaim::Clash;
        }
        let constant = method.constant.to_string();
        if let Some(other) = claim(&mut self.constants, &constant, &name) {
            let message = format!(
                "the methods `{other}` and `{name}` would share the constant `{constant}`: rename one"
            );
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
                    "the requests of `{other}` and `{name}` would both be called `{request}`: give one another name \
                     with `#[rpc(request = \"…\")]`"
                );
                errors.add(ident, message);
                return NameClaim::Clash;
            }
        }
        NameClaim::Granted
    }
}

/// Whose a name is already, if it is anybody's.
fn claim(names: &mut HashMap<String, String>, name: &str, owner: &str) -> Option<String> {
    if let Some(other) = names.get(name) {
        return Some(other.clone());
    }
    names.insert(name.to_owned(), owner.to_owned());
    None
}

/// JSON-RPC calls a method by its full name, unless that begins as its own names do.
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
            "JSON-RPC reserves names that begin with `{beginning}`, so the methods of `{full_name}` cannot be called: \
             choose another `package`, or give each method a `jsonrpc_name`"
        );
        errors.add_at(attributes.package_span, message);
    }
}

/// The file that would define the package: `greet.v1` is in `greet/v1.proto`.
pub(super) fn file(package: &str) -> String {
    match package {
        "" => "_.proto".to_owned(),
        package => format!("{}.proto", package.replace('.', "/")),
    }
}
