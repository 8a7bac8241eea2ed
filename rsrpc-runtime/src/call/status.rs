//! How a call ends when it does not end well.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use prost::{Message, Name};
use prost_types::Any;

use super::Metadata;

/// gRPC's status codes, [as numbered there](https://grpc.io/docs/guides/status-codes/).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Code {
    /// Success. A [`Status`] with this code carries details of a call that went well.
    Ok = 0,
    /// The caller gave up.
    Cancelled = 1,
    /// An error of no known kind, often from another address space.
    Unknown = 2,
    /// The request is wrong whatever the system's state.
    InvalidArgument = 3,
    /// Time ran out; the work may have been done all the same.
    DeadlineExceeded = 4,
    /// What was asked for is not there.
    NotFound = 5,
    /// What was to be created is there already.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A quota, a size limit, memory: something is used up.
    ResourceExhausted = 8,
    /// The system is in no state for this; retrying does not help until it has changed.
    FailedPrecondition = 9,
    /// A conflict such as a failed transaction; retry a level up.
    Aborted = 10,
    /// Past the valid range, as in reading past the end.
    OutOfRange = 11,
    /// The method is not there or not supported.
    Unimplemented = 12,
    /// An invariant is broken.
    Internal = 13,
    /// Not reachable now; retry with backoff.
    Unavailable = 14,
    /// Data is lost or corrupt beyond repair.
    DataLoss = 15,
    /// No valid credentials.
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

    /// The code with this number; [`Code::Unknown`] for every number that is none.
    pub fn from_i32(number: i32) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::ALL.get(index))
            .map_or(Code::Unknown, |(code, _)| *code)
    }

    /// The name in gRPC's documents, such as `NOT_FOUND`.
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

/// The error of every call: a [`Code`], a message, and maybe details, metadata and a cause.
///
/// It travels: what a handler returns, the caller gets, with all but the [`source`](Error::source).
///
/// ```
/// use rsrpc_runtime::{Code, Status};
///
/// let status = Status::not_found("user 7");
/// assert_eq!(status.code(), Code::NotFound);
/// assert_eq!(status.to_string(), "NOT_FOUND: user 7");
/// ```
///
/// One pointer: a `Result<Reply, Status>` is then moved about in whole words, also when all is well.
#[derive(Clone)]
pub struct Status(Box<StatusParts>);

#[derive(Clone)]
struct StatusParts {
    code: Code,
    message: Cow<'static, str>,
    details: Vec<Any>,
    metadata: Metadata,
    /// Whether the metadata came with the status from a server: then it does not go on to our own caller.
    received: bool,
    /// What that server sent before it failed.
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
    /// A status with a code and a message for people.
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

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message for people; may be empty.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Adds a detail, such as a `google.rpc.ErrorInfo`, that the other side reads with [`detail`](Self::detail).
    #[must_use]
    pub fn with<M: Message + Name>(self, detail: M) -> Self {
        self.with_any(Any {
            type_url: format!("type.googleapis.com/{}", M::full_name()),
            value: detail.encode_to_vec(),
        })
    }

    /// Adds a detail that is already packed.
    #[must_use]
    pub fn with_any(mut self, detail: Any) -> Self {
        self.0.details.push(detail);
        self
    }

    /// The first detail of type `M`; `None` when there is none.
    ///
    /// # Errors
    /// There is one, and its bytes are no `M`.
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

    /// Every detail, packed.
    pub fn details(&self) -> &[Any] {
        &self.0.details
    }

    /// The metadata beside the status: gRPC's trailers.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The metadata beside the status, to add to.
    ///
    /// A handler that returns the status of a call of its own passes on the code, message and details, but not the
    /// metadata that came with them, unless it has changed it here.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        self.0.received = false;
        &mut self.0.metadata
    }

    /// The headers that a server sent before its call with one reply failed; empty where it failed at once
    /// (`Trailers-Only`) or never answered. Those of a call with a stream of replies are in the
    /// [`Streaming`](super::Streaming).
    pub fn headers(&self) -> &Metadata {
        self.0.headers.as_deref().unwrap_or(Metadata::empty())
    }

    pub(crate) fn with_headers(mut self, headers: Metadata) -> Self {
        if !headers.is_empty() {
            self.0.headers = Some(Box::new(headers));
        }
        self
    }

    /// The status with metadata that came with it from a server.
    pub(crate) fn with_received_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self.0.received = true;
        self
    }

    /// The metadata that a caller of ours gets.
    pub(crate) fn metadata_to_send(&self) -> Option<&Metadata> {
        (!self.0.received && !self.0.metadata.is_empty()).then_some(&self.0.metadata)
    }

    /// The same with another message; details, metadata and the cause stay.
    #[cfg(feature = "client")]
    pub(crate) fn map_message(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.0.message = change(&self.0.message).into();
        self
    }

    /// Keeps the cause, which [`source`](Error::source) names. It does not travel.
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
    fn codes_have_their_numbers() {
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
    fn a_status_is_small() {
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
