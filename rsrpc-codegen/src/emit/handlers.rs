//! How each method of an implementation is called: written once, for servers and for `…Dyn`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::methods::methods_ident;
use super::signature::Signature;
use crate::model::{MethodKind, Service};

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
    let handlers = callable.iter().map(|method| {
        let (constant, name) = (&method.constant, &method.ident);
        let signature = Signature::new(method, runtime);
        let argument = match method.kind {
            MethodKind::Unary | MethodKind::ServerStreaming => signature.request(),
            MethodKind::ClientStreaming | MethodKind::Bidi => quote!(requests),
        };
        let kind = kind(method.kind);
        let context = if signature.context { quote!(cx) } else { quote!(_) };
        let arguments = signature.unpack();
        quote! {
            handlers.#kind(Self::#constant, service, |service, #context, #argument| async move {
                #service_trait::#name(&*service, #arguments).await
            });
        }
    });
    let (service_name, handlers_name) = if callable.is_empty() {
        (quote!(_), quote!(_))
    } else {
        (quote!(service), quote!(handlers))
    };
    quote! {
        #[allow(dead_code)]
        impl #methods {
            /// Hands over each method of an implementation.
            #[doc(hidden)]
            pub fn handlers<#implementation: #bound>(
                #service_name: &::std::sync::Arc<#implementation>,
                #handlers_name: &mut impl #runtime::generated::Handlers,
            ) {
                #(#handlers)*
            }
        }
    }
}

/// What an implementation is: of the trait, unless that has faults of its own to show.
pub(super) fn implementation_bound(service: &Service) -> TokenStream {
    if service.is_whole() {
        let service_trait = &service.ident;
        quote!(#service_trait)
    } else {
        quote!(::core::marker::Send + ::core::marker::Sync + 'static)
    }
}

/// What the runtime calls the kind in its methods.
pub(super) fn kind(kind: MethodKind) -> Ident {
    format_ident!(
        "{}",
        match kind {
            MethodKind::Unary => "unary",
            MethodKind::ServerStreaming => "server_streaming",
            MethodKind::ClientStreaming => "client_streaming",
            MethodKind::Bidi => "bidi",
        }
    )
}

/// The type parameter that stands for an implementation: a service may be called `T`.
pub(super) fn implementation_ident(service: &Service) -> Ident {
    if service.ident == "T" {
        format_ident!("S")
    } else {
        format_ident!("T")
    }
}
