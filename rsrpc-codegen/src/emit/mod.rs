//! From the model to Rust, one file for each kind of item. Every path is absolute, nothing is imported: generated
//! code has to survive a message called `Option` beside it.

mod client;
mod descriptor;
mod json;
mod methods;
mod modules;
mod server;
mod signature;
mod stubs;
mod surface;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use descriptor::descriptor_file;
#[cfg(test)]
pub(crate) use json::json;
pub(crate) use modules::{file_stem, module_tree};

use crate::Options;
use crate::model::{Docs, Package, Service};

/// The items of a package that go behind its messages.
pub(crate) fn items(package: &Package, options: &Options) -> TokenStream {
    let runtime: TokenStream = options.runtime_path.parse().unwrap_or_default();
    let runtime = &runtime;
    let mut items = Vec::new();
    if options.json {
        items.push(json::json(package, runtime));
    }
    for service in &package.services {
        if options.server || options.client {
            items.push(stubs::service_trait(service, options, runtime));
        }
        items.push(methods::methods(service, options, runtime));
        if options.server {
            items.push(server::server(service, options, runtime));
        }
        if options.client {
            items.push(client::client(service, runtime));
        }
    }
    let surface = surface::assertion(package, options, runtime);
    let descriptor = options.descriptor.then(|| descriptor::include(package));
    quote!(#surface #descriptor #(#items)*)
}

/// Doc attributes; `fallback` where the author wrote nothing.
fn doc_attributes(docs: &Docs, fallback: &str) -> TokenStream {
    if docs.is_empty() {
        return doc(fallback);
    }
    let lines = &docs.0;
    quote!(#(#[doc = #lines])*)
}

/// Lints that the names of rpcs would raise: clippy takes `from_parts` for a constructor.
fn allow_names(service: &Service) -> TokenStream {
    let conventional = ["as_", "from_", "into_", "is_", "to_"];
    let names: Vec<_> = service
        .methods
        .iter()
        .map(|method| method.ident.to_string())
        .collect();
    let prefix = names
        .iter()
        .any(|name| conventional.iter().any(|prefix| name.starts_with(prefix)));
    let prefix = prefix.then(|| quote!(#[allow(clippy::wrong_self_convention)]));
    // Of the methods of std's traits, the one that a client's can be mistaken for.
    let cmp = names.iter().any(|name| name == "cmp");
    let cmp = cmp.then(|| quote!(#[allow(clippy::should_implement_trait)]));
    quote!(#prefix #cmp #[allow(dead_code)])
}

/// One line of docs.
fn doc(line: &str) -> TokenStream {
    let line = format!(" {line}");
    quote!(#[doc = #line])
}
