//! `GreeterMock`: an implementation of the service trait with expectations set by tests.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::attributes::doc;
use super::idents::{kind, methods_ident, service_ident};
use super::{delegate, feature_gate};
use crate::Options;
use crate::model::{Method, MethodKind, Service};

pub(super) fn mock(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Service {
        ident: service_trait,
        visibility,
        ..
    } = service;
    let ident = mock_ident(service);
    let methods = methods_ident(service);
    let descriptor = service_ident(service);
    let mock_doc = doc(&format!(
        "A mock implementation of [`{service_trait}`] for tests, with expectations for each method."
    ));
    let see_doc = doc(&format!("See [`mock`]({}::mock).", doc_path(runtime)));
    let expectations = service
        .methods
        .iter()
        .zip(expect_idents(service))
        .map(|(method, expect)| expectation(service, method, &expect, runtime));
    let forwarded = delegate::implementation(service, runtime, &ident, |method, cx, request| {
        let (constant, kind) = (&method.constant, kind(method.kind));
        quote!(self.mock.#kind(#methods::#constant, #cx, #request))
    });
    let client = (options.client && options.server).then(|| client(service, options, runtime));
    let mock = quote! {
        #mock_doc
        ///
        #see_doc
        #[allow(dead_code)]
        #[derive(Debug, Clone)]
        #visibility struct #ident {
            mock: #runtime::generated::Mock,
        }

        #[allow(dead_code)]
        impl #ident {
            /// Creates a mock without expectations. Dropping this handle verifies them; dropping a clone does not.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self { mock: #runtime::generated::Mock::new(&#descriptor) }
            }

            /// Verifies that all expectations were met.
            ///
            /// # Panics
            /// Panics if an expectation was not met. The message lists every failure.
            #[track_caller]
            pub fn verify(&self) {
                self.mock.verify();
            }

            /// Returns the calls of a method that were received so far, in order of arrival.
            #[must_use]
            pub fn calls_of<Req, Rep>(
                &self,
                method: &'static #runtime::Method<Req, Rep>,
            ) -> ::std::vec::Vec<#runtime::mock::ReceivedCall<Req>>
            where
                Req: ::core::marker::Send + 'static,
            {
                self.mock.calls_of(method)
            }

            #(#expectations)*
        }
    };
    let client_or_server = feature_gate::client_or_server_features(options);
    let mock = feature_gate::gate_any(&client_or_server, mock);
    let forwarded = feature_gate::gate_any(&client_or_server, forwarded);
    quote!(#mock #client #forwarded)
}

fn expectation(service: &Service, method: &Method, expect: &Ident, runtime: &TokenStream) -> TokenStream {
    let methods = methods_ident(service);
    let docs = doc(&format!("Expects calls of `{}`.", method.proto_name));
    let (constant, request, reply) = (&method.constant, &method.request.ty, &method.reply.ty);
    let expectation = match method.kind {
        MethodKind::Unary => quote!(UnaryExpectation),
        MethodKind::ServerStreaming => quote!(ServerStreamingExpectation),
        MethodKind::ClientStreaming => quote!(ClientStreamingExpectation),
        MethodKind::Bidi => quote!(BidiExpectation),
    };
    quote! {
        #docs
        #[track_caller]
        pub fn #expect(&self) -> #runtime::mock::#expectation<#request, #reply> {
            self.mock.expect(#methods::#constant)
        }
    }
}

/// Emits a client of the mock. It needs client and server, so both Cargo features gate it.
fn client(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let ident = mock_ident(service);
    let client = format_ident!("{}Client", service.ident);
    let server = format_ident!("{}Server", service.ident);
    let items = quote! {
        #[allow(dead_code)]
        impl #ident {
            /// Creates a client that calls this mock in memory. The mock is served while a clone of the client exists.
            ///
            /// # Panics
            /// Panics outside a tokio runtime.
            #[must_use]
            pub fn client(&self) -> #client {
                let server = #server::new(::core::clone::Clone::clone(self));
                #client::new(#runtime::generated::in_memory(server))
            }
        }
    };
    let items = feature_gate::gate(options.client_feature.as_deref(), items);
    if options.server_feature == options.client_feature {
        return items;
    }
    feature_gate::gate(options.server_feature.as_deref(), items)
}

/// `GreeterMock`.
fn mock_ident(service: &Service) -> Ident {
    format_ident!("{}Mock", service.ident)
}

/// Returns the `expect_…` method names. Underscores that only make a name an identifier are dropped, unless they
/// distinguish two methods.
fn expect_idents(service: &Service) -> Vec<Ident> {
    let names = service.methods.iter().map(|method| {
        let name = method.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        name.trim_start_matches('_').to_owned()
    });
    let names: Vec<_> = names.collect();
    let mut count = HashMap::<&str, usize>::new();
    for name in &names {
        *count.entry(name.trim_end_matches('_')).or_default() += 1;
    }
    let idents = names.iter().map(|name| match name.trim_end_matches('_') {
        plain if count.get(plain) == Some(&1) => format_ident!("expect_{plain}"),
        _ => format_ident!("expect_{name}"),
    });
    idents.collect()
}

/// Returns the runtime's path for a doc link.
fn doc_path(runtime: &TokenStream) -> String {
    runtime.to_string().replace(' ', "")
}
