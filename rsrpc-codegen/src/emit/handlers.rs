//! Emits handlers that call each method of an implementation. Servers and `GreeterDyn` share them.

use proc_macro2::TokenStream;
use quote::quote;

use super::idents::{implementation_ident, kind, methods_ident};
use super::signature::Signature;
use crate::model::Service;

pub(super) fn handlers(service: &Service, runtime: &TokenStream) -> TokenStream {
    let service_trait = &service.ident;
    let implementation = implementation_ident(service);
    let methods = methods_ident(service);
    let bound = implementation_bound(service);
    let callable = if service.is_whole() {
        service.methods.as_slice()
    } else {
        &[]
    };
    // Only supertraits written by the author can have a method of the same name.
    let supertraits = service.written.as_ref().map(|written| &written.supertraits);
    let of_trait = match supertraits {
        Some(supertraits) if !supertraits.is_empty() => quote!(<#implementation as #service_trait>),
        _ => quote!(#implementation),
    };
    let handlers = callable.iter().map(|method| {
        let (constant, name) = (&method.constant, &method.ident);
        let kind = kind(method.kind);
        let signature = Signature::new(method, runtime);
        if signature.is_plain() {
            return quote!(handlers.#kind(Self::#constant, #of_trait::#name););
        }
        let input = signature.input();
        let context = if signature.context { quote!(cx) } else { quote!(_) };
        let arguments = signature.unpack();
        quote! {
            handlers.#kind(Self::#constant, #runtime::generated::owned(
                |service: ::std::sync::Arc<#implementation>, #context, #input| async move {
                    #service_trait::#name(&*service, #arguments).await
                },
            ));
        }
    });
    let handlers_name = if callable.is_empty() {
        quote!(_)
    } else {
        quote!(handlers)
    };
    quote! {
        #[allow(dead_code)]
        impl #methods {
            /// Registers a handler for each method of an implementation.
            #[doc(hidden)]
            pub fn handlers<#implementation: #bound>(
                #handlers_name: &mut impl #runtime::generated::Handlers<#implementation>,
            ) {
                #(#handlers)*
            }
        }
    }
}

/// Returns the bound of an implementation: the trait, or a minimal bound if the trait has errors.
pub(super) fn implementation_bound(service: &Service) -> TokenStream {
    if service.is_whole() {
        let service_trait = &service.ident;
        quote!(#service_trait)
    } else {
        quote!(::core::marker::Send + ::core::marker::Sync + 'static)
    }
}
