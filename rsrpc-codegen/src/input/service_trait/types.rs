//! Classifies Rust types by their wire representation, as far as tokens show it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

use super::attributes::WireFormat;
use super::errors::Errors;

/// The classification of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireType {
    /// A type that protobuf has without a message: `i32`, `String`, `Vec<T>`, `Option<T>`, `HashMap<K, V>`, `Bytes`.
    Plain(PlainType),
    /// Any other type: a message, or a serde type.
    Named,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainType {
    /// A type with a protobuf wrapper: a number, `bool`, `String` or bytes.
    Scalar,
    /// A list, a map or an `Option`.
    Container,
}

/// Returns the last segment of a path, which names the type.
pub(super) fn name(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => name(&group.elem),
        Type::Paren(paren) => name(&paren.elem),
        _ => None,
    }
}

/// Returns whether the type's last segment is `expected`: `rsrpc_runtime::Status` matches `Status`.
pub(super) fn is_called(ty: &Type, expected: &str) -> bool {
    name(ty).is_some_and(|segment| segment.ident == expected)
}

/// Returns the type arguments of a path's last segment.
pub(super) fn arguments(ty: &Type) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(arguments)) = name(ty).map(|segment| &segment.arguments) else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Returns the item type of `Streaming<T>`.
pub(super) fn streamed(ty: &Type) -> Option<&Type> {
    match arguments(ty).as_slice() {
        [item] if is_called(ty, "Streaming") => Some(item),
        _ => None,
    }
}

pub(super) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The position of a type in a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypePosition {
    Argument,
    Result,
    /// Each message of a stream.
    Item,
}

impl TypePosition {
    fn words(self) -> &'static str {
        match self {
            Self::Argument => "an argument",
            Self::Result => "a result",
            Self::Item => "a stream item",
        }
    }
}

/// Classifies a type. Returns `None` after adding an error if the type cannot be sent.
pub(super) fn wire_type(
    ty: &Type,
    place: TypePosition,
    format: WireFormat,
    errors: &mut Errors,
) -> Option<WireType> {
    let before = errors.count();
    check_form(ty, place, errors);
    if errors.count() > before {
        return None;
    }
    match format {
        WireFormat::Protobuf => protobuf(ty, place, errors),
        WireFormat::Json => Some(json(ty)),
    }
}

/// Rejects types, and nested types, that no wire format supports.
fn check_form(ty: &Type, place: TypePosition, errors: &mut Errors) {
    let words = place.words();
    match ty {
        Type::Reference(reference) => {
            let owned = owned(&reference.elem);
            let message = format!(
                "{words} cannot be a reference: it is decoded from the wire and owned by the call; write `{owned}`"
            );
            errors.add(ty, message);
        }
        Type::Group(group) => check_form(&group.elem, place, errors),
        Type::Paren(paren) => check_form(&paren.elem, place, errors),
        Type::Tuple(tuple) => tuple
            .elems
            .iter()
            .for_each(|elem| check_form(elem, place, errors)),
        Type::Array(array) => check_form(&array.elem, place, errors),
        Type::Path(path) => {
            if path.qself.is_some()
                || path
                    .path
                    .segments
                    .first()
                    .is_some_and(|first| first.ident == "Self")
            {
                let message = format!(
                    "{words} cannot depend on the implementing type: all implementations share one wire format; \
                     name a concrete type"
                );
                errors.add(ty, message);
                return;
            }
            if is_called(ty, "Streaming") {
                let message = "`Streaming<…>` cannot be nested in another type; use it as the only argument, or as \
                     `Result<Streaming<…>, Status>`";
                errors.add(ty, message);
                return;
            }
            for segment in &path.path.segments {
                let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                    continue;
                };
                for argument in &arguments.args {
                    match argument {
                        GenericArgument::Lifetime(lifetime) => errors.add(
                            lifetime,
                            format!(
                                "{words} cannot borrow: it is decoded from the wire and owned by the call; \
                                     use a type without lifetimes"
                            ),
                        ),
                        GenericArgument::Type(ty) => check_form(ty, place, errors),
                        _ => {}
                    }
                }
            }
        }
        Type::ImplTrait(_) => {
            errors.add(
                ty,
                format!(
                    "{words} cannot be `impl Trait`: each method has one wire type; name a concrete type"
                ),
            );
        }
        Type::TraitObject(_) => {
            errors.add(
                ty,
                format!(
                    "{words} cannot be a trait object: each method has one wire type; name a concrete type"
                ),
            );
        }
        _ => errors.add(
            ty,
            format!(
                "{words} cannot have this type: it has no wire representation; use a message, a number, a \
                     string or a collection"
            ),
        ),
    }
}

/// Returns the owned type that replaces a reference to `elem`.
fn owned(elem: &Type) -> String {
    match elem {
        Type::Slice(slice) => format!("Vec<{}>", text(&slice.elem)),
        _ if is_called(elem, "str") => "String".to_owned(),
        _ => text(elem),
    }
}

/// Formats a type with usual spacing.
pub(super) fn text(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let text = text
        .replace(" < ", "<")
        .replace(" > ", ">")
        .replace(" >", ">")
        .replace("< ", "<");
    text.replace(" :: ", "::")
        .replace(":: ", "::")
        .replace(" ,", ",")
        .replace("& ", "&")
}

