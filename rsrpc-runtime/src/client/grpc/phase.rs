//! What a call is at: for the statuses that are made here.

use std::fmt;

use crate::channel::Step;

/// What a call waits for or does.
#[derive(Debug)]
pub(super) enum Phase {
    /// A connection; what making it is at.
    Connection(Option<Step>),
    Stream,
    Headers,
    Messages,
    Trailers,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection(Some(step)) => return write!(f, "waiting for a connection: {step}"),
            Self::Connection(None) => "waiting for a connection",
            Self::Stream => "waiting for a stream of the connection",
            Self::Headers => "waiting for the reply's headers",
            Self::Messages => "reading the reply's messages",
            Self::Trailers => "waiting for the reply's trailers",
        })
    }
}
