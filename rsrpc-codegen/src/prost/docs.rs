//! Adds the authors' comments to the items that prost-build wrote.

use std::collections::HashMap;

use proc_macro2::{Ident, Span};
use syn::{AttrStyle, Attribute, Expr, ExprLit, Item, LitStr, Meta, MetaNameValue, parse_quote};

use super::names::{ProstAttribute, integer};
use crate::model::{Docs, Member, Package};
use crate::naming;

/// Documents all items of a package.
pub(crate) fn add_docs(package: &Package, items: &mut [Item]) {
    document(
        items,
        "",
        module_name(package).as_deref(),
        &PackageDocs::of(package),
    );
}

/// Returns the module name of a package.
pub(super) fn module_name(package: &Package) -> Option<String> {
    package.name.rsplit('.').next().map(naming::snake)
}

/// Docs by the Rust path of the item.
#[derive(Default)]
pub(super) struct PackageDocs<'a> {
    pub(super) items: HashMap<String, &'a Docs>,
    /// Docs of fields and variants, by number.
    pub(super) members: HashMap<String, HashMap<i64, &'a Docs>>,
    /// Docs of oneof fields, by identifier.
    pub(super) oneof_fields: HashMap<String, HashMap<String, &'a Docs>>,
}

impl<'a> PackageDocs<'a> {
    pub(super) fn of(package: &'a Package) -> Self {
        let mut docs = Self::default();
        for message in &package.messages {
            let key = key(&message.path);
            let mut members = HashMap::new();
            for field in &message.fields {
                match &field.member {
                    Member::Field(_) => {
                        members.insert(i64::from(field.number), &field.docs);
                    }
                    Member::Variant { oneof, .. } => {
                        if let Some(oneof) = message.oneofs.get(*oneof) {
                            docs.members
                                .entry(self::key(&oneof.path))
                                .or_default()
                                .insert(i64::from(field.number), &field.docs);
                        }
                    }
                }
            }
            docs.members.insert(key.clone(), members);
            for oneof in &message.oneofs {
                docs.items.insert(self::key(&oneof.path), &oneof.docs);
                docs.oneof_fields
                    .entry(key.clone())
                    .or_default()
                    .insert(oneof.ident.to_string(), &oneof.docs);
            }
            docs.items.insert(key, &message.docs);
        }
        for item in &package.enums {
            let key = key(&item.path);
            docs.members.insert(
                key.clone(),
                item.variants()
                    .map(|value| (i64::from(value.number), &value.docs))
                    .collect(),
            );
            docs.items.insert(key, &item.docs);
        }
        docs
    }
}

/// Documents items; `scope` is the path of their module, `module` its name.
pub(super) fn document(items: &mut [Item], scope: &str, module: Option<&str>, docs: &PackageDocs<'_>) {
    for item in items {
        match item {
            Item::Struct(item) => {
                let path = format!("{scope}{}", item.ident);
                let (members, oneofs) = (docs.members.get(&path), docs.oneof_fields.get(&path));
                let mut complete = true;
                for field in &mut item.fields {
                    let ident = field.ident.as_ref();
                    let oneof = ident.and_then(|ident| oneofs?.get(&ident.to_string()));
                    let plain = || match ProstAttribute::read(&field.attrs).tags.as_slice() {
                        [tag] => members?.get(&i64::from(*tag)),
                        _ => None,
                    };
                    let found = oneof.or_else(plain);
                    complete &= put(&mut field.attrs, found.copied());
                }
                complete &= put(&mut item.attrs, docs.items.get(&path).copied());
                allow_missing_docs(&mut item.attrs, complete);
            }
            Item::Enum(item) => {
                let path = format!("{scope}{}", item.ident);
                let members = docs.members.get(&path);
                let mut complete = true;
                for variant in &mut item.variants {
                    let number = match &variant.discriminant {
                        Some((_, number)) => integer(number),
                        None => ProstAttribute::read(&variant.attrs).tags.first().copied(),
                    };
                    let found = number.and_then(|number| members?.get(&i64::from(number)));
                    complete &= put(&mut variant.attrs, found.copied());
                }
                complete &= put(&mut item.attrs, docs.items.get(&path).copied());
                allow_missing_docs(&mut item.attrs, complete);
            }
            Item::Mod(item) => {
                let name = item.ident.to_string();
                if module == Some(name.as_str()) {
                    item.attrs.push(parse_quote!(#[allow(clippy::module_inception)]));
                }
                if let Some((_, items)) = &mut item.content {
                    document(items, &format!("{scope}{name}::"), Some(&name), docs);
                }
            }
            _ => {}
        }
    }
}

/// Inserts docs before all attributes. Returns whether there were any.
fn put(attributes: &mut Vec<Attribute>, docs: Option<&Docs>) -> bool {
    let Some(docs) = docs.filter(|docs| !docs.is_empty()) else {
        return false;
    };
    let lines: Vec<Attribute> = docs.0.iter().map(|line| doc(line)).collect();
    attributes.splice(0..0, lines);
    true
}

/// Builds `#[doc = "…"]` directly, because parsing each would be slow.
fn doc(line: &str) -> Attribute {
    let span = Span::call_site();
    Attribute {
        pound_token: Default::default(),
        style: AttrStyle::Outer,
        bracket_token: Default::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: Ident::new("doc", span).into(),
            eq_token: Default::default(),
            value: Expr::Lit(ExprLit {
                attrs: Vec::new(),
                lit: LitStr::new(line, span).into(),
            }),
        }),
    }
}

/// Allows missing docs, so that an uncommented .proto file compiles in a crate that denies them.
fn allow_missing_docs(attributes: &mut Vec<Attribute>, complete: bool) {
    if !complete {
        let docs = attributes
            .iter()
            .take_while(|attribute| attribute.path().is_ident("doc"))
            .count();
        attributes.insert(docs, parse_quote!(#[allow(missing_docs)]));
    }
}

/// Returns a path as text without spaces.
fn key(path: &proc_macro2::TokenStream) -> String {
    path.to_string().replace(' ', "")
}
