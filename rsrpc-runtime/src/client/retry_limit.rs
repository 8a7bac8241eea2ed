//! The limits of transparent retries: gRPC, gRPC-Web, JSON-RPC and the tower service share them.

/// Maximum number of dead connections that one call skips. A connection may die between two calls; a server that closes
/// every new connection must not keep a call busy forever.
const MAX_DEAD_CONNECTIONS: u8 = 3;

/// The transparent retries of one call that are still allowed
/// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md), "Transparent Retries").
///
/// A request that never left the client is retried on up to three more connections. A request that the server refused
/// without passing it to the application is retried once.
#[derive(Debug, Default)]
pub(crate) struct RetryLimit {
    dead_connections: u8,
    is_refused: bool,
}

impl RetryLimit {
    /// Counts a connection on which the request was not sent. Returns whether the call may use another one.
    pub(crate) fn allow_unsent(&mut self) -> bool {
        self.dead_connections += 1;
        self.dead_connections <= MAX_DEAD_CONNECTIONS
    }

    /// Returns whether no further connection may be skipped.
    #[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
    pub(crate) fn is_last_attempt(&self) -> bool {
        self.dead_connections == MAX_DEAD_CONNECTIONS
    }

    /// Records a failed HTTP/2 stream. Returns whether the request may be sent again. `sent_nothing`: no byte has left on
    /// the connection since the request was queued.
    pub(crate) fn allow_failed(&mut self, error: &h2::Error, sent_nothing: bool) -> bool {
        match error.reason() {
            // `h2` reports a GOAWAY only to streams above its last stream id (RFC 9113 §6.8).
            Some(_) if error.is_go_away() && error.is_remote() => self.allow_refused(),
            Some(h2::Reason::REFUSED_STREAM) if error.is_remote() => self.allow_refused(),
            None if error.is_io() && sent_nothing => self.allow_unsent(),
            _ => false,
        }
    }

    fn allow_refused(&mut self) -> bool {
        !std::mem::replace(&mut self.is_refused, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_requests_use_at_most_four_connections() {
        let mut limit = RetryLimit::default();
        assert_eq!([(); 4].map(|()| limit.allow_unsent()), [true, true, true, false]);
    }

    #[test]
    fn refused_requests_are_retried_once() {
        let mut limit = RetryLimit::default();
        assert_eq!([(); 2].map(|()| limit.allow_refused()), [true, false]);
    }
}