fn protobuf(ty: &Type, place: TypePosition, errors: &mut Errors) -> Option<WireType> {
    let words = place.words();
    match ty {
        Type::Group(group) => return protobuf(&group.elem, place, errors),
        Type::Paren(paren) => return protobuf(&paren.elem, place, errors),
        Type::Tuple(_) => {
            let more = match place {
                TypePosition::Argument => {
                    "; write an argument for each, or a struct with `#[derive(Message)]`"
                }
                _ => "; write a struct with `#[derive(Message)]`",
            };
            errors.add(
                ty,
                format!("{words} cannot be a tuple: protobuf has no tuples{more}"),
            );
            return None;
        }
        Type::Array(array) => {
            let elem = text(&array.elem);
            errors.add(
                ty,
                format!(
                    "{words} cannot be an array: protobuf has no lists of fixed length; write `Vec<{elem}>`"
                ),
            );
            return None;
        }
        _ => {}
    }
    if let Some(instead) = unsupported(ty) {
        errors.add(
            ty,
            format!(
                "{words} cannot be `{}`: protobuf has no such type; {instead}",
                text(ty)
            ),
        );
        return None;
    }
    let Some(container) = container(ty) else {
        return Some(if is_scalar(ty) {
            WireType::Plain(PlainType::Scalar)
        } else {
            WireType::Named
        });
    };
    let before = errors.count();
    match (container, arguments(ty).as_slice()) {
        (ContainerKind::List, [elem]) if is_called(elem, "u8") => {
            return Some(WireType::Plain(PlainType::Scalar));
        }
        (ContainerKind::List | ContainerKind::Option, [elem]) => inner(ty, elem, place, errors),
        (ContainerKind::Map, [key, value, ..]) => {
            if !is_key(key) {
                let message = format!(
                    "a map key cannot be `{}`; use `String`, `bool` or an integer",
                    text(key)
                );
                errors.add(key, message);
            }
            inner(ty, value, place, errors);
        }
        // The compiler reports missing type arguments.
        _ => return None,
    }
    (errors.count() == before).then_some(WireType::Plain(PlainType::Container))
}

/// Checks the item type of a list, `Option` or map, which cannot be a container.
fn inner(outer: &Type, ty: &Type, place: TypePosition, errors: &mut Errors) {
    if let Some(WireType::Plain(PlainType::Container)) = protobuf(ty, place, errors) {
        let message = format!(
            "`{}` nests a container in a container, which protobuf does not support; put the inner one into a \
             struct with \
             `#[derive(Message)]`",
            text(outer)
        );
        errors.add(ty, message);
    }
}

#[derive(Debug, Clone, Copy)]
enum ContainerKind {
    List,
    Option,
    Map,
}

fn container(ty: &Type) -> Option<ContainerKind> {
    let name = name(ty)?.ident.to_string();
    Some(match name.as_str() {
        "Vec" => ContainerKind::List,
        "Option" => ContainerKind::Option,
        "HashMap" | "BTreeMap" => ContainerKind::Map,
        _ => return None,
    })
}

fn is_scalar(ty: &Type) -> bool {
    const SCALARS: [&str; 9] = [
        "bool", "i32", "i64", "u32", "u64", "f32", "f64", "String", "Bytes",
    ];
    SCALARS.iter().any(|name| is_called(ty, name))
}

fn is_key(ty: &Type) -> bool {
    const KEYS: [&str; 6] = ["bool", "i32", "i64", "u32", "u64", "String"];
    KEYS.iter().any(|name| is_called(ty, name))
}

/// Returns the remedy for a std type without a protobuf counterpart.
fn unsupported(ty: &Type) -> Option<&'static str> {
    let name = name(ty)?.ident.to_string();
    Some(match name.as_str() {
        "i8" | "i16" => "write `i32`",
        "u8" | "u16" => "write `u32`",
        "isize" => "write `i64`",
        "usize" => "write `u64`",
        "i128" | "u128" => "write `String`, or two `u64` in a struct with `#[derive(Message)]`",
        "char" | "str" => "write `String`",
        "Box" | "Arc" | "Rc" | "Cow" => "write the inner type",
        "HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" => "write `Vec`",
        "Duration" | "SystemTime" if ty_is_std(ty) => {
            "write `prost_types::Duration` or `prost_types::Timestamp`"
        }
        "Result" => "return failures as the method's `Err`",
        _ => return None,
    })
}

fn ty_is_std(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.first().is_some_and(|first| first.ident == "std" || first.ident == "core"))
}

/// Classifies a type for serde. Types that are not structs by name become members of a request struct.
fn json(ty: &Type) -> WireType {
    const SCALARS: [&str; 8] = ["i8", "i16", "u8", "u16", "isize", "usize", "char", "str"];
    const CONTAINERS: [&str; 6] = ["HashSet", "BTreeSet", "VecDeque", "Box", "i128", "u128"];
    if container(ty).is_some() || CONTAINERS.iter().any(|name| is_called(ty, name)) {
        return WireType::Plain(PlainType::Container);
    }
    if is_scalar(ty) || SCALARS.iter().any(|name| is_called(ty, name)) {
        return WireType::Plain(PlainType::Scalar);
    }
    match ty {
        Type::Tuple(_) | Type::Array(_) => WireType::Plain(PlainType::Container),
        Type::Group(group) => json(&group.elem),
        Type::Paren(paren) => json(&paren.elem),
        _ => WireType::Named,
    }
}

/// Returns whether serde may write the type as an object, judging by its name.
pub(super) fn may_be_object(ty: &Type) -> bool {
    match (container(ty), arguments(ty).as_slice()) {
        (Some(ContainerKind::Option), [elem]) => may_be_object(elem),
        (Some(ContainerKind::List), _) => false,
        (Some(ContainerKind::Map), _) => true,
        _ => json(ty) == WireType::Named || is_called(ty, "Box"),
    }
}

/// Returns the tokens of a type without the invisible groups of `macro_rules!`.
pub(super) fn tokens(ty: &Type) -> TokenStream {
    match ty {
        Type::Group(group) => tokens(&group.elem),
        _ => ty.to_token_stream(),
    }
}
