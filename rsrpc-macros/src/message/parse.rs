//! Shared parts of the derives: attributes of the type, and numbers and names of fields.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use rsrpc_codegen::Errors;
use syn::ext::IdentExt;
use syn::{DeriveInput, Type};

use super::attributes::{AllowedKeys, RpcAttributes};
use super::docs::{docs, is_deprecated};
use super::reserved::Reserved;
use super::stub::StubKind;
use crate::package;

/// Largest field number.
pub(super) const MAX_TAG: i64 = (1 << 29) - 1;

/// The type of a derive.
pub(super) struct Container {
    pub(super) ident: Ident,
    /// Path of the runtime.
    pub(super) runtime: TokenStream,
    pub(super) package: String,
    /// Proto name without the package.
    pub(super) name: String,
    pub(super) docs: String,
    pub(super) deprecated: bool,
}

impl Container {
    /// Reads the attributes of the type from `items`.
    pub(super) fn read(input: &DeriveInput, items: &RpcAttributes, errors: &mut Errors) -> Self {
        let runtime = items.string("crate", errors).and_then(|path| {
            let parsed = path.parse::<syn::Path>();
            errors.keep(
                parsed.map_err(|_| syn::Error::new(path.span(), "`crate` is the path of rsrpc_runtime")),
            )
        });
        let package = items
            .string("package", errors)
            .and_then(|name| errors.keep(package::check(&name)));
        let name = items.string("name", errors);
        if let Some(name) = &name {
            check_identifier(&name.value(), name, errors);
        }
        let ident = input.ident.clone();
        let name = name.map_or_else(|| rust_name(&ident, errors), |name| name.value());
        Self {
            runtime: runtime.map_or_else(|| quote!(::rsrpc_runtime), |path| path.into_token_stream()),
            package: package.unwrap_or_else(package::default),
            name,
            docs: docs(&input.attrs),
            deprecated: is_deprecated(&input.attrs),
            ident,
        }
    }

    pub(super) fn full_name(&self) -> String {
        if self.package.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.package, self.name)
        }
    }

    /// Emits the errors, and a stub so that they are the only errors.
    pub(super) fn fail(&self, input: &DeriveInput, stub: StubKind, errors: Errors) -> TokenStream {
        let errors = errors.into_compile_errors();
        let stub = super::stub::stub(self, input, stub);
        quote!(#errors #stub)
    }
}

/// Refuses generic types, which have no single schema.
pub(super) fn check_generics(input: &DeriveInput, what: &str, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors.add(
            &input.generics,
            format_args!("{what} has no generic parameters: its schema is one, whoever uses it"),
        );
    }
}

/// Returns an identifier without `r#`.
pub(super) fn rust_name(ident: &Ident, errors: &mut Errors) -> String {
    let name = ident.unraw().to_string();
    check_identifier(&name, ident, errors);
    name
}

fn check_identifier(name: &str, tokens: impl ToTokens, errors: &mut Errors) {
    if !rsrpc_codegen::is_identifier(name) {
        errors.add(
            tokens,
            format_args!(
                "`{name}` is not a valid name in a .proto file; use ASCII letters, digits and underscores"
            ),
        );
    }
}

/// A field of a message, or a member of a oneof.
pub(super) struct MessageField {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) number: u32,
    /// Span of the field number.
    pub(super) span: Span,
    pub(super) name: String,
    pub(super) json_name: String,
    /// Type of the runtime that encodes the field.
    pub(super) encoding: TokenStream,
    pub(super) docs: String,
    pub(super) deprecated: bool,
}

pub(super) const FIELD_KEYS: &[&str] = &["tag", "encoding", "key_encoding", "name", "json_name", "oneof"];
pub(super) const MEMBER_KEYS: AllowedKeys = AllowedKeys {
    of: "a member of a oneof",
    known: &["tag", "encoding", "name", "json_name"],
};

/// A field with a tag, as written.
pub(super) struct FieldSource<'a> {
    pub(super) ident: &'a Ident,
    /// Default proto name.
    pub(super) name: String,
    pub(super) ty: &'a Type,
    pub(super) attributes: &'a [syn::Attribute],
    /// Keys of the field's `#[rpc(…)]`.
    pub(super) items: &'a RpcAttributes,
}

/// Fields of one message or oneof.
#[derive(Default)]
pub(super) struct FieldSet {
    pub(super) fields: Vec<MessageField>,
    /// Fields without a tag. The error suggests the next free number.
    untagged: Vec<Ident>,
}

impl FieldSet {
    /// Adds a field unless errors make that impossible.
    pub(super) fn add(&mut self, field: FieldSource<'_>, runtime: &TokenStream, errors: &mut Errors) {
        let FieldSource {
            ident,
            name,
            ty,
            attributes,
            items,
        } = field;
        let given = items.string("name", errors);
        let name = match &given {
            Some(given) => given.value(),
            None => name,
        };
        match &given {
            Some(given) => check_identifier(&name, given, errors),
            None => check_identifier(&name, ident, errors),
        }
        let json_name = items.string("json_name", errors);
        if let Some(json_name) = &json_name
            && (json_name.value().is_empty() || json_name.value().contains('\0'))
        {
            errors.add(json_name, "a JSON name has at least one character, and no NUL");
        }
        let encoding = encoding(items, ty, runtime, errors);
        if !items.has("tag") {
            if !items.incomplete {
                self.untagged.push(ident.clone());
            }
            return;
        }
        let Some((number, span)) = items.integer("tag", errors) else {
            return;
        };
        let Some(number) = check_tag(number, span, errors) else {
            return;
        };
        if let Some(other) = self.fields.iter().find(|field| field.number == number) {
            errors.push(syn::Error::new(
                span,
                format!(
                    "tag {number} is already used by `{}`; choose an unused one",
                    other.ident.unraw()
                ),
            ));
        }
        let json_name =
            json_name.map_or_else(|| rsrpc_codegen::json_name(&name), |json_name| json_name.value());
        self.fields.push(MessageField {
            ident: ident.clone(),
            ty: ty.clone(),
            number,
            span,
            name,
            json_name,
            encoding,
            docs: docs(attributes),
            deprecated: is_deprecated(attributes),
        });
    }

