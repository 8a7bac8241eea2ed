//! The status of a call.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use prost::{Message, Name};
use prost_types::Any;

use super::Metadata;

/// gRPC [status codes](https://grpc.io/docs/guides/status-codes/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// Success. A [`Status`] with this code carries details of a successful call.
    Ok = 0,
    /// The caller cancelled the call.
    Cancelled = 1,
    /// An unknown error, often from another system.
    Unknown = 2,
    /// The request is invalid regardless of the system's state.
    InvalidArgument = 3,
    /// The deadline passed; the operation may have completed nonetheless.
    DeadlineExceeded = 4,
    /// The requested entity was not found.
    NotFound = 5,
    /// The entity to create already exists.
    AlreadyExists = 6,
    /// The caller is authenticated but not permitted to do this.
    PermissionDenied = 7,
    /// A quota, a size limit or memory is exhausted.
    ResourceExhausted = 8,
    /// The system is not in the required state; retrying does not help until the state changes.
    FailedPrecondition = 9,
    /// A conflict such as an aborted transaction; retry the whole sequence of operations.
    Aborted = 10,
    /// The operation is past the valid range, such as reading past the end.
    OutOfRange = 11,
    /// The method does not exist or is not supported.
    Unimplemented = 12,
    /// An invariant is broken.
    Internal = 13,
    /// The service is currently unreachable; retry with backoff.
    Unavailable = 14,
    /// Data is lost or corrupted beyond repair.
    DataLoss = 15,
    /// The call has no valid credentials.
    Unauthenticated = 16,
}

impl Code {
    const ALL: [(Code, &'static str); 17] = [
        (Code::Ok, "OK"),
        (Code::Cancelled, "CANCELLED"),
        (Code::Unknown, "UNKNOWN"),
        (Code::InvalidArgument, "INVALID_ARGUMENT"),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        (Code::NotFound, "NOT_FOUND"),
        (Code::AlreadyExists, "ALREADY_EXISTS"),
        (Code::PermissionDenied, "PERMISSION_DENIED"),
        (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
        (Code::FailedPrecondition, "FAILED_PRECONDITION"),
        (Code::Aborted, "ABORTED"),
        (Code::OutOfRange, "OUT_OF_RANGE"),
        (Code::Unimplemented, "UNIMPLEMENTED"),
        (Code::Internal, "INTERNAL"),
        (Code::Unavailable, "UNAVAILABLE"),
        (Code::DataLoss, "DATA_LOSS"),
        (Code::Unauthenticated, "UNAUTHENTICATED"),
    ];

    /// Returns the code with this number; [`Code::Unknown`] for unassigned numbers.
    pub fn from_i32(number: i32) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::ALL.get(index))
            .map_or(Code::Unknown, |(code, _)| *code)
    }

