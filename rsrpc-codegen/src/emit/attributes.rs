//! Attributes that several emitters write: docs and allowed lints.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Docs, Service};

/// Returns doc attributes, or `fallback` if the author wrote no comment.
pub(super) fn doc_attributes(docs: &Docs, fallback: &str) -> TokenStream {
    if docs.is_empty() {
        return doc(fallback);
    }
    let lines = &docs.0;
    quote!(#(#[doc = #lines])*)
}

/// Returns `allow` attributes for lints that rpc names would trigger, such as `from_parts`.
pub(super) fn allow_names(service: &Service) -> TokenStream {
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
    // `cmp` is the method of a std trait that clippy reports for clients.
    let cmp = names.iter().any(|name| name == "cmp");
    let cmp = cmp.then(|| quote!(#[allow(clippy::should_implement_trait)]));
    quote!(#prefix #cmp #[allow(dead_code)])
}

/// Returns a doc attribute of one line.
pub(super) fn doc(line: &str) -> TokenStream {
    let line = format!(" {line}");
    quote!(#[doc = #line])
}
