//! Errors of `#[service]` for traits that the compiler refuses before or besides the macro. The other errors have
//! cases in `rsrpc-macros/tests/ui/service`.

use rsrpc_codegen::service_trait;

/// Checks the errors of a trait, and that a server exists nevertheless.
#[track_caller]
fn check(item: &str, expected: &[&str]) {
    let tokens = service_trait(Default::default(), item.parse().unwrap(), "package");
    let file: syn::File = syn::parse2(tokens).unwrap();
    let errors = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => {
            Some(item.mac.parse_body::<syn::LitStr>().ok()?.value())
        }
        _ => None,
    });
    assert_eq!(errors.collect::<Vec<_>>(), expected);
    let mut items = file.items.iter();
    assert!(items.any(|item| matches!(item, syn::Item::Struct(item) if item.ident == "GreeterServer")));
}

#[test]
fn an_auto_trait() {
    check(
        "auto trait Greeter { async fn get(&self) -> Result<(), Status>; }",
        &["a service trait cannot be an auto trait: it has methods; remove `auto`"],
    );
}

#[test]
fn a_default_of_a_default() {
    check(
        "trait Greeter { default async fn get(&self) -> Result<(), Status>; }",
        &["a service trait can contain only methods, not an item of this kind: move it out of the trait"],
    );
}

#[test]
fn result_without_type_arguments_is_rejected() {
    check(
        "trait Greeter { async fn get(&self) -> Result; }",
        &["a service method must return a `Result`; write `Result<…, Status>`"],
    );
}
