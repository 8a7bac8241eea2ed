//! `proto!` and `#[service(proto = …)]`: compile .proto files with protox inside the macro. The code is identical to
//! that of `rsrpc-build`.

mod arguments;
mod body;
mod choice;
mod source;
mod stub;
#[cfg(test)]
mod tests;

use heck::ToSnakeCase as _;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use rsrpc_codegen::{Inline, ServiceOutline};
use syn::{Attribute, Item, ItemTrait};

use arguments::{ProtoArguments, ProtoMacro};
use source::ProtoSource;
pub(crate) use source::path;

/// Expands `proto!(…)` to the modules of the packages.
///
/// Derives of messages use deprecated items; in a macro's output the compiler would blame the user.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut arguments = ProtoArguments::read(ProtoMacro::Proto, input);
    let mut errors = std::mem::take(&mut arguments.errors);
    // The messages are emitted despite an invalid option.
    let modules = modules(&arguments).unwrap_or_else(|found| {
        errors.extend(found);
        TokenStream::new()
    });
    let errors = errors.into_iter().map(syn::Error::into_compile_error);
    quote!(#(#errors)* #modules)
}

fn modules(arguments: &ProtoArguments) -> Result<TokenStream, Vec<syn::Error>> {
    let source = ProtoSource::compile(arguments)?;
    let (code, dependencies) = start(arguments, &source)?;
    let roots = code.roots();
    let modules = code
        .into_tokens(|_| {})
        .map_err(|errors| ProtoSource::locate_errors(arguments, &errors))?;
    if let [root] = roots.as_slice()
        && !root.is_empty()
    {
        return Ok(quote! {
            #dependencies
            #[allow(deprecated)]
            #modules
        });
    }
    // Packages refer to each other by `super::`, which would leave the function if the macro is used in one.
    let name = source
        .files
        .first()
        .map(|file| file.trim_end_matches(".proto"))
        .unwrap_or_default();
    let hidden = format_ident!("__proto_{}", identifier(name));
    Ok(quote! {
        #dependencies
        #[allow(deprecated)]
        mod #hidden {
            #modules
        }
        #[allow(unused_imports)]
        pub use #hidden::*;
    })
}

/// Expands `#[service(proto = …)]` to the service's code and the file's messages.
pub(crate) fn expand_service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item: ItemTrait = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(error) => {
            let error = syn::Error::new(error.span(), format!("`#[service]` goes before a trait: {error}"));
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let mut arguments = ProtoArguments::read(ProtoMacro::Service, arguments);
    let mut errors = std::mem::take(&mut arguments.errors);
    errors.extend(body::check_trait(&item));
    let code = match service(&arguments, &item) {
        Ok((code, found)) => {
            errors.extend(found);
            code
        }
        Err(found) => {
            errors.extend(found);
            stub::service(&item, &arguments.options)
        }
    };
    let errors = errors.into_iter().map(syn::Error::into_compile_error);
    quote!(#(#errors)* #code)
}

/// Returns the code and the errors found despite it.
fn service(
    arguments: &ProtoArguments,
    item: &ItemTrait,
) -> Result<(TokenStream, Vec<syn::Error>), Vec<syn::Error>> {
    let source = ProtoSource::compile(arguments)?;
    let (mut code, dependencies) = start(arguments, &source)?;
    let services = code.services();
    let hidden = format_ident!("__{}_proto", identifier(&item.ident.to_string()));
    let chosen = match choice::choose(arguments, item, &services) {
        Ok(chosen) => chosen,
        Err(error) => {
            // The messages are valid.
            code.retain_services(|_| false);
            let module = services.first().map(|service| service.module.clone());
            let packages = PackageCount::of(&code);
            let modules = finish(arguments, code, item)?;
            let code = module_with_reexports(item, &hidden, &module.unwrap_or_default(), packages, &modules);
            let stub = stub::service(item, &arguments.options);
            return Ok((quote!(#dependencies #code #stub), vec![error]));
        }
    };
    let (checks, errors) = body::check(item, chosen, &hidden);
    code.retain_services(|service| service.full_name == chosen.full_name);
    code.name_trait(&chosen.full_name, &item.ident);
    let packages = PackageCount::of(&code);
    let modules = finish(arguments, code, item)?;
    let code = module_with_reexports(item, &hidden, &chosen.module, packages, &modules);
    Ok((quote!(#dependencies #code #checks), errors))
}

/// Starts the generator for the given files. Also returns constants that include the files.
fn start(arguments: &ProtoArguments, source: &ProtoSource) -> Result<(Inline, TokenStream), Vec<syn::Error>> {
    let mut code =
        Inline::new(&source.request).map_err(|errors| ProtoSource::locate_errors(arguments, &errors))?;
    code.retain_services(|service: &ServiceOutline| source.files.contains(&service.file));
    Ok((code, source.dependencies()))
}

fn finish(
    arguments: &ProtoArguments,
    code: Inline,
    item: &ItemTrait,
) -> Result<TokenStream, Vec<syn::Error>> {
    code.into_tokens(|generated| keep_attributes(generated, item))
        .map_err(|errors| ProtoSource::locate_errors(arguments, &errors))
}

/// Number of packages that need code: a single one, or several because of imports.
#[derive(Clone, Copy, PartialEq)]
enum PackageCount {
    One,
    Several,
}

impl PackageCount {
    fn of(code: &Inline) -> Self {
        if code.package_count() > 1 {
            Self::Several
        } else {
            Self::One
        }
    }
}

/// Emits the modules and re-exports their contents where the trait is defined, with the packages that they import.
///
/// A single package is not exported as a module: its items are in scope already.
fn module_with_reexports(
    item: &ItemTrait,
    hidden: &syn::Ident,
    module: &TokenStream,
    packages: PackageCount,
    modules: &TokenStream,
) -> TokenStream {
    let visibility = &item.vis;
    let packages = (packages == PackageCount::Several && !module.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            #visibility use #hidden::*;
        }
    });
    let module = (!module.is_empty()).then(|| quote!(#module::));
    quote! {
        #[allow(deprecated, unreachable_pub)]
        mod #hidden {
            #modules
        }
        #packages
        #[allow(unused_imports)]
        #visibility use #hidden::#module*;
    }
}

/// Copies the author's docs and attributes to the generated trait and methods. Docs replace those of the file.
fn keep_attributes(generated: &mut Item, written: &ItemTrait) {
    let Item::Trait(generated) = generated else { return };
    if generated.ident != written.ident {
        return;
    }
    merge(&mut generated.attrs, &written.attrs);
    for method in methods(&written.items) {
        let same = generated.items.iter_mut().find_map(|item| match item {
            syn::TraitItem::Fn(generated) if generated.sig.ident == method.sig.ident => Some(generated),
            _ => None,
        });
        if let Some(generated) = same {
            merge(&mut generated.attrs, &method.attrs);
        }
    }
}

fn merge(generated: &mut Vec<Attribute>, written: &[Attribute]) {
    let is_doc = |attribute: &Attribute| attribute.path().is_ident("doc");
    if written.iter().any(is_doc) {
        generated.retain(|attribute| !is_doc(attribute));
    }
    let others = std::mem::replace(generated, written.to_vec());
    generated.extend(others);
}

fn methods(items: &[syn::TraitItem]) -> impl Iterator<Item = &syn::TraitItemFn> {
    items.iter().filter_map(|item| match item {
        syn::TraitItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// Converts a text to an identifier for a module name.
fn identifier(text: &str) -> String {
    let text: String = text
        .trim_start_matches("r#")
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '_'
            }
        })
        .collect();
    text.to_snake_case()
}
