//! The module tree: `mod.rs` includes each package's file in the module that paths in other packages lead to.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::doc;
use crate::naming::{self, join};

/// The modules of some packages, nested; `module` names that of a package inside the one around it.
pub(crate) fn module_tree<'a>(
    packages: impl IntoIterator<Item = &'a str>,
    module: impl Fn(&str) -> String,
) -> TokenStream {
    let mut root = Node::default();
    for package in packages {
        let mut node = &mut root;
        for segment in package.split('.').filter(|segment| !segment.is_empty()) {
            let full_name = join(&node.full_name, segment);
            node = node.children.entry(module(&full_name)).or_default();
            node.full_name = full_name;
        }
        node.file = Some(format!("{}.rs", file_stem(package)));
    }
    root.tokens("")
}

#[derive(Default)]
struct Node {
    /// The proto package.
    full_name: String,
    file: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    /// Recursive: a package has at most a few segments, and protoc bounds its length.
    fn tokens(&self, name: &str) -> TokenStream {
        let include = self.file.as_ref().map(|file| quote!(::core::include!(#file);));
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
        quote!(#include #(#children)*)
    }
}

/// What the file of a package is called, without `.rs`: `google.api`, or `_` where there is no name.
pub(crate) fn file_stem(package: &str) -> &str {
    match package {
        "" => "_",
        // Not to be mistaken for the module tree.
        "mod" => "r#mod",
        _ => package,
    }
}
