//! From a method of the trait to the model.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{FnArg, Pat, PatType, ReturnType, Signature, TraitItemFn, Type};

use super::attributes::{self, RpcAttributes, WireFormat};
use super::errors::Errors;
use super::types::{self, Place, Plain, Taken, is_called, text};
use crate::model::{
    Argument, Arguments, Codec, Format, Method, MethodKind, MethodOptions, Payload, Wrapper, WrittenMethod,
};
use crate::naming;

/// What a method is part of.
pub(super) struct Definition<'a> {
    pub(super) full_name: &'a str,
    pub(super) package: &'a str,
    pub(super) format: WireFormat,
    pub(super) runtime: &'a TokenStream,
}

/// A method with the request type that is made for it; `None` if anything is wrong with it, which is then among the
/// errors.
pub(super) fn method(
    function: &TraitItemFn,
    definition: &Definition<'_>,
    errors: &mut Errors,
) -> Option<(Method, Option<Wrapper>)> {
    let before = errors.count();
    let rpc = attributes::rpc(&function.attrs, errors);
    qualifiers(function, errors);
    receiver(&function.sig, errors);
    let proto_name = proto_name(function, &rpc, errors);
    let parameters = parameters(&function.sig, errors);
    let request = request(&parameters, &proto_name, &rpc, function, definition, errors);
    let reply = reply(&function.sig, &proto_name, &rpc, definition, errors);
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

/// What stands before and between `fn`, the name and the parameters.
fn qualifiers(function: &TraitItemFn, errors: &mut Errors) {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        let name = &signature.ident;
        errors.push(
            signature.fn_token,
            format!("a service's methods are async: write `async fn {name}`"),
        );
    }
    if let Some(token) = &signature.constness {
        errors.push(
            token,
            "a service's method cannot be `const`: it is called from afar",
        );
    }
    if let Some(token) = &signature.unsafety {
        errors.push(
            token,
            "a service's method cannot be `unsafe`: its callers are not in this program",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.push(
            abi,
            "a service's method has no ABI: rsrpc calls it as a Rust function",
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.push(variadic, "a service's method takes a fixed number of arguments");
    }
    if !signature.generics.params.is_empty() {
        let message = "a service's method cannot be generic: every method has one type on the wire";
        errors.push(&signature.generics.params, message);
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.push(
            clause,
            "a service's method has no where-clause: every method has one type on the wire",
        );
    }
    for attribute in &function.attrs {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            let message = "a service's methods are the same in every build: put it on the whole trait";
            errors.push(attribute, message);
        }
    }
    let parameters = signature.inputs.iter().flat_map(|input| match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(typed) => &typed.attrs,
    });
    for attribute in parameters {
        if attributes::is_rpc(attribute) {
            errors.push(attribute, "`#[rpc]` stands on the method, not on its parameters");
        }
    }
}

fn receiver(signature: &Signature, errors: &mut Errors) {
    let why = "calls run beside each other and share the service";
    match signature.receiver() {
        None => {
            let message = format!("a service's methods take `&self` first: {why}");
            errors.push(&signature.ident, message);
        }
        Some(receiver) if receiver.colon_token.is_some() => {
            errors.push(
                receiver,
                format!("a service's methods take `&self`, without a type: {why}"),
            );
        }
        Some(receiver) if receiver.reference.is_none() => {
            errors.push(
                receiver,
                format!("a service's methods take `&self`, not `self`: {why}"),
            );
        }
        Some(receiver) if receiver.mutability.is_some() => {
            let message = format!(
                "a service's methods take `&self`, not `&mut self`: {why}; keep what changes in a `Mutex` or an atomic"
            );
            errors.push(receiver, message);
        }
        Some(receiver) => {
            if let Some((_, Some(lifetime))) = &receiver.reference {
                errors.push(lifetime, "a service's methods take `&self`, without a lifetime");
            }
        }
    }
}

/// The name on the wire: `SayHello` for `say_hello`.
fn proto_name(function: &TraitItemFn, rpc: &RpcAttributes, errors: &mut Errors) -> String {
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    if name == "new" {
        let message = "`new` is the client's constructor: call the method otherwise; `#[rpc(name = \"New\")]` keeps \
                       its name on the wire";
        errors.push(ident, message);
    }
    if let Some(name) = &rpc.name {
        return name.value();
    }
    let found = naming::camel(&name);
    if !naming::is_identifier(&found) || !naming::is_expressible(&found) {
        let message = format!(
            "`{name}` makes no name in protobuf, whose names are ASCII: give it one with \
                               `#[rpc(name = \"…\")]`"
        );
        errors.push(ident, message);
    }
    found
}

