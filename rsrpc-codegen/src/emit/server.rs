//! The server: an implementation of the trait with what the runtime needs to route calls to it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::attributes::doc;
use super::handlers::implementation_bound;
use super::idents::{implementation_ident, methods_ident, service_ident};
use crate::Options;
use crate::model::Service;

pub(super) fn server(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Service {
        ident: service_trait,
        visibility,
        ..
    } = service;
    let bound = implementation_bound(service);
    let ident = format_ident!("{service_trait}Server");
    let implementation = implementation_ident(service);
    let methods = methods_ident(service);
    let name = ident.to_string();
    let descriptor = service_ident(service);
    let server_doc = doc(&format!("Serves an implementation of [`{service_trait}`]."));
    let jsonrpc = options.jsonrpc.then(|| {
        quote! {
            /// Lets JSON-RPC clients call a method by another name, such as `sayHello` for `SayHello`.
            #[must_use]
            pub fn jsonrpc_alias(mut self, alias: &str, method: &str) -> Self {
                self.options.jsonrpc_alias(alias, method);
                self
            }
        }
    });
    quote! {
        #server_doc
        #[allow(dead_code)]
        #visibility struct #ident<#implementation> {
            service: ::std::sync::Arc<#implementation>,
            options: #runtime::generated::ServiceOptions,
        }

        // Not derived: that would ask the same of the implementation.
        impl<#implementation> ::core::clone::Clone for #ident<#implementation> {
            fn clone(&self) -> Self {
                Self {
                    service: ::core::clone::Clone::clone(&self.service),
                    options: ::core::clone::Clone::clone(&self.options),
                }
            }
        }

        impl<#implementation> ::core::fmt::Debug for #ident<#implementation> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name).field("options", &self.options).finish_non_exhaustive()
            }
        }

        #[allow(dead_code)]
        impl<#implementation: #bound> #ident<#implementation> {
            /// Serves an implementation.
            #[must_use]
            pub fn new(service: #implementation) -> Self {
                Self::from_arc(::std::sync::Arc::new(service))
            }

            /// Serves an implementation that is used elsewhere, too.
            #[must_use]
            pub fn from_arc(service: ::std::sync::Arc<#implementation>) -> Self {
                Self { service, options: #runtime::generated::ServiceOptions::new(&#descriptor) }
            }

            /// Adds an interceptor to this service, inside of those of the server.
            #[must_use]
            pub fn intercept(mut self, interceptor: impl #runtime::Interceptor) -> Self {
                self.options.intercept(interceptor);
                self
            }

            #jsonrpc
        }

        impl<#implementation: #bound> #runtime::generated::Service for #ident<#implementation> {
            fn register(self, routes: &mut #runtime::generated::Routes) {
                #methods::handlers(&mut routes.service(self.service, self.options));
            }
        }
    }
}
