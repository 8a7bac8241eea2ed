//! Items that only a Cargo feature of the user's crate brings.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, parse_quote};

/// Puts each item behind the feature, if there is one.
pub(super) fn behind(feature: Option<&str>, items: TokenStream) -> TokenStream {
    let Some(feature) = feature else { return items };
    // An emitter's output that is not Rust is reported where the whole file is read.
    let Ok(mut file) = syn::parse2::<syn::File>(items.clone()) else {
        return items;
    };
    for item in &mut file.items {
        if let Some(attributes) = attributes(item) {
            let docs = attributes
                .iter()
                .take_while(|each| each.path().is_ident("doc"))
                .count();
            attributes.insert(docs, parse_quote!(#[cfg(feature = #feature)]));
        }
    }
    let items = file.items.iter().map(ToTokens::to_token_stream);
    quote!(#(#items)*)
}

fn attributes(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Macro(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Static(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return None,
    })
}
