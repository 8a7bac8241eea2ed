//! JSON-RPC calls of a unary method.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::call::{CallContext, JsonCall, JsonCallResult};
use crate::call::{
    CallParts, Context, DeadlineTimer, Handler, JsonCodec, JsonContext, MessageCodec, MethodDescriptor,
    Status,
};
use crate::interceptor::{AnyMessage, Call, ReadMessage, RequestBody, TypedMessage};
use crate::server::cardinality::{MessageCardinality as _, One};
use crate::server::handler_failure::{catch_panic, reject_ok_code};
use crate::server::route::Route;
use crate::wire::jsonrpc::{ErrorObject, ProtocolError, begin_result};

/// Initial capacity in bytes for the reply of a call.
const INITIAL_RESPONSE_CAPACITY: usize = 256;

/// A unary method, type-erased.
pub(crate) trait JsonRoute: Send + Sync {
    fn method(&self) -> &'static MethodDescriptor;

    /// Prepares a call, which starts when first polled. Decodes `params` immediately or, with interceptors, after
    /// they have passed the call on.
    fn call(self: Arc<Self>, parts: CallParts, params: JsonParams<'_>, json: &JsonContext) -> JsonCall;
}

/// The `params` of a request, as a slice of its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonParams<'a> {
    pub(super) params: Option<&'a str>,
    pub(super) text: &'a Bytes,
}

impl JsonParams<'_> {
    fn to_shared(self) -> Option<Bytes> {
        self.params.map(|params| self.text.slice_ref(params.as_bytes()))
    }
}

impl<T, F, Req, Rep> JsonRoute for Route<T, F, One, One, Req, Rep>
where
    T: Send + Sync + 'static,
    Req: Send + 'static,
    Rep: Send + 'static,
    F: Handler<T, Req, Rep>,
{
    fn method(&self) -> &'static MethodDescriptor {
        self.method.descriptor()
    }

    fn call(self: Arc<Self>, parts: CallParts, params: JsonParams<'_>, json: &JsonContext) -> JsonCall {
        let deadline = DeadlineTimer::new(parts.deadline);
        let json = json.clone();
        if !self.chain.is_empty() {
            let unread = UnreadParams {
                params: params.to_shared(),
                codec: self.method.request(),
                json: json.clone(),
            };
            let call = Call::new(parts, RequestBody::Unread(Box::new(unread)));
            let context = Arc::new(OnceLock::new());
            let replied = self.run_chain(call, context.clone());
            let work = async move {
                let replied = replied.await.map_err(failed)?;
                let (reply, ..) = One::from_reply(replied, self.method.reply()).map_err(failed)?;
                encode(&reply, self.method.reply(), &json)
            };
            return JsonCall::new(Box::pin(work), deadline, CallContext::Later(context));
        }
        let request = match catch_panic(|| decode(self.method.request(), params.params, &json)) {
            Ok(Ok(request)) => request,
            Ok(Err(status)) => return JsonCall::failed(ErrorObject::from_status(status)),
            Err(_) => return JsonCall::failed(ProtocolError::InternalError),
        };
        let cx = Context::from_call(parts);
        let context = CallContext::Known(cx.clone());
        let work = async move {
            let handled = self.handler.call(self.service.clone(), cx, request);
            encode(&handled.await.map_err(failed)?, self.method.reply(), &json)
        };
        JsonCall::new(Box::pin(work), deadline, context)
    }
}

fn failed(status: Status) -> ErrorObject {
    ErrorObject::from_status(reject_ok_code(status))
}

fn json_codec<M>(codec: &MessageCodec<M>) -> Result<&JsonCodec<M>, Status> {
    codec
        .as_json()
        .ok_or_else(|| Status::unimplemented(format!("{} was generated without JSON", codec.name())))
}

fn decode<M>(codec: &MessageCodec<M>, params: Option<&str>, json: &JsonContext) -> Result<M, Status> {
    (json_codec(codec)?.decode_params)(params, json).map_err(ErrorObject::invalid_params_status)
}

/// Encodes the reply of a successful call without its id.
fn encode<M>(reply: &M, codec: &MessageCodec<M>, json: &JsonContext) -> JsonCallResult {
    let encode = json_codec(codec).map_err(failed)?.encode;
    let mut output = Vec::with_capacity(INITIAL_RESPONSE_CAPACITY);
    begin_result(&mut output);
    match encode(reply, json, &mut output) {
        Ok(()) => Ok(output),
        Err(error) => {
            tracing::error!(message = codec.name(), %error, "cannot encode a reply as JSON");
            Err(ProtocolError::InternalError.into())
        }
    }
}

/// `params` that are decoded after the interceptors have passed the call on.
struct UnreadParams<M: 'static> {
    params: Option<Bytes>,
    codec: &'static MessageCodec<M>,
    json: JsonContext,
}

impl<M: Send + 'static> ReadMessage for UnreadParams<M> {
    fn read(self: Box<Self>) -> Pin<Box<dyn Future<Output = Result<Box<dyn AnyMessage>, Status>> + Send>> {
        Box::pin(async move {
            let params = self.params.as_deref().map(std::str::from_utf8).transpose();
            let params = params.map_err(|error| Status::internal(error.to_string()))?;
            Ok(TypedMessage::boxed(
                decode(self.codec, params, &self.json)?,
                self.codec,
            ))
        })
    }
}
