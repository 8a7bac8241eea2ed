//! Compares methods written in the trait of a .proto service with the file.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use rsrpc_codegen::{Errors, MethodKind, MethodOutline, PayloadOutline, ServiceOutline};
use syn::spanned::Spanned as _;
use syn::{FnArg, GenericArgument, ItemTrait, PathArguments, ReturnType, TraitItemFn, Type, TypeParamBound};

use super::methods;

/// Checks that do not depend on the file.
pub(super) fn check_trait(item: &ItemTrait) -> Vec<syn::Error> {
    let mut errors = Errors::default();
    rsrpc_codegen::check_trait(item, &mut errors);
    if !item.supertraits.is_empty() {
        errors.add(
            &item.supertraits,
            "the trait of a .proto service cannot have supertraits; it is already `Send + Sync + 'static`",
        );
    }
    for item in &item.items {
        rsrpc_codegen::check_trait_item(item, &mut errors);
    }
    errors.into_errors().collect()
}

/// Reports differences between the trait's methods and the file's, and emits code that makes the compiler compare the
/// types, of which a macro sees only the names.
pub(super) fn check(
    item: &ItemTrait,
    service: &ServiceOutline,
    hidden: &Ident,
) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Vec::new();
    let mut checks = Vec::new();
    let mut seen: Vec<&Ident> = Vec::new();
    for method in methods(&item.items) {
        let ident = &method.sig.ident;
        if seen.contains(&ident) {
            errors.push(syn::Error::new(
                ident.span(),
                format!("the method `{ident}` is here twice"),
            ));
            continue;
        }
        seen.push(ident);
        match service.methods.iter().find(|outline| outline.ident == *ident) {
            None => errors.push(syn::Error::new(ident.span(), unknown_method(ident, service))),
            Some(outline) => match WrittenMethod::read(method, outline, service) {
                Ok(written) => checks.push(written.check(item, ident, service, hidden)),
                Err(error) => errors.push(error),
            },
        }
    }
    // A trait without methods takes those of the file.
    let missing: Vec<_> = service
        .methods
        .iter()
        .filter(|outline| !seen.is_empty() && !seen.contains(&&outline.ident))
        .map(|outline| format!("\n  {};", expected(outline, service)))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "the trait lacks methods that `{}` has in {}; add what is missing, or leave the trait empty{}",
            service.full_name,
            service.file,
            missing.concat()
        );
        errors.push(syn::Error::new(item.ident.span(), message));
    }
    let checks = if !errors.is_empty() {
        // Marks the names in the signatures as used.
        let written = seen.iter().filter_map(|ident| {
            let method = methods(&item.items).find(|method| method.sig.ident == **ident)?;
            Some(&method.sig)
        });
        quote! {
            #[allow(dead_code, async_fn_in_trait)]
            trait Written {
                #(#written;)*
            }
        }
    } else if !checks.is_empty() {
        quote! {
            fn gives<R, F: ::core::future::Future<Output = R>>(_: F) {}
            #(#checks)*
        }
    } else {
        return (TokenStream::new(), errors);
    };
    let checks = quote! {
        #[allow(dead_code)]
        const _: () = {
            #checks
        };
    };
    (checks, errors)
}

fn unknown_method(ident: &Ident, service: &ServiceOutline) -> String {
    let names: Vec<_> = service
        .methods
        .iter()
        .map(|method| format!("`{}`", method.ident))
        .collect();
    let there_is = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    format!(
        "`{}` has no method `{ident}` in {}; its methods are {there_is}",
        service.full_name, service.file
    )
}

/// Types of a method as written.
struct WrittenMethod<'a> {
    context: &'a Type,
    request: &'a Type,
    output: &'a Type,
}

