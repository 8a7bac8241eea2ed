//! What stands in for a service whose definition is broken: names that other code may refer to, so that only the true
//! error shows.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ItemTrait;

/// The trait without methods, and types for all that is named after it.
pub(super) fn service(item: &ItemTrait) -> TokenStream {
    let ItemTrait { vis, ident, .. } = item;
    let generic = format_ident!("{ident}Server");
    let plain = ["Client", "Mock", "Dyn", "Methods"].map(|suffix| format_ident!("{ident}{suffix}"));
    quote! {
        #[allow(dead_code)]
        #vis trait #ident {}
        #[allow(dead_code)]
        #vis struct #generic<T>(T);
        #(
            #[allow(dead_code)]
            #vis struct #plain;
        )*
    }
}
