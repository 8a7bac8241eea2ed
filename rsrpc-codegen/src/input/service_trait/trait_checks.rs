//! What no service has, and what is left of it once that is said: as near to what was written as compiles, so that an
//! implementation of the trait gives no further errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, ItemTrait, TraitItem, Visibility};

use super::attributes::is_rpc;
use super::errors::Errors;

pub(super) fn of_trait(item: &ItemTrait, errors: &mut Errors) {
    if !item.generics.params.is_empty() {
        let message = "a service cannot be generic: every method has one type on the wire";
        errors.add(&item.generics.params, message);
    }
    if let Some(clause) = &item.generics.where_clause {
        let message = "a service's trait has no where-clause: it is `Send + Sync + 'static` already, and supertraits \
                       go behind its name";
        errors.add(clause, message);
    }
    if let Some(token) = &item.unsafety {
        errors.add(
            token,
            "a service's trait cannot be unsafe: generated code implements it, too",
        );
    }
    if let Some(token) = &item.auto_token {
        errors.add(token, "a service's trait cannot be an auto trait: it has methods");
    }
    for attribute in item.attrs.iter().filter(|attribute| is_rpc(attribute)) {
        let message =
            "`#[rpc]` stands on a method; what it says of the whole service goes into `#[service(…)]`";
        errors.add(attribute, message);
    }
}

/// The item without a visibility, which the parser keeps as tokens only.
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
                    "a service's methods are as visible as its trait: leave this out",
                );
                item
            }
            _ => item.clone(),
        },
        _ => item.clone(),
    }
}

/// An item of a trait that is no method.
pub(super) fn of_item(item: &TraitItem, errors: &mut Errors) {
    let (what, instead) = match item {
        TraitItem::Const(_) => ("constant", "put it beside the trait"),
        TraitItem::Type(_) => (
            "associated type",
            "every method has one type on the wire, so name it",
        ),
        TraitItem::Macro(_) => (
            "macro",
            "write out what it stands for: `#[service]` sees it unexpanded",
        ),
        _ => ("item of this kind", "put it beside the trait"),
    };
    errors.add(item, format!("a service has methods only, no {what}: {instead}"));
}
