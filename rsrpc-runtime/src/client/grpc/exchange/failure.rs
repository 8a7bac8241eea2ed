//! What a call ends with that does not end well.

use std::error::Error as _;
use std::task::{Context, Waker};

use super::{Outbox, Rest, Running, State};
use crate::call::{Status, now};
use crate::channel::Circumstances;
use crate::client::grpc::phase::Phase;
use crate::client::options::deadline_exceeded;
use crate::transport::http2;

/// How a call ends that does not end well.
pub(super) enum Ended {
    /// The server said so.
    ByServer(Status),
    /// There is no connection; the status says all of that.
    Unconnected(Status),
    /// Something else, and what the call was at.
    Here(Phase, Status),
}

impl Outbox {
    /// Whether the request waits until another call of its connection ends. `h2` knows that of a request which came when
    /// all streams were taken; of one in a burst of requests, made before the first of them was on its way, it does not.
    fn awaits_stream(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.sender
            .as_mut()
            .is_some_and(|sender| sender.poll_ready(&mut cx).is_pending())
    }
}

impl Running {
    /// What the call is at, which ends.
    pub(super) fn phase(&mut self) -> Phase {
        match &self.state {
            State::Start | State::Connecting(_) => Phase::Connection(self.channel.subchannel().step()),
            State::Sent(_) if self.outbox.as_mut().is_some_and(Outbox::awaits_stream) => Phase::Stream,
            State::Sent(_) | State::Refused(_) | State::Page(_) => Phase::Headers,
            State::Reading(_, Rest::Messages) => Phase::Messages,
            State::Reading(_, Rest::Trailers(_)) | State::Done => Phase::Trailers,
        }
    }

    /// The status of a call that has ended.
    #[cold]
    pub(super) fn why(&mut self, ended: Ended) -> Status {
        // Our own reset may be faster than what it is for.
        let by_requests = self.pump.take_failure();
        // The server's RST_STREAM may be faster than our clock's tick.
        let too_late = self.cancellation.deadline.has_passed();
        match (ended, by_requests) {
            (Ended::ByServer(status), _) if too_late => {
                let phase = self.phase();
                self.failed(phase, deadline_exceeded().with_source(status))
            }
            (Ended::Unconnected(status), _) if too_late => {
                self.failed(Phase::Connection(None), deadline_exceeded().with_source(status))
            }
            (Ended::Here(phase, status), _) if too_late => {
                self.failed(phase, deadline_exceeded().with_source(status))
            }
            (_, Some(status)) | (Ended::ByServer(status) | Ended::Unconnected(status), None) => status,
            (Ended::Here(phase, status), None) => self.failed(phase, self.explained(status)),
        }
    }

    /// The status with what is known of its cause instead of `h2`'s words.
    fn explained(&self, status: Status) -> Status {
        let error = status
            .source()
            .and_then(|source| source.downcast_ref::<h2::Error>());
        let Some(error) = error else { return status };
        let text = match &self.connection {
            Some(connection) if error.is_io() => connection.why_ended(),
            _ => None,
        };
        let text = text.unwrap_or_else(|| http2::describe(error));
        status.map_message(|_| text)
    }

    /// A status that is made here, not by the server.
    #[cold]
    pub(in crate::client::grpc) fn failed(&self, phase: Phase, cause: Status) -> Status {
        let circumstances = Circumstances {
            target: self.channel.target(),
            address: self.connection.as_ref().map(|connection| connection.address()),
            phase: &phase,
            attempt: self.attempt,
            elapsed: now() - self.cancellation.started(),
        };
        circumstances.call_failed(cause)
    }
}
