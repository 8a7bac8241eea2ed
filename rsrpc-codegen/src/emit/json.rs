//! Canonical proto3 JSON of messages and enums: a line for each field and direction; the runtime has the rules.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::model::{Cardinality, Enum, Field, Kind, Member, Message, Oneof, Openness, Package, TypeRef};

/// The JSON conversions of all messages that the package defines, one by one.
///
/// Messages of other packages and well-known types are used by the same trait, whoever implements it for them.
pub(crate) fn messages<'a>(
    package: &'a Package,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> + 'a {
    let messages = package.messages.iter();
    messages.map(|message| conversion(message_impl(message, runtime)))
}

/// The same of all enums.
pub(crate) fn enums<'a>(
    package: &'a Package,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> + 'a {
    let enums = package.enums.iter();
    enums.map(|item| conversion(enum_impl(item, runtime)))
}

fn conversion(conversion: TokenStream) -> TokenStream {
    quote! {
        #[allow(deprecated)]
        #conversion
    }
}

fn message_impl(message: &Message, runtime: &TokenStream) -> TokenStream {
    let Message {
        path, fields, oneofs, ..
    } = message;
    if fields.is_empty() {
        return quote!(impl #runtime::json::JsonMessage for #path {});
    }
    let names = fields.iter().map(|field| {
        let constructor = if is_object(field) {
            quote!(object)
        } else {
            quote!(new)
        };
        let Field {
            number,
            proto_name,
            json_name,
            ..
        } = field;
        let number = Literal::u32_unsuffixed(*number);
        quote!(#runtime::json::Field::#constructor(#number, #proto_name, #json_name))
    });
    let readers = fields.iter().enumerate().map(|(index, field)| {
        let index = Literal::usize_unsuffixed(index);
        let read = read(field, oneofs);
        quote!(#index => reader.#read)
    });
    let mut members = vec![Vec::new(); oneofs.len()];
    for (index, field) in fields.iter().enumerate() {
        if let Member::Variant { oneof, .. } = &field.member
            && let Some(members) = members.get_mut(*oneof)
        {
            members.push((index, field));
        }
    }
    let writers = fields
        .iter()
        .enumerate()
        .map(|(index, field)| match &field.member {
            Member::Field(_) => {
                let write = write(index, field);
                quote!(writer.#write;)
            }
            // A oneof is written where the first of its members is.
            Member::Variant { oneof, .. } => match (members.get(*oneof), oneofs.get(*oneof)) {
                (Some(members), Some(found)) if members.first().is_some_and(|(first, _)| *first == index) => {
                    write_oneof(found, members)
                }
                _ => TokenStream::new(),
            },
        });
    quote! {
        impl #runtime::json::JsonMessage for #path {
            const FIELDS: &'static [#runtime::json::Field] = &[#(#names),*];

            fn read_field<R: #runtime::json::FieldReader>(
                &mut self,
                index: usize,
                reader: R,
            ) -> ::core::result::Result<(), R::Error> {
                match index {
                    #(#readers,)*
                    _ => reader.skip(),
                }
            }

            fn write_fields<W: #runtime::json::FieldWriter>(
                &self,
                writer: &mut W,
            ) {
                #(#writers)*
            }
        }
    }
}

/// An enum called as a type parameter of the functions around would be mistaken for it, unless it is named by its module.
fn enum_path(kind: &TypeRef) -> TokenStream {
    let path = &kind.path;
    match path.to_string().as_str() {
        "R" | "W" => quote!(self::#path),
        _ => path.clone(),
    }
}

/// The call that reads a field.
fn read(field: &Field, oneofs: &[Oneof]) -> TokenStream {
    match &field.member {
        Member::Variant { oneof, variant } => {
            let Some(Oneof { ident, path, .. }) = oneofs.get(*oneof) else {
                return quote!(skip());
            };
            match &field.kind {
                Kind::Enum(kind) => {
                    let kind = enum_path(kind);
                    quote!(read_enum_member::<#kind, _>(&mut self.#ident, #path::#variant))
                }
                _ if field.boxed => quote!(read_boxed_member(&mut self.#ident, #path::#variant)),
                _ => quote!(read_member(&mut self.#ident, #path::#variant)),
            }
        }
        Member::Field(ident) => match &field.kind {
            Kind::Enum(kind) => {
                let kind = enum_path(kind);
                quote!(read_enum::<#kind>(&mut self.#ident))
            }
            _ if field.boxed && field.cardinality == Cardinality::Optional => {
                quote!(read_boxed(&mut self.#ident))
            }
            _ if field.boxed => quote!(read(&mut *self.#ident)),
            _ => quote!(read(&mut self.#ident)),
        },
    }
}

/// The call that writes a field which is no member of a oneof.
fn write(index: usize, field: &Field) -> TokenStream {
    let Member::Field(ident) = &field.member else {
        return TokenStream::new();
    };
    let index = Literal::usize_unsuffixed(index);
    match (&field.kind, field.cardinality) {
        (Kind::Enum(kind), Cardinality::Required) => {
            let kind = enum_path(kind);
            quote!(write_enum_member::<#kind>(#index, &self.#ident))
        }
        (Kind::Enum(kind), _) => {
            let kind = enum_path(kind);
            quote!(write_enum::<#kind>(#index, &self.#ident))
        }
        (_, Cardinality::Required) if field.boxed => quote!(write_member(#index, &*self.#ident)),
        (_, Cardinality::Required) => quote!(write_member(#index, &self.#ident)),
        (_, Cardinality::Optional) if field.boxed => quote!(write_boxed(#index, &self.#ident)),
        _ => quote!(write(#index, &self.#ident)),
    }
}

/// Writes the member that is set.
fn write_oneof(Oneof { ident, path, .. }: &Oneof, members: &[(usize, &Field)]) -> TokenStream {
    let arms = members.iter().filter_map(|&(index, field)| {
        let Member::Variant { variant, .. } = &field.member else {
            return None;
        };
        let index = Literal::usize_unsuffixed(index);
        let write = match &field.kind {
            Kind::Enum(kind) => {
                let kind = enum_path(kind);
                quote!(write_enum_member::<#kind>(#index, value))
            }
            _ if field.boxed => quote!(write_member(#index, &**value)),
            _ => quote!(write_member(#index, value)),
        };
        Some(quote!(#path::#variant(value) => writer.#write))
    });
    quote! {
        if let ::core::option::Option::Some(value) = &self.#ident {
            match value {
                #(#arms,)*
            }
        }
    }
}

/// Whether the field's JSON may be an object: JSON-RPC's positional params depend on it.
fn is_object(field: &Field) -> bool {
    match (field.cardinality, &field.kind) {
        (Cardinality::Map(_), _) => true,
        (Cardinality::Repeated, _) => false,
        (_, Kind::Message(message)) => !matches!(
            message.full_name.strip_prefix("google.protobuf."),
            Some(
                "Timestamp"
                    | "Duration"
                    | "FieldMask"
                    | "ListValue"
                    | "BoolValue"
                    | "BytesValue"
                    | "DoubleValue"
                    | "FloatValue"
                    | "Int32Value"
                    | "Int64Value"
                    | "StringValue"
                    | "UInt32Value"
                    | "UInt64Value"
            )
        ),
        _ => false,
    }
}

fn enum_impl(item: &Enum, runtime: &TokenStream) -> TokenStream {
    let path = &item.path;
    // prost knows no aliases.
    let aliases = item.with_aliases().filter(|(_, is_alias)| *is_alias);
    let aliases: Vec<_> = aliases
        .map(|(value, _)| {
            let (name, number) = (&value.proto_name, Literal::i32_unsuffixed(value.number));
            quote!(#name => ::core::option::Option::Some(#number))
        })
        .collect();
    let number = quote!(Self::from_str_name(name).map(|value| value as i32));
    let number = if aliases.is_empty() {
        number
    } else {
        quote!(match name { #(#aliases,)* _ => #number })
    };
    let closed = (item.openness == Openness::Closed).then(|| {
        quote!(
            const IS_CLOSED: bool = true;
        )
    });
    quote! {
        impl #runtime::json::JsonEnum for #path {
            #closed

            fn name(number: i32) -> ::core::option::Option<&'static str> {
                <Self as ::core::convert::TryFrom<i32>>::try_from(number).ok().map(|value| value.as_str_name())
            }

            fn number(name: &str) -> ::core::option::Option<i32> {
                #number
            }
        }
    }
}
