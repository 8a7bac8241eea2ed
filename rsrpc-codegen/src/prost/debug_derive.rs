//! Replaces prost's `Debug` derive on messages with a `BTreeMap`. The derive names `::prost` regardless of
//! `prost_path`, and the user's crate need not depend on it.

use syn::{Item, parse_quote};

/// Makes such messages derive the standard `Debug`, which shows enums as numbers.
pub(super) fn without_prost(items: &mut [Item]) {
    for item in items {
        match item {
            Item::Struct(item) if item.fields.iter().any(|field| is_btree_map(&field.attrs)) => {
                item.attrs.push(parse_quote!(#[prost(skip_debug)]));
                item.attrs.push(parse_quote!(#[derive(::core::fmt::Debug)]));
            }
            Item::Mod(item) => {
                if let Some((_, items)) = &mut item.content {
                    without_prost(items);
                }
            }
            _ => {}
        }
    }
}

fn is_btree_map(attributes: &[syn::Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|each| each.path().is_ident("prost")) {
        // Parsing fails at an argument that is not a flag, but the map's type comes first.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("btree_map");
            meta.value()?.parse::<syn::LitStr>().map(drop)
        });
    }
    found
}
