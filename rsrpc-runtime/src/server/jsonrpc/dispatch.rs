//! Preparing the calls of a JSON-RPC text, and writing their responses.

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

/// What answers JSON-RPC texts, whatever brings them.
#[derive(Debug)]
pub(crate) struct JsonRpc {
    pub(super) names: JsonMethodNames,
    pub(super) settings: JsonRpcSettings,
    pub(super) origins: AllowedOrigins,
    pub(super) limits: Limits,
    pub(super) health: HealthCheck,
}

/// What surrounds a text, and each request in it.
#[derive(Debug, Clone, Default)]
pub(super) struct JsonRequestContext {
    pub(super) metadata: Metadata,
    /// Of the whole text: its caller waits no longer for any part of it.
    pub(super) deadline: RequestDeadline,
    pub(super) peer: Peer,
    pub(super) extensions: Extensions,
    pub(super) guard: Option<CallGuard>,
}

/// What `grpc-timeout` says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum RequestDeadline {
    #[default]
    Never,
    At(Instant),
    /// It is no timeout.
    Malformed,
}

impl RequestDeadline {
    /// A timeout that begins now; `None` is what cannot be read.
    pub(super) fn from_now(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::Malformed, |timeout| {
            deadline_after(timeout).map_or(Self::Never, Self::At)
        })
    }
}

/// What one entry comes to before anything runs.
#[derive(Debug)]
pub(super) enum PreparedEntry<'a> {
    Call(Id<'a>, JsonCall),
    Notification(JsonCall),
    Refused(Id<'a>, ErrorObject),
    /// A notification that nothing takes: nobody is told (JSON-RPC 2.0 §4.1).
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

    /// Answers one text; `None` when there is nothing to say. Dropped before its end, the calls are cancelled, and
    /// the notifications that have begun go on.
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

    /// Finds what an entry asks for.
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
            // Over HTTP, a response has nothing to answer: it is as wrong as anything else.
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
                let reason = "grpc-timeout is not 1 to 8 digits and one of H, M, S, m, u, n".to_owned();
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

    /// A response up to its id, which does not count against the limit, and whether it was within that.
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
