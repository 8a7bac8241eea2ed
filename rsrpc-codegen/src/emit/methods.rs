//! Emits method constants and service descriptors, which servers and clients share.

use std::time::Duration;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::attributes::doc;
use super::idents::{kind, methods_ident, service_ident};
use crate::Options;
use crate::model::{CodecSource, Descriptors, IdempotencyLevel, Method, MethodOptions, Payload, Service};

pub(super) fn methods(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Service {
        full_name,
        file,
        methods,
        visibility,
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
    let descriptor_set = match service.descriptors {
        _ if !options.descriptor => quote!(none()),
        Descriptors::Encoded => quote!(encoded(FILE_DESCRIPTOR_SET)),
        Descriptors::Described => quote!(built(|| {
            #runtime::schema::Schema::of::<#methods_ident>().file_descriptor_set()
        })),
        Descriptors::Absent => quote!(none()),
    };
    let methods_doc = doc(&format!("The methods of `{full_name}`."));
    let service_doc = doc(&format!("The descriptor of the service `{full_name}`."));
    quote! {
        #methods_doc
        #[allow(dead_code)]
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy)]
        #visibility struct #methods_ident;

        #[allow(dead_code)]
        impl #methods_ident {
            #(#constants)*
        }

        #service_doc
        #[allow(dead_code)]
        #visibility static #service_ident: #runtime::ServiceDescriptor = #runtime::ServiceDescriptor {
            name: #full_name,
            methods: &[#(#descriptors),*],
            file: #file,
            descriptor_set: #runtime::DescriptorSet::#descriptor_set,
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
    let kind = kind(method.kind);
    let json = options.jsonrpc.then(|| quote!(.json()));
    let codec = |payload: &Payload| match &payload.codec {
        CodecSource::Protobuf(name) => quote!(#runtime::MessageCodec::protobuf(#name) #json),
        CodecSource::Expression(codec) => codec.clone(),
        CodecSource::Described(payload) => quote!(#payload.codec),
    };
    let (request_codec, reply_codec) = (codec(request), codec(reply));
    let (request, reply) = (&request.ty, &reply.ty);
    let options = method_options(&method.options, runtime);
    quote! {
        #docs
        pub const #constant: &'static #runtime::Method<#request, #reply> = &#runtime::Method::#kind(
            #path,
            #request_codec,
            #reply_codec,
        ) #options;
    }
}

/// Returns `.with_options(…)` if the definition sets any option.
fn method_options(options: &MethodOptions, runtime: &TokenStream) -> Option<TokenStream> {
    if *options == MethodOptions::default() {
        return None;
    }
    let MethodOptions {
        timeout,
        idempotency,
        jsonrpc_name,
        retry,
    } = options;
    let timeout = timeout.map(|timeout| {
        let timeout = duration(timeout);
        quote!(.timeout(#timeout))
    });
    let idempotency = match idempotency {
        IdempotencyLevel::Unknown => None,
        IdempotencyLevel::NoSideEffects => Some(quote!(NoSideEffects)),
        IdempotencyLevel::Idempotent => Some(quote!(Idempotent)),
    };
    let idempotency = idempotency.map(|level| quote!(.idempotency(#runtime::IdempotencyLevel::#level)));
    let jsonrpc_name = jsonrpc_name.as_ref().map(|name| quote!(.jsonrpc_name(#name)));
    let retry = retry.as_ref().map(|retry| {
        let max_attempts = Literal::u32_unsuffixed(retry.max_attempts);
        let (initial_backoff, max_backoff) = (duration(retry.initial_backoff), duration(retry.max_backoff));
        let backoff_multiplier = Literal::f64_unsuffixed(retry.backoff_multiplier);
        let codes = &retry.retryable_status_codes;
        quote! {
            .retry(#runtime::RetryPolicy {
                max_attempts: #max_attempts,
                initial_backoff: #initial_backoff,
                max_backoff: #max_backoff,
                backoff_multiplier: #backoff_multiplier,
                retryable_status_codes: &[#(#runtime::Code::#codes),*],
            })
        }
    });
    Some(quote! {
        .with_options(#runtime::MethodOptions::new() #timeout #idempotency #jsonrpc_name #retry)
    })
}

fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    let (seconds, nanos) = (Literal::u64_unsuffixed(seconds), Literal::u32_unsuffixed(nanos));
    quote!(::core::time::Duration::new(#seconds, #nanos))
}
