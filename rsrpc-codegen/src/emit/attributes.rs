//! Attributes that several emitters write: docs and allowed lints.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Docs, Service};

/// Doc attributes; `fallback` where the author wrote nothing.
pub(super) fn doc_attributes(docs: &Docs, fallback: &str) -> TokenStream {
    if docs.is_empty() {
        return doc(fallback);
    }
    let lines = &docs.0;
    quote!(#(#[doc = #lines])*)
}

/// Lints that the names of rpcs would raise: clippy takes `from_parts` for a constructor.
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
    // Of the methods of std's traits, the one that a client's can be mistaken for.
    let cmp = names.iter().any(|name| name == "cmp");
    let cmp = cmp.then(|| quote!(#[allow(clippy::should_implement_trait)]));
    quote!(#prefix #cmp #[allow(dead_code)])
}

/// One line of docs.
pub(super) fn doc(line: &str) -> TokenStream {
    let line = format!(" {line}");
    quote!(#[doc = #line])
}
