//! What a method gives.

use proc_macro2::TokenStream;
use syn::ReturnType;

use super::attributes::WireFormat;
use super::errors::Errors;
use super::payload::{MethodPayload, NamedMethod, no_key};
use super::types::{self, PlainType, TypePosition, WireType, is_called, text};
use crate::model::Payload;
use crate::naming;

/// The reply, or a stream of them.
pub(super) struct MethodReply {
    pub(super) payload: Payload,
    pub(super) is_stream: bool,
    pub(super) written: TokenStream,
}

pub(super) fn reply(outline: &NamedMethod<'_>, errors: &mut Errors) -> Option<MethodReply> {
    let NamedMethod { rpc, definition, .. } = *outline;
    let signature = &outline.function.sig;
    let ReturnType::Type(_, written) = &signature.output else {
        let message = "a service's methods can fail: write `-> Result<(), Status>`";
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
                "a service's methods return `Result<…, Status>`; write it out, for a macro cannot see what `{found}` \
                 stands for"
            ),
            _ => format!("a service's methods can fail: write `Result<{found}, Status>`"),
        };
        errors.add(written, message);
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
            errors.add(written, message);
            return None;
        }
        _ => {
            errors.add(written, "write `Result<…, Status>`");
            return None;
        }
    };
    if !is_called(error, "Status") {
        let (ok, found) = (text(ok), text(error));
        let conversion = if types::arguments(error).is_empty() && found != "Error" {
            format!("with `#[derive(RpcError)]` on `{found}`, `?` makes a `Status` of it")
        } else {
            "`#[derive(RpcError)]` on an error of your own lets `?` make a `Status` of it".to_owned()
        };
        let message = format!(
            "calls fail with `Status`, which the client gets, too: write `Result<{ok}, Status>`; {conversion}"
        );
        errors.add(error, message);
    }
    let direction = if is_called(ok, "Streaming") {
        no_key(
            rpc.reply.as_ref(),
            "reply",
            "a stream has no reply of its own",
            errors,
        );
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
            no_key(rpc.reply.as_ref(), "reply", "the result travels as it is", errors);
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
