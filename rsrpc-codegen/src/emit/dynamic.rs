//! `GreeterDyn`: a type-erased implementation of a service trait.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::attributes::doc;
use super::delegate;
use super::handlers::implementation_bound;
use super::idents::{implementation_ident, methods_ident};
use crate::model::Service;

pub(super) fn dynamic(service: &Service, runtime: &TokenStream) -> TokenStream {
    let Service {
        ident: service_trait,
        visibility,
        ..
    } = service;
    let bound = implementation_bound(service);
    let ident = format_ident!("{service_trait}Dyn");
    let implementation = implementation_ident(service);
    let methods = methods_ident(service);
    let dyn_doc = doc(&format!(
        "A type-erased implementation of [`{service_trait}`]. Clones are cheap and share the implementation."
    ));
    let forwarded = delegate::implementation(service, runtime, &ident, |method, cx, request| {
        let constant = &method.constant;
        quote!(self.methods.call(#methods::#constant, #cx, #request))
    });
    quote! {
        #dyn_doc
        #[allow(dead_code)]
        #[derive(Debug, Clone)]
        #visibility struct #ident {
            methods: #runtime::generated::DynService,
        }

        #[allow(dead_code)]
        impl #ident {
            /// Wraps an implementation.
            #[must_use]
            pub fn new(service: impl #bound) -> Self {
                Self::from_arc(::std::sync::Arc::new(service))
            }

            /// Wraps a shared implementation.
            #[must_use]
            pub fn from_arc<#implementation: #bound>(service: ::std::sync::Arc<#implementation>) -> Self {
                Self { methods: #runtime::generated::DynService::new(service, #methods::handlers) }
            }
        }

        #forwarded
    }
}
