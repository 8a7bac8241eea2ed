//! The four kinds of rpc, as types: what an expectation of each takes and gives.

use std::fmt::Debug;

use crate::call::Streaming;

/// A kind of rpc: [`Unary`], [`ServerStreaming`], [`ClientStreaming`] or [`Bidi`].
pub trait ExpectationKind<Req, Rep>: Sealed {
    /// What an implementation of the method takes: a request, or a stream of them.
    type Input: Send + 'static;
    /// What it gives: a reply, or a stream of them.
    type Output: Send + 'static;
}

/// Nobody else has kinds.
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
    /// A stream each way.
    Bidi: Streaming<Req> => Streaming<Rep>;
}
