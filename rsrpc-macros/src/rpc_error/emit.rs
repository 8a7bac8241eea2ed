//! Emits the conversions.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, LitStr, Path, PathArguments, Type};

use super::attributes::FieldStorage;
use super::input::{ErrorEnum, ErrorVariant, VariantField, VariantKind};

/// Emits `From<E> for Status` and `RpcError`.
pub(super) fn implementations(item: &DeriveInput, input: &ErrorEnum) -> TokenStream {
    let ErrorEnum { runtime, variants } = input;
    let name = &item.ident;
    let (generics, arguments, clause) = item.generics.split_for_impl();
    let to = variants.iter().map(|variant| to_status(variant, name, runtime));
    let body = if variants.is_empty() {
        quote!(match error {})
    } else {
        quote!(match error { #(#to)* })
    };
    let own = variants
        .iter()
        .filter_map(|variant| own_from_status(variant, runtime));
    let transparent = variants
        .iter()
        .filter_map(|variant| transparent_from_status(variant, runtime));
    quote! {
        #[automatically_derived]
        impl #generics ::core::convert::From<#name #arguments> for #runtime::Status #clause {
            fn from(error: #name #arguments) -> Self {
                #body
            }
        }

        #[automatically_derived]
        impl #generics #runtime::RpcError for #name #arguments #clause {
            fn into_status(self) -> #runtime::Status {
                ::core::convert::From::from(self)
            }

            fn from_status(status: &#runtime::Status) -> ::core::option::Option<Self> {
                if let ::core::result::Result::Ok(::core::option::Option::Some(info)) =
                    status.detail::<#runtime::details::ErrorInfo>()
                {
                    #(#own)*
                    let _ = info;
                }
                #(#transparent)*
                ::core::option::Option::None
            }
        }
    }
}

