//! Emits the module tree: `mod.rs` includes each package's file in the module by which other packages refer to it.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::attributes::doc;
use super::descriptor;
use super::file_names::file_stem;
use crate::model::Package;
use crate::naming::{self, join};

/// Returns the `include!` of a package's file.
pub(crate) fn include(package: &str) -> TokenStream {
    let file = format!("{}.rs", file_stem(package));
    quote!(::core::include!(#file);)
}

/// Returns nested modules with the content of each package.
pub(crate) fn module_tree<'a>(packages: impl IntoIterator<Item = (&'a Package, TokenStream)>) -> TokenStream {
    let mut root = ModuleNode::default();
    for (package, content) in packages {
        let mut node = &mut root;
        let segments = package.name.split('.').filter(|segment| !segment.is_empty());
        for (segment, module) in segments.zip(&package.modules) {
            let full_name = join(&node.full_name, segment);
            node = node.children.entry(module.clone()).or_default();
            node.full_name = full_name;
        }
        node.content = content;
    }
    root.tokens("")
}

/// Returns the `include!`s of a package's file when each .proto file has a file of its own.
pub(crate) fn package_of_parts<'a>(
    package: &Package,
    has_descriptor: bool,
    parts: impl IntoIterator<Item = &'a str>,
) -> TokenStream {
    let descriptor = has_descriptor.then(|| descriptor::include(package));
    let parts = parts.into_iter();
    quote!(#descriptor #(::core::include!(#parts);)*)
}

#[derive(Default)]
struct ModuleNode {
    /// The proto package.
    full_name: String,
    content: TokenStream,
    children: BTreeMap<String, ModuleNode>,
}

impl ModuleNode {
    /// Recursion is bounded: package names have at most 1,000 bytes.
    fn tokens(&self, name: &str) -> TokenStream {
        let content = &self.content;
        let children = self.children.iter().map(|(child, node)| {
            let ident = naming::ident(child);
            let same = (child == name).then(|| quote!(#[allow(clippy::module_inception)]));
            let content = node.tokens(child);
            let docs = doc(&format!("The package `{}`.", node.full_name));
            quote! {
                #docs
                #same
                pub mod #ident {
                    #content
                }
            }
        });
        quote!(#content #(#children)*)
    }
}