/// What a method takes behind its receiver.
struct Parameters<'a> {
    context: bool,
    /// Without the context and what is wrong.
    arguments: Vec<&'a PatType>,
}

fn parameters<'a>(signature: &'a Signature, errors: &mut Errors) -> Parameters<'a> {
    let mut found = Parameters {
        context: false,
        arguments: Vec::new(),
    };
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (index, typed) in typed.enumerate() {
        let (is_context, is_right) = match &*typed.ty {
            Type::Reference(reference) => (
                is_called(&reference.elem, "Context"),
                reference.mutability.is_none() && reference.lifetime.is_none(),
            ),
            ty => (is_called(ty, "Context"), false),
        };
        match (is_context, is_right) {
            (false, _) => found.arguments.push(typed),
            (true, false) => errors.push(&typed.ty, "the context is taken by reference: `cx: &Context`"),
            (true, true) if index > 0 => {
                errors.push(
                    typed,
                    "the context is the first argument behind `&self`, and there is one",
                );
            }
            (true, true) => found.context = true,
        }
    }
    found
}

/// One direction of a method.
struct Direction {
    payload: Payload,
    is_stream: bool,
}

struct Request {
    payload: Payload,
    is_stream: bool,
    arguments: Arguments,
    wrapper: Option<Wrapper>,
}

