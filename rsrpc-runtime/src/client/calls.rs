//! The entry points of generated clients: one method of [`Channel`] for each kind of rpc.

use super::bidi::BidiCall;
use super::channel::Channel;
use super::client_streaming::ClientStreamingCall;
use super::server_streaming::ServerStreamingCall;
use super::unary::UnaryCall;
use crate::call::{Method, Streaming};

/// Calls by method constant. A generated client wraps each rpc in its own method.
impl Channel {
    /// Creates a call of a unary method.
    #[doc(hidden)]
    pub fn unary<Req, Rep>(&self, method: &'static Method<Req, Rep>, request: Req) -> UnaryCall<Req, Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        UnaryCall::new(self, method, request)
    }

    /// Creates a call of a server-streaming method.
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

    /// Creates a call of a client-streaming method.
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

    /// Creates a call of a bidirectional method.
    #[doc(hidden)]
    pub fn bidi<Req, Rep>(&self, method: &'static Method<Req, Rep>) -> BidiCall<Req, Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        BidiCall::new(self, method)
    }
}
