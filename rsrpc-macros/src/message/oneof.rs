//! `#[derive(Oneof)]`.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use rsrpc_codegen::Errors;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields as SynFields};

use super::attributes::{AllowedKeys, RpcAttributes};
use super::parse::{Container, FieldSet, FieldSource, MEMBER_KEYS, MessageField, check_generics, schema};
use super::reserved::Reserved;
use super::spans::encoding_item;
use super::stub::StubKind;

const ONEOF_KEYS: AllowedKeys = AllowedKeys {
    of: "a oneof",
    known: &["crate"],
};

/// Expands `#[derive(Oneof)]`.
pub(crate) fn expand_oneof(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let items = RpcAttributes::read(&input.attrs, ONEOF_KEYS, &mut errors);
    let container = Container::read(&input, &items, &mut errors);
    check_generics(&input, "a oneof", &mut errors);
    let mut fields = FieldSet::default();
    match &input.data {
        Data::Enum(data) if data.variants.is_empty() => {
            errors.add(&input.ident, "a oneof has at least one member")
        }
        Data::Enum(data) => {
            for variant in &data.variants {
                read_variant(variant, &container, &mut fields, &mut errors);
            }
        }
        Data::Struct(data) => errors.push(syn::Error::new(
            data.struct_token.span(),
            "a oneof is an enum whose variants hold one value each",
        )),
        Data::Union(data) => errors.push(syn::Error::new(
            data.union_token.span(),
            "a oneof is an enum whose variants hold one value each",
        )),
    }
    let fields = fields.finish(&Reserved::default(), &mut errors);
    if !errors.is_empty() {
        return container.fail(&input, StubKind::Oneof, errors);
    }
    let implementation = implementation(&container, &fields);
    quote! {
        #[allow(deprecated)]
        const _: () = { #implementation };
    }
}

fn read_variant(variant: &syn::Variant, container: &Container, fields: &mut FieldSet, errors: &mut Errors) {
    let items = RpcAttributes::read(&variant.attrs, MEMBER_KEYS, errors);
    let ident = &variant.ident;
    let name = ident.unraw();
    match &variant.fields {
        SynFields::Unnamed(values) if values.unnamed.len() == 1 => {
            let name = name.to_string().to_snake_case();
            let member = FieldSource {
                ident,
                name,
                ty: &values.unnamed[0].ty,
                attributes: &variant.attrs,
                items: &items,
            };
            fields.add(member, &container.runtime, errors);
        }
        SynFields::Unit => errors.add(
            ident,
            format_args!("a member of a oneof holds one value: `{name}(())` is one that holds nothing"),
        ),
        SynFields::Unnamed(_) | SynFields::Named(_) => errors.add(
            ident,
            format_args!(
                "a member of a oneof holds one value, such as `{name}(String)`: several are a message"
            ),
        ),
    }
}

/// Path of an item of the member's value trait.
fn of_value(field: &MessageField, runtime: &TokenStream, name: &str) -> TokenStream {
    encoding_item(
        &field.encoding,
        &quote!(#runtime::message::ValueOf),
        &field.ty,
        name,
    )
}

fn implementation(container: &Container, fields: &[MessageField]) -> TokenStream {
    let (ident, runtime) = (&container.ident, &container.runtime);
    let prost = quote!(#runtime::prost);
    let members = fields.iter().map(|field| {
        let MessageField {
            number,
            name,
            json_name,
            ..
        } = field;
        let is_object = of_value(field, runtime, "IS_OBJECT");
        quote!(#runtime::message::Member::new(#number, #name, #json_name, #is_object))
    });
    let schemas = fields.iter().map(|field| {
        let value_type = of_value(field, runtime, "value_type");
        schema(
            field,
            &quote!(#runtime::message::member_type(#value_type(schema))),
            runtime,
        )
    });
    let encodes = fields.iter().map(|field| {
        let (ident, number) = (&field.ident, field.number);
        let encode = of_value(field, runtime, "encode");
        quote!(Self::#ident(value) => #encode(value, #number, buffer))
    });
    let lengths = fields.iter().map(|field| {
        let (ident, number) = (&field.ident, field.number);
        let encoded_len = of_value(field, runtime, "encoded_len");
        quote!(Self::#ident(value) => #encoded_len(value, #number))
    });
    let merges = fields.iter().map(|field| {
        let (ident, number) = (&field.ident, field.number);
        let (unset, merge) = (
            of_value(field, runtime, "unset"),
            of_value(field, runtime, "merge"),
        );
        quote! {
            #number => {
                if let ::core::option::Option::Some(Self::#ident(value)) = slot {
                    return #merge(value, wire_type, buffer, context);
                }
                let mut value = #unset();
                #merge(&mut value, wire_type, buffer, context)?;
                *slot = ::core::option::Option::Some(Self::#ident(value));
                ::core::result::Result::Ok(())
            }
        }
    });
    let json = json(fields, runtime);
    quote! {
        #[automatically_derived]
        impl #runtime::message::Oneof for #ident {
            const MEMBERS: &'static [#runtime::message::Member] = &[#(#members),*];

            fn members(
                schema: &mut #runtime::schema::Schema,
            ) -> #prost::alloc::vec::Vec<#runtime::schema::FieldSchema> {
                ::core::convert::From::from([#(#schemas),*])
            }

            fn encode(&self, buffer: &mut impl #prost::bytes::BufMut) {
                match self { #(#encodes,)* }
            }

            fn encoded_len(&self) -> usize {
                match self { #(#lengths,)* }
            }

            fn merge(
                slot: &mut ::core::option::Option<Self>,
                tag: u32,
                wire_type: #prost::encoding::WireType,
                buffer: &mut impl #prost::bytes::Buf,
                context: #prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), #prost::DecodeError> {
                match tag {
                    #(#merges)*
                    _ => #prost::encoding::skip_field(wire_type, tag, buffer, context),
                }
            }

            #runtime::when_json! { #json }
        }
    }
}

fn json(fields: &[MessageField], runtime: &TokenStream) -> TokenStream {
    let reads = fields.iter().map(|field| {
        let (ident, number) = (&field.ident, field.number);
        let read = of_value(field, runtime, "read_member");
        quote!(#number => #read(slot, Self::#ident, reader))
    });
    let writes = fields.iter().map(|field| {
        let (ident, number) = (&field.ident, field.number);
        let write = of_value(field, runtime, "write_member");
        quote!(Self::#ident(value) => #write(value, #runtime::message::index_of(fields, #number), writer))
    });
    quote! {
        fn read_json<R: #runtime::json::FieldReader>(
            slot: &mut ::core::option::Option<Self>,
            number: u32,
            reader: R,
        ) -> ::core::result::Result<(), R::Error> {
            match number {
                #(#reads,)*
                _ => reader.skip(),
            }
        }

        fn write_json<W: #runtime::json::FieldWriter>(&self, fields: &[#runtime::json::Field], writer: &mut W) {
            match self { #(#writes,)* }
        }
    }
}