    /// Checks rules that need all fields.
    pub(super) fn finish(self, reserved: &Reserved, errors: &mut Errors) -> Vec<MessageField> {
        let highest = self
            .fields
            .iter()
            .map(|field| field.number)
            .max()
            .unwrap_or_default();
        for (ident, free) in self.untagged.iter().zip(free_after(highest, reserved)) {
            let name = ident.unraw();
            errors.add(
                ident,
                format_args!("`{name}` has no tag, its number on the wire: #[rpc(tag = {free})] is free"),
            );
        }
        for (index, field) in self.fields.iter().enumerate() {
            reserved.check_number("tag", field.number.into(), field.span, errors);
            reserved.check_name(&field.name, &field.ident, errors);
            let earlier = self.fields.iter().take(index);
            let mut same = earlier.filter(|other| is_one_name(other, field));
            if let Some(other) = same.next() {
                errors.add(
                    &field.ident,
                    format_args!(
                        "the names of this one (`{}`, in JSON `{}`) and of `{}` (`{}`, in JSON `{}`) cannot be told \
                         apart: give it another with #[rpc(name = \"…\")] or #[rpc(json_name = \"…\")]",
                        field.name,
                        field.json_name,
                        other.ident.unraw(),
                        other.name,
                        other.json_name
                    ),
                );
            }
        }
        self.fields
    }
}

/// Returns true if two fields share a name. JSON readers accept both names of a field.
fn is_one_name(one: &MessageField, other: &MessageField) -> bool {
    let names = [&one.name, &one.json_name];
    names.contains(&&other.name) || names.contains(&&other.json_name)
}

fn free_after(highest: u32, reserved: &Reserved) -> impl Iterator<Item = i64> {
    let is_free = |tag: &i64| {
        !(19_000..=19_999).contains(tag)
            && !reserved
                .ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(tag))
    };
    (i64::from(highest) + 1..).filter(is_free)
}

fn check_tag(number: i64, span: Span, errors: &mut Errors) -> Option<u32> {
    let complaint = match number {
        19_000..=19_999 => "tags 19000 to 19999 belong to protobuf itself".to_owned(),
        1..=MAX_TAG => return u32::try_from(number).ok(),
        _ => format!("a tag is a number from 1 to {MAX_TAG}"),
    };
    errors.push(syn::Error::new(span, complaint));
    None
}

const ENCODINGS: [(&str, &str); 6] = [
    ("sint32", "Sint32"),
    ("sint64", "Sint64"),
    ("fixed32", "Fixed32"),
    ("fixed64", "Fixed64"),
    ("sfixed32", "Sfixed32"),
    ("sfixed64", "Sfixed64"),
];

fn encoding(items: &RpcAttributes, ty: &Type, runtime: &TokenStream, errors: &mut Errors) -> TokenStream {
    let value = one_encoding(items, "encoding", runtime, errors);
    let key = one_encoding(items, "key_encoding", runtime, errors);
    let plain = || quote!(#runtime::message::Plain);
    if key.is_none() && (value.is_none() || !is_map(ty)) {
        return value.unwrap_or_else(plain);
    }
    let (key, value) = (key.unwrap_or_else(plain), value.unwrap_or_else(plain));
    quote!(#runtime::message::MapOf<#key, #value>)
}

fn one_encoding(
    items: &RpcAttributes,
    key: &str,
    runtime: &TokenStream,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let text = items.string(key, errors)?;
    let value = text.value();
    let Some((_, name)) = ENCODINGS.iter().find(|(name, _)| *name == value) else {
        let known: Vec<_> = ENCODINGS.iter().map(|(name, _)| *name).collect();
        errors.add(
            &text,
            format_args!(
                "`{value}` is not an encoding; expected one of {}; omit the attribute to use the default of the Rust type",
                known.join(", ")
            ),
        );
        return None;
    };
    let name = Ident::new(name, text.span());
    Some(quote!(#runtime::message::#name))
}

fn is_map(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "HashMap" || segment.ident == "BTreeMap")
}

pub(super) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        _ => None,
    }
}

/// Returns the expression of a field's schema.
pub(super) fn schema(field: &MessageField, field_type: &TokenStream, runtime: &TokenStream) -> TokenStream {
    let MessageField {
        number,
        name,
        json_name,
        docs,
        ..
    } = field;
    let docs = (!docs.is_empty()).then(|| quote!(.docs(#docs)));
    let deprecated = field.deprecated.then(|| quote!(.deprecated()));
    quote!(#runtime::schema::FieldSchema::new(#number, #name, #json_name, #field_type) #docs #deprecated)
}
