//! `#[derive(Enum)]`.

use heck::ToShoutySnakeCase;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use rsrpc_codegen::Errors;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Fields, Type, Variant};

use super::attributes::{AllowedKeys, RpcAttributes, integer};
use super::docs::{docs, is_deprecated};
use super::parse::{Container, check_generics, last_segment};
use super::reserved::Reserved;
use super::stub::StubKind;

const ENUM_KEYS: AllowedKeys = AllowedKeys {
    of: "an enum",
    known: &["package", "name", "reserved", "crate"],
};
const VALUE_KEYS: AllowedKeys = AllowedKeys {
    of: "a value of an enum",
    known: &["number", "name"],
};
const UNKNOWN_KEYS: AllowedKeys = AllowedKeys {
    of: "the variant for unknown numbers",
    known: &[],
};

/// A variant with a number and a name in the .proto file.
struct EnumValue {
    ident: Ident,
    number: i32,
    name: String,
    docs: String,
    deprecated: bool,
}

/// Expands `#[derive(Enum)]`.
pub(crate) fn expand_enum(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let items = RpcAttributes::read(&input.attrs, ENUM_KEYS, &mut errors);
    let container = Container::read(&input, &items, &mut errors);
    check_generics(&input, "an enum", &mut errors);
    let reserved = Reserved::read(&items, i32::MIN.into(), i32::MAX.into(), &mut errors);
    let values = match &input.data {
        Data::Enum(data) => values(data, &container, &reserved, &mut errors),
        Data::Struct(data) => wrong_item(data.struct_token.span(), &mut errors),
        Data::Union(data) => wrong_item(data.union_token.span(), &mut errors),
    };
    if !errors.is_empty() {
        return container.fail(&input, StubKind::Enum, errors);
    }
    let implementation = implementation(&container, &values);
    let describe = describe(&container, &values, &reserved);
    let runtime = &container.runtime;
    let ident = &container.ident;
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #implementation
            #describe
            #runtime::__enumeration!(#ident);
        };
    }
}

fn wrong_item(span: Span, errors: &mut Errors) -> Vec<EnumValue> {
    errors.push(syn::Error::new(
        span,
        "an enum of a .proto file is an enum: a struct is #[derive(Message)]",
    ));
    Vec::new()
}

fn values(
    data: &DataEnum,
    container: &Container,
    reserved: &Reserved,
    errors: &mut Errors,
) -> Vec<EnumValue> {
    let mut values: Vec<EnumValue> = Vec::new();
    let mut numbers_are_known = true;
    let mut has_unknown = false;
    for variant in &data.variants {
        if is_unknown(variant) {
            RpcAttributes::read(&variant.attrs, UNKNOWN_KEYS, errors);
            has_unknown = true;
            continue;
        }
        let items = RpcAttributes::read(&variant.attrs, VALUE_KEYS, errors);
        if !matches!(variant.fields, Fields::Unit) {
            errors.add(
                &variant.ident,
                "an enum value cannot hold data; only `Unknown(i32)` does, for numbers without a name",
            );
            continue;
        }
        let given = items.string("name", errors);
        let own = variant.ident.unraw().to_string().to_shouty_snake_case();
        let name = given.as_ref().map_or_else(
            || format!("{}_{own}", container.name.to_shouty_snake_case()),
            |given| given.value(),
        );
        if !rsrpc_codegen::is_identifier(&name) {
            let place = given
                .as_ref()
                .map_or_else(|| variant.ident.to_token_stream(), ToTokens::to_token_stream);
            errors.add(
                place,
                format_args!(
                    "`{name}` is not a valid name in a .proto file; use ASCII letters, digits and underscores"
                ),
            );
        }
        let Some((number, span)) = number(variant, &items, errors) else {
            numbers_are_known = false;
            continue;
        };
        reserved.check_number("number", number.into(), span, errors);
        reserved.check_name(&name, &variant.ident, errors);
        if let Some(other) = values.iter().find(|other| other.number == number) {
            errors.push(syn::Error::new(
                span,
                format!(
                    "number {number} is already used by `{}`; choose an unused one",
                    other.ident.unraw()
                ),
            ));
        }
        if let Some(other) = values.iter().find(|other| other.name == name) {
            errors.add(
                &variant.ident,
                format_args!(
                    "`{name}` is also the name of `{}` in the .proto file: give it another with #[rpc(name = \"…\")]",
                    other.ident.unraw()
                ),
            );
        }
        values.push(EnumValue {
            ident: variant.ident.clone(),
            number,
            name,
            docs: docs(&variant.attrs),
            deprecated: is_deprecated(&variant.attrs),
        });
    }
    if !has_unknown {
        errors.add(
            &container.ident,
            "an enum needs a variant `Unknown(i32)` for the numbers that a newer peer may send",
        );
    }
    match values.iter().position(|value| value.number == 0) {
        // protoc requires the zero value first.
        Some(zero) => values[..=zero].rotate_right(1),
        None if numbers_are_known => errors.add(
            &container.ident,
            "an enum has a value with the number 0, the default: add one such as `Unspecified = 0`",
        ),
        None => {}
    }
    values
}

