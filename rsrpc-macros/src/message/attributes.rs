//! `#[rpc(…)]` attributes of the derives. Each key may be given once.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use rsrpc_codegen::Errors;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, ExprUnary, Lit, LitStr, Meta, Token, UnOp};

/// Keys allowed in an attribute.
#[derive(Clone, Copy)]
pub(super) struct AllowedKeys {
    /// Name of the attribute's target for errors: "a message", "a field".
    pub(super) of: &'static str,
    pub(super) known: &'static [&'static str],
}

/// Keys of all `#[rpc(…)]` attributes of an item.
#[derive(Default)]
pub(super) struct RpcAttributes {
    items: Vec<(String, Meta)>,
    /// An invalid key was skipped. Missing keys are then not reported.
    pub(super) incomplete: bool,
}

impl RpcAttributes {
    /// Reads the keys and reports unknown and repeated ones.
    pub(super) fn read(attributes: &[Attribute], keys: AllowedKeys, errors: &mut Errors) -> Self {
        let mut items = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("rpc"))
        {
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            let Some(metas) = errors.keep(attribute.parse_args_with(parser)) else {
                items.incomplete = true;
                continue;
            };
            for meta in metas {
                let key = meta.path().to_token_stream().to_string();
                if !keys.known.contains(&key.as_str()) {
                    let known = match keys.known {
                        [] => "none".to_owned(),
                        known => format!("`{}`", known.join("`, `")),
                    };
                    let of = keys.of;
                    errors.add(
                        meta.path(),
                        format_args!("`{key}` is not an attribute of {of}; known attributes: {known}"),
                    );
                    items.incomplete = true;
                } else if items.find(&key).is_some() {
                    errors.add(&meta, format_args!("`{key}` is given twice"));
                } else {
                    items.items.push((key, meta));
                }
            }
        }
        items
    }

    fn find(&self, key: &str) -> Option<&Meta> {
        self.items
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, meta)| meta)
    }

    /// Returns true if a key without a value is present.
    pub(super) fn flag(&self, key: &str, errors: &mut Errors) -> bool {
        match self.find(key) {
            None => false,
            Some(Meta::Path(_)) => true,
            Some(meta) => {
                errors.add(meta, format_args!("`{key}` takes no value"));
                true
            }
        }
    }

    /// Returns the value of `key = "…"`.
    pub(super) fn string(&self, key: &str, errors: &mut Errors) -> Option<LitStr> {
        let meta = self.find(key)?;
        if let Meta::NameValue(pair) = meta
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) = &pair.value
        {
            return Some(text.clone());
        }
        errors.add(meta, format_args!("`{key}` is a string: {key} = \"…\""));
        None
    }

    /// Returns the value of `key = 1` with its span.
    pub(super) fn integer(&self, key: &str, errors: &mut Errors) -> Option<(i64, Span)> {
        let meta = self.find(key)?;
        if let Meta::NameValue(pair) = meta
            && let Some(number) = integer(&pair.value)
        {
            return Some((number, pair.value.span()));
        }
        errors.add(meta, format_args!("`{key}` is an integer: {key} = 1"));
        None
    }

    /// Returns true if the key is present in any form.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Returns the tokens in the parentheses of `key(…)`.
    pub(super) fn list(&self, key: &str, example: &str, errors: &mut Errors) -> Option<TokenStream> {
        match self.find(key)? {
            Meta::List(list) => Some(list.tokens.clone()),
            meta => {
                errors.add(meta, format_args!("`{key}` is a list: {example}"));
                None
            }
        }
    }
}

/// Parses an integer literal with an optional minus sign. Returns `None` if it exceeds `i64`.
pub(super) fn integer(value: &Expr) -> Option<i64> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => integer(expr)?.checked_neg(),
        Expr::Group(group) => integer(&group.expr),
        _ => None,
    }
}
