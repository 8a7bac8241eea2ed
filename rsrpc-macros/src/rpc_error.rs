//! `#[derive(RpcError)]`: converts an error enum to and from statuses with a `google.rpc.ErrorInfo`.

mod attributes;
mod emit;
mod input;

use proc_macro2::TokenStream;
use quote::quote;

/// Expands the derive.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let item = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let (input, errors) = input::read(&item);
    let code = if errors.is_empty() {
        input.map(|input| emit::implementations(&item, &input))
    } else {
        Some(emit::stubs(&item, input.as_ref()))
    };
    let errors = errors.into_iter().map(syn::Error::into_compile_error);
    quote!(#(#errors)* #code)
}
