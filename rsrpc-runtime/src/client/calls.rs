//! Calls of methods by their constants, as generated clients make them.

use super::{BidiCall, Channel, ClientStreamingCall, ServerStreamingCall, UnaryCall};
use crate::call::{Method, Streaming};

/// What a generated client's methods come to. A client has a method for each rpc; these take the rpc as a value.
impl Channel {
    /// A call of a unary method.
    #[doc(hidden)]
    pub fn unary<Req, Rep>(&self, method: &'static Method<Req, Rep>, request: Req) -> UnaryCall<Req, Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        UnaryCall::new(self, method, request)
    }

    /// A call of a server-streaming method.
    #[doc(hidden)]
    pub fn server_streaming<Req, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        request: Req,
    ) -> ServerStreamingCall<Req, Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        ServerStreamingCall::new(self, method, request)
    }

    /// A call of a client-streaming method.
    #[doc(hidden)]
    pub fn client_streaming<Req, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        requests: impl Into<Streaming<Req>>,
    ) -> ClientStreamingCall<Req, Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        ClientStreamingCall::new(self, method, requests.into())
    }

    /// A call of a bidirectional method.
    #[doc(hidden)]
    pub fn bidi<Req, Rep>(&self, method: &'static Method<Req, Rep>) -> BidiCall<Req, Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        BidiCall::new(self, method)
    }
}