/// `Unknown(i32)`.
fn is_unknown(variant: &Variant) -> bool {
    let Fields::Unnamed(fields) = &variant.fields else {
        return false;
    };
    let is_i32 = |ty: &Type| last_segment(ty).is_some_and(|segment| segment.ident == "i32");
    variant.ident == "Unknown"
        && fields.unnamed.len() == 1
        && fields.unnamed.iter().all(|field| is_i32(&field.ty))
}

/// Number from `#[rpc(number = 1)]` or the discriminant.
fn number(variant: &Variant, items: &RpcAttributes, errors: &mut Errors) -> Option<(i32, Span)> {
    let ident = variant.ident.unraw();
    let (number, span) = match (&variant.discriminant, items.has("number")) {
        (Some((_, value)), false) => match integer(value) {
            Some(number) => (number, value.span()),
            None => {
                errors.add(value, "the number of an enum's value is an integer literal");
                return None;
            }
        },
        (None, true) => items.integer("number", errors)?,
        (Some((_, value)), true) => {
            errors.add(
                value,
                format_args!("`{ident}` has two numbers: leave out #[rpc(number = …)]"),
            );
            return None;
        }
        (None, false) if items.incomplete => return None,
        (None, false) => {
            errors.add(
                &variant.ident,
                format_args!(
                    "`{ident}` has no number: #[rpc(number = 1)], or `{ident} = 1` and #[repr(i32)] on the enum"
                ),
            );
            return None;
        }
    };
    match i32::try_from(number) {
        Ok(number) => Some((number, span)),
        Err(_) => {
            errors.push(syn::Error::new(span, "the number of an enum's value fits an i32"));
            None
        }
    }
}

fn implementation(container: &Container, values: &[EnumValue]) -> TokenStream {
    let (ident, runtime) = (&container.ident, &container.runtime);
    let full_name = container.full_name();
    let idents: Vec<_> = values.iter().map(|value| &value.ident).collect();
    let names: Vec<_> = values.iter().map(|value| &value.name).collect();
    let numbers: Vec<_> = values
        .iter()
        .map(|value| Literal::i32_unsuffixed(value.number))
        .collect();
    // The first value is zero.
    let zero = idents.first();
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self::#zero
            }
        }

        #[automatically_derived]
        impl #runtime::message::Enumeration for #ident {
            const FULL_NAME: &'static str = #full_name;

            fn from_number(number: i32) -> Self {
                match number {
                    #(#numbers => Self::#idents,)*
                    number => Self::Unknown(number),
                }
            }

            fn number(&self) -> i32 {
                match self {
                    #(Self::#idents => #numbers,)*
                    Self::Unknown(number) => *number,
                }
            }

            fn number_of(name: &str) -> ::core::option::Option<i32> {
                match name {
                    #(#names => ::core::option::Option::Some(#numbers),)*
                    _ => ::core::option::Option::None,
                }
            }

            fn name_of(number: i32) -> ::core::option::Option<&'static str> {
                match number {
                    #(#numbers => ::core::option::Option::Some(#names),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<i32> for #ident {
            fn from(number: i32) -> Self {
                #runtime::message::Enumeration::from_number(number)
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<#ident> for i32 {
            fn from(value: #ident) -> Self {
                #runtime::message::Enumeration::number(&value)
            }
        }
    }
}

fn describe(container: &Container, values: &[EnumValue], reserved: &Reserved) -> TokenStream {
    let (ident, runtime) = (&container.ident, &container.runtime);
    let (name, package, docs) = (&container.name, &container.package, &container.docs);
    let docs = (!docs.is_empty()).then(|| quote!(item.docs(#docs);));
    let deprecated = container.deprecated.then(|| quote!(item.deprecated();));
    let values = values.iter().map(|value| {
        let EnumValue {
            number, name, docs, ..
        } = value;
        let number = Literal::i32_unsuffixed(*number);
        let deprecated = value.deprecated.then(|| quote!(item.deprecate_value();));
        quote!(item.value(#number, #name, #docs); #deprecated)
    });
    let ranges = reserved.ranges.iter().map(|(first, last)| {
        let (first, last) = (Literal::i64_unsuffixed(*first), Literal::i64_unsuffixed(*last));
        quote!(item.reserve_numbers(#first, #last);)
    });
    let names = reserved.names.iter();
    quote! {
        #[automatically_derived]
        impl #runtime::schema::Describe for #ident {
            fn describe(schema: &mut #runtime::schema::Schema) {
                let ::core::option::Option::Some(mut item) = schema.begin_enum::<Self>(#package, #name) else {
                    return;
                };
                #docs
                #deprecated
                #(#values)*
                #(#ranges)*
                #(item.reserve_name(#names);)*
                schema.add_enum(item);
            }
        }
    }
}
