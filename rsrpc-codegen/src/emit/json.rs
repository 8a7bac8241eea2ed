//! Emits canonical proto3 JSON conversions: one line per field and direction. The runtime implements the rules.

use proc_macro2::{Ident, TokenStream};

use super::item_writer::{ItemText, ItemWriter, MethodCall, path, quoted};
use crate::model::{Cardinality, Enum, Field, FieldKind, Member, Message, Oneof, Openness, Package, TypeRef};

/// Returns the JSON conversions of the package's messages one by one.
///
/// Messages of other packages and well-known types implement the same trait elsewhere.
pub(crate) fn messages<'a>(
    package: &'a Package,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = ItemText> + 'a {
    let runtime = path(runtime);
    let messages = package.messages.iter();
    messages.map(move |message| message_impl(message, &runtime))
}

/// Returns the JSON conversions of the package's enums one by one.
pub(crate) fn enums<'a>(
    package: &'a Package,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = ItemText> + 'a {
    let runtime = path(runtime);
    let enums = package.enums.iter();
    enums.map(move |item| enum_impl(item, &runtime))
}

fn message_impl(message: &Message, runtime: &str) -> ItemText {
    let Message { fields, oneofs, .. } = message;
    let mut lines = ItemWriter::new();
    lines.line("#[allow(deprecated)]");
    let head = format!("impl {runtime}::json::JsonMessage for {}", path(&message.path));
    if fields.is_empty() {
        lines.line(&format!("{head} {{}}"));
        return lines.finish();
    }
    lines.open(&format!("{head} {{"));
    names(fields, runtime, &mut lines);
    lines.open(&format!("fn read_field<R: {runtime}::json::FieldReader>("));
    lines.line("&mut self,");
    lines.line("index: usize,");
    lines.line("reader: R,");
    lines.reopen(") -> ::core::result::Result<(), R::Error> {");
    lines.open("match index {");
    for (index, field) in fields.iter().enumerate() {
        read(index, field, oneofs, &mut lines);
    }
    lines.line("_ => reader.skip(),");
    lines.close("}");
    lines.close("}");
    lines.open(&format!(
        "fn write_fields<W: {runtime}::json::FieldWriter>(&self, writer: &mut W) {{"
    ));
    let mut members = vec![Vec::new(); oneofs.len()];
    for (index, field) in fields.iter().enumerate() {
        if let Member::Variant { oneof, .. } = &field.member
            && let Some(members) = members.get_mut(*oneof)
        {
            members.push((index, field));
        }
    }
    for (index, field) in fields.iter().enumerate() {
        match &field.member {
            Member::Field(ident) => write(index, ident, field, &mut lines),
            // A oneof is written at the position of its first member.
            Member::Variant { oneof, .. } => {
                if let (Some(members), Some(oneof)) = (members.get(*oneof), oneofs.get(*oneof))
                    && members.first().is_some_and(|(first, _)| *first == index)
                {
                    write_oneof(oneof, members, &mut lines);
                }
            }
        }
    }
    lines.close("}");
    lines.close("}");
    lines.finish()
}

fn names(fields: &[Field], runtime: &str, lines: &mut ItemWriter) {
    let head = format!("const FIELDS: &'static [{runtime}::json::Field] = &[");
    let mut length = head.len();
    lines.open(&head);
    for field in fields {
        let constructor = if is_object(field) { "object" } else { "new" };
        let function = format!("{runtime}::json::Field::{constructor}");
        let number = field.number.to_string();
        let (proto_name, json_name) = (quoted(&field.proto_name), quoted(&field.json_name));
        length += function.len() + number.len() + proto_name.len() + json_name.len();
        lines.element(&function, &[&number, &proto_name, &json_name]);
    }
    lines.close("];");
    // prettyplease writes a short array on one line.
    lines.joined(length);
}

/// Returns the path of an enum. An enum with the name of a type parameter is qualified by its module.
fn enum_path(kind: &TypeRef) -> String {
    let path = path(&kind.path);
    match path.as_str() {
        "R" | "W" => format!("self::{path}"),
        _ => path,
    }
}

