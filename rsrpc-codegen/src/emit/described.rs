//! What makes a message known to schemas that are built at run time: its full name and its descriptors. Without the
//! runtime's feature `macros` these lines expand to nothing.

use proc_macro2::TokenStream;
use quote::quote;

use crate::Options;
use crate::model::{Message, Package};

/// A line for each message.
pub(crate) fn described<'a>(
    package: &'a Package,
    options: &Options,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> + 'a {
    let json = options.json.then(|| quote!(json));
    let set = if options.descriptor {
        quote!(FILE_DESCRIPTOR_SET)
    } else {
        quote!(&[])
    };
    let messages = package.messages.iter();
    messages.map(move |Message { path, full_name, .. }| {
        quote!(#runtime::generated::described!(#json; #set; #path = #full_name);)
    })
}
