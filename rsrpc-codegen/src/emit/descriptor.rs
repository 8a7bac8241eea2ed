//! Emits encoded descriptors into a separate file. Compilers order them differently, and that must not change the code
//! next to them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::attributes::doc;
use super::file_names::file_stem;
use crate::model::Package;

/// Returns the `include!` of the descriptor file.
pub(crate) fn include(package: &Package) -> TokenStream {
    let file = file_name(package);
    quote!(::core::include!(#file);)
}

/// Returns the file name, such as `helloworld-descriptor.rs`. Package names cannot contain a dash.
fn file_name(package: &Package) -> String {
    format!("{}-descriptor.rs", file_stem(&package.name))
}

/// Returns the constant as an item, to be used instead of [`include`].
pub(crate) fn constant(package: &Package, set: &[u8]) -> TokenStream {
    let (docs, set) = (doc(&docs(package)), Literal::byte_string(set));
    quote! {
        #docs
        #[allow(dead_code)]
        pub const FILE_DESCRIPTOR_SET: &[u8] = #set;
    }
}

fn docs(package: &Package) -> String {
    format!(
        "The encoded `FileDescriptorSet` of the package `{}`, including its imports.",
        package.name
    )
}

/// Returns name and text of the file for an encoded `FileDescriptorSet`.
pub(crate) fn descriptor_file(package: &Package, set: &[u8]) -> (String, String) {
    let mut text = format!(
        "/// {}\n#[allow(dead_code)]\npub const FILE_DESCRIPTOR_SET: &[u8] = b\"",
        docs(package)
    );
    // A backslash at the end of a line hides the newline and the blanks that follow.
    for line in set.chunks(BYTES_PER_LINE) {
        text.push_str("\\\n    ");
        for (index, byte) in line.iter().enumerate() {
            match byte {
                b'"' | b'\\' => {
                    text.push('\\');
                    text.push(char::from(*byte));
                }
                b' ' if index == 0 => text.push_str("\\x20"),
                b' '..=b'~' => text.push(char::from(*byte)),
                _ => {
                    text.push_str("\\x");
                    text.push(hex(byte >> 4));
                    text.push(hex(byte & 15));
                }
            }
        }
    }
    text.push_str("\";\n");
    (file_name(package), text)
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or_default()
}

const BYTES_PER_LINE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive() {
        let bytes: Vec<u8> = (0..=255).chain([b' '; 70]).collect();
        let package = Package {
            name: "a.b".into(),
            modules: vec![],
            files: vec![],
            messages: vec![],
            enums: vec![],
            services: vec![],
        };
        let (name, text) = descriptor_file(&package, &bytes);
        assert_eq!(name, "a.b-descriptor.rs");
        let item: syn::ItemConst = syn::parse_str(&text).unwrap();
        let syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::ByteStr(literal),
            ..
        }) = *item.expr
        else {
            panic!()
        };
        assert_eq!(literal.value(), bytes);
    }
}
