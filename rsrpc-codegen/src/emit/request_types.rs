//! Emits request types for methods with plain arguments.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::attributes::doc;
use crate::model::{Argument, RequestWrapper, Service, WrapperFormat};
use crate::naming;

pub(super) fn request_type(
    service: &Service,
    wrapper: &RequestWrapper,
    runtime: &TokenStream,
) -> TokenStream {
    match &wrapper.format {
        WrapperFormat::Message { package } => message(service, wrapper, package, runtime),
        WrapperFormat::Serde { first_is_object } => serde(service, wrapper, *first_is_object, runtime),
    }
}

/// Returns a protobuf message whose fields are the arguments, numbered in order.
fn message(service: &Service, wrapper: &RequestWrapper, package: &str, runtime: &TokenStream) -> TokenStream {
    let fields = (1u32..)
        .zip(&wrapper.fields)
        .map(|(tag, Argument { ident, ty })| {
            let tag = Literal::u32_unsuffixed(tag);
            quote! {
                #[rpc(tag = #tag)]
                pub #ident: #ty
            }
        });
    let docs = docs(wrapper);
    let RequestWrapper { ident, .. } = wrapper;
    let (visibility, name) = (&service.visibility, ident.to_string());
    let runtime = runtime.to_string().replace(' ', "");
    let crate_path: TokenStream = runtime.parse().unwrap_or_default();
    quote! {
        #docs
        #[allow(dead_code, missing_docs)]
        #[derive(Clone, PartialEq, Debug, #crate_path::Message)]
        #[rpc(package = #package, name = #name, crate = #runtime)]
        #visibility struct #ident {
            #(#fields),*
        }
    }
}

/// Returns a struct that is converted from and to `params`.
fn serde(
    service: &Service,
    wrapper: &RequestWrapper,
    first_is_object: bool,
    runtime: &TokenStream,
) -> TokenStream {
    let docs = docs(wrapper);
    let RequestWrapper { ident, fields, .. } = wrapper;
    let visibility = &service.visibility;
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types = fields.iter().map(|field| &field.ty);
    let names: Vec<_> = idents.iter().map(|ident| unraw(ident)).collect();
    let json_names = names.iter().map(|name| naming::json(name));
    let passed = fields.iter().map(|Argument { ident, ty }| {
        // The compiler reports type errors at the argument's type.
        let pass = quote_spanned!(ty.span()=> pass::<#ty>);
        quote!(arguments.#pass(::core::option::Option::map(written, |written| &written.#ident))?)
    });
    quote! {
        #docs
        #[allow(dead_code, missing_docs)]
        #visibility struct #ident {
            #(pub #idents: #types),*
        }

        impl #runtime::generated::Arguments for #ident {
            const NAMES: &'static [(&'static str, &'static str)] = &[#((#names, #json_names)),*];
            const FIRST_IS_OBJECT: bool = #first_is_object;

            fn pass(
                arguments: &mut #runtime::generated::ArgumentPass<'_>,
                written: ::core::option::Option<&Self>,
            ) -> ::core::result::Result<::core::option::Option<Self>, #runtime::JsonError> {
                let passed = (#(#passed,)*);
                let (#(::core::option::Option::Some(#idents),)*) = passed else {
                    return ::core::result::Result::Ok(::core::option::Option::None);
                };
                ::core::result::Result::Ok(::core::option::Option::Some(Self { #(#idents),* }))
            }
        }
    }
}

/// Returns the docs, which are also the message's comment in an exported .proto file.
fn docs(wrapper: &RequestWrapper) -> TokenStream {
    doc(&format!("The arguments of `{}`.", wrapper.method))
}

fn unraw(ident: &proc_macro2::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}
