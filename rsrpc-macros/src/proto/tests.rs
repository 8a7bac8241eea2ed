//! Errors that contain absolute paths, and the list of included files.

use quote::quote;

use super::{expand, expand_service, source};

/// The crate's root; errors contain it.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Checks the errors of an expansion.
#[track_caller]
fn check(tokens: proc_macro2::TokenStream, expected: &[&str]) {
    let file: syn::File = syn::parse2(tokens).unwrap();
    let errors = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
            Some(item.mac.parse_body::<syn::LitStr>().ok()?.value())
        }
        _ => None,
    });
    let errors: Vec<_> = errors.map(|error| error.replace(ROOT, "ROOT")).collect();
    assert_eq!(errors, expected);
}

#[test]
fn missing_files_are_reported_with_search_paths() {
    check(
        expand(quote!("tests/protos/none.proto")),
        &[
            "the file `tests/protos/none.proto` was not found; searched\n  ROOT/tests/protos/none.proto\n\
           Paths are relative to the crate's root.",
        ],
    );
    check(
        expand(quote!(
            "none.proto",
            "./tests/../nor.proto",
            includes = ["tests/protos", "no/where"]
        )),
        &[
            "the directory `no/where` was not found; searched\n  ROOT/no/where\nPaths are relative to the crate's root.",
            "the file `none.proto` was not found; searched\n  ROOT/none.proto\n  ROOT/tests/protos/none.proto\n\
             Paths are relative to the crate's root.",
            "the file `./tests/../nor.proto` was not found; searched\n  ROOT/nor.proto\n  ROOT/tests/protos/nor.proto\n\
             Paths are relative to the crate's root.",
        ],
    );
    check(
        expand_service(
            quote!(proto = "none.proto"),
            quote!(
                trait Greeter {}
            ),
        ),
        &[
            "the file `none.proto` was not found; searched\n  ROOT/none.proto\nPaths are relative to the crate's root.",
        ],
    );
}

#[test]
fn includes_are_searched() {
    check(
        expand(quote!("tests/protos/one.proto", includes = ["src"])),
        &[
            "file 'ROOT/tests/protos/one.proto' is not in any include path; add the directory that it is imported from to `includes`",
        ],
    );
}

#[test]
fn unsupported_trait_forms_are_refused() {
    // As a text, since no file may contain the keyword as code.
    let item = "unsafe trait One {}".parse().unwrap();
    check(
        expand_service(quote!(proto = "tests/protos/one.proto"), item),
        &["a service trait cannot be `unsafe`: generated code implements it; remove `unsafe`"],
    );
}

#[test]
fn missing_cargo_manifest_dir_is_reported() {
    assert_eq!(
        source::crate_root(None),
        Err(
            "the environment variable CARGO_MANIFEST_DIR is not set: paths of .proto files begin at the crate's root, \
             which Cargo names there"
        )
    );
}

#[test]
fn files_and_imports_are_dependencies() {
    let tokens = expand(quote!("tests/protos/import.proto", includes = ["tests"])).to_string();
    for file in ["import", "greeter", "messages"] {
        let read = format!(":: core :: include_bytes ! (\"{ROOT}/tests/protos/{file}.proto\")");
        assert_eq!(tokens.matches(&read).count(), 1, "{file}");
    }
    let tokens = expand_service(
        quote!(proto = "tests/protos/one.proto"),
        quote!(
            trait One {}
        ),
    )
    .to_string();
    assert_eq!(tokens.matches("include_bytes").count(), 1);
}

#[test]
fn options_file_is_read_before_keys() {
    let tokens = expand(quote!(
        "tests/protos/one.proto",
        server = on,
        config = "tests/protos/rsrpc.toml"
    ));
    let text = tokens.to_string();
    assert!(
        text.contains("pub struct OneServer") && !text.contains("pub struct OneClient"),
        "{text}"
    );
    let read = format!(":: core :: include_bytes ! (\"{ROOT}/tests/protos/rsrpc.toml\")");
    assert_eq!(text.matches(&read).count(), 1);
    check(
        expand(quote!("tests/protos/one.proto", config = "none.toml")),
        &["option `config`: cannot read `ROOT/none.toml`: No such file or directory (os error 2)"],
    );
    // The compiler would report the missing file a second time.
    let text = expand(quote!("tests/protos/one.proto", config = "none.toml")).to_string();
    assert_eq!(text.matches("none.toml\")").count(), 0, "{text}");
}

#[test]
fn types_of_other_packages_are_displayed_as_paths() {
    let item = quote! {
        trait Priced {
            async fn price(&self, cx: &Context, request: Item) -> Result<outside::Money, Status>;
        }
    };
    check(
        expand_service(quote!(proto = "tests/protos/priced.proto"), item),
        &[
            "the trait lacks methods that `shop.v1.Priced` has in priced.proto; add what is missing, or leave the trait \
           empty\n  async fn sell(&self, cx: &Context, requests: Streaming<Item>) -> \
           Result<Streaming<outside::Money>, Status>;",
        ],
    );
}

#[test]
fn author_attributes_and_docs_are_kept() {
    let item = quote! {
        /// Asks.
        #[must_use]
        pub(crate) trait One {
            /// Asks at once.
            #[allow(unused)]
            async fn ask(&self, cx: &Context, request: Question) -> Result<Answer, Status>;
        }
    };
    let tokens = expand_service(quote!(proto = "tests/protos/one.proto"), item).to_string();
    for part in [
        "# [doc = r\" Asks.\"] # [must_use] # [allow (dead_code)] pub trait One",
        "# [doc = r\" Asks at once.\"] # [allow (unused)] fn ask (& self",
        "pub (crate) use __one_proto :: hello :: * ;",
        "< T as __one_proto :: hello :: One > :: ask (service , cx , request)",
    ] {
        assert!(tokens.contains(part), "{part}\n{tokens}");
    }
    assert!(!tokens.contains("The method `Ask`."), "{tokens}");
    // The module of a single package is not exported.
    assert!(!tokens.contains("use __one_proto :: * ;"), "{tokens}");
    let several = expand_service(
        quote!(proto = "tests/protos/priced.proto"),
        quote!(
            trait Priced {}
        ),
    );
    assert!(
        several.to_string().contains("use __priced_proto :: * ;"),
        "{several}"
    );
}
