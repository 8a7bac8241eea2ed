//! Emits run-time schemas of services that have no .proto file.

use proc_macro2::TokenStream;
use quote::quote;

use super::idents::methods_ident;
use crate::Options;
use crate::model::{CodecSource, Descriptors, Docs, Service};

pub(super) fn service_schema(
    service: &Service,
    options: &Options,
    runtime: &TokenStream,
) -> Option<TokenStream> {
    if service.descriptors != Descriptors::Described || !options.descriptor {
        return None;
    }
    let ident = methods_ident(service);
    let Service {
        full_name,
        docs,
        methods,
        ..
    } = service;
    let docs = text(docs);
    let methods = methods.iter().map(|method| {
        let constant = &method.constant;
        let docs = (!method.docs.is_empty()).then(|| {
            let docs = text(&method.docs);
            quote!(.docs(#docs))
        });
        let deprecated = method.deprecated.then(|| quote!(.deprecated()));
        let new = match (&method.request.codec, &method.reply.codec) {
            (CodecSource::Described(request), CodecSource::Described(reply)) => {
                quote!(described(#ident::#constant, #request.describe, #reply.describe))
            }
            _ => quote!(of(#ident::#constant)),
        };
        quote!(.method(#runtime::schema::MethodSchema::#new #docs #deprecated))
    });
    Some(quote! {
        impl #runtime::schema::Describe for #ident {
            fn describe(schema: &mut #runtime::schema::Schema) {
                schema.add_service(#runtime::schema::ServiceSchema::new(#full_name, #docs) #(#methods)*);
            }
        }
    })
}

/// Joins doc lines into one text, without the space after `///`.
fn text(docs: &Docs) -> String {
    let lines = docs.0.iter().map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}
