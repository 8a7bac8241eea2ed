//! Checks of the form of a service trait, shared by traits that define a service and traits of a .proto service.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, ItemTrait, TraitItem, Visibility};

use super::attributes::is_rpc;
use super::errors::Errors;

/// Reports qualifiers, generics, clauses and attributes that a service trait cannot have.
pub fn check_trait(item: &ItemTrait, errors: &mut Errors) {
    if !item.generics.params.is_empty() {
        let message = "a service trait cannot be generic: each method has one wire type; name concrete types";
        errors.add(&item.generics.params, message);
    }
    if let Some(clause) = &item.generics.where_clause {
        let message = "a service trait cannot have a `where` clause; it is already `Send + Sync + 'static`";
        errors.add(clause, message);
    }
    if let Some(token) = &item.unsafety {
        let message = "a service trait cannot be `unsafe`: generated code implements it; remove `unsafe`";
        errors.add(token, message);
    }
    if let Some(token) = &item.auto_token {
        errors.add(
            token,
            "a service trait cannot be an auto trait: it has methods; remove `auto`",
        );
    }
    for attribute in item.attrs.iter().filter(|attribute| is_rpc(attribute)) {
        let message = "`#[rpc]` belongs on a method; put options of the whole service into `#[service(…)]`";
        errors.add(attribute, message);
    }
}

/// Reports an item of a service trait that is not a method.
pub fn check_trait_item(item: &TraitItem, errors: &mut Errors) {
    let (found, remedy) = match item {
        TraitItem::Fn(_) => return,
        TraitItem::Const(_) => ("a constant", "move it out of the trait"),
        TraitItem::Type(_) => (
            "an associated type",
            "each method has one wire type, so name it in the methods",
        ),
        TraitItem::Macro(_) => (
            "a macro",
            "write its expansion, because `#[service]` cannot expand it",
        ),
        _ => ("an item of this kind", "move it out of the trait"),
    };
    errors.add(
        item,
        format!("a service trait can contain only methods, not {found}: {remedy}"),
    );
}

/// Removes and reports the visibility of an item, which the parser keeps as verbatim tokens.
pub(super) fn without_visibility(item: &TraitItem, errors: &mut Errors) -> TraitItem {
    let split = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility: Visibility = input.parse()?;
        let rest: TokenStream = input.parse()?;
        let item: TraitItem = syn::parse2(quote!(#(#attributes)* #rest))?;
        Ok((visibility, item))
    };
    match item {
        TraitItem::Verbatim(tokens) => match split.parse2(tokens.clone()) {
            Ok((visibility, item)) if !matches!(visibility, Visibility::Inherited) => {
                errors.add(
                    visibility,
                    "a service method cannot have a visibility: it is as visible as the trait; remove this",
                );
                item
            }
            _ => item.clone(),
        },
        _ => item.clone(),
    }
}
