//! `GreeterServer`: an implementation of the service trait and its registration with the router.

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
    let server_doc = doc(&format!("A server for an implementation of [`{service_trait}`]."));
    let jsonrpc = options.jsonrpc.then(|| {
        quote! {
            /// Adds a JSON-RPC name for a method, such as `sayHello` for `SayHello`.
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

        // Not derived: a derive would require the implementation to be `Clone`.
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
            /// Creates a server for an implementation.
            #[must_use]
            pub fn new(service: #implementation) -> Self {
                Self::from_arc(::std::sync::Arc::new(service))
            }

            /// Creates a server for a shared implementation.
            #[must_use]
            pub fn from_arc(service: ::std::sync::Arc<#implementation>) -> Self {
                Self { service, options: #runtime::generated::ServiceOptions::new(&#descriptor) }
            }

            /// Adds an interceptor to this service. It runs after the interceptors of the whole server.
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
