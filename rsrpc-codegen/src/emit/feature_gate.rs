//! Gates items by Cargo features of the user's crate.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, parse_quote};

use crate::Options;

/// Gates each item by the feature, if there is one.
pub(super) fn gate(feature: Option<&str>, items: TokenStream) -> TokenStream {
    gate_any(feature.as_slice(), items)
}

/// Gates each item by any of the features. Without features, items are not gated.
pub(super) fn gate_any(features: &[&str], items: TokenStream) -> TokenStream {
    let gate: Attribute = match features {
        [] => return items,
        [feature] => parse_quote!(#[cfg(feature = #feature)]),
        features => parse_quote!(#[cfg(any(#(feature = #features),*))]),
    };
    // Invalid output is reported when the whole file is parsed.
    let Ok(mut file) = syn::parse2::<syn::File>(items.clone()) else {
        return items;
    };
    for item in &mut file.items {
        if let Some(attributes) = attributes(item) {
            let docs = attributes
                .iter()
                .take_while(|each| each.path().is_ident("doc"))
                .count();
            attributes.insert(docs, gate.clone());
        }
    }
    let items = file.items.iter().map(ToTokens::to_token_stream);
    quote!(#(#items)*)
}

/// Returns the features that gate items used by clients and servers, such as the trait. Empty if either side is
/// generated without a feature.
pub(super) fn client_or_server_features(options: &Options) -> Vec<&str> {
    let sides = [
        (options.client, options.client_feature.as_deref()),
        (options.server, options.server_feature.as_deref()),
    ];
    let mut features = Vec::new();
    for (_, feature) in sides.into_iter().filter(|(enabled, _)| *enabled) {
        let Some(feature) = feature else {
            return Vec::new();
        };
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    features
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
