//! Items that stand in for the parts of a trait that cannot be a service. They stay as close to the source as compiles, so
//! that an implementation of the trait raises no further errors.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, Pat, Token, TraitItem, TraitItemFn};

use super::attributes::is_rpc;

/// Returns the item without `#[rpc]`, which only this macro understands.
pub(super) fn without_rpc(item: &TraitItem) -> TokenStream {
    let mut item = item.clone();
    match &mut item {
        TraitItem::Const(item) => remove_rpc(&mut item.attrs),
        TraitItem::Type(item) => remove_rpc(&mut item.attrs),
        // A macro may expand to anything.
        TraitItem::Macro(_) => return TokenStream::new(),
        _ => {}
    }
    item.into_token_stream()
}

/// Returns the method without the parts that the compiler would also reject.
pub(super) fn plain_method(function: &TraitItemFn) -> TokenStream {
    let mut function = function.clone();
    remove_rpc(&mut function.attrs);
    let signature = &mut function.sig;
    signature.constness = None;
    signature.variadic = None;
    for input in &mut signature.inputs {
        match input {
            FnArg::Receiver(receiver) => remove_rpc(&mut receiver.attrs),
            FnArg::Typed(typed) => {
                remove_rpc(&mut typed.attrs);
                if !is_plain(&typed.pat) {
                    *typed.pat = Pat::Verbatim(quote!(_));
                }
            }
        }
    }
    // The body may use parts that were removed.
    let body = function
        .default
        .take()
        .map(|_| quote!({ ::core::unimplemented!() }));
    let body = match body {
        Some(body) if signature.receiver().is_some() => {
            signature.inputs = bodiless(&signature.inputs);
            body
        }
        _ => quote!(;),
    };
    let TraitItemFn { attrs, sig, .. } = &function;
    quote!(#(#attrs)* #sig #body)
}

/// Returns whether the pattern is allowed in a function without a body.
fn is_plain(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(pattern) => {
            pattern.mutability.is_none() && pattern.by_ref.is_none() && pattern.subpat.is_none()
        }
        _ => false,
    }
}

/// Replaces parameter names that no body uses.
fn bodiless(inputs: &Punctuated<FnArg, Token![,]>) -> Punctuated<FnArg, Token![,]> {
    let mut inputs = inputs.clone();
    for input in &mut inputs {
        if let FnArg::Typed(typed) = input {
            *typed.pat = Pat::Verbatim(quote!(_));
        }
    }
    inputs
}

fn remove_rpc(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !is_rpc(attribute));
}
