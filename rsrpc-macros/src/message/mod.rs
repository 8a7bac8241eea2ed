use proc_macro2::TokenStream;
pub(crate) fn derive(input: TokenStream, f: fn(syn::DeriveInput) -> TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(i) => f(i),
        Err(e) => e.to_compile_error(),
    }
}
pub(crate) fn expand_message(_: syn::DeriveInput) -> TokenStream {
    TokenStream::new()
}
pub(crate) fn expand_enum(_: syn::DeriveInput) -> TokenStream {
    TokenStream::new()
}
pub(crate) fn expand_oneof(_: syn::DeriveInput) -> TokenStream {
    TokenStream::new()
}
