//! Prepares the calls of a JSON-RPC text and writes their responses.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Extensions;

use super::call::{JsonCall, JsonCallResult};
use super::names::{JsonMethod, JsonMethodNames, requires_streaming};
use super::route::JsonParams;
use super::settings::JsonRpcSettings;
use crate::call::{CallParts, Metadata, Peer, deadline_after};
use crate::server::cors::AllowedOrigins;
use crate::server::health_check::HealthCheck;
use crate::server::limits::Limits;
use crate::server::routes::Routes;
use crate::server::serve_error::ServeError;
use crate::server::shutdown::CallGuard;
use crate::wire::jsonrpc::{
    BatchEntry, ErrorObject, Id, IncomingMessage, Meta, ProtocolError, Request, finish, write_error,
};

/// The JSON-RPC endpoint of a server, independent of the transport.
#[derive(Debug)]
pub(crate) struct JsonRpc {
    pub(super) names: JsonMethodNames,
    pub(super) settings: JsonRpcSettings,
    pub(super) origins: AllowedOrigins,
    pub(super) limits: Limits,
    pub(super) health: HealthCheck,
}

/// The context that the requests of one text share.
#[derive(Debug, Clone, Default)]
pub(super) struct JsonRequestContext {
    pub(super) metadata: Metadata,
    /// The deadline of the whole text, including every entry of a batch.
    pub(super) deadline: RequestDeadline,
    pub(super) peer: Peer,
    pub(super) extensions: Extensions,
    pub(super) guard: Option<CallGuard>,
}

/// The deadline given by `grpc-timeout`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum RequestDeadline {
    #[default]
    Never,
    At(Instant),
    /// The value is not a valid timeout.
    Malformed,
}

impl RequestDeadline {
    /// Creates a deadline from a timeout that starts now. `None` is an invalid timeout.
    pub(super) fn from_now(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::Malformed, |timeout| {
            deadline_after(timeout).map_or(Self::Never, Self::At)
        })
    }
}

/// An entry of a text, ready to run.
#[derive(Debug)]
pub(super) enum PreparedEntry<'a> {
    Call(Id<'a>, JsonCall),
    Notification(JsonCall),
    Refused(Id<'a>, ErrorObject),
    /// A notification that cannot be delivered. JSON-RPC 2.0 §4.1 forbids a reply.
    Ignored,
}

impl JsonRpc {
    pub(in crate::server) fn new(
        routes: &mut Routes,
        settings: JsonRpcSettings,
        origins: AllowedOrigins,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        Ok(Self {
            names: JsonMethodNames::new(std::mem::take(&mut routes.jsonrpc), settings.bare_names)?,
            settings,
            origins,
            limits,
            health: std::mem::take(&mut routes.health),
        })
    }

    /// Handles one text. Returns `None` if it contains only notifications. Dropping the future cancels its calls; notifications
    /// that have started continue.
    pub(super) async fn handle_text(&self, text: &Bytes, context: JsonRequestContext) -> Option<Vec<u8>> {
        match IncomingMessage::parse(text, self.settings.max_batch_entries) {
            IncomingMessage::One(entry) => self.handle_single(entry, text, context).await,
            IncomingMessage::Batch(entries) => self.handle_batch(entries, text, context).await,
            IncomingMessage::Refused(fault) => Some(self.failure_response(&fault.into(), Id::NULL)),
        }
    }

    async fn handle_single(
        &self,
        entry: BatchEntry<'_>,
        text: &Bytes,
        mut context: JsonRequestContext,
    ) -> Option<Vec<u8>> {
        let guard = context.guard.take();
        match self.prepare(entry, text, context) {
            PreparedEntry::Call(id, call) => {
                let (response, _) = self.response(call.await, self.limits.max_reply_size);
                Some(finish_response(response, id))
            }
            PreparedEntry::Notification(call) => {
                call.run_detached(guard).await;
                None
            }
            PreparedEntry::Refused(id, failure) => Some(self.failure_response(&failure, id)),
            PreparedEntry::Ignored => None,
        }
    }

    /// Looks up the method of an entry and prepares its call.
    pub(super) fn prepare<'a>(
        &self,
        entry: BatchEntry<'a>,
        text: &'a Bytes,
        context: JsonRequestContext,
    ) -> PreparedEntry<'a> {
        let Request {
            method,
            params,
            id,
            meta,
        } = match entry {
            BatchEntry::Request(request) => request,
            // A server over HTTP sends no requests, so a response is an invalid request.
            BatchEntry::Invalid(id) | BatchEntry::Response(id) => {
                return PreparedEntry::Refused(id, ProtocolError::InvalidRequest.into());
            }
        };
        let JsonRequestContext {
            mut metadata,
            mut deadline,
            peer,
            extensions,
            ..
        } = context;
        if let Some(meta) = meta.map(Meta::parse) {
            deadline = meta.timeout.map_or(deadline, RequestDeadline::from_now);
            meta.apply(&mut metadata);
        }
        let deadline = match deadline {
            RequestDeadline::Never => None,
            RequestDeadline::At(deadline) => Some(deadline),
            RequestDeadline::Malformed => {
                let reason =
                    "invalid grpc-timeout: expected 1 to 8 digits and a unit (H, M, S, m, u or n)".to_owned();
                let failure = ErrorObject::Protocol(ProtocolError::InvalidRequest, Some(reason));
                return PreparedEntry::Refused(id.unwrap_or(Id::NULL), failure);
            }
        };
        let route = match self.names.find(&method) {
            Some(JsonMethod::Unary(route)) => Ok(route),
            Some(JsonMethod::Streaming(_)) => Err(ProtocolError::NeedsStreaming),
            None if requires_streaming(&method) => Err(ProtocolError::NeedsStreaming),
            None => Err(ProtocolError::MethodNotFound),
        };
        match (route, id) {
            (Ok(route), id) => {
                let parts = CallParts {
                    method: Some(route.method()),
                    metadata,
                    deadline,
                    peer,
                    extensions,
                    ..CallParts::default()
                };
                let call = route
                    .clone()
                    .call(parts, JsonParams { params, text }, &self.settings.json);
                match id {
                    Some(id) => PreparedEntry::Call(id, call),
                    None => PreparedEntry::Notification(call),
                }
            }
            (Err(fault), Some(id)) => PreparedEntry::Refused(id, fault.into()),
            (Err(_), None) => PreparedEntry::Ignored,
        }
    }

    /// Returns the encoded reply without its id, and whether it fits into `room` bytes. The id does not count.
    pub(super) fn response(&self, outcome: JsonCallResult, room: usize) -> (Vec<u8>, bool) {
        let response = outcome.unwrap_or_else(|failure| self.failure_without_id(&failure));
        if response.len() <= room {
            return (response, true);
        }
        (
            self.failure_without_id(&ProtocolError::ResponseTooBig.into()),
            false,
        )
    }

    fn failure_without_id(&self, failure: &ErrorObject) -> Vec<u8> {
        let mut response = Vec::with_capacity(96);
        write_error(failure, &self.settings.json, &mut response);
        response
    }

    pub(super) fn failure_response(&self, failure: &ErrorObject, id: Id<'_>) -> Vec<u8> {
        finish_response(self.failure_without_id(failure), id)
    }
}

pub(super) fn finish_response(mut response: Vec<u8>, id: Id<'_>) -> Vec<u8> {
    finish(id, &mut response);
    response
}
