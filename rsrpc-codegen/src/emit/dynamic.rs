//! `…Dyn`: any implementation of the trait behind one type.

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
        "Any implementation of [`{service_trait}`], cheap to clone: for where one type has to hold them all."
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
            /// Holds an implementation.
            #[must_use]
            pub fn new(service: impl #bound) -> Self {
                Self::from_arc(::std::sync::Arc::new(service))
            }

            /// Holds an implementation that is used elsewhere, too.
            #[must_use]
            pub fn from_arc<#implementation: #bound>(service: ::std::sync::Arc<#implementation>) -> Self {
                Self { methods: #runtime::generated::DynService::new(service, #methods::handlers) }
            }
        }

        #forwarded
    }
}
