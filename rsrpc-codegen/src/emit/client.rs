//! `GreeterClient`: one method per rpc, and an implementation of the service trait on top.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::attributes::{allow_names, doc, doc_attributes};
use super::idents::{kind, methods_ident};
use super::signature::Signature;
use crate::model::{Method, MethodKind, Service};

pub(super) fn client(service: &Service, runtime: &TokenStream) -> TokenStream {
    let Service {
        ident: service_trait,
        visibility,
        ..
    } = service;
    let ident = format_ident!("{service_trait}Client");
    let client_doc = doc(&format!("A client for `{}`.", service.full_name));
    let inherent = inherent(service, runtime);
    let implementation = implementation(service, runtime);
    let quiet = service
        .methods
        .iter()
        .any(|method| method.deprecated)
        .then(|| quote!(#[allow(deprecated)]));
    let implementation = service.is_whole().then(|| {
        quote! {
            #quiet
            #[allow(refining_impl_trait)]
            impl #service_trait for #ident {
                #implementation
            }
        }
    });
    let names = allow_names(service);
    quote! {
        #client_doc
        #[allow(dead_code)]
        #[derive(Debug, Clone)]
        #visibility struct #ident {
            channel: #runtime::Channel,
        }

        #names
        impl #ident {
            /// Creates a client that sends its calls through `channel`.
            #[must_use]
            pub fn new(channel: #runtime::Channel) -> Self {
                Self { channel }
            }

            #inherent
        }

        #implementation
    }
}

fn inherent(service: &Service, runtime: &TokenStream) -> TokenStream {
    let methods = methods_ident(service);
    let calls = service.methods.iter().map(|method| {
        let docs = doc_attributes(&method.docs, &format!("Calls `{}`.", method.proto_name));
        let deprecated = method.deprecated.then(|| quote!(#[deprecated]));
        let (name, constant, kind) = (&method.ident, &method.constant, kind(method.kind));
        let (request, reply) = (&method.request.ty, &method.reply.ty);
        let signature = Signature::new(method, runtime);
        let one = |call| (call, signature.client_parameters(), signature.pack());
        let (call, parameters, value) = match method.kind {
            MethodKind::Unary => one(quote!(UnaryCall)),
            MethodKind::ServerStreaming => one(quote!(ServerStreamingCall)),
            MethodKind::ClientStreaming => (
                quote!(ClientStreamingCall),
                quote!(requests: impl ::core::convert::Into<#runtime::Streaming<#request>>),
                quote!(requests),
            ),
            MethodKind::Bidi => (quote!(BidiCall), quote!(), quote!()),
        };
        quote! {
            #docs
            #deprecated
            pub fn #name(&self, #parameters) -> #runtime::generated::#call<#request, #reply> {
                self.channel.#kind(#methods::#constant, #value)
            }
        }
    });
    quote!(#(#calls)*)
}

fn implementation(service: &Service, runtime: &TokenStream) -> TokenStream {
    let calls = service.methods.iter().map(|method| {
        let signature = Signature::new(method, runtime);
        // Methods of a Rust trait are not behind a macro, so that compiler errors point at the author's types.
        if signature.is_plain() && method.written.is_none() {
            return forwarded(method, runtime);
        }
        let within = signature.context.then(|| quote!(.within(cx)));
        let arguments = signature.arguments();
        let (name, reply) = (signature.name, &signature.reply);
        // The path `Self::name` always resolves to the inherent method first.
        let call = match method.kind {
            MethodKind::Bidi => {
                quote!(::std::boxed::Box::pin(Self::#name(self) #within.send(#(#arguments),*)))
            }
            _ => quote!(::core::future::IntoFuture::into_future(Self::#name(self, #(#arguments),*) #within)),
        };
        let future = match method.kind {
            MethodKind::Unary => quote!(#runtime::generated::UnaryReply<#reply>),
            _ => quote!(#runtime::generated::Outcome<#reply>),
        };
        signature.implemented(future, call)
    });
    quote!(#(#calls)*)
}

/// Implements the method with a macro of the runtime, which keeps the code short.
fn forwarded(method: &Method, runtime: &TokenStream) -> TokenStream {
    let (name, kind) = (&method.ident, kind(method.kind));
    let (request, reply) = (&method.request.ty, &method.reply.ty);
    quote!(#runtime::generated::forward!(#kind #name(#request) -> #reply);)
}
