//! The message format of statuses that the client itself creates: target, address, phase, attempt, elapsed time, cause.
//!
//! All of them have the same format, which makes them easy to read, search for and compare:
//!
//! ```text
//! cannot connect to localhost:50051 at 127.0.0.1:50051 (connecting, attempt 1, after 1ms): Connection refused
//! call to localhost:50051 at 127.0.0.1:50051 failed (waiting for the reply's headers, attempt 1, after 5s): …
//! ```

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use super::target::Target;
use crate::call::Status;
use crate::sync::MutexExt as _;
use crate::transport::Address;

/// The phase of a connection attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectPhase {
    Resolving,
    Connecting,
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "entered with the feature `tls` only")
    )]
    TlsHandshake,
    Http2Handshake,
}

impl fmt::Display for ConnectPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolving => "resolving the name",
            Self::Connecting => "connecting",
            Self::TlsHandshake => "TLS handshake",
            Self::Http2Handshake => "HTTP/2 handshake",
        })
    }
}

/// The shared progress of a connection attempt, shown in its own failure and in those of waiting calls.
#[derive(Debug)]
pub(crate) struct ConnectProgress(Mutex<ConnectStep>);

/// The phase of a connection attempt, and the address it applies to.
#[derive(Debug, Clone)]
pub(crate) struct ConnectStep {
    pub(crate) phase: ConnectPhase,
    pub(crate) address: Option<Address>,
}

impl fmt::Display for ConnectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phase.fmt(f)?;
        match (&self.address, self.phase) {
            (None, _) => Ok(()),
            (Some(address), ConnectPhase::Connecting) => write!(f, " to {address}"),
            (Some(address), _) => write!(f, " with {address}"),
        }
    }
}

impl ConnectProgress {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(ConnectStep {
            phase: ConnectPhase::Resolving,
            address: None,
        }))
    }

    /// Records the start of an attempt to connect to `address`.
    pub(super) fn start_connecting(&self, address: &Address) {
        let address = Some(address.clone());
        self.set(|step| {
            *step = ConnectStep {
                phase: ConnectPhase::Connecting,
                address,
            }
        });
    }

    /// Records that the attempt has reached `phase` with the same address.
    pub(super) fn enter(&self, phase: ConnectPhase) {
        self.set(|step| step.phase = phase);
    }

    pub(crate) fn step(&self) -> ConnectStep {
        self.0.lock_unpoisoned().clone()
    }

    fn set(&self, change: impl FnOnce(&mut ConnectStep)) {
        change(&mut self.0.lock_unpoisoned());
    }
}

/// The context of a failure, as shown in the status message.
pub(crate) struct FailureContext<'a> {
    pub(crate) target: &'a Target,
    /// The address of the connection, once it is known.
    pub(crate) address: Option<&'a Address>,
    pub(crate) phase: &'a dyn fmt::Display,
    /// The number of the attempt, starting at 1.
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
}

impl FailureContext<'_> {
    /// Returns the status of a connection attempt that failed with `cause`.
    #[cold]
    pub(super) fn cannot_connect(&self, cause: Status) -> Status {
        cause.map_message(|cause| format!("cannot connect to {}{}: {cause}", self.peer(), self.details()))
    }

    /// Returns the status of a call that failed with `cause`, where `cause` was not sent by the server.
    #[cold]
    pub(crate) fn call_failed(&self, cause: Status) -> Status {
        cause.map_message(|cause| format!("call to {} failed{}: {cause}", self.peer(), self.details()))
    }

    fn peer(&self) -> String {
        let target = self.target.to_string();
        match self.address.map(Address::to_string) {
            Some(address) if address != target => format!("{target} at {address}"),
            _ => target,
        }
    }

    fn details(&self) -> String {
        let elapsed = HumanDuration(self.elapsed);
        format!(" ({}, attempt {}, after {elapsed})", self.phase, self.attempt)
    }
}

/// Formats a duration with one unit: `0ms`, `17ms`, `1.2s`, `90s`.
pub(crate) struct HumanDuration(pub(crate) Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            short if short < Duration::from_secs(1) => write!(f, "{}ms", short.as_millis()),
            long if long < Duration::from_secs(60) && long.subsec_millis() >= 100 => {
                write!(f, "{}.{}s", long.as_secs(), long.subsec_millis() / 100)
            }
            long => write!(f, "{}s", long.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit() {
        let check = |millis, expected| {
            assert_eq!(HumanDuration(Duration::from_millis(millis)).to_string(), expected);
        };
        check(0, "0ms");
        check(999, "999ms");
        check(1000, "1s");
        check(1290, "1.2s");
        check(20_050, "20s");
        check(61_900, "61s");
    }

    #[test]
    fn address_is_shown_if_it_differs_from_target() {
        let check = |target: &str, address: &str, expected: &str| {
            let context = FailureContext {
                target: &Target::parse(target).unwrap(),
                address: Some(&Address::Tcp(address.parse().unwrap())),
                phase: &ConnectPhase::Connecting,
                attempt: 2,
                elapsed: Duration::from_millis(3),
            };
            let status = context.cannot_connect(Status::unavailable("no"));
            assert_eq!(status.message(), expected);
        };
        check(
            "127.0.0.1:1",
            "127.0.0.1:1",
            "cannot connect to 127.0.0.1:1 (connecting, attempt 2, after 3ms): no",
        );
        check(
            "localhost:1",
            "127.0.0.1:1",
            "cannot connect to localhost:1 at 127.0.0.1:1 (connecting, attempt 2, after 3ms): no",
        );
    }
}