impl<'a> WrittenMethod<'a> {
    /// Reads a method whose form and names match the file.
    fn read(
        method: &'a TraitItemFn,
        outline: &MethodOutline,
        service: &ServiceOutline,
    ) -> Result<Self, syn::Error> {
        let differs = |span: Span, what: String| {
            let message = format!(
                "{what}; `{}` in {} is\n  {};",
                outline.proto_name,
                service.file,
                expected(outline, service)
            );
            Err(syn::Error::new(span, message))
        };
        let signature = &method.sig;
        if let Some(body) = &method.default {
            return differs(body.span(), "a method of a service has no body here".to_owned());
        }
        if !signature.generics.params.is_empty() {
            let span = signature.generics.span();
            return differs(span, "a method of a service has no generics".to_owned());
        }
        let mut inputs = signature.inputs.iter();
        let is_shared = |input: &FnArg| matches!(input, FnArg::Receiver(this) if this.reference.is_some() && this.mutability.is_none());
        if !inputs.next().is_some_and(is_shared) {
            let span = signature
                .inputs
                .first()
                .map_or(signature.ident.span(), |input| input.span());
            return differs(span, "a method of a service takes `&self` first".to_owned());
        }
        let typed: Vec<_> = inputs
            .filter_map(|input| match input {
                FnArg::Typed(typed) => Some(typed.ty.as_ref()),
                FnArg::Receiver(_) => None,
            })
            .collect();
        let &[context, request] = typed.as_slice() else {
            return differs(
                signature.ident.span(),
                "a method takes a context and one request behind `&self`".to_owned(),
            );
        };
        let is_context = |ty: &Type| matches!(ty, Type::Reference(to) if name_of(&to.elem).is_some_and(|name| name == "Context"));
        if !is_context(context) {
            return differs(
                context.span(),
                "the first argument is the context, `&Context`".to_owned(),
            );
        }
        let Some(output) = output(method) else {
            let what = "a method is `async` and gives a `Result`".to_owned();
            return differs(signature.ident.span(), what);
        };
        let (streams_requests, request_one) = unwrap_streaming(request);
        let Some(reply) = result(output) else {
            return differs(output.span(), "a method gives a `Result`".to_owned());
        };
        let (streams_replies, reply_one) = unwrap_streaming(reply);
        let (wants_requests, wants_replies) = streams(outline.kind);
        let sides = [
            (
                request,
                request_one,
                streams_requests,
                wants_requests,
                &outline.request,
                "request",
            ),
            (
                reply,
                reply_one,
                streams_replies,
                wants_replies,
                &outline.reply,
                "reply",
            ),
        ];
        for (ty, one, streams, wants, payload, what) in sides {
            if streams != wants {
                let what = match (what, wants) {
                    ("reply", true) => "the replies are a stream".to_owned(),
                    (_, true) => "the requests are a stream".to_owned(),
                    (_, false) => format!("the {what} is no stream"),
                };
                return differs(ty.span(), what);
            }
            if !has_name_of(one, payload) {
                return differs(
                    one.span(),
                    format!("the {what} is another type, `{}`", payload.full_name),
                );
            }
        }
        Ok(Self {
            context,
            request,
            output,
        })
    }

    /// Emits a function that compiles if the types equal those of the generated method.
    fn check(
        &self,
        item: &ItemTrait,
        method: &Ident,
        service: &ServiceOutline,
        hidden: &Ident,
    ) -> TokenStream {
        let Self {
            context,
            request,
            output,
        } = self;
        let name = &item.ident;
        let module = &service.module;
        let module = (!module.is_empty()).then(|| quote!(#module::));
        let call =
            quote_spanned!(request.span()=> <T as #hidden::#module #name>::#method(service, cx, request));
        quote_spanned! {output.span()=>
            fn #method<T: #hidden::#module #name>(service: &T, cx: #context, request: #request) {
                gives::<#output, _>(#call);
            }
        }
    }
}

/// Returns the output type of `async fn` or `impl Future<Output = …>`.
fn output(method: &TraitItemFn) -> Option<&Type> {
    let ReturnType::Type(_, ty) = &method.sig.output else {
        return None;
    };
    if method.sig.asyncness.is_some() {
        return Some(ty);
    }
    let Type::ImplTrait(bounds) = ty.as_ref() else {
        return None;
    };
    bounds.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let segment = bound
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
    })
}

/// Returns `T` of a `Result<T, …>`.
fn result(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Result")
}

/// Returns true and `T` for a `Streaming<T>`, otherwise false and the type.
fn unwrap_streaming(ty: &Type) -> (bool, &Type) {
    argument_of(ty, "Streaming").map_or((false, ty), |inner| (true, inner))
}

/// Returns the first type argument of a type with this name.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn name_of(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// Returns true if the last path segments are equal. The compiler compares the types.
fn has_name_of(written: &Type, payload: &PayloadOutline) -> bool {
    let Ok(generated) = syn::parse2::<Type>(payload.ty.clone()) else {
        return true;
    };
    match (name_of(written), name_of(&generated)) {
        (Some(written), Some(generated)) => written == generated,
        (None, None) => true,
        _ => false,
    }
}

fn streams(kind: MethodKind) -> (bool, bool) {
    match kind {
        MethodKind::Unary => (false, false),
        MethodKind::ServerStreaming => (false, true),
        MethodKind::ClientStreaming => (true, false),
        MethodKind::Bidi => (true, true),
    }
}

/// Returns the method as it should be written here.
fn expected(outline: &MethodOutline, service: &ServiceOutline) -> String {
    let (requests, replies) = streams(outline.kind);
    let (request, reply) = (
        display_type(&outline.request.ty, requests, service),
        display_type(&outline.reply.ty, replies, service),
    );
    let argument = if requests { "requests" } else { "request" };
    format!(
        "async fn {}(&self, cx: &Context, {argument}: {request}) -> Result<{reply}, Status>",
        outline.ident
    )
}

/// Formats a type without token spacing, as a path from the trait's module. Generated code has it relative to the
/// package's module: `super::common::Reply`.
fn display_type(ty: &TokenStream, streaming: bool, service: &ServiceOutline) -> String {
    let mut text = ty.to_string().replace(' ', "");
    let module = service.module.to_string().replace(' ', "");
    let mut module: Vec<_> = module.split("::").collect();
    let mut is_outside = false;
    while let Some(outer) = text.strip_prefix("super::") {
        text = outer.to_owned();
        module.pop();
        is_outside = true;
    }
    if is_outside && !module.is_empty() {
        text = format!("{}::{text}", module.join("::"));
    }
    if streaming {
        format!("Streaming<{text}>")
    } else {
        text
    }
}
