//! Spans of compiler errors for field types.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

/// Returns `<encoding as trait<type>>::item` with spans that place its errors at the whole type: the compiler joins
/// the spans of the first and last token. Identical errors at the same place are shown once.
pub(super) fn encoding_item(
    encoding: &TokenStream,
    name: &TokenStream,
    ty: &Type,
    item: &str,
) -> TokenStream {
    let (first, last) = end_spans(ty);
    let encoding = respan(encoding.clone(), first, last);
    let name = respan(name.clone(), first, last);
    path(quote!(#encoding as #name<#ty>), item, first, last)
}

/// Returns `<type as trait>::item` with the same spans.
pub(super) fn trait_item(ty: &Type, name: &TokenStream, item: &str) -> TokenStream {
    let (first, last) = end_spans(ty);
    let name = respan(name.clone(), first, last);
    path(quote!(#ty as #name), item, first, last)
}

fn path(qualifier: TokenStream, item: &str, first: Span, last: Span) -> TokenStream {
    let open = quote_spanned!(first=> <);
    let close = quote_spanned!(last=> >);
    let separator = quote_spanned!(last=> ::);
    let item = Ident::new(item, last);
    quote!(#open #qualifier #close #separator #item)
}

/// Returns the tokens with new spans.
fn respan(tokens: TokenStream, first: Span, last: Span) -> TokenStream {
    let spans = std::iter::once(first).chain(std::iter::repeat(last));
    let mut tokens: Vec<_> = tokens.into_iter().collect();
    for (token, span) in tokens.iter_mut().zip(spans) {
        token.set_span(span);
    }
    tokens.into_iter().collect()
}

/// Returns the spans of the first and the last token.
fn end_spans(tokens: impl ToTokens) -> (Span, Span) {
    let mut tokens = tokens.to_token_stream().into_iter();
    let first = tokens.next().map_or_else(Span::call_site, |token| token.span());
    let last = tokens.last().map_or(first, |token| token.span());
    (first, last)
}
