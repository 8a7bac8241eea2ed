//! The module tree: `mod.rs` includes each package's file in the module that paths in other packages lead to.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::attributes::doc;
use super::descriptor;
use super::file_names::file_stem;
use crate::model::Package;
use crate::naming::{self, join};

/// What includes the file of a package.
pub(crate) fn include(package: &str) -> TokenStream {
    let file = format!("{}.rs", file_stem(package));
    quote!(::core::include!(#file);)
}

/// The modules of some packages, nested, each with what it holds.
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

/// What a package's file includes where its .proto files have files of their own.
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
    /// Recursive: a package has at most a few segments, and protoc bounds its length.
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
