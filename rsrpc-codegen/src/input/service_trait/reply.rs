//! Reads the return type of a method.

use proc_macro2::TokenStream;
use syn::ReturnType;

use super::attributes::WireFormat;
use super::errors::Errors;
use super::payload::{MethodPayload, NamedMethod, no_key};
use super::types::{self, PlainType, TypePosition, WireType, is_called, text};
use crate::model::Payload;
use crate::naming;

/// The reply side of a method.
pub(super) struct MethodReply {
    pub(super) payload: Payload,
    pub(super) is_stream: bool,
    pub(super) written: TokenStream,
}

pub(super) fn reply(outline: &NamedMethod<'_>, errors: &mut Errors) -> Option<MethodReply> {
    let NamedMethod { rpc, definition, .. } = *outline;
    let signature = &outline.function.sig;
    let ReturnType::Type(_, written) = &signature.output else {
        let message = "a service method must return a `Result`; write `-> Result<(), Status>`";
        errors.add_at(signature.paren_token.span.close(), message);
        return None;
    };
    if !is_called(written, "Result") {
        let found = text(written);
        let message = match types::wire_type(
            written,
            TypePosition::Result,
            definition.format,
            &mut Errors::default(),
        ) {
            Some(WireType::Named) => format!(
                "a service method must return `Result<…, Status>`; write the type out, because a macro cannot \
                 expand the alias `{found}`"
            ),
            _ => format!("a service method must return a `Result`; write `Result<{found}, Status>`"),
        };
        errors.add(written, message);
        return None;
    }
    let (ok, error) = match types::arguments(written).as_slice() {
        [ok, error] => (*ok, *error),
        [ok] => {
            let message = format!(
                "the error type is not visible; write `Result<{}, Status>`, because a macro cannot expand the \
                 alias `{}`",
                text(ok),
                text(written)
            );
            errors.add(written, message);
            return None;
        }
        _ => {
            errors.add(
                written,
                "a service method must return a `Result`; write `Result<…, Status>`",
            );
            return None;
        }
    };
    if !is_called(error, "Status") {
        let (ok, found) = (text(ok), text(error));
        let conversion = if types::arguments(error).is_empty() && found != "Error" {
            format!("`#[derive(RpcError)]` on `{found}` lets `?` convert it")
        } else {
            "`#[derive(RpcError)]` on your own error type lets `?` convert it".to_owned()
        };
        let message = format!(
            "the error type of a service method must be `Status`, which is sent to the client; write \
             `Result<{ok}, Status>`; {conversion}"
        );
        errors.add(error, message);
    }
    let direction = if is_called(ok, "Streaming") {
        no_key(rpc.reply.as_ref(), "reply", "the method streams replies", errors);
        outline.stream_of(ok, "Reply", errors)?
    } else {
        let taken = if types::is_unit(ok) {
            Some(WireType::Plain(PlainType::Scalar))
        } else {
            types::wire_type(ok, TypePosition::Result, definition.format, errors)
        };
        let is_made =
            taken? == WireType::Plain(PlainType::Container) && definition.format == WireFormat::Protobuf;
        if !is_made {
            no_key(
                rpc.reply.as_ref(),
                "reply",
                "the result is sent unchanged",
                errors,
            );
        }
        let name = rpc.reply.as_ref().map(syn::LitStr::value);
        let ty = types::tokens(ok);
        MethodPayload {
            payload: match name {
                Some(name) => Payload {
                    codec: outline.codec(&ty, &naming::join(definition.package, &name)),
                    ty,
                },
                None => outline.payload(&ty, "Reply"),
            },
            is_stream: false,
        }
    };
    Some(MethodReply {
        payload: direction.payload,
        is_stream: direction.is_stream,
        written: types::tokens(written),
    })
}