/// Emits the implementations without bodies, for enums with errors.
pub(super) fn stubs(item: &DeriveInput, input: Option<&ErrorEnum>) -> TokenStream {
    let runtime: Path = input.map_or_else(
        || syn::parse_quote!(::rsrpc_runtime),
        |input| input.runtime.clone(),
    );
    let name = &item.ident;
    let (generics, arguments, clause) = item.generics.split_for_impl();
    quote! {
        impl #generics ::core::convert::From<#name #arguments> for #runtime::Status #clause {
            fn from(_: #name #arguments) -> Self {
                ::core::unreachable!()
            }
        }

        impl #generics #runtime::RpcError for #name #arguments #clause {
            fn into_status(self) -> #runtime::Status {
                ::core::unreachable!()
            }

            fn from_status(_: &#runtime::Status) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}

fn to_status(variant: &ErrorVariant, name: &Ident, runtime: &Path) -> TokenStream {
    let ErrorVariant { ident, fields, kind } = variant;
    match kind {
        VariantKind::Transparent => {
            let ty = fields.iter().map(|field| &field.ty);
            let into = quote!(#(<#ty as #runtime::RpcError>::into_status(inner))*);
            let field = fields.iter().map(|field| match &field.ident {
                Some(ident) => quote!(#ident: inner),
                None => quote!(0: inner),
            });
            quote!(#name::#ident { #(#field),* } => #into,)
        }
        VariantKind::Coded {
            code,
            reason,
            domain,
            message,
        } => {
            let places: Vec<_> = (0..fields.len()).map(binding).collect();
            let members = fields
                .iter()
                .enumerate()
                .map(|(index, field)| member(index, field));
            let members: Vec<_> = members.collect();
            let message = match message {
                Some(message) => {
                    let names = fields
                        .iter()
                        .enumerate()
                        .map(|(index, field)| match &field.ident {
                            Some(ident) => ident.clone(),
                            None => format_ident!("_{index}"),
                        });
                    quote!({
                        #[allow(unused_variables)]
                        let (#(#names,)*) = (#(#places,)*);
                        ::std::format!(#message)
                    })
                }
                None => quote_spanned! {ident.span()=>
                    #runtime::generated::ErrorMessage::message(&error)
                },
            };
            let domain = domain_tokens(domain.as_ref());
            let metadata = fields
                .iter()
                .zip(&places)
                .filter(|(field, _)| field.storage == FieldStorage::Metadata)
                .map(|(field, place)| to_metadata(field, place, runtime));
            quote! {
                #[allow(unused_variables)]
                #name::#ident { #(#members: ref #places),* } => {
                    let message: ::std::string::String = #message;
                    let info = #runtime::details::ErrorInfo::new(#reason, #domain);
                    #(#metadata)*
                    #runtime::Status::new(#runtime::Code::#code, message).with(info)
                }
            }
        }
    }
}

fn to_metadata(field: &VariantField, place: &Ident, runtime: &Path) -> TokenStream {
    let VariantField { key, ty, .. } = field;
    let span = ty.span();
    match option_inner(ty) {
        Some(inner) => quote_spanned! {span=>
            let info = match #place {
                ::core::option::Option::Some(value) =>
                    info.with(#key, <#inner as #runtime::generated::ErrorField>::write(value)),
                ::core::option::Option::None => info,
            };
        },
        None => quote_spanned! {span=>
            let info = info.with(#key, <#ty as #runtime::generated::ErrorField>::write(#place));
        },
    }
}

fn own_from_status(variant: &ErrorVariant, runtime: &Path) -> Option<TokenStream> {
    let ErrorVariant { ident, fields, kind } = variant;
    let VariantKind::Coded { reason, domain, .. } = kind else {
        return None;
    };
    if fields.iter().any(|field| field.storage == FieldStorage::Skip) {
        return None;
    }
    let domain = domain_tokens(domain.as_ref());
    let values = fields.iter().enumerate().map(|(index, field)| {
        let member = member(index, field);
        let value = from_metadata(field, runtime);
        quote!(#member: #value)
    });
    Some(quote! {
        if info.reason == #reason && info.domain == #domain {
            let read = || ::core::option::Option::Some(Self::#ident { #(#values),* });
            if let ::core::option::Option::Some(error) = read() {
                return ::core::option::Option::Some(error);
            }
        }
    })
}

fn from_metadata(field: &VariantField, runtime: &Path) -> TokenStream {
    let VariantField { key, ty, storage, .. } = field;
    let span = ty.span();
    match (storage, option_inner(ty)) {
        (FieldStorage::Default | FieldStorage::Skip, _) => {
            quote_spanned!(span=> ::core::default::Default::default())
        }
        (FieldStorage::Metadata, Some(inner)) => quote_spanned! {span=>
            match info.metadata.get(#key) {
                ::core::option::Option::Some(text) => ::core::option::Option::Some(
                    <#inner as #runtime::generated::ErrorField>::read(text)?
                ),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        },
        (FieldStorage::Metadata, None) => quote_spanned! {span=>
            <#ty as #runtime::generated::ErrorField>::read(info.metadata.get(#key)?)?
        },
    }
}

fn transparent_from_status(variant: &ErrorVariant, runtime: &Path) -> Option<TokenStream> {
    let ErrorVariant { ident, fields, kind } = variant;
    let (VariantKind::Transparent, [field]) = (kind, fields.as_slice()) else {
        return None;
    };
    let (member, ty) = (member(0, field), &field.ty);
    Some(quote! {
        if let ::core::option::Option::Some(inner) = <#ty as #runtime::RpcError>::from_status(status) {
            return ::core::option::Option::Some(Self::#ident { #member: inner });
        }
    })
}

/// Default domain: the crate's name.
fn domain_tokens(domain: Option<&LitStr>) -> TokenStream {
    domain.map_or_else(
        || quote!(::core::env!("CARGO_PKG_NAME")),
        ToTokens::to_token_stream,
    )
}

/// Variable of a field in a pattern.
fn binding(index: usize) -> Ident {
    format_ident!("__field{index}")
}

/// Name or tuple index of a field.
fn member(index: usize, field: &VariantField) -> TokenStream {
    match &field.ident {
        Some(ident) => ident.to_token_stream(),
        None => syn::Index::from(index).to_token_stream(),
    }
}

/// Returns `T` of an `Option<T>`. `None` is not stored in the metadata.
fn option_inner(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