    /// Returns the name in gRPC's documentation, such as `NOT_FOUND`.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

impl From<Code> for i32 {
    fn from(code: Code) -> Self {
        code as i32
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error of every call: a [`Code`], a message, and optionally details, metadata and a source.
///
/// A status returned by a handler reaches the caller with everything but its [`source`](Error::source).
///
/// ```
/// use rsrpc_runtime::{Code, Status};
///
/// let status = Status::not_found("user 7");
/// assert_eq!(status.code(), Code::NotFound);
/// assert_eq!(status.to_string(), "NOT_FOUND: user 7");
/// ```
///
/// Boxed, so `Result<Reply, Status>` stays small on the success path.
#[derive(Clone)]
pub struct Status(Box<StatusParts>);

#[derive(Clone)]
struct StatusParts {
    code: Code,
    message: Cow<'static, str>,
    details: Vec<Any>,
    metadata: Metadata,
    /// Set for metadata received from a server, which is not forwarded to our own caller.
    received: bool,
    /// Headers that the server sent before the call failed.
    headers: Option<Box<Metadata>>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

macro_rules! constructors {
    ($($name:ident $code:ident)*) => {$(
        #[doc = concat!("A status with [`Code::", stringify!($code), "`].")]
        pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
            Self::new(Code::$code, message)
        }
    )*};
}

impl Status {
    /// Creates a status with a code and a human-readable message.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(StatusParts {
            code,
            message: message.into(),
            details: Vec::new(),
            metadata: Metadata::new(),
            received: false,
            headers: None,
            source: None,
        }))
    }

    constructors! {
        cancelled Cancelled
        unknown Unknown
        invalid_argument InvalidArgument
        deadline_exceeded DeadlineExceeded
        not_found NotFound
        already_exists AlreadyExists
        permission_denied PermissionDenied
        resource_exhausted ResourceExhausted
        failed_precondition FailedPrecondition
        aborted Aborted
        out_of_range OutOfRange
        unimplemented Unimplemented
        internal Internal
        unavailable Unavailable
        data_loss DataLoss
        unauthenticated Unauthenticated
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Returns the human-readable message; may be empty.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Adds a detail, such as a `google.rpc.ErrorInfo`. The peer reads it with [`detail`](Self::detail).
    #[must_use]
    pub fn with<M: Message + Name>(self, detail: M) -> Self {
        self.with_any(Any {
            type_url: format!("type.googleapis.com/{}", M::full_name()),
            value: detail.encode_to_vec(),
        })
    }

    /// Adds a detail that is already packed into an `Any`.
    #[must_use]
    pub fn with_any(mut self, detail: Any) -> Self {
        self.0.details.push(detail);
        self
    }

    /// Returns the first detail of type `M`, or `None`.
    ///
    /// # Errors
    /// The detail's bytes are not a valid `M`.
    pub fn detail<M: Message + Name + Default>(&self) -> Result<Option<M>, prost::DecodeError> {
        let name = M::full_name();
        let of_type = |any: &&Any| {
            any.type_url
                .rsplit_once('/')
                .map_or(any.type_url.as_str(), |(_, name)| name)
                == name
        };
        self.details()
            .iter()
            .find(of_type)
            .map(|any| M::decode(any.value.as_slice()))
            .transpose()
    }

    /// Returns all details, packed.
    pub fn details(&self) -> &[Any] {
        &self.0.details
    }

    /// Returns the status's metadata: the trailers in gRPC.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// Returns the status's metadata for changes.
    ///
    /// A handler that returns the status of its own outgoing call forwards the code, message and details. It forwards
    /// the received metadata only if it called this method.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        self.0.received = false;
        &mut self.0.metadata
    }

    /// Returns the headers that a server sent before a call with a single reply failed. Empty if it failed without
    /// headers (`Trailers-Only`) or without a response. For calls with a stream of replies, see
    /// [`Streaming::headers`](super::Streaming::headers).
    pub fn headers(&self) -> &Metadata {
        self.0.headers.as_deref().unwrap_or(Metadata::empty())
    }

    pub(crate) fn with_headers(mut self, headers: Metadata) -> Self {
        if !headers.is_empty() {
            self.0.headers = Some(Box::new(headers));
        }
        self
    }

    /// Sets metadata that was received from a server with the status.
    pub(crate) fn with_received_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self.0.received = true;
        self
    }

    /// Returns the metadata to send to our own caller.
    pub(crate) fn metadata_to_send(&self) -> Option<&Metadata> {
        (!self.0.received && !self.0.metadata.is_empty()).then_some(&self.0.metadata)
    }

    /// Changes the message; keeps details, metadata and source.
    #[cfg(feature = "client")]
    pub(crate) fn map_message(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.0.message = change(&self.0.message).into();
        self
    }

    /// Sets the error returned by [`source`](Error::source). It is not transmitted.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            "" => f.write_str(self.code().name()),
            message => write!(f, "{}: {message}", self.code()),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StatusParts {
            code,
            message,
            details,
            metadata,
            received: _,
            headers,
            source,
        } = &*self.0;
        let mut debug = f.debug_struct("Status");
        debug.field("code", code);
        if !message.is_empty() {
            debug.field("message", message);
        }
        if !details.is_empty() {
            debug.field("details", details);
        }
        if !metadata.is_empty() {
            debug.field("metadata", metadata);
        }
        if let Some(headers) = headers {
            debug.field("headers", headers);
        }
        if let Some(source) = source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl Error for Status {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_grpc_numbers() {
        for (number, (code, _)) in Code::ALL.iter().enumerate() {
            assert_eq!(i32::from(*code), number as i32);
            assert_eq!(Code::from_i32(number as i32), *code);
        }
        assert_eq!(Code::from_i32(17), Code::Unknown);
        assert_eq!(Code::from_i32(-1), Code::Unknown);
    }

    #[test]
    fn details_are_found_by_type() {
        let status = Status::not_found("x").with(prost_types::Timestamp { seconds: 7, nanos: 0 });
        assert_eq!(
            status
                .detail::<prost_types::Timestamp>()
                .unwrap()
                .unwrap()
                .seconds,
            7
        );
        assert!(status.detail::<prost_types::Duration>().unwrap().is_none());
        let broken = Status::not_found("x").with_any(Any {
            type_url: "type.googleapis.com/google.protobuf.Timestamp".into(),
            value: vec![0xff],
        });
        assert!(broken.detail::<prost_types::Timestamp>().is_err());
    }

    #[test]
    fn status_is_pointer_sized() {
        assert_eq!(size_of::<Status>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Status>>(), size_of::<Status>());
    }

    #[test]
    fn the_source_is_kept() {
        let status = Status::unavailable("connect").with_source(std::io::Error::other("refused"));
        assert_eq!(status.source().unwrap().to_string(), "refused");
        assert_eq!(status.clone().to_string(), "UNAVAILABLE: connect");
    }
}
