//! What server and client know of a service before any call: its methods' constants and its descriptor.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::doc;
use crate::model::{Method, MethodKind, Service, TypeRef};
use crate::{Options, naming};

pub(super) fn methods(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Service {
        full_name,
        file,
        methods,
        ..
    } = service;
    let methods_ident = methods_ident(service);
    let service_ident = service_ident(service);
    let constants = methods
        .iter()
        .map(|method| constant(service, method, options, runtime));
    let descriptors = methods.iter().map(|method| {
        let constant = &method.constant;
        quote!(#methods_ident::#constant.descriptor())
    });
    let descriptor_set = if options.descriptor {
        quote!(FILE_DESCRIPTOR_SET)
    } else {
        quote!(&[])
    };
    let methods_doc = doc(&format!("The methods of `{full_name}`."));
    let service_doc = doc(&format!("Describes `{full_name}`."));
    quote! {
        #methods_doc
        #[allow(dead_code)]
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy)]
        pub struct #methods_ident;

        #[allow(dead_code)]
        impl #methods_ident {
            #(#constants)*
        }

        #service_doc
        #[allow(dead_code)]
        pub static #service_ident: #runtime::ServiceDescriptor = #runtime::ServiceDescriptor {
            name: #full_name,
            methods: &[#(#descriptors),*],
            file: #file,
            descriptor_set: #descriptor_set,
        };
    }
}

fn constant(service: &Service, method: &Method, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Method {
        constant,
        request,
        reply,
        ..
    } = method;
    let path = service.path(method);
    let docs = doc(&format!("`{path}`"));
    let kind = match method.kind {
        MethodKind::Unary => quote!(Unary),
        MethodKind::ServerStreaming => quote!(ServerStreaming),
        MethodKind::ClientStreaming => quote!(ClientStreaming),
        MethodKind::Bidi => quote!(Bidi),
    };
    let json = options.json.then(|| quote!(.json()));
    let codec = |message: &TypeRef| {
        let name = &message.full_name;
        quote!(#runtime::MessageCodec::protobuf(#name) #json)
    };
    let (request_codec, reply_codec) = (codec(request), codec(reply));
    let (request, reply) = (&request.path, &reply.path);
    quote! {
        #docs
        pub const #constant: &'static #runtime::Method<#request, #reply> = &#runtime::Method::new(
            #runtime::MethodKind::#kind,
            #path,
            #request_codec,
            #reply_codec,
        );
    }
}

/// `GreeterMethods`.
pub(super) fn methods_ident(service: &Service) -> Ident {
    format_ident!("{}Methods", service.ident)
}

/// `GREETER_SERVICE`.
pub(super) fn service_ident(service: &Service) -> Ident {
    naming::ident(&format!("{}_SERVICE", naming::shouty(&service.ident.to_string())))
}
