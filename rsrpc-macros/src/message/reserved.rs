//! `reserved(3, 5..=7, "old_name")`: reserved numbers and names.

use proc_macro2::Span;
use rsrpc_codegen::Errors;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ExprRange, Lit, RangeLimits, Token};

use super::attributes::{RpcAttributes, integer};

const EXAMPLE: &str = "reserved(3, 5..=7, \"old_name\")";

/// Reserved numbers and names.
#[derive(Default)]
pub(super) struct Reserved {
    /// Inclusive ranges.
    pub(super) ranges: Vec<(i64, i64)>,
    pub(super) names: Vec<String>,
}

impl Reserved {
    /// Reads `reserved(…)`. Numbers must be in `min..=max`.
    pub(super) fn read(items: &RpcAttributes, min: i64, max: i64, errors: &mut Errors) -> Self {
        let mut reserved = Self::default();
        let Some(tokens) = items.list("reserved", EXAMPLE, errors) else {
            return reserved;
        };
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Some(entries) = errors.keep(parser.parse2(tokens)) else {
            return reserved;
        };
        for entry in entries {
            if let Expr::Lit(ExprLit {
                lit: Lit::Str(name), ..
            }) = &entry
            {
                reserved.names.push(name.value());
                continue;
            }
            let Some((first, last)) = range(&entry, max) else {
                errors.add(
                    &entry,
                    format_args!("a number, a range with both ends, or a name is reserved: {EXAMPLE}"),
                );
                continue;
            };
            if first < min || last > max || first > last {
                errors.add(
                    &entry,
                    format_args!("reserved numbers ascend, from {min} to {max}"),
                );
                continue;
            }
            reserved.ranges.push((first, last));
        }
        reserved
    }

    /// Reports a number that is reserved.
    pub(super) fn check_number(&self, what: &str, number: i64, span: Span, errors: &mut Errors) {
        if self
            .ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&number))
        {
            errors.push(syn::Error::new(
                span,
                format!("{what} {number} is reserved: give this one another, or take it out of `reserved`"),
            ));
        }
    }

    /// Reports a name that is reserved.
    pub(super) fn check_name(&self, name: &str, tokens: impl quote::ToTokens, errors: &mut Errors) {
        if self.names.iter().any(|reserved| reserved == name) {
            errors.add(
                tokens,
                format_args!(
                    "the name `{name}` is reserved: give this one another, or take it out of `reserved`"
                ),
            );
        }
    }
}

fn range(entry: &Expr, max: i64) -> Option<(i64, i64)> {
    if let Some(number) = integer(entry) {
        return Some((number, number));
    }
    let Expr::Range(ExprRange {
        start, limits, end, ..
    }) = entry
    else {
        return None;
    };
    let first = integer(start.as_deref()?)?;
    match (limits, end) {
        (RangeLimits::Closed(_), Some(end)) => Some((first, integer(end)?)),
        (RangeLimits::HalfOpen(_), None) => Some((first, max)),
        _ => None,
    }
}
