//! The trait that a service is: implemented by its author, and by the client.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{allow_names, doc_attributes};
use crate::Options;
use crate::model::{Method, MethodKind, Service};

pub(super) fn service_trait(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Service {
        ident,
        full_name,
        docs,
        methods,
        ..
    } = service;
    let docs = doc_attributes(docs, &format!("The service `{full_name}`."));
    let methods = methods.iter().map(|method| {
        let docs = doc_attributes(&method.docs, &format!("The method `{}`.", method.proto_name));
        let Signature {
            name,
            argument,
            request,
            reply,
        } = Signature::new(method, runtime);
        let body = if options.default_stubs {
            let message = format!("{full_name}.{} is not implemented", method.proto_name);
            quote! {{
                let _ = (cx, #argument);
                ::core::future::ready(::core::result::Result::Err(#runtime::Status::unimplemented(#message)))
            }}
        } else {
            quote!(;)
        };
        quote! {
            #docs
            fn #name(&self, cx: &#runtime::Context, #argument: #request) -> impl ::core::future::Future<
                Output = ::core::result::Result<#reply, #runtime::Status>,
            > + ::core::marker::Send #body
        }
    });
    let quiet = allow_names(service);
    quote! {
        #docs
        #quiet
        pub trait #ident: ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#methods)*
        }
    }
}

/// What a method of the trait takes and gives.
pub(super) struct Signature<'a> {
    pub(super) name: &'a Ident,
    /// `request`, or `requests` where there is a stream of them.
    pub(super) argument: TokenStream,
    pub(super) request: TokenStream,
    pub(super) reply: TokenStream,
}

impl<'a> Signature<'a> {
    pub(super) fn new(method: &'a Method, runtime: &TokenStream) -> Self {
        let (request, reply) = (&method.request.path, &method.reply.path);
        let streaming = |message: &TokenStream| quote!(#runtime::Streaming<#message>);
        let one = quote!(request);
        let many = quote!(requests);
        let (argument, request, reply) = match method.kind {
            MethodKind::Unary => (one, request.clone(), reply.clone()),
            MethodKind::ServerStreaming => (one, request.clone(), streaming(reply)),
            MethodKind::ClientStreaming => (many, streaming(request), reply.clone()),
            MethodKind::Bidi => (many, streaming(request), streaming(reply)),
        };
        Self {
            name: &method.ident,
            argument,
            request,
            reply,
        }
    }
}
