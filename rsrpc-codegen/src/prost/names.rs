//! Reads the names that prost-build chose: structs by the full name in their `Name` impl, fields and oneof variants by
//! tag, enum variants by number.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Item, Lit, Meta, Token, UnOp};

/// The names defined in prost-build's output for a chunk.
#[derive(Default)]
pub(crate) struct ProstNames {
    /// Messages by full proto name.
    pub(crate) messages: HashMap<String, MessageNames>,
    /// Oneofs by Rust path.
    pub(crate) oneofs: HashMap<String, OneofNames>,
    /// Enums by Rust path.
    pub(crate) enums: HashMap<String, EnumNames>,
}

pub(crate) struct MessageNames {
    /// Path from the package's module: `outer::Inner`.
    pub(crate) path: String,
    /// The plain fields, by number.
    pub(crate) fields: HashMap<i32, FieldNames>,
    /// The oneof fields: identifier, Rust path of the enum, numbers.
    pub(crate) oneofs: Vec<(Ident, String, Vec<i32>)>,
}

pub(crate) struct FieldNames {
    pub(crate) ident: Ident,
    pub(crate) boxed: bool,
    /// For a `bytes` field, or a map of them: set if the values are `Bytes`.
    pub(crate) is_bytes: bool,
}

/// The variants of a oneof, by number.
pub(crate) struct OneofNames {
    pub(crate) variants: HashMap<i32, FieldNames>,
}

/// The variants of an enum, by number.
pub(crate) struct EnumNames {
    pub(crate) variants: HashMap<i32, Ident>,
}

pub(crate) fn read_names(items: &[Item]) -> ProstNames {
    let mut names = ProstNames::default();
    read_items(items, "", &mut names);
    names
}

fn read_items(items: &[Item], scope: &str, names: &mut ProstNames) {
    let mut structs = HashMap::new();
    for item in items {
        match item {
            Item::Struct(item) => {
                structs.insert(item.ident.to_string(), read_struct(item, scope));
            }
            Item::Impl(item) => {
                // `enable_type_names` makes prost-build write one for each message.
                if let Some((ident, full_name)) = full_name(item)
                    && let Some(message) = structs.remove(&ident)
                {
                    names.messages.insert(full_name, message);
                }
            }
            Item::Enum(item) => read_enum(item, scope, names),
            Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    read_items(items, &format!("{scope}{}::", item.ident), names);
                }
            }
            _ => {}
        }
    }
}

fn read_struct(item: &syn::ItemStruct, scope: &str) -> MessageNames {
    let mut message = MessageNames {
        path: format!("{scope}{}", item.ident),
        fields: HashMap::new(),
        oneofs: Vec::new(),
    };
    for field in &item.fields {
        let Some(ident) = field.ident.clone() else {
            continue;
        };
        let attribute = ProstAttribute::read(&field.attrs);
        if let Some(path) = attribute.oneof {
            message
                .oneofs
                .push((ident, format!("{scope}{path}"), attribute.tags));
        } else if let &[tag] = attribute.tags.as_slice() {
            let names = FieldNames {
                ident,
                boxed: attribute.boxed,
                is_bytes: holds_bytes(&field.ty),
            };
            message.fields.insert(tag, names);
        }
    }
    message
}

fn read_enum(item: &syn::ItemEnum, scope: &str, names: &mut ProstNames) {
    let path = format!("{scope}{}", item.ident);
    if item.variants.iter().any(|variant| !variant.fields.is_empty()) {
        let variants = item.variants.iter().filter_map(|variant| {
            let attribute = ProstAttribute::read(&variant.attrs);
            let &[tag] = attribute.tags.as_slice() else {
                return None;
            };
            let ty = &variant.fields.iter().next()?.ty;
            // prost-build boxes the variant without marking it in the attribute.
            let boxed = last_segment(ty).is_some_and(|segment| segment.ident == "Box");
            Some((
                tag,
                FieldNames {
                    ident: variant.ident.clone(),
                    boxed,
                    is_bytes: holds_bytes(ty),
                },
            ))
        });
        names.oneofs.insert(
            path,
            OneofNames {
                variants: variants.collect(),
            },
        );
    } else {
        let variants = item.variants.iter().filter_map(|variant| {
            let (_, number) = variant.discriminant.as_ref()?;
            Some((integer(number)?, variant.ident.clone()))
        });
        names.enums.insert(
            path,
            EnumNames {
                variants: variants.collect(),
            },
        );
    }
}

/// Returns the struct's identifier and full name from `impl ::prost::Name for Struct`.
fn full_name(item: &syn::ItemImpl) -> Option<(String, String)> {
    let (_, of, _) = item.trait_.as_ref()?;
    if of.segments.last()?.ident != "Name" {
        return None;
    }
    let syn::Type::Path(ty) = item.self_ty.as_ref() else {
        return None;
    };
    let method = item.items.iter().find_map(|item| match item {
        syn::ImplItem::Fn(method) if method.sig.ident == "full_name" => Some(method),
        _ => None,
    })?;
    // The body is `"helloworld.HelloRequest".into()`.
    let syn::Stmt::Expr(Expr::MethodCall(call), None) = method.block.stmts.first()? else {
        return None;
    };
    let Expr::Lit(syn::ExprLit {
        lit: Lit::Str(name), ..
    }) = call.receiver.as_ref()
    else {
        return None;
    };
    Some((ty.path.get_ident()?.to_string(), name.value()))
}

/// The arguments of `#[prost(…)]`.
#[derive(Default)]
pub(crate) struct ProstAttribute {
    /// The number of a field, or those of a oneof.
    pub(crate) tags: Vec<i32>,
    oneof: Option<String>,
    boxed: bool,
}

impl ProstAttribute {
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("prost"))
        {
            let Ok(list) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
                continue;
            };
            for meta in list {
                match &meta {
                    Meta::Path(path) if path.is_ident("boxed") => found.boxed = true,
                    Meta::NameValue(pair) => {
                        let Expr::Lit(syn::ExprLit {
                            lit: Lit::Str(value), ..
                        }) = &pair.value
                        else {
                            continue;
                        };
                        let value = value.value();
                        if pair.path.is_ident("tag") || pair.path.is_ident("tags") {
                            found
                                .tags
                                .extend(value.split(',').filter_map(|tag| tag.trim().parse::<i32>().ok()));
                        } else if pair.path.is_ident("oneof") {
                            found.oneof = Some(value);
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

fn last_segment(ty: &syn::Type) -> Option<&syn::PathSegment> {
    match ty {
        syn::Type::Path(ty) => ty.path.segments.last(),
        _ => None,
    }
}

/// Returns whether the innermost type is named `Bytes`.
fn holds_bytes(ty: &syn::Type) -> bool {
    let Some(segment) = last_segment(ty) else {
        return false;
    };
    match &segment.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.last() {
            Some(syn::GenericArgument::Type(inner)) => holds_bytes(inner),
            _ => false,
        },
        _ => segment.ident == "Bytes",
    }
}

/// Returns the value of an integer literal, possibly negative.
pub(super) fn integer(expression: &Expr) -> Option<i32> {
    match expression {
        Expr::Lit(syn::ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        Expr::Unary(syn::ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => match expr.as_ref() {
            // `i32::MIN` without its sign does not fit an `i32`.
            Expr::Lit(syn::ExprLit {
                lit: Lit::Int(number),
                ..
            }) => i32::try_from(-number.base10_parse::<i64>().ok()?).ok(),
            _ => None,
        },
        _ => None,
    }
}