fn request(
    parameters: &Parameters<'_>,
    proto_name: &str,
    rpc: &RpcAttributes,
    function: &TraitItemFn,
    definition: &Definition<'_>,
    errors: &mut Errors,
) -> Option<Request> {
    let arguments = parameters.arguments.as_slice();
    if let Some(stream) = arguments.iter().find(|typed| is_called(&typed.ty, "Streaming")) {
        if arguments.len() > 1 {
            let message = "a stream of requests is the only argument: put what else is needed into its messages, or \
                           into the call's metadata";
            errors.push(stream, message);
            return None;
        }
        no_key(
            rpc.request.as_ref(),
            "request",
            "a stream has no request of its own",
            errors,
        );
        named_or_ignored(stream, errors);
        let direction = stream_of(&stream.ty, proto_name, "Request", definition, errors)?;
        return Some(Request {
            payload: direction.payload,
            is_stream: true,
            arguments: Arguments::Request,
            wrapper: None,
        });
    }
    let before = errors.count();
    let taken: Vec<_> = arguments
        .iter()
        .map(|typed| {
            if types::is_unit(&typed.ty) {
                errors.push(
                    typed,
                    "`()` is what a method without arguments sends: leave the argument out",
                );
                return None;
            }
            types::take(&typed.ty, Place::Argument, definition.format, errors)
        })
        .collect();
    let request = match (arguments, taken.as_slice()) {
        ([], _) => {
            no_key(
                rpc.request.as_ref(),
                "request",
                "the method takes no arguments",
                errors,
            );
            Request {
                payload: nothing(proto_name, definition),
                is_stream: false,
                arguments: Arguments::Nothing,
                wrapper: None,
            }
        }
        ([only], [Some(Taken::Named)]) => {
            no_key(
                rpc.request.as_ref(),
                "request",
                "the method's argument is its request",
                errors,
            );
            named_or_ignored(only, errors);
            Request {
                payload: payload(&types::tokens(&only.ty), proto_name, "Request", definition),
                is_stream: false,
                arguments: Arguments::Request,
                wrapper: None,
            }
        }
        _ => {
            let fields = fields(parameters, errors);
            let ident = match &rpc.request {
                Some(name) => Ident::new(&name.value(), name.span()),
                None => format_ident!(
                    "{}Request",
                    naming::camel(proto_name),
                    span = function.sig.ident.span()
                ),
            };
            let wrapper = Wrapper {
                ident: ident.clone(),
                method: function.sig.ident.clone(),
                fields: fields.clone(),
                format: match definition.format {
                    WireFormat::Protobuf => Format::Message {
                        package: definition.package.to_owned(),
                    },
                    WireFormat::Json => Format::Serde {
                        first_is_object: arguments
                            .first()
                            .is_some_and(|first| types::may_be_object(&first.ty)),
                    },
                },
            };
            let runtime = definition.runtime;
            let codec = match definition.format {
                WireFormat::Protobuf => message_codec(&quote!(#ident), "", definition),
                WireFormat::Json => {
                    let name = method_name(proto_name, definition);
                    quote!(#runtime::generated::arguments_codec::<#ident>(#name))
                }
            };
            Request {
                payload: Payload {
                    ty: quote!(#ident),
                    codec: Codec::Expression(codec),
                },
                is_stream: false,
                arguments: Arguments::Fields(fields),
                wrapper: Some(wrapper),
            }
        }
    };
    (errors.count() == before).then_some(request)
}

/// Plain arguments as fields of a request.
fn fields(parameters: &Parameters<'_>, errors: &mut Errors) -> Vec<Argument> {
    let mut fields: Vec<Argument> = Vec::new();
    for typed in &parameters.arguments {
        let Pat::Ident(pattern) = &*typed.pat else {
            let message = match &*typed.pat {
                Pat::Wild(_) => "an argument needs a name: it is sent by it",
                _ => "an argument is a name and a type: take it apart in the method's body",
            };
            errors.push(&typed.pat, message);
            continue;
        };
        if plain_name(typed, errors).is_none() {
            continue;
        }
        let ident = &pattern.ident;
        let name = ident.unraw().to_string();
        if !naming::is_identifier(&name) || !naming::is_expressible(&name) {
            let message =
                format!("`{name}` makes no name on the wire, where names are ASCII: rename the argument");
            errors.push(ident, message);
        }
        if name == "cx" && parameters.context {
            errors.push(
                ident,
                "`cx` is the context's name in generated code: rename the argument",
            );
        }
        let clash = fields
            .iter()
            .find(|field| naming::json(&field.ident.unraw().to_string()) == naming::json(&name));
        if let Some(other) = clash.filter(|other| other.ident != *ident) {
            let message = format!(
                "the arguments `{}` and `{name}` are both called `{}` in JSON: rename one",
                other.ident,
                naming::json(&name)
            );
            errors.push(ident, message);
        }
        fields.push(Argument {
            ident: ident.clone(),
            ty: types::tokens(&typed.ty),
        });
    }
    fields
}

/// The one argument that is the request itself: its name does not matter.
fn named_or_ignored(typed: &PatType, errors: &mut Errors) {
    match &*typed.pat {
        Pat::Wild(_) => {}
        Pat::Ident(_) => {
            plain_name(typed, errors);
        }
        pattern => {
            errors.push(
                pattern,
                "an argument is a name and a type: take it apart in the method's body",
            );
        }
    }
}

/// Refuses `ref a` and `a @ …`.
fn plain_name(typed: &PatType, errors: &mut Errors) -> Option<()> {
    let Pat::Ident(pattern) = &*typed.pat else {
        return None;
    };
    if pattern.by_ref.is_none() && pattern.subpat.is_none() {
        return Some(());
    }
    errors.push(
        pattern,
        "an argument is a name and a type: take it apart in the method's body",
    );
    None
}

fn no_key(key: Option<&syn::LitStr>, name: &str, why: &str, errors: &mut Errors) {
    if let Some(key) = key {
        errors.push(
            key,
            format!("`{name}` names a message that is made for the method, and none is: {why}"),
        );
    }
}

struct Reply {
    payload: Payload,
    is_stream: bool,
    written: TokenStream,
}

fn reply(
    signature: &Signature,
    proto_name: &str,
    rpc: &RpcAttributes,
    definition: &Definition<'_>,
    errors: &mut Errors,
) -> Option<Reply> {
    let ReturnType::Type(_, written) = &signature.output else {
        let message = "a service's methods can fail: write `-> Result<(), Status>`";
        errors.push_at(signature.paren_token.span.close(), message);
        return None;
    };
    if !is_called(written, "Result") {
        let message = format!(
            "a service's methods can fail: write `Result<{}, Status>`",
            text(written)
        );
        errors.push(written, message);
        return None;
    }
    let (ok, error) = match types::arguments(written).as_slice() {
        [ok, error] => (*ok, *error),
        [ok] => {
            let message = format!(
                "write `Result<{}, Status>`: a macro cannot see what `{}` stands for",
                text(ok),
                text(written)
            );
            errors.push(written, message);
            return None;
        }
        _ => {
            errors.push(written, "write `Result<…, Status>`");
            return None;
        }
    };
    if !is_called(error, "Status") {
        let message = format!(
            "calls fail with `Status`, which the client gets, too: write `Result<{}, Status>`; with \
             `#[derive(RpcError)]` on `{}`, `?` makes a `Status` of it",
            text(ok),
            text(error)
        );
        errors.push(error, message);
    }
    let direction = if is_called(ok, "Streaming") {
        no_key(
            rpc.reply.as_ref(),
            "reply",
            "a stream has no reply of its own",
            errors,
        );
        stream_of(ok, proto_name, "Reply", definition, errors)?
    } else {
        let taken = if types::is_unit(ok) {
            Some(Taken::Plain(Plain::Scalar))
        } else {
            types::take(ok, Place::Result, definition.format, errors)
        };
        let is_made = taken? == Taken::Plain(Plain::Container) && definition.format == WireFormat::Protobuf;
        if !is_made {
            no_key(rpc.reply.as_ref(), "reply", "the result travels as it is", errors);
        }
        let name = rpc.reply.as_ref().map(syn::LitStr::value);
        let ty = types::tokens(ok);
        Direction {
            payload: match name {
                Some(name) => Payload {
                    codec: Codec::Expression(codec(
                        &ty,
                        &naming::join(definition.package, &name),
                        definition,
                    )),
                    ty,
                },
                None => payload(&ty, proto_name, "Reply", definition),
            },
            is_stream: false,
        }
    };
    Some(Reply {
        payload: direction.payload,
        is_stream: direction.is_stream,
        written: types::tokens(written),
    })
}

/// The messages of a `Streaming<T>`.
fn stream_of(
    ty: &Type,
    proto_name: &str,
    suffix: &str,
    definition: &Definition<'_>,
    errors: &mut Errors,
) -> Option<Direction> {
    let Some(item) = types::streamed(ty) else {
        errors.push(ty, "`Streaming` has one type argument: `Streaming<HelloReply>`");
        return None;
    };
    if !types::is_unit(item) {
        types::take(item, Place::Item, definition.format, errors)?;
    }
    Some(Direction {
        payload: payload(&types::tokens(item), proto_name, suffix, definition),
        is_stream: true,
    })
}

/// A type with its encodings; `SayHello` and `Reply` name the message that is made for it if it is none itself.
fn payload(ty: &TokenStream, proto_name: &str, suffix: &str, definition: &Definition<'_>) -> Payload {
    let name = match definition.format {
        WireFormat::Protobuf => {
            let message = format!("{}{suffix}", naming::camel(proto_name));
            naming::join(definition.package, &message)
        }
        WireFormat::Json => method_name(proto_name, definition),
    };
    Payload {
        ty: ty.clone(),
        codec: Codec::Expression(codec(ty, &name, definition)),
    }
}

/// The request of a method without arguments.
fn nothing(proto_name: &str, definition: &Definition<'_>) -> Payload {
    let ty = quote!(());
    let runtime = definition.runtime;
    let name = method_name(proto_name, definition);
    let codec = match definition.format {
        WireFormat::Protobuf => message_codec(&ty, "", definition),
        WireFormat::Json => quote!(#runtime::generated::no_arguments_codec(#name)),
    };
    Payload {
        ty,
        codec: Codec::Expression(codec),
    }
}

fn codec(ty: &TokenStream, name: &str, definition: &Definition<'_>) -> TokenStream {
    match definition.format {
        WireFormat::Protobuf => message_codec(ty, name, definition),
        WireFormat::Json => {
            let runtime = definition.runtime;
            let span = ty.span();
            quote_spanned!(span=> #runtime::generated::serde_codec::<#ty>(#name))
        }
    }
}

/// With the type's own place, for what the compiler says if it is no message.
fn message_codec(ty: &TokenStream, name: &str, definition: &Definition<'_>) -> TokenStream {
    let runtime = definition.runtime;
    let span = ty.span();
    quote_spanned!(span=> #runtime::message::codec::<#ty>(#name))
}

/// What a JSON service calls the types of a method in errors: `greet.Greeter/SayHello`.
fn method_name(proto_name: &str, definition: &Definition<'_>) -> String {
    format!("{}/{proto_name}", definition.full_name)
}