/// Writes the arm that reads a field.
fn read(index: usize, field: &Field, oneofs: &[Oneof], lines: &mut ItemWriter) {
    let (method, arguments) = match &field.member {
        Member::Variant { oneof, variant } => match oneofs.get(*oneof) {
            None => ("skip".to_owned(), Vec::new()),
            Some(Oneof { ident, path, .. }) => {
                let method = match &field.kind {
                    FieldKind::Enum(kind) => format!("read_enum_member::<{}, _>", enum_path(kind)),
                    _ if field.boxed => "read_boxed_member".to_owned(),
                    _ => "read_member".to_owned(),
                };
                let path = self::path(path);
                (
                    method,
                    vec![format!("&mut self.{ident}"), format!("{path}::{variant}")],
                )
            }
        },
        Member::Field(ident) => match &field.kind {
            FieldKind::Enum(kind) => (
                format!("read_enum::<{}>", enum_path(kind)),
                vec![format!("&mut self.{ident}")],
            ),
            _ if field.boxed && field.cardinality == Cardinality::Optional => {
                ("read_boxed".to_owned(), vec![format!("&mut self.{ident}")])
            }
            _ if field.boxed => ("read".to_owned(), vec![format!("&mut *self.{ident}")]),
            _ => ("read".to_owned(), vec![format!("&mut self.{ident}")]),
        },
    };
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    lines.arm(
        &index.to_string(),
        &MethodCall {
            receiver: "reader",
            method: &method,
            arguments: &arguments,
        },
    );
}

/// Writes a field outside any oneof.
fn write(index: usize, ident: &Ident, field: &Field, lines: &mut ItemWriter) {
    let (method, star) = match (&field.kind, field.cardinality) {
        (FieldKind::Enum(kind), Cardinality::Required) => {
            (format!("write_enum_member::<{}>", enum_path(kind)), "")
        }
        (FieldKind::Enum(kind), _) => (format!("write_enum::<{}>", enum_path(kind)), ""),
        (_, Cardinality::Required) if field.boxed => ("write_member".to_owned(), "*"),
        (_, Cardinality::Required) => ("write_member".to_owned(), ""),
        (_, Cardinality::Optional) if field.boxed => ("write_boxed".to_owned(), ""),
        _ => ("write".to_owned(), ""),
    };
    let call = MethodCall {
        receiver: "writer",
        method: &method,
        arguments: &[&index.to_string(), &format!("&{star}self.{ident}")],
    };
    lines.call(&call, ";");
}

/// Writes the member of a oneof that is set.
fn write_oneof(oneof: &Oneof, members: &[(usize, &Field)], lines: &mut ItemWriter) {
    lines.open(&format!(
        "if let ::core::option::Option::Some(value) = &self.{} {{",
        oneof.ident
    ));
    lines.open("match value {");
    let path = path(&oneof.path);
    for &(index, field) in members {
        let Member::Variant { variant, .. } = &field.member else {
            continue;
        };
        let (method, value) = match &field.kind {
            FieldKind::Enum(kind) => (format!("write_enum_member::<{}>", enum_path(kind)), "value"),
            _ if field.boxed => ("write_member".to_owned(), "&**value"),
            _ => ("write_member".to_owned(), "value"),
        };
        let call = MethodCall {
            receiver: "writer",
            method: &method,
            arguments: &[&index.to_string(), value],
        };
        lines.arm(&format!("{path}::{variant}(value)"), &call);
    }
    lines.close("}");
    lines.close("}");
}

