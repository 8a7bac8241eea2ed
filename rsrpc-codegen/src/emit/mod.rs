//! From the model to Rust, one file for each kind of item. Every path is absolute, nothing is imported: generated
//! code has to survive a message called `Option` beside it.

mod client;
mod descriptor;
mod json;
mod methods;
mod modules;
mod server;
mod stubs;
mod surface;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use descriptor::descriptor_file;
pub(crate) use modules::{file_stem, module_tree};

use crate::Options;
use crate::model::{Docs, Package};

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

/// One line of docs.
fn doc(line: &str) -> TokenStream {
    let line = format!(" {line}");
    quote!(#[doc = #line])
}
