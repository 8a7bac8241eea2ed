//! Stub implementations for types with errors, so that the compiler reports only these errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::parse::Container;

/// The derive that failed.
#[derive(Clone, Copy)]
pub(super) enum StubKind {
    Message,
    Enum,
    Oneof,
}

pub(super) fn stub(container: &Container, input: &DeriveInput, stub: StubKind) -> TokenStream {
    // A stub of a generic type would violate its bounds.
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let (ident, runtime) = (&container.ident, &container.runtime);
    let prost = quote!(#runtime::prost);
    let default = quote! {
        impl ::core::default::Default for #ident {
            fn default() -> Self { ::core::unimplemented!() }
        }
    };
    let describe = quote! {
        impl #runtime::schema::Describe for #ident {
            fn describe(_: &mut #runtime::schema::Schema) { ::core::unimplemented!() }
        }
    };
    let arguments = quote! {
        _: #prost::encoding::WireType,
        _: &mut impl #prost::bytes::Buf,
        _: #prost::encoding::DecodeContext,
    };
    let items = match stub {
        StubKind::Message => quote! {
            #default
            #describe
            impl #prost::Message for #ident {
                fn encode_raw(&self, _: &mut impl #prost::bytes::BufMut) { ::core::unimplemented!() }
                fn encoded_len(&self) -> usize { ::core::unimplemented!() }
                fn merge_field(&mut self, _: u32, #arguments) -> ::core::result::Result<(), #prost::DecodeError> {
                    ::core::unimplemented!()
                }
                fn clear(&mut self) { ::core::unimplemented!() }
            }
            impl #prost::Name for #ident {
                const NAME: &'static str = "";
                const PACKAGE: &'static str = "";
            }
            impl #runtime::message::MessageType for #ident {
                const FULL_NAME: &'static str = "";
            }
            #runtime::when_json! { impl #runtime::json::JsonMessage for #ident {} }
        },
        StubKind::Enum => quote! {
            #default
            #describe
            impl #runtime::message::Enumeration for #ident {
                const FULL_NAME: &'static str = "";
                fn from_number(_: i32) -> Self { ::core::unimplemented!() }
                fn number(&self) -> i32 { ::core::unimplemented!() }
                fn number_of(_: &str) -> ::core::option::Option<i32> { ::core::unimplemented!() }
                fn name_of(_: i32) -> ::core::option::Option<&'static str> { ::core::unimplemented!() }
            }
            impl ::core::convert::From<i32> for #ident {
                fn from(_: i32) -> Self { ::core::unimplemented!() }
            }
            impl ::core::convert::From<#ident> for i32 {
                fn from(_: #ident) -> Self { ::core::unimplemented!() }
            }
            #runtime::__enumeration!(#ident);
        },
        StubKind::Oneof => quote! {
            impl #runtime::message::Oneof for #ident {
                const MEMBERS: &'static [#runtime::message::Member] = &[];
                fn members(
                    _: &mut #runtime::schema::Schema,
                ) -> #prost::alloc::vec::Vec<#runtime::schema::FieldSchema> { ::core::unimplemented!() }
                fn encode(&self, _: &mut impl #prost::bytes::BufMut) { ::core::unimplemented!() }
                fn encoded_len(&self) -> usize { ::core::unimplemented!() }
                fn merge(
                    _: &mut ::core::option::Option<Self>,
                    _: u32,
                    #arguments
                ) -> ::core::result::Result<(), #prost::DecodeError> { ::core::unimplemented!() }
                #runtime::when_json! {
                    fn read_json<R: #runtime::json::FieldReader>(
                        _: &mut ::core::option::Option<Self>,
                        _: u32,
                        _: R,
                    ) -> ::core::result::Result<(), R::Error> { ::core::unimplemented!() }
                    fn write_json<W: #runtime::json::FieldWriter>(&self, _: &[#runtime::json::Field], _: &mut W) {
                        ::core::unimplemented!()
                    }
                }
            }
        },
    };
    quote! {
        #[allow(deprecated)]
        const _: () = { #items };
    }
}
