//! What a server allows, and for how long. `docs/limits.md` has the table.

use std::time::Duration;

use super::Server;

/// What a server allows, with its defaults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_request_size: usize,
    pub(crate) max_response_size: usize,
    pub(crate) max_header_list_size: u32,
    pub(crate) max_unfinished_bytes: usize,
    pub(crate) max_unsent_bytes: usize,
    pub(crate) max_connections: Option<usize>,
    pub(crate) max_concurrent_streams: u32,
    pub(crate) handshake_timeout: Duration,
    pub(crate) first_request_timeout: Option<Duration>,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) max_connection_idle: Option<Duration>,
    pub(crate) max_connection_age: Option<Duration>,
    pub(crate) max_connection_age_grace: Option<Duration>,
    pub(crate) keepalive: Option<Keepalive>,
    pub(crate) keepalive_min_time: Duration,
    pub(crate) keepalive_without_calls: bool,
}

/// Our own pings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keepalive {
    /// How long nothing is heard before a ping.
    pub(crate) time: Duration,
    /// How long its answer may take.
    pub(crate) timeout: Duration,
}

const KEEPALIVE: Keepalive = Keepalive {
    time: Duration::from_secs(2 * 60 * 60),
    timeout: Duration::from_secs(20),
};

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_size: 4 << 20,
            max_response_size: 4 << 20,
            max_header_list_size: 16 << 10,
            max_unfinished_bytes: 32 << 20,
            max_unsent_bytes: 16 << 20,
            max_connections: None,
            max_concurrent_streams: 1024,
            handshake_timeout: Duration::from_secs(10),
            first_request_timeout: Some(Duration::from_secs(120)),
            header_timeout: Duration::from_secs(20),
            body_timeout: Duration::from_secs(20),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
            max_connection_idle: None,
            max_connection_age: None,
            max_connection_age_grace: None,
            keepalive: Some(KEEPALIVE),
            keepalive_min_time: Duration::from_secs(5 * 60),
            keepalive_without_calls: false,
        }
    }
}

