//! Preparing the calls of a JSON-RPC text, and writing their responses.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Extensions;

use super::call::{JsonCall, Outcome};
use super::names::{JsonMethod, Names, is_for_streams};
use super::route::Params;
use super::settings::Settings;
use crate::call::{CallParts, Metadata, Peer, deadline_after};
use crate::server::cors::Origins;
use crate::server::health_check::WholeServer;
use crate::server::limits::Limits;
use crate::server::routes::Routes;
use crate::server::serve_error::ServeError;
use crate::server::shutdown::CallGuard;
use crate::wire::jsonrpc::{Entry, Failure, Fault, Id, Message, Meta, Request, finish, write_failure};

/// What answers JSON-RPC texts, whatever brings them.
#[derive(Debug)]
pub(crate) struct JsonRpc {
    pub(super) names: Names,
    pub(super) settings: Settings,
    pub(super) origins: Origins,
    pub(super) limits: Limits,
    pub(super) whole_server: WholeServer,
}

/// What surrounds a text, and each request in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    pub(super) metadata: Metadata,
    /// Of the whole text: its caller waits no longer for any part of it.
    pub(super) deadline: Deadline,
    pub(super) peer: Peer,
    pub(super) extensions: Extensions,
    pub(super) guard: Option<CallGuard>,
}

/// What `grpc-timeout` says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Deadline {
    #[default]
    Never,
    At(Instant),
    /// It is no timeout.
    Malformed,
}

impl Deadline {
    /// A timeout that begins now; `None` is what cannot be read.
    pub(super) fn from_now(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::Malformed, |timeout| {
            deadline_after(timeout).map_or(Self::Never, Self::At)
        })
    }
}

/// What one entry comes to before anything runs.
#[derive(Debug)]
pub(super) enum Begun<'a> {
    Call(Id<'a>, JsonCall),
    Notification(JsonCall),
    Refused(Id<'a>, Failure),
    /// A notification that nothing takes: nobody is told (JSON-RPC 2.0 §4.1).
    Ignored,
}

impl JsonRpc {
    pub(in crate::server) fn new(
        routes: &mut Routes,
        settings: Settings,
        origins: Origins,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        Ok(Self {
            names: Names::new(std::mem::take(&mut routes.jsonrpc), settings.bare_names)?,
            settings,
            origins,
            limits,
            whole_server: std::mem::take(&mut routes.whole_server),
        })
    }

    /// Answers one text; `None` when there is nothing to say. Dropped before its end, the calls are cancelled, and
    /// the notifications that have begun go on.
    pub(super) async fn answer(&self, text: &Bytes, surroundings: Surroundings) -> Option<Vec<u8>> {
        match Message::parse(text, self.settings.max_batch_entries) {
            Message::One(entry) => self.answer_one(entry, text, surroundings).await,
            Message::Batch(entries) => self.answer_batch(entries, text, surroundings).await,
            Message::Refused(fault) => Some(self.failure(&fault.into(), Id::NULL)),
        }
    }

    async fn answer_one(
        &self,
        entry: Entry<'_>,
        text: &Bytes,
        mut surroundings: Surroundings,
    ) -> Option<Vec<u8>> {
        let guard = surroundings.guard.take();
        match self.begin(entry, text, surroundings) {
            Begun::Call(id, call) => {
                let (response, _) = self.response(call.await, self.limits.max_response_size);
                Some(finished(response, id))
            }
            Begun::Notification(call) => {
                call.run_detached(guard).await;
                None
            }
            Begun::Refused(id, failure) => Some(self.failure(&failure, id)),
            Begun::Ignored => None,
        }
    }

    /// Finds what an entry asks for.
    pub(super) fn begin<'a>(
        &self,
        entry: Entry<'a>,
        text: &'a Bytes,
        surroundings: Surroundings,
    ) -> Begun<'a> {
        let Request {
            method,
            params,
            id,
            meta,
        } = match entry {
            Entry::Request(request) => request,
            // Over HTTP, a response has nothing to answer: it is as wrong as anything else.
            Entry::Invalid(id) | Entry::Response(id) => {
                return Begun::Refused(id, Fault::InvalidRequest.into());
            }
        };
        let Surroundings {
            mut metadata,
            mut deadline,
            peer,
            extensions,
            ..
        } = surroundings;
        if let Some(meta) = meta.map(Meta::parse) {
            deadline = meta.timeout.map_or(deadline, Deadline::from_now);
            meta.apply(&mut metadata);
        }
        let deadline = match deadline {
            Deadline::Never => None,
            Deadline::At(deadline) => Some(deadline),
            Deadline::Malformed => {
                let reason = "grpc-timeout is not 1 to 8 digits and one of H, M, S, m, u, n".to_owned();
                let failure = Failure::Fault(Fault::InvalidRequest, Some(reason));
                return Begun::Refused(id.unwrap_or(Id::NULL), failure);
            }
        };
        let route = match self.names.find(&method) {
            Some(JsonMethod::Unary(route)) => Ok(route),
            Some(JsonMethod::Streaming(_)) => Err(Fault::NeedsStreaming),
            None if is_for_streams(&method) => Err(Fault::NeedsStreaming),
            None => Err(Fault::MethodNotFound),
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
                    .call(parts, Params { params, text }, &self.settings.json);
                match id {
                    Some(id) => Begun::Call(id, call),
                    None => Begun::Notification(call),
                }
            }
            (Err(fault), Some(id)) => Begun::Refused(id, fault.into()),
            (Err(_), None) => Begun::Ignored,
        }
    }

    /// A response up to its id, which does not count against the limit, and whether it was within that.
    pub(super) fn response(&self, outcome: Outcome, room: usize) -> (Vec<u8>, bool) {
        let response = outcome.unwrap_or_else(|failure| self.unfinished(&failure));
        if response.len() <= room {
            return (response, true);
        }
        (self.unfinished(&Fault::ResponseTooBig.into()), false)
    }

    fn unfinished(&self, failure: &Failure) -> Vec<u8> {
        let mut response = Vec::with_capacity(96);
        write_failure(failure, &self.settings.json, &mut response);
        response
    }

    pub(super) fn failure(&self, failure: &Failure, id: Id<'_>) -> Vec<u8> {
        finished(self.unfinished(failure), id)
    }
}

pub(super) fn finished(mut response: Vec<u8>, id: Id<'_>) -> Vec<u8> {
    finish(id, &mut response);
    response
}
