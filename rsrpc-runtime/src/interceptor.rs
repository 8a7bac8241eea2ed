//! Interceptors: code that runs around every call, on servers and on clients.
//!
//! One trait serves unary and streaming calls, servers and clients, gRPC and JSON-RPC. An interceptor takes a [`Call`],
//! passes it to [`Next`], and receives a [`Reply`]. It does not depend on a wire protocol.

mod builtin;
mod call;
mod end_hooks;
mod message;
mod next;
mod reply;

use std::future::Future;

pub use builtin::{BearerAuth, BearerToken, DefaultTimeout, Logging};
pub use call::Call;
pub(crate) use call::{ReadMessage, RequestBody};
pub use message::AnyMessage;
pub(crate) use message::{MessageHook, TypedMessage};
pub(crate) use next::InterceptorChain;
pub use next::Next;
pub use reply::Reply;
#[cfg(feature = "client")]
pub(crate) use reply::with_metadata;

use crate::call::Status;

/// Runs around every call of a server, a service or a channel.
///
/// Called once per call, before the request is read or decoded. Each entry of a JSON-RPC batch is one call. An
/// interceptor may inspect and change the [`Call`], pass it on with [`Next::run`], reply in place of the handler with
/// its own [`Reply`], or reject the call with a [`Status`]. Its future is dropped when the call is cancelled or its
/// deadline passes.
///
/// Interceptors run in the order in which they were added. On a server, those of the server run before those of the
/// service.
///
/// ```
/// use rsrpc_runtime::interceptor::{Call, Interceptor, Next, Reply};
/// use rsrpc_runtime::Status;
///
/// struct OneTenant;
///
/// impl Interceptor for OneTenant {
///     async fn intercept(&self, call: Call, next: Next) -> Result<Reply, Status> {
///         match call.metadata().get("tenant") {
///             Some("blue") => next.run(call).await,
///             _ => Err(Status::permission_denied("only tenant blue is served here")),
///         }
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Handles one call.
    fn intercept(&self, call: Call, next: Next) -> impl Future<Output = Result<Reply, Status>> + Send;
}

/// Creates an interceptor from a closure: `interceptor(|call, next| async move { … next.run(call).await })`.
#[must_use = "an interceptor has no effect until it is added to a server, a service or a channel"]
pub fn interceptor<F, Fut>(intercept: F) -> impl Interceptor
where
    F: Fn(Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Status>> + Send + 'static,
{
    FnInterceptor(intercept)
}

struct FnInterceptor<F>(F);

impl<F, Fut> Interceptor for FnInterceptor<F>
where
    F: Fn(Call, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Status>> + Send + 'static,
{
    fn intercept(&self, call: Call, next: Next) -> impl Future<Output = Result<Reply, Status>> + Send {
        (self.0)(call, next)
    }
}

#[cfg(test)]
mod tests;