/// Returns whether the field's JSON may be an object. Positional JSON-RPC params depend on it.
fn is_object(field: &Field) -> bool {
    match (field.cardinality, &field.kind) {
        (Cardinality::Map(_), _) => true,
        (Cardinality::Repeated, _) => false,
        (_, FieldKind::Message(message)) => !matches!(
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

fn enum_impl(item: &Enum, runtime: &str) -> ItemText {
    let mut lines = ItemWriter::new();
    lines.line("#[allow(deprecated)]");
    lines.open(&format!(
        "impl {runtime}::json::JsonEnum for {} {{",
        path(&item.path)
    ));
    if item.openness == Openness::Closed {
        lines.line("const IS_CLOSED: bool = true;");
    }
    lines.open("fn name(number: i32) -> ::core::option::Option<&'static str> {");
    lines.open("<Self as ::core::convert::TryFrom<i32>>::try_from(number)");
    lines.line(".ok()");
    lines.line(".map(|value| value.as_str_name())");
    lines.end();
    lines.close("}");
    lines.open("fn number(name: &str) -> ::core::option::Option<i32> {");
    let number = "Self::from_str_name(name).map(|value| value as i32)";
    // prost does not support aliases.
    let aliases = item.with_aliases().filter(|(_, is_alias)| *is_alias);
    let mut aliases = aliases.peekable();
    if aliases.peek().is_none() {
        lines.line(number);
    } else {
        lines.open("match name {");
        for (value, _) in aliases {
            let (name, number) = (quoted(&value.proto_name), value.number);
            lines.line(&format!("{name} => ::core::option::Option::Some({number}),"));
        }
        lines.line(&format!("_ => {number},"));
        lines.close("}");
    }
    lines.close("}");
    lines.close("}");
    lines.finish()
}

#[cfg(all(test, feature = "proto"))]
mod tests {
    use quote::format_ident;

    use super::*;
    use crate::model::{Docs, EnumValue, Scalar};

    /// Returns whether the item claims to be formatted, after checking that prettyplease agrees.
    #[track_caller]
    fn check(item: &ItemText) -> bool {
        if item.is_formatted {
            let file = syn::parse_file(&item.text).unwrap();
            assert_eq!(item.text, prettyplease::unparse(&file));
        }
        item.is_formatted
    }

    fn field(member: Member, kind: FieldKind, cardinality: Cardinality, boxed: bool) -> Field {
        let name = match &member {
            Member::Field(ident) | Member::Variant { variant: ident, .. } => ident.to_string(),
        };
        Field {
            number: 1,
            json_name: name.replace('_', ""),
            proto_name: name,
            member,
            cardinality,
            kind,
            boxed,
            docs: Docs::default(),
        }
    }

    fn type_ref(path: &str) -> TypeRef {
        TypeRef {
            full_name: "a.B".into(),
            path: path.parse().unwrap(),
        }
    }

    fn message(fields: Vec<Field>, path: &str) -> Message {
        let oneof = Oneof {
            ident: format_ident!("choice"),
            path: "outer::inner::Choice".parse().unwrap(),
            docs: Docs::default(),
        };
        Message {
            path: path.parse().unwrap(),
            full_name: "a.B".into(),
            docs: Docs::default(),
            fields,
            oneofs: vec![oneof],
        }
    }

    #[test]
    fn text_is_as_prettyplease_has_it() {
        let mut formatted = 0;
        for length in 1..90 {
            let name = "x".repeat(length);
            let kinds = [
                FieldKind::Scalar(Scalar::Int32),
                FieldKind::Enum(type_ref("super::some::Kind")),
                FieldKind::Enum(type_ref(&format!("super::{name}::Kind"))),
                FieldKind::Message(type_ref("Other")),
            ];
            let ident = format_ident!("{name}");
            for (kind, boxed) in kinds.iter().flat_map(|kind| [(kind, false), (kind, true)]) {
                let variant = || Member::Variant {
                    oneof: 0,
                    variant: ident.clone(),
                };
                let plain = |cardinality| {
                    let member = Member::Field(ident.clone());
                    field(member, kind.clone(), cardinality, boxed)
                };
                let of_oneof = || field(variant(), kind.clone(), Cardinality::Oneof, boxed);
                for runtime in [
                    "::rsrpc_runtime",
                    "crate",
                    "::some::other::path::of::rsrpc_runtime",
                ] {
                    for fields in [
                        vec![plain(Cardinality::Optional)],
                        vec![plain(Cardinality::Required), plain(Cardinality::Repeated)],
                        vec![of_oneof()],
                        vec![of_oneof(), plain(Cardinality::Implicit), of_oneof()],
                    ] {
                        formatted += usize::from(check(&message_impl(&message(fields, "A"), runtime)));
                    }
                }
            }
            for path in [&name, &format!("outer::{name}")] {
                check(&message_impl(&message(vec![], path), "::rsrpc_runtime"));
                let value = |proto_name: &str| EnumValue {
                    proto_name: proto_name.to_owned(),
                    number: -1,
                    docs: Docs::default(),
                };
                let item = Enum {
                    path: path.parse().unwrap(),
                    values: vec![value("A"), value(&name), value("\"é")],
                    openness: Openness::Closed,
                    docs: Docs::default(),
                };
                check(&enum_impl(&item, "::rsrpc_runtime"));
            }
        }
        // The test is meaningful only if a large share of the 8,544 items takes the text path.
        assert!(formatted > 1_500, "{formatted}");
    }
}
