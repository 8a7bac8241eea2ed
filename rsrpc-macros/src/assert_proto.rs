//! `assert_proto!`: parses the checked-in file inside the macro, so that user tests contain no parser. The runtime
//! compares it with the schema, which is built at run time.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use rsrpc_codegen::protos;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitStr, Path, Token, Type, parse_quote};

/// `"proto/greet.proto", crate = "my::rsrpc_runtime", GreeterMethods, Other`
struct AssertProtoArguments {
    path: LitStr,
    runtime: Path,
    definitions: Punctuated<Type, Token![,]>,
}

impl Parse for AssertProtoArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const USAGE: &str = "write the file's path from the crate's root, and what it exports: \
                             assert_proto!(\"proto/greet.proto\", GreeterMethods)";
        let usage = |error: syn::Error| syn::Error::new(error.span(), USAGE);
        let path = input.parse().map_err(usage)?;
        input.parse::<Token![,]>().map_err(usage)?;
        let mut runtime = parse_quote!(::rsrpc_runtime);
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            runtime = input.parse::<LitStr>().map_err(usage)?.parse()?;
            input.parse::<Token![,]>().map_err(usage)?;
        }
        let definitions = Punctuated::parse_terminated(input)?;
        if definitions.is_empty() {
            return Err(usage(input.error("")));
        }
        Ok(Self {
            path,
            runtime,
            definitions,
        })
    }
}

/// Expands to a block that panics with the differences.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2(input).and_then(|arguments| comparison(&arguments)) {
        Ok(tokens) => tokens,
        Err(error) => error.into_compile_error(),
    }
}

/// Returns the path as `include_bytes!` needs it.
fn text(path: &std::path::Path) -> Result<&str, &'static str> {
    path.to_str().ok_or("the path is not UTF-8")
}

fn comparison(arguments: &AssertProtoArguments) -> syn::Result<TokenStream> {
    let path = &arguments.path;
    let absolute = crate::proto::path(path)?;
    let absolute = text(&absolute).map_err(|message| syn::Error::new(path.span(), message))?;
    let runtime = &arguments.runtime;
    let schema = quote!(#runtime::schema);
    let (tracked, checked_in) = match std::fs::read_to_string(absolute) {
        // The file may change before the test runs; it is included so that a change recompiles the test.
        Ok(text) => {
            let tracked = quote!(
                const _: &[u8] = ::core::include_bytes!(#absolute);
            );
            let checked_in = match protos::parse(&path.value(), &text) {
                Ok(bytes) => {
                    let bytes = Literal::byte_string(&bytes);
                    quote!(Parsed(#bytes))
                }
                Err(error) => {
                    let error = error.to_string();
                    quote!(Broken(#error))
                }
            };
            (tracked, checked_in)
        }
        Err(_) => (TokenStream::new(), quote!(Missing)),
    };
    let definitions = arguments.definitions.iter();
    Ok(quote! {{
        #tracked
        let schema = #schema::Schema::new()#(.with::<#definitions>())*;
        let path = ::std::path::Path::new(#absolute);
        let result = if ::std::env::var_os("RSRPC_BLESS").is_some() {
            schema.write_proto(path)
        } else {
            schema.check_proto(path, #schema::CheckedIn::#checked_in)
        };
        if let ::core::result::Result::Err(error) = result {
            ::core::panic!("{error}");
        }
    }})
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use super::text;

    #[test]
    fn path_that_is_not_utf8() {
        assert_eq!(text(Path::new("/a/b.proto")), Ok("/a/b.proto"));
        let path = Path::new(OsStr::from_bytes(b"/a\xff/b.proto"));
        assert_eq!(text(path), Err("the path is not UTF-8"));
    }
}