/// Limits. Each is one connection's or call's own, unless it says otherwise; `docs/limits.md` has them side by side.
impl Server {
    /// The largest request message, and the largest JSON-RPC request body, in bytes; 4 MiB by default, as in gRPC.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.limits.max_request_size = bytes;
        self
    }

    /// The largest JSON-RPC answer, a whole batch counted, in bytes; 4 MiB by default.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.limits.max_response_size = bytes;
        self
    }

    /// The largest list of request headers, in bytes as HTTP/2 counts them: names, values, and 32 for each field
    /// ([RFC 9113 §6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)). 16 KiB by default: room for two
    /// tokens of a size that still is one. A larger list is answered with 431, and so is one of more than 128 fields.
    /// On HTTP/1.1 it limits the size of the whole head.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.limits.max_header_list_size = bytes;
        self
    }

    /// The bytes of request messages that have begun to arrive on a connection, and are not whole: 32 MiB by default.
    ///
    /// Without, each of a connection's streams could hold all but the last byte of a message of
    /// [`max_request_size`](Self::max_request_size). A call that would exceed it fails with RESOURCE_EXHAUSTED; the
    /// others go on. Messages that arrive within one DATA frame do not count.
    ///
    /// What a compressed message becomes beyond ten times its size counts, too, until the call's next message or its
    /// end: a message is decompressed no further than there is room.
    pub fn max_unfinished_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_unfinished_bytes = bytes;
        self
    }

    /// The bytes of replies that a connection's client has asked for and does not take; 16 MiB by default.
    ///
    /// While there are more, no further request of this connection is begun, and none that a call waits for is read.
    /// Handlers that run go on, so that what they reply comes on top. Small replies do not count: each stream may hold
    /// up to 16 KiB. If nothing of them is taken for the [write timeout](Self::write_timeout), the
    /// connection is closed.
    pub fn max_unsent_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_unsent_bytes = bytes;
        self
    }

    /// Connections of this server at a time; by default as many as the process can have file descriptors.
    ///
    /// Beyond it none is accepted until one has ended: those that come wait in the system's queue, as with a limited
    /// listener in Go. One line is logged whenever that begins.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.limits.max_connections = Some(connections);
        self
    }

    /// Calls at a time on one HTTP/2 connection; 1,024 by default. A call more is refused with REFUSED_STREAM, which
    /// a client may repeat.
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        self.limits.max_concurrent_streams = streams;
        self
    }

    /// How long a new connection may take to begin: 10 s by default. Then it is closed.
    ///
    /// That is the TLS handshake, the bytes that say which HTTP it speaks, and HTTP/2's preface with its SETTINGS, all
    /// together.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake_timeout = timeout;
        self
    }

    /// How long a new HTTP/2 connection may go without its first request; two minutes by default, what grpc-go gives
    /// a new connection in all. Then it is told to go away, and closed. `None`: for ever.
    pub fn first_request_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.limits.first_request_timeout = timeout.into();
        self
    }

    /// How long the headers of a request may take from their first byte to their last; 20 s by default. On HTTP/2
    /// this is looked at from time to time: the connection is closed after at most one and a half times as long.
    ///
    /// On HTTP/1.1 it is also how long a connection may wait for its next request.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_timeout = timeout;
        self
    }

    /// How long a message may take that has begun, or a unary call's only one, unless it comes at 500 bytes a second
    /// or faster; 20 s by default. Then the call fails with DEADLINE_EXCEEDED. An HTTP/2 frame that stays unfinished closes the
    /// connection, after at most one and a half times as long.
    ///
    /// A stream that idles between two messages is not slow, and may do so for ever.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.limits.body_timeout = timeout;
        self
    }

    /// How long a client may take nothing of what waits for it; 30 s by default. Then the connection is closed.
    ///
    /// It concerns the connection's bytes, and replies beyond [`max_unsent_bytes`](Self::max_unsent_bytes). A
    /// client may leave a single stream unread for as long as it likes.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write_timeout = timeout;
        self
    }

    /// How long running calls may go on once the server shuts down; 30 s by default. Then they are dropped.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.limits.drain_timeout = timeout;
        self
    }

    /// How long an HTTP/2 connection may be without calls; by default for ever, as in grpc-go. Then it is told to go
    /// away (GOAWAY with NO_ERROR), and closed; at the latest after one and a half times as long.
    pub fn max_connection_idle(mut self, idle: Duration) -> Self {
        self.limits.max_connection_idle = Some(idle);
        self
    }

    /// How old a connection may get; by default it may grow as old as it likes, as in grpc-go. Then it is told to go
    /// away, and its running calls end in peace, or after [the grace](Self::max_connection_age_grace).
    ///
    /// Each connection's is up to 10 % more or less, so that those that began together do not end together. Clients
    /// that connect anew find servers that were added meanwhile
    /// ([gRFC A9](https://github.com/grpc/proposal/blob/master/A9-server-side-conn-mgt.md)).
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.limits.max_connection_age = Some(age);
        self
    }

    /// How long the calls of a connection may go on that has reached its age; for ever by default, as in grpc-go.
    pub fn max_connection_age_grace(mut self, grace: Duration) -> Self {
        self.limits.max_connection_age_grace = Some(grace);
        self
    }

    /// How long an HTTP/2 connection may be silent before it is sent a PING, and how long the answer may take before
    /// it is closed; two hours and 20 s by default, as in grpc-go
    /// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)).
    ///
    /// A PING may come after twice the time: a timer is not set for every byte.
    pub fn keepalive(mut self, time: Duration, timeout: Duration) -> Self {
        self.limits.keepalive = Some(Keepalive { time, timeout });
        self
    }

    /// No PINGs of ours: a connection whose client has vanished stays until something is sent to it.
    pub fn without_keepalive(mut self) -> Self {
        self.limits.keepalive = None;
        self
    }

    /// How often a client may send PINGs; once in five minutes by default, as in grpc-go, and without calls once in
    /// two hours. HEADERS or DATA that we send allow one more. The third too early one is answered with GOAWAY
    /// (ENHANCE_YOUR_CALM, `too_many_pings`), and the connection closed
    /// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md), CVE-2019-9512).
    pub fn keepalive_min_time(mut self, time: Duration) -> Self {
        self.limits.keepalive_min_time = time;
        self
    }

    /// Lets clients that have no calls send PINGs as often as those that have some.
    pub fn keepalive_permit_without_calls(mut self) -> Self {
        self.limits.keepalive_without_calls = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docs/limits.md` says.
    #[test]
    fn the_defaults_are_those_of_the_table() {
        let seconds = Duration::from_secs;
        let limits = Limits::default();
        let sizes = [
            (limits.max_request_size, 4 << 20),
            (limits.max_response_size, 4 << 20),
            (limits.max_header_list_size as usize, 16 << 10),
            (limits.max_unfinished_bytes, 32 << 20),
            (limits.max_unsent_bytes, 16 << 20),
            (limits.max_concurrent_streams as usize, 1024),
        ];
        for (index, (value, expected)) in sizes.into_iter().enumerate() {
            assert_eq!(value, expected, "{index}");
        }
        let keepalive = limits.keepalive.expect("on");
        let times = [
            (limits.handshake_timeout, seconds(10)),
            (limits.first_request_timeout.expect("on"), seconds(120)),
            (limits.header_timeout, seconds(20)),
            (limits.body_timeout, seconds(20)),
            (limits.write_timeout, seconds(30)),
            (limits.drain_timeout, seconds(30)),
            (keepalive.time, seconds(7200)),
            (keepalive.timeout, seconds(20)),
            (limits.keepalive_min_time, seconds(300)),
        ];
        for (index, (value, expected)) in times.into_iter().enumerate() {
            assert_eq!(value, expected, "{index}");
        }
        // Slow headers and bodies are cut within 30 s: what is looked at from time to time takes half as long again.
        assert!(limits.header_timeout.max(limits.body_timeout) * 3 / 2 <= seconds(30));
        let unlimited = [
            limits.max_connection_idle,
            limits.max_connection_age,
            limits.max_connection_age_grace,
        ];
        assert_eq!(unlimited, [None; 3]);
        assert!(limits.max_connections.is_none() && !limits.keepalive_without_calls);
    }

    /// Whoever sets each option to its default has the same server.
    #[test]
    fn the_builder_says_the_same() {
        let seconds = Duration::from_secs;
        let built = Server::new()
            .max_request_size(4 << 20)
            .max_response_size(4 << 20)
            .max_header_list_size(16 << 10)
            .max_unfinished_bytes(32 << 20)
            .max_unsent_bytes(16 << 20)
            .max_concurrent_streams(1024)
            .handshake_timeout(seconds(10))
            .first_request_timeout(seconds(120))
            .header_timeout(seconds(20))
            .body_timeout(seconds(20))
            .write_timeout(seconds(30))
            .drain_timeout(seconds(30))
            .keepalive(seconds(7200), seconds(20))
            .keepalive_min_time(seconds(300));
        assert_eq!(format!("{:?}", built.limits), format!("{:?}", Limits::default()));
        let changed = Server::new()
            .max_connections(7)
            .max_connection_idle(seconds(1))
            .max_connection_age(seconds(2))
            .max_connection_age_grace(seconds(3))
            .first_request_timeout(None)
            .without_keepalive()
            .keepalive_permit_without_calls();
        let limits = changed.limits;
        assert_eq!(limits.max_connections, Some(7));
        assert_eq!(limits.max_connection_idle, Some(seconds(1)));
        assert_eq!(limits.max_connection_age, Some(seconds(2)));
        assert_eq!(limits.max_connection_age_grace, Some(seconds(3)));
        assert!(limits.first_request_timeout.is_none() && limits.keepalive.is_none());
        assert!(limits.keepalive_without_calls);
    }
}
