//! Transparent retries: moves calls that the server has not processed to another stream or connection
//! ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).

use std::task::{Context, Poll, ready};

use super::{CallStage, CallState, ReplayBuffer, RequestPayload};
use crate::client::grpc::call_end::{CallFailure, CallPhase};
use crate::client::grpc::request_sender::RequestSending;
use crate::wire::grpc::from_h2;

impl CallState {
    /// Starts the call over after its connection turned out dead or in GOAWAY.
    #[cold]
    pub(super) fn skip_dead_connection(&mut self, error: h2::Error) -> Result<(), CallFailure> {
        if let Some(connection) = &self.connection {
            self.client.subchannel().retire(connection);
        }
        self.stage = CallStage::Start;
        let replay = self.replay.as_mut();
        if !replay.is_some_and(|replay| replay.limit.allow_unsent()) {
            return Err(CallFailure::Local(CallPhase::Stream, from_h2(error)));
        }
        self.connection = None;
        self.attempt += 1;
        Ok(())
    }

    /// Handles a failed stream: refuses the call for a retry if the server's application cannot have seen it, within the
    /// limits of [`RetryLimit`](crate::client::retry_limit::RetryLimit). Fails otherwise.
    #[cold]
    pub(super) fn retry_or_fail(&mut self, error: h2::Error) -> Result<(), CallFailure> {
        self.stage = CallStage::Done;
        let bytes_sent = self.connection.as_ref().map(|connection| connection.bytes_sent());
        let is_retried = self.replay.as_mut().is_some_and(|replay| {
            let sent_nothing = bytes_sent == Some(replay.bytes_before);
            replay.limit.allow_failed(&error, sent_nothing)
        });
        if !is_retried {
            return Err(CallFailure::Local(CallPhase::Headers, from_h2(error)));
        }
        self.stage = CallStage::Refused(error);
        Ok(())
    }

    /// Starts a refused call over once its requests are back. Fails if some of them have been sent.
    #[cold]
    pub(super) fn poll_retry(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallFailure>> {
        if let Some(ReplayBuffer { payload, .. }) = &mut self.replay
            && payload.is_none()
        {
            let is_task = matches!(self.sending, RequestSending::Task { .. });
            *payload = ready!(self.sending.poll_unsent(cx)).map(|requests| match is_task {
                true => RequestPayload::Task(requests),
                false => RequestPayload::Inline(requests),
            });
        }
        let CallStage::Refused(error) = std::mem::replace(&mut self.stage, CallStage::Done) else {
            return Poll::Ready(Ok(()));
        };
        let Some(replay) = self.replay.as_mut().filter(|replay| replay.payload.is_some()) else {
            return Poll::Ready(Err(CallFailure::Local(CallPhase::Headers, from_h2(error))));
        };
        replay.sender = None;
        tracing::debug!(target = %self.client.target(), %error, "retrying a call that the server has not processed");
        if let (Some(connection), false) = (&self.connection, error.is_reset()) {
            self.client.subchannel().retire(connection);
        }
        self.connection = None;
        self.attempt += 1;
        self.stage = CallStage::Start;
        Poll::Ready(Ok(()))
    }
}
