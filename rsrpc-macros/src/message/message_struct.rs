//! Reads a struct into the fields of a message.

use proc_macro2::{Ident, Span};
use rsrpc_codegen::Errors;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields as SynFields, GenericArgument, PathArguments, Type};

use super::attributes::{AllowedKeys, RpcAttributes};
use super::docs::docs;
use super::parse::{
    Container, FIELD_KEYS, FieldSet, FieldSource, MAX_TAG, MessageField, check_generics, last_segment,
};
use super::reserved::Reserved;

/// A message.
pub(super) struct MessageStruct {
    pub(super) container: Container,
    /// Fields and oneofs in the order of their definition.
    pub(super) parts: Vec<MessagePart>,
    pub(super) reserved: Reserved,
}

/// A field or a oneof.
pub(super) enum MessagePart {
    Field(MessageField),
    Oneof(OneofField),
}

/// A field with `#[rpc(oneof)]`.
pub(super) struct OneofField {
    pub(super) ident: Ident,
    /// Enum type inside the `Option`.
    pub(super) ty: Type,
    pub(super) name: String,
    pub(super) docs: String,
}

const MESSAGE_KEYS: AllowedKeys = AllowedKeys {
    of: "a message",
    known: &["package", "name", "reserved", "crate"],
};
const STRUCT_FIELD_KEYS: AllowedKeys = AllowedKeys {
    of: "a field",
    known: FIELD_KEYS,
};

/// Reads the struct and adds problems to `errors`.
pub(super) fn read(input: &DeriveInput, errors: &mut Errors) -> MessageStruct {
    let items = RpcAttributes::read(&input.attrs, MESSAGE_KEYS, errors);
    let container = Container::read(input, &items, errors);
    check_generics(input, "a message", errors);
    let reserved = Reserved::read(&items, 1, MAX_TAG, errors);
    let mut message = MessageStruct {
        container,
        parts: Vec::new(),
        reserved,
    };
    match &input.data {
        Data::Struct(data) => match &data.fields {
            SynFields::Named(fields) => message.fields(fields, errors),
            SynFields::Unit => {}
            SynFields::Unnamed(fields) => errors.add(
                fields,
                "a message has fields with names: write `{ … }` with a name for each",
            ),
        },
        Data::Enum(data) => errors.push(syn::Error::new(
            data.enum_token.span(),
            "a message is a struct: an enum is #[derive(Enum)], or #[derive(Oneof)] as a part of a message",
        )),
        Data::Union(data) => errors.push(syn::Error::new(data.union_token.span(), "a message is a struct")),
    }
    message
}

impl MessageStruct {
    fn fields(&mut self, source: &syn::FieldsNamed, errors: &mut Errors) {
        let mut fields = FieldSet::default();
        // One entry per part in order: true for a field.
        let mut oneofs = Vec::new();
        for field in &source.named {
            let Some(ident) = &field.ident else { continue };
            let items = RpcAttributes::read(&field.attrs, STRUCT_FIELD_KEYS, errors);
            let name = ident.unraw().to_string();
            if items.flag("oneof", errors) {
                let own = ["tag", "encoding", "key_encoding", "json_name"];
                if let Some(key) = own.iter().find(|key| items.has(key)) {
                    errors.add(
                        ident,
                        format_args!("a oneof field takes no `{key}`; set it on the members of the enum"),
                    );
                }
                let name = items.string("name", errors).map_or(name, |name| name.value());
                self.reserved.check_name(&name, ident, errors);
                match option(&field.ty) {
                    Some(ty) => oneofs.push((
                        fields.fields.len(),
                        OneofField {
                            ident: ident.clone(),
                            ty: ty.clone(),
                            name,
                            docs: docs(&field.attrs),
                        },
                    )),
                    None => errors.add(&field.ty, "a oneof is an Option of an enum with #[derive(Oneof)]"),
                }
            } else {
                let field = FieldSource {
                    ident,
                    name,
                    ty: &field.ty,
                    attributes: &field.attrs,
                    items: &items,
                };
                fields.add(field, &self.container.runtime, errors);
            }
        }
        let mut oneofs = oneofs.into_iter().peekable();
        for (index, field) in fields.finish(&self.reserved, errors).into_iter().enumerate() {
            while let Some((_, oneof)) = oneofs.next_if(|(before, _)| *before <= index) {
                self.parts.push(MessagePart::Oneof(oneof));
            }
            self.parts.push(MessagePart::Field(field));
        }
        self.parts
            .extend(oneofs.map(|(_, oneof)| MessagePart::Oneof(oneof)));
    }

    pub(super) fn own_fields(&self) -> impl Iterator<Item = &MessageField> {
        self.parts.iter().filter_map(|part| match part {
            MessagePart::Field(field) => Some(field),
            MessagePart::Oneof(_) => None,
        })
    }

    pub(super) fn oneofs(&self) -> impl Iterator<Item = &OneofField> {
        self.parts.iter().filter_map(|part| match part {
            MessagePart::Oneof(oneof) => Some(oneof),
            MessagePart::Field(_) => None,
        })
    }

    /// Returns the fields by ascending number, the order on the wire.
    pub(super) fn sorted_fields(&self) -> Vec<&MessageField> {
        let mut fields: Vec<_> = self.own_fields().collect();
        fields.sort_by_key(|field| field.number);
        fields
    }
}

/// Returns `T` of an `Option<T>`.
fn option(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if segment.ident == "Option" && arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

impl OneofField {
    pub(super) fn span(&self) -> Span {
        self.ident.span()
    }
}
