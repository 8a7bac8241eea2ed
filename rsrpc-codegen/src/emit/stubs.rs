//! The trait that a service is: implemented by its author, and by the client.

use proc_macro2::TokenStream;
use quote::quote;

use super::signature::Signature;
use super::{allow_names, doc_attributes};
use crate::Options;
use crate::model::Service;

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
        let signature = Signature::new(method, runtime);
        let body = if options.default_stubs {
            let message = format!("{full_name}.{} is not implemented", method.proto_name);
            let unused = signature.names();
            quote! {{
                let _ = (#(#unused),*);
                ::core::future::ready(::core::result::Result::Err(#runtime::Status::unimplemented(#message)))
            }}
        } else {
            quote!(;)
        };
        let definition = signature.definition(runtime, body);
        quote! {
            #docs
            #definition
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
