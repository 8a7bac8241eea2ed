//! Implements the service trait by delegating every method to one call, such as a handler table or a mock.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::signature::Signature;
use crate::model::{Method, Service};

/// `answer` builds the call from a method, a context and a request; the call returns the runtime's `Outcome`.
pub(super) fn implementation(
    service: &Service,
    runtime: &TokenStream,
    ident: &Ident,
    answer: impl Fn(&Method, TokenStream, TokenStream) -> TokenStream,
) -> TokenStream {
    if !service.is_whole() {
        return TokenStream::new();
    }
    let service_trait = &service.ident;
    let quiet = service
        .methods
        .iter()
        .any(|method| method.deprecated)
        .then(|| quote!(#[allow(deprecated)]));
    let methods = service.methods.iter().map(|method| {
        let signature = Signature::new(method, runtime);
        let cx = if signature.context {
            quote!(cx)
        } else {
            quote!(&#runtime::Context::new())
        };
        let answer = answer(method, cx, signature.pack());
        let reply = &signature.reply;
        signature.implemented(quote!(#runtime::generated::Outcome<#reply>), answer)
    });
    quote! {
        #quiet
        #[allow(refining_impl_trait)]
        impl #service_trait for #ident {
            #(#methods)*
        }
    }
}
