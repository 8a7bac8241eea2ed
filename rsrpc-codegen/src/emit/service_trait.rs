//! Emits the service trait, which servers implement and clients provide.

use proc_macro2::TokenStream;
use quote::quote;

use super::attributes::{allow_names, doc, doc_attributes};
use super::signature::Signature;
use crate::Options;
use crate::model::{Docs, Method, Service, WrittenMethod, WrittenTrait};

pub(super) fn service_trait(service: &Service, options: &Options, runtime: &TokenStream) -> TokenStream {
    let Service {
        ident,
        full_name,
        docs,
        methods,
        visibility,
        written,
        ..
    } = service;
    let written_docs = written.as_ref().map(|written| &written.attributes);
    let docs = docs_of(docs, written_docs, &format!("The service `{full_name}`."));
    let methods = methods
        .iter()
        .map(|method| declaration(service, method, options, runtime));
    let quiet = allow_names(service);
    let mut supertraits = TokenStream::new();
    let (mut qualifier, mut generics, mut where_clause) = Default::default();
    let mut rest = TokenStream::new();
    if let Some(WrittenTrait {
        supertraits: written,
        faults,
        ..
    }) = written
    {
        supertraits.extend(quote!(#(+ #written)*));
        if let Some(faults) = faults {
            generics = Some(&faults.generics);
            where_clause = Some(&faults.where_clause);
            qualifier = Some(&faults.qualifier);
            let items = &faults.items;
            rest.extend(quote!(#(#items)*));
        }
    }
    // An invalid service trait may still contain async functions.
    let quiet_faults = (!service.is_whole()).then(|| quote!(#[allow(async_fn_in_trait)]));
    quote! {
        #docs
        #quiet
        #quiet_faults
        #visibility #qualifier trait #ident #generics: ::core::marker::Send + ::core::marker::Sync + 'static #supertraits
        #where_clause
        {
            #(#methods)*
            #rest
        }
    }
}

/// Returns a method with its default body, if the author or the options define one.
fn declaration(service: &Service, method: &Method, options: &Options, runtime: &TokenStream) -> TokenStream {
    let written = method.written.as_ref();
    let docs = docs_of(
        &method.docs,
        written.map(|written| &written.attributes),
        &format!("The method `{}`.", method.proto_name),
    );
    let signature = Signature::new(method, runtime);
    let Signature {
        name,
        parameters,
        result,
        ..
    } = &signature;
    let default = written.and_then(|written| written.body.as_ref());
    let body = match default {
        Some(body) => quote!({ async move #body }),
        None if options.default_stubs => {
            let message = format!("{}.{} is not implemented", service.full_name, method.proto_name);
            let unused = signature.names();
            quote! {{
                let _ = (#(#unused),*);
                ::core::future::ready(::core::result::Result::Err(#runtime::Status::unimplemented(#message)))
            }}
        }
        None => quote!(;),
    };
    // Parameters stay as written unless the generated body needs their names.
    let parameters = match written {
        Some(WrittenMethod { parameters, .. }) if default.is_some() || !options.default_stubs => {
            parameters.clone()
        }
        _ => quote!(&self, #parameters),
    };
    quote! {
        #docs
        fn #name(#parameters) -> impl ::core::future::Future<Output = #result> + ::core::marker::Send #body
    }
}

/// Returns the author's attributes including docs, or the docs of a definition, or `fallback`.
fn docs_of(docs: &Docs, written: Option<&TokenStream>, fallback: &str) -> TokenStream {
    let Some(written) = written else {
        return doc_attributes(docs, fallback);
    };
    let fallback = docs.is_empty().then(|| doc(fallback));
    quote!(#fallback #written)
}
