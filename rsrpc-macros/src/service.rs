//! `#[service]`: dispatches to definitions in Rust or in a .proto file.

use proc_macro2::{Span, TokenStream, TokenTree};

/// Expands `#[service(…)]`.
pub(crate) fn dispatch(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match key_span(&arguments, "proto") {
        #[cfg(feature = "proto")]
        Some(_) => crate::proto::expand_service(arguments, item),
        #[cfg(not(feature = "proto"))]
        Some(span) => needs_feature(span, "#[service(proto = …)]", &item),
        None => expand(arguments, item),
    }
}

/// Expands a service defined by its trait.
fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    rsrpc_codegen::service_trait(arguments, item, &crate::package::default())
}

/// Error of macros for .proto files in a build without protox.
#[cfg_attr(feature = "proto", allow(dead_code))]
pub(crate) fn needs_feature(span: Span, what: &str, item: &TokenStream) -> TokenStream {
    let message = format!(
        "`{what}` compiles .proto files within the macro: enable the feature `macro-proto` of rsrpc-runtime"
    );
    let error = syn::Error::new(span, message).into_compile_error();
    quote::quote!(#error #item)
}

/// Span of a key in `key = value, …`. Searches the tokens, so that errors elsewhere do not matter.
fn key_span(arguments: &TokenStream, key: &str) -> Option<Span> {
    let mut begins = true;
    for token in arguments.clone() {
        match &token {
            TokenTree::Ident(ident) if begins && ident == key => return Some(ident.span()),
            TokenTree::Punct(punct) => begins = punct.as_char() == ',',
            _ => begins = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn key_is_found_as_a_key_only() {
        let found = |tokens: TokenStream| key_span(&tokens, "proto").is_some();
        assert!(found(quote!(proto = "a.proto")));
        assert!(found(quote!(json = ?, proto)));
        assert!(!found(quote!(package = proto)));
        assert!(!found(quote!(package = ["a", "b"], name = "proto")));
        assert!(!found(quote!()));
    }

    #[test]
    fn missing_feature_is_named() {
        let tokens = needs_feature(Span::call_site(), "proto!", &TokenStream::new()).to_string();
        let expected = "`proto!` compiles .proto files within the macro: enable the feature `macro-proto` of rsrpc-runtime";
        assert!(tokens.contains(expected), "{tokens}");
    }
}
