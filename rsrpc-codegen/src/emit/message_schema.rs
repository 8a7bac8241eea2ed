//! Registers messages with schemas built at run time, by full name and descriptors. Without the runtime's feature
//! `macros` these lines expand to nothing.

use proc_macro2::TokenStream;

use super::item_writer::{ItemText, ItemWriter, path, quoted};
use crate::Options;
use crate::model::Package;

/// Returns one line for each message.
pub(crate) fn message_schemas<'a>(
    package: &'a Package,
    options: &Options,
    runtime: &TokenStream,
) -> impl Iterator<Item = ItemText> + 'a {
    let head = format!("{}::generated::described!(", path(runtime));
    let json = if options.json { "json" } else { "" };
    let set = if options.descriptor {
        "FILE_DESCRIPTOR_SET"
    } else {
        "&[]"
    };
    // Punctuation is spaced as prettyplease sees fit.
    let is_plain = options.json && options.descriptor;
    let messages = package.messages.iter();
    messages.map(move |message| {
        let key = format!("{json}; {set}; {} =", path(&message.path));
        let mut lines = ItemWriter::new();
        lines.filled(&head, [&key, &quoted(&message.full_name)], ");");
        let mut item = lines.finish();
        item.is_formatted &= is_plain;
        item
    })
}
