//! The statuses of failed calls, with the phase and cause known on the client's side.

use std::error::Error as _;
use std::task::{Context, Waker};

use super::{CallStage, CallState, ReplayBuffer, ResponsePhase};
use crate::call::{Status, now};
use crate::channel::FailureContext;
use crate::client::grpc::call_end::{CallFailure, CallPhase};
use crate::client::options::deadline_exceeded;
use crate::transport::http2;

impl ReplayBuffer {
    /// Returns whether the request waits because the connection is at its stream limit. `h2` knows this only of a request
    /// that arrived when all streams were in use, not of one in a burst that was queued before the first was sent.
    fn awaits_stream(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.sender
            .as_mut()
            .is_some_and(|sender| sender.poll_ready(&mut cx).is_pending())
    }
}

impl CallState {
    /// Returns the current phase of the call.
    pub(super) fn phase(&mut self) -> CallPhase {
        match &self.stage {
            CallStage::Start | CallStage::Connecting(_) => {
                CallPhase::Connection(self.client.subchannel().connect_step())
            }
            CallStage::Sent(_) if self.replay.as_mut().is_some_and(ReplayBuffer::awaits_stream) => {
                CallPhase::Stream
            }
            CallStage::Sent(_) | CallStage::Refused(_) | CallStage::NonGrpc(_) => CallPhase::Headers,
            CallStage::Reading(_, ResponsePhase::Messages) => CallPhase::Messages,
            CallStage::Reading(_, ResponsePhase::Trailers(_)) | CallStage::Done => CallPhase::Trailers,
        }
    }

    /// Returns the status of a failed call.
    #[cold]
    pub(super) fn failure_status(&mut self, failure: CallFailure) -> Status {
        // Our own reset can arrive before the failure of the requests that caused it.
        let request_failure = self.sending.take_failure();
        // The server's RST_STREAM can arrive before the tick of our own deadline timer.
        let is_late = self.cancellation.deadline.has_passed();
        match (failure, request_failure) {
            (CallFailure::ByServer(status), _) if is_late => {
                let phase = self.phase();
                self.with_context(phase, deadline_exceeded().with_source(status))
            }
            (CallFailure::Unconnected(status), _) if is_late => self.with_context(
                CallPhase::Connection(None),
                deadline_exceeded().with_source(status),
            ),
            (CallFailure::Local(phase, status), _) if is_late => {
                self.with_context(phase, deadline_exceeded().with_source(status))
            }
            (_, Some(status)) | (CallFailure::ByServer(status) | CallFailure::Unconnected(status), None) => {
                status
            }
            (CallFailure::Local(phase, status), None) => {
                self.with_context(phase, self.with_end_reason(status))
            }
        }
    }

    /// Replaces the text of an `h2` error with the connection's end reason or a description.
    fn with_end_reason(&self, status: Status) -> Status {
        let error = status
            .source()
            .and_then(|source| source.downcast_ref::<h2::Error>());
        let Some(error) = error else { return status };
        let text = match &self.connection {
            Some(connection) if error.is_io() => connection.end_reason(),
            _ => None,
        };
        let text = text.unwrap_or_else(|| http2::describe(error));
        status.map_message(|_| text)
    }

    /// Adds the call's target, phase, attempt and elapsed time to a status that the client creates.
    #[cold]
    pub(super) fn with_context(&self, phase: CallPhase, cause: Status) -> Status {
        let context = FailureContext {
            target: self.client.target(),
            address: self.connection.as_ref().map(|connection| connection.address()),
            phase: &phase,
            attempt: self.attempt,
            elapsed: now() - self.cancellation.started(),
        };
        context.call_failed(cause)
    }
}
