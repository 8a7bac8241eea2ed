//! The start of a call: resolves its options and runs the channel's interceptors.

use std::future::Future;

use super::channel::Channel;
use super::options::{CallOptions, Cancellation};
use super::prepared_call::PreparedCall;
use crate::call::{self, Method, Status};
use crate::channel::FailureContext;
use crate::interceptor::{Call, Reply, RequestBody};

/// A started call and its channel.
pub(super) struct CallStart<Req: 'static, Rep: 'static> {
    pub(super) channel: Channel,
    pub(super) call: PreparedCall<Req, Rep>,
}

impl<Req: Send + 'static, Rep: Send + 'static> CallStart<Req, Rep> {
    /// Resolves the call's options and starts its timeout.
    pub(super) fn new(
        channel: Channel,
        method: &'static Method<Req, Rep>,
        options: CallOptions,
    ) -> Result<Self, Status> {
        let (parts, cancellation) = options.resolve(channel.default_timeout(), method.descriptor())?;
        Ok(Self {
            channel,
            call: PreparedCall {
                method,
                parts,
                cancellation,
            },
        })
    }

    /// Returns whether the call has to go through [`intercept`](Self::intercept).
    pub(super) fn has_interceptors(&self) -> bool {
        !self.channel.interceptors().is_empty()
    }

    /// Returns the incoming call that this call is part of.
    pub(super) fn parent(&self) -> Option<call::Context> {
        self.call.cancellation.parent()
    }

    /// Runs the channel's interceptors. The innermost one calls `send` with the possibly modified call. `parent` also
    /// cancels the sent call: a stream of replies outlives the interceptors.
    pub(super) async fn intercept<F, Fut>(
        self,
        body: RequestBody,
        parent: Option<call::Context>,
        send: F,
    ) -> Result<Reply, Status>
    where
        F: FnOnce(Self, Call) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Reply, Status>> + Send + 'static,
    {
        let Self {
            channel,
            call:
                PreparedCall {
                    method,
                    parts,
                    mut cancellation,
                },
        } = self;
        let interceptors = channel.interceptors().clone();
        let (started, target) = (cancellation.started(), channel.clone());
        let replied = interceptors.run(Call::new(parts, body), move |mut call| {
            let parts = std::mem::take(&mut call.parts);
            let cancellation = Cancellation::new(started, parts.deadline, parent);
            let start = Self {
                channel,
                call: PreparedCall {
                    method,
                    parts,
                    cancellation,
                },
            };
            send(start, call)
        });
        let ended = match cancellation.guard(replied).await {
            Ok(replied) => return replied,
            Err(ended) => ended,
        };
        let context = FailureContext {
            target: target.target(),
            address: None,
            phase: &"in the channel's interceptors",
            attempt: 1,
            elapsed: call::now() - started,
        };
        Err(context.call_failed(ended))
    }
}
