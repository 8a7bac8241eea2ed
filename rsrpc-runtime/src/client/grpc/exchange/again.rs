//! When a call begins anew on another connection: transparent retries
//! ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).

use std::task::{Context, Poll};

use h2::Reason;

use super::failure::Ended;
use super::{Exchange, MOST_DEAD, Outbox, Outgoing, State};
use crate::client::grpc::phase::Phase;
use crate::client::grpc::pump::Pump;
use crate::wire::grpc::from_h2;

impl<M: Send + 'static> Exchange<M> {
    /// Takes note that the connection is dead, or goes away: the call begins anew.
    #[cold]
    pub(super) fn found_dead(&mut self, mut outbox: Box<Outbox>, error: h2::Error) -> Result<(), Ended> {
        if let Some(connection) = &self.connection {
            self.channel.subchannel().retire(connection);
        }
        outbox.dead += 1;
        let is_over = outbox.dead > MOST_DEAD;
        self.state = State::Start(outbox);
        if is_over {
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
        let State::Sent(mut outbox, _) = std::mem::replace(&mut self.state, State::Done) else {
            return Ok(());
        };
        let again = match error.reason() {
            // On a stream, a GOAWAY is of one that it does not include (RFC 9113 §6.8).
            Some(_) if error.is_go_away() && error.is_remote() => !outbox.is_refused,
            Some(Reason::REFUSED_STREAM) if error.is_remote() => !outbox.is_refused,
            None if error.is_io()
                && self
                    .connection
                    .as_ref()
                    .is_some_and(|c| c.left() == outbox.left_before) =>
            {
                outbox.dead += 1;
                outbox.dead <= MOST_DEAD
            }
            _ => return Err(Ended::Here(Phase::Headers, from_h2(error))),
        };
        if !again {
            return Err(Ended::Here(Phase::Headers, from_h2(error)));
        }
        outbox.is_refused |= error.reason().is_some();
        self.state = State::Refused(outbox, error);
        Ok(())
    }

    /// Begins a refused call anew, once its requests are back.
    #[cold]
    pub(super) fn poll_again(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        let State::Refused(mut outbox, error) = std::mem::replace(&mut self.state, State::Done) else {
            return Poll::Ready(Ok(()));
        };
        if outbox.outgoing.is_none() {
            let is_task = matches!(self.pump, Pump::Task { .. });
            match self.pump.poll_untouched(cx) {
                Poll::Pending => {
                    self.state = State::Refused(outbox, error);
                    return Poll::Pending;
                }
                Poll::Ready(Some(requests)) if is_task => outbox.outgoing = Some(Outgoing::Task(requests)),
                Poll::Ready(Some(requests)) => outbox.outgoing = Some(Outgoing::Inline(requests)),
                Poll::Ready(None) => return Poll::Ready(Err(Ended::Here(Phase::Headers, from_h2(error)))),
            }
        }
        tracing::debug!(target = %self.channel.target(), %error, "a call that no server has seen begins anew");
        if let (Some(connection), false) = (&self.connection, error.is_reset()) {
            self.channel.subchannel().retire(connection);
        }
        self.connection = None;
        outbox.sender = None;
        self.attempt += 1;
        self.state = State::Start(outbox);
        Poll::Ready(Ok(()))
    }
}
