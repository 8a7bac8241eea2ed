//! The phases of a call and the ways it can fail, for the statuses that the client creates.

use std::fmt;

use crate::call::Status;
use crate::channel::ConnectStep;

/// The phase of a gRPC call.
#[derive(Debug)]
pub(super) enum CallPhase {
    /// The call waits for a connection, whose attempt may have reached this step.
    Connection(Option<ConnectStep>),
    /// The connection is at its stream limit.
    Stream,
    Headers,
    Messages,
    Trailers,
}

impl fmt::Display for CallPhase {
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

/// The failure of a call.
pub(super) enum CallFailure {
    /// The server sent this status.
    ByServer(Status),
    /// No connection could be made. The status is complete and needs no context.
    Unconnected(Status),
    /// A failure on the client's side, and the phase in which it occurred.
    Local(CallPhase, Status),
}
