//! Reads `#[service]` on a Rust trait into the model and reports every mistake.
//!
//! A macro sees names, not types. A type named `String` or `Vec` is treated as such. Any other type is treated as a
//! message, and the compiler checks that it is one.

mod attributes;
mod context;
mod duration;
mod errors;
mod method;
mod names;
mod payload;
mod recovery;
mod reply;
mod request;
mod trait_checks;
mod types;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemTrait, TraitItem};

use crate::model::{Descriptors, InvalidTrait, Package, Service, WrittenTrait};
use crate::{emit, naming};
use attributes::{ServiceAttributes, WireFormat};
use context::ServiceContext;
pub use errors::Errors;
use names::NameClaim;
pub use trait_checks::{check_trait, check_trait_item};

/// Expands `#[service(…)]` on a trait that defines the service itself.
///
/// `default_package` is the proto package if the attribute names none. Each mistake becomes a `compile_error!`. The
/// valid parts of the service are still generated, to avoid follow-up errors.
pub fn service_trait(arguments: TokenStream, item: TokenStream, default_package: &str) -> TokenStream {
    let item: ItemTrait = match syn::parse2(item.clone()) {
        Ok(item) => item,
        Err(error) if item.to_string().contains("trait") => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
        Err(_) => {
            let message = "`#[service]` must be on a trait, as in `#[service] pub trait Greeter { … }`";
            let error = syn::Error::new(first_span(&item), message).into_compile_error();
            return quote!(#error #item);
        }
    };
    let mut errors = Errors::default();
    let attributes = attributes::service(arguments, &item, default_package, &mut errors);
    let service = service(item, &attributes, &mut errors);
    let package = Package {
        name: attributes.package,
        modules: Vec::new(),
        files: Vec::new(),
        messages: Vec::new(),
        enums: Vec::new(),
        services: vec![service],
    };
    let options = attributes.options.effective();
    let runtime = emit::runtime(&options);
    let items = emit::items(&package, &options, &runtime, None);
    let errors = errors.into_compile_errors();
    quote!(#errors #items)
}

fn first_span(item: &TokenStream) -> proc_macro2::Span {
    let first = item.clone().into_iter().next();
    first.map_or_else(proc_macro2::Span::call_site, |token| token.span())
}

/// Builds the model of a trait and collects its errors.
fn service(item: ItemTrait, attributes: &ServiceAttributes, errors: &mut Errors) -> Service {
    trait_checks::check_trait(&item, errors);
    let full_name = naming::join(&attributes.package, &attributes.name);
    let runtime: TokenStream = attributes.options.runtime_path.parse().unwrap_or_default();
    let definition = ServiceContext {
        full_name: &full_name,
        package: &attributes.package,
        format: attributes.format,
        runtime: &runtime,
    };
    let mut methods = Vec::new();
    let mut wrappers = Vec::new();
    let mut rest = Vec::new();
    let mut taken = names::MethodNames::default();
    let parts: Vec<_> = item
        .items
        .iter()
        .map(|part| trait_checks::without_visibility(part, errors))
        .collect();
    for part in &parts {
        let TraitItem::Fn(function) = part else {
            trait_checks::check_trait_item(part, errors);
            rest.push(recovery::without_rpc(part));
            continue;
        };
        let made = method::method(function, &definition, errors);
        let claim = taken.claim(function, made.as_ref(), errors);
        match (made, claim) {
            (Some((method, wrapper)), NameClaim::Granted) => {
                methods.push(method);
                wrappers.extend(wrapper);
            }
            // The compiler would report the duplicate again.
            (_, NameClaim::Repeated) => {}
            _ => rest.push(recovery::plain_method(function)),
        }
    }
    names::check_package(attributes, &methods, errors);
    let is_protobuf = attributes.format == WireFormat::Protobuf;
    // The compiler reports what is wrong with the remaining items.
    let faults = (!errors.is_empty() || !rest.is_empty()).then(|| InvalidTrait {
        generics: item.generics.to_token_stream(),
        where_clause: item.generics.where_clause.to_token_stream(),
        qualifier: item.unsafety.to_token_stream(),
        items: rest,
    });
    let docs = attributes::docs(&item.attrs);
    let kept = attributes::kept(&item.attrs);
    Service {
        full_name,
        ident: item.ident,
        file: names::file(&attributes.package),
        docs,
        methods,
        wrappers,
        visibility: item.vis.to_token_stream(),
        descriptors: if is_protobuf {
            Descriptors::Described
        } else {
            Descriptors::Absent
        },
        written: Some(WrittenTrait {
            attributes: kept,
            supertraits: item.supertraits.iter().map(ToTokens::to_token_stream).collect(),
            faults,
        }),
    }
}
