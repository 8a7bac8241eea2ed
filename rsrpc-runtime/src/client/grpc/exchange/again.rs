//! When a call begins anew on another connection: transparent retries
//! ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).

use std::task::{Context, Poll, ready};

use h2::Reason;

use super::failure::Ended;
use super::{MOST_DEAD, Outbox, Outgoing, Running, State};
use crate::client::grpc::phase::Phase;
use crate::client::grpc::pump::Pump;
use crate::wire::grpc::from_h2;

impl Outbox {
    /// Counts a connection that took no request; whether the call goes to another one.
    fn goes_on(&mut self) -> bool {
        self.dead += 1;
        self.dead <= MOST_DEAD
    }
}

impl Running {
    /// Takes note that the connection is dead, or goes away: the call begins anew.
    #[cold]
    pub(super) fn found_dead(&mut self, error: h2::Error) -> Result<(), Ended> {
        if let Some(connection) = &self.connection {
            self.channel.subchannel().retire(connection);
        }
        self.state = State::Start;
        if !self.outbox.as_mut().is_some_and(Outbox::goes_on) {
            return Err(Ended::Here(Phase::Stream, from_h2(error)));
        }
        self.connection = None;
        self.attempt += 1;
        Ok(())
    }

    /// Whether a call that ended with an error begins anew: where the server's application cannot have seen it
    /// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md), "Transparent Retries"). Once, if the
    /// server has got it; until connections come to their end, if it never left.
    #[cold]
    pub(super) fn refused(&mut self, error: h2::Error) -> Result<(), Ended> {
        self.state = State::Done;
        let left = self.connection.as_ref().map(|connection| connection.left());
        let again = self.outbox.as_mut().is_some_and(|outbox| match error.reason() {
            // On a stream, a GOAWAY is of one that it does not include (RFC 9113 §6.8).
            Some(_) if error.is_go_away() && error.is_remote() => !outbox.is_refused,
            Some(Reason::REFUSED_STREAM) if error.is_remote() => !outbox.is_refused,
            None if error.is_io() && left == Some(outbox.left_before) => outbox.goes_on(),
            _ => false,
        });
        if !again {
            return Err(Ended::Here(Phase::Headers, from_h2(error)));
        }
        if let Some(outbox) = &mut self.outbox {
            outbox.is_refused |= error.reason().is_some();
        }
        self.state = State::Refused(error);
        Ok(())
    }

    /// Begins a refused call anew, once its requests are back.
    #[cold]
    pub(super) fn poll_again(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        if let Some(Outbox { outgoing, .. }) = &mut self.outbox
            && outgoing.is_none()
        {
            let is_task = matches!(self.pump, Pump::Task { .. });
            *outgoing = ready!(self.pump.poll_untouched(cx)).map(|requests| match is_task {
                true => Outgoing::Task(requests),
                false => Outgoing::Inline(requests),
            });
        }
        let State::Refused(error) = std::mem::replace(&mut self.state, State::Done) else {
            return Poll::Ready(Ok(()));
        };
        if self
            .outbox
            .as_ref()
            .is_none_or(|outbox| outbox.outgoing.is_none())
        {
            return Poll::Ready(Err(Ended::Here(Phase::Headers, from_h2(error))));
        }
        tracing::debug!(target = %self.channel.target(), %error, "a call that no server has seen begins anew");
        if let (Some(connection), false) = (&self.connection, error.is_reset()) {
            self.channel.subchannel().retire(connection);
        }
        self.connection = None;
        if let Some(outbox) = &mut self.outbox {
            outbox.sender = None;
        }
        self.attempt += 1;
        self.state = State::Start;
        Poll::Ready(Ok(()))
    }
}
