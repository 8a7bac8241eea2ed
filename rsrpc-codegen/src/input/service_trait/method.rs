//! Converts a method of the trait to the model.

use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::{FnArg, Signature, TraitItemFn};

use super::attributes::{self, RpcAttributes};
use super::context::ServiceContext;
use super::errors::Errors;
use super::payload::NamedMethod;
use super::reply::reply;
use super::request::{parameters, request};
use crate::model::{Method, MethodKind, MethodOptions, RequestWrapper, WrittenMethod};
use crate::naming;

/// Returns the method and its generated request type. Returns `None` after adding errors.
pub(super) fn method(
    function: &TraitItemFn,
    definition: &ServiceContext<'_>,
    errors: &mut Errors,
) -> Option<(Method, Option<RequestWrapper>)> {
    let before = errors.count();
    let rpc = attributes::rpc(&function.attrs, errors);
    qualifiers(function, errors);
    receiver(&function.sig, errors);
    let proto_name = proto_name(function, &rpc, errors);
    let parameters = parameters(&function.sig, errors);
    let outline = NamedMethod {
        function,
        rpc: &rpc,
        proto_name: &proto_name,
        definition,
    };
    let request = request(&parameters, &outline, errors);
    let reply = reply(&outline, errors);
    if errors.count() > before {
        return None;
    }
    let (request, reply) = (request?, reply?);
    let ident = &function.sig.ident;
    let method = Method {
        constant: naming::ident(&naming::shouty(&ident.unraw().to_string())),
        ident: ident.clone(),
        kind: match (request.is_stream, reply.is_stream) {
            (false, false) => MethodKind::Unary,
            (false, true) => MethodKind::ServerStreaming,
            (true, false) => MethodKind::ClientStreaming,
            (true, true) => MethodKind::Bidi,
        },
        request: request.payload,
        reply: reply.payload,
        arguments: request.arguments,
        context: parameters.context,
        options: MethodOptions {
            timeout: rpc.timeout,
            idempotency: rpc.idempotency,
            jsonrpc_name: rpc.jsonrpc_name.map(|name| name.value()),
            retry: None,
        },
        deprecated: function
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("deprecated")),
        docs: attributes::docs(&function.attrs),
        written: Some(WrittenMethod {
            attributes: attributes::kept(&function.attrs),
            parameters: function.sig.inputs.to_token_stream(),
            result: reply.written,
            body: function.default.as_ref().map(ToTokens::to_token_stream),
        }),
        proto_name,
    };
    Some((method, request.wrapper))
}

/// Checks the qualifiers, generics and attributes of a method.
fn qualifiers(function: &TraitItemFn, errors: &mut Errors) {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        let name = &signature.ident;
        errors.add(
            signature.fn_token,
            format!("a service method must be async; write `async fn {name}`"),
        );
    }
    if let Some(token) = &signature.constness {
        errors.add(
            token,
            "a service method cannot be `const`: it runs as a remote call; remove `const`",
        );
    }
    if let Some(token) = &signature.unsafety {
        errors.add(
            token,
            "a service method cannot be `unsafe`: remote callers cannot uphold a safety contract; remove `unsafe`",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.add(
            abi,
            "a service method cannot declare an ABI: it is called as a Rust function; remove `extern`",
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.add(
            variadic,
            "a service method cannot be variadic; declare each argument",
        );
    }
    if !signature.generics.params.is_empty() {
        let message =
            "a service method cannot be generic: each method has one wire type; name concrete types";
        errors.add(&signature.generics.params, message);
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.add(
            clause,
            "a service method cannot have a `where` clause: each method has one wire type; remove the clause",
        );
    }
    for attribute in &function.attrs {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            let message = "a service method must exist in every build; put the attribute on the trait";
            errors.add(attribute, message);
        }
    }
    let parameters = signature.inputs.iter().flat_map(|input| match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(typed) => &typed.attrs,
    });
    for attribute in parameters {
        if attributes::is_rpc(attribute) {
            errors.add(attribute, "`#[rpc]` belongs on the method, not on a parameter");
        }
    }
}

fn receiver(signature: &Signature, errors: &mut Errors) {
    let why = "concurrent calls share the service";
    match signature.receiver() {
        None => {
            let message = format!("a service method takes `&self` first: {why}");
            errors.add(&signature.ident, message);
        }
        Some(receiver) if receiver.colon_token.is_some() => {
            errors.add(
                receiver,
                format!("a service method takes `&self` without a type: {why}"),
            );
        }
        Some(receiver) if receiver.reference.is_none() => {
            errors.add(
                receiver,
                format!("a service method takes `&self`, not `self`: {why}"),
            );
        }
        Some(receiver) if receiver.mutability.is_some() => {
            let message = format!(
                "a service method takes `&self`, not `&mut self`: {why}; keep mutable state in a `Mutex` or an \
                 atomic"
            );
            errors.add(receiver, message);
        }
        Some(receiver) => {
            if let Some((_, Some(lifetime))) = &receiver.reference {
                errors.add(lifetime, "a service method takes `&self` without a lifetime");
            }
        }
    }
}

/// Returns the wire name: `SayHello` for `say_hello`.
fn proto_name(function: &TraitItemFn, rpc: &RpcAttributes, errors: &mut Errors) -> String {
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    if name == "new" {
        let message = "`new` is reserved for the client's constructor; rename the method, and keep its wire \
                       name with `#[rpc(name = \"New\")]`";
        errors.add(ident, message);
    }
    if let Some(name) = &rpc.name {
        return name.value();
    }
    let found = naming::camel(&name);
    if !naming::is_identifier(&found) || !naming::has_letters_or_digits(&found) {
        let message = format!(
            "`{name}` cannot be a protobuf name, which must be ASCII with a letter or digit; set one with \
                               `#[rpc(name = \"…\")]`"
        );
        errors.add(ident, message);
    }
    found
}
