//! The four method kinds as types, with the request and reply of each.

use std::fmt::Debug;

use crate::call::Streaming;

/// The kind of an expectation's method: [`Unary`], [`ServerStreaming`], [`ClientStreaming`] or [`Bidi`].
pub trait ExpectationKind<Req, Rep>: Sealed {
    /// Argument of the method: a request or a stream of requests.
    type Input: Send + 'static;
    /// Result of the method: a reply or a stream of replies.
    type Output: Send + 'static;
}

/// Prevents implementations outside this module.
pub trait Sealed: Debug + 'static {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $input:ty => $output:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Sealed for $name {}

        impl<Req: Send + 'static, Rep: Send + 'static> ExpectationKind<Req, Rep> for $name {
            type Input = $input;
            type Output = $output;
        }
    )*};
}

kinds! {
    /// One request, one reply.
    Unary: Req => Rep;
    /// One request, a stream of replies.
    ServerStreaming: Req => Streaming<Rep>;
    /// A stream of requests, one reply.
    ClientStreaming: Streaming<Req> => Rep;
    /// A stream of requests, a stream of replies.
    Bidi: Streaming<Req> => Streaming<Rep>;
}
