//! The limits and timeouts of a server. `docs/limits.md` lists them.

use std::time::Duration;

/// The limits and timeouts of a server, with their defaults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_request_size: usize,
    pub(crate) max_reply_size: usize,
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
    pub(crate) keepalive: Option<ServerKeepalive>,
    pub(crate) keepalive_min_time: Duration,
    pub(crate) keepalive_without_calls: bool,
}

/// Keepalive PINGs that the server sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerKeepalive {
    /// Time without incoming data before a PING is sent.
    pub(crate) time: Duration,
    /// Time to wait for the reply to a PING.
    pub(crate) timeout: Duration,
}

const DEFAULT_KEEPALIVE: ServerKeepalive = ServerKeepalive {
    time: Duration::from_secs(2 * 60 * 60),
    timeout: Duration::from_secs(20),
};

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_size: 4 << 20,
            max_reply_size: 4 << 20,
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
            keepalive: Some(DEFAULT_KEEPALIVE),
            keepalive_min_time: Duration::from_secs(5 * 60),
            keepalive_without_calls: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the defaults with `docs/limits.md`.
    #[test]
    fn default_limits_match_documentation() {
        let seconds = Duration::from_secs;
        let limits = Limits::default();
        let sizes = [
            (limits.max_request_size, 4 << 20),
            (limits.max_reply_size, 4 << 20),
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
        // Slow headers and bodies are aborted within 30 s. Periodic checks add up to half of the timeout.
        assert!(limits.header_timeout.max(limits.body_timeout) * 3 / 2 <= seconds(30));
        let unlimited = [
            limits.max_connection_idle,
            limits.max_connection_age,
            limits.max_connection_age_grace,
        ];
        assert_eq!(unlimited, [None; 3]);
        assert!(limits.max_connections.is_none() && !limits.keepalive_without_calls);
    }
}
