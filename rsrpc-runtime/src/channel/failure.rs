//! What a status says that is made on the client's side: who was called, what was being done, how often, how long.
//!
//! One form for all of them, so that they can be read, searched for and compared:
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

/// What an attempt to connect is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Resolving,
    Connecting,
    #[cfg(feature = "tls")]
    TlsHandshake,
    Http2Handshake,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolving => "resolving the name",
            Self::Connecting => "connecting",
            #[cfg(feature = "tls")]
            Self::TlsHandshake => "TLS handshake",
            Self::Http2Handshake => "HTTP/2 handshake",
        })
    }
}

/// How far an attempt to connect is: for who waits for it, and for its own failure.
#[derive(Debug)]
pub(crate) struct Progress(Mutex<Step>);

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) phase: Phase,
    pub(crate) address: Option<Address>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.phase.fmt(f)?;
        match (&self.address, self.phase) {
            (None, _) => Ok(()),
            (Some(address), Phase::Connecting) => write!(f, " to {address}"),
            (Some(address), _) => write!(f, " with {address}"),
        }
    }
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Step {
            phase: Phase::Resolving,
            address: None,
        }))
    }

    /// An address is tried.
    pub(super) fn connecting(&self, address: &Address) {
        let address = Some(address.clone());
        self.set(|step| {
            *step = Step {
                phase: Phase::Connecting,
                address,
            }
        });
    }

    /// The same address, a step further.
    pub(super) fn enter(&self, phase: Phase) {
        self.set(|step| step.phase = phase);
    }

    pub(crate) fn step(&self) -> Step {
        self.0.lock_unpoisoned().clone()
    }

    fn set(&self, change: impl FnOnce(&mut Step)) {
        change(&mut self.0.lock_unpoisoned());
    }
}

/// What surrounds a failure.
pub(crate) struct Circumstances<'a> {
    pub(crate) target: &'a Target,
    /// Where the connection leads, once that is known.
    pub(crate) address: Option<&'a Address>,
    pub(crate) phase: &'a dyn fmt::Display,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
}

impl Circumstances<'_> {
    /// The status of an attempt to connect that failed with `cause`.
    #[cold]
    pub(super) fn cannot_connect(&self, cause: Status) -> Status {
        cause.map_message(|cause| format!("cannot connect to {}{}: {cause}", self.place(), self.rest()))
    }

    /// The status of a call that failed with `cause`, which the server did not send.
    #[cold]
    pub(crate) fn call_failed(&self, cause: Status) -> Status {
        cause.map_message(|cause| format!("call to {} failed{}: {cause}", self.place(), self.rest()))
    }

    fn place(&self) -> String {
        let target = self.target.to_string();
        match self.address.map(Address::to_string) {
            Some(address) if address != target => format!("{target} at {address}"),
            _ => target,
        }
    }

    fn rest(&self) -> String {
        let elapsed = Elapsed(self.elapsed);
        format!(" ({}, attempt {}, after {elapsed})", self.phase, self.attempt)
    }
}

/// A duration as people say it: `0ms`, `17ms`, `1.2s`, `90s`.
pub(crate) struct Elapsed(pub(crate) Duration);

impl fmt::Display for Elapsed {
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
    fn durations_are_short() {
        let check = |millis, expected| {
            assert_eq!(Elapsed(Duration::from_millis(millis)).to_string(), expected);
        };
        check(0, "0ms");
        check(999, "999ms");
        check(1000, "1s");
        check(1290, "1.2s");
        check(20_050, "20s");
        check(61_900, "61s");
    }

    #[test]
    fn the_address_is_named_where_the_target_does_not() {
        let check = |target: &str, address: &str, expected: &str| {
            let circumstances = Circumstances {
                target: &Target::parse(target).unwrap(),
                address: Some(&Address::Tcp(address.parse().unwrap())),
                phase: &Phase::Connecting,
                attempt: 2,
                elapsed: Duration::from_millis(3),
            };
            let status = circumstances.cannot_connect(Status::unavailable("no"));
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
