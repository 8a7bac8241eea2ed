//! What is wrong with a definition, all of it.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Every mistake that was found, each with the tokens that it is about.
#[derive(Default)]
pub(super) struct Errors(Option<syn::Error>);

impl Errors {
    /// A mistake that is all of these tokens.
    pub(super) fn push(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    pub(super) fn push_at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    pub(super) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many there are: whether a part of the definition had any.
    pub(super) fn count(&self) -> usize {
        self.0
            .as_ref()
            .map_or(0, |errors| errors.clone().into_iter().count())
    }

    pub(super) fn into_compile_errors(self) -> TokenStream {
        self.0
            .map_or_else(TokenStream::new, syn::Error::into_compile_error)
    }
}
