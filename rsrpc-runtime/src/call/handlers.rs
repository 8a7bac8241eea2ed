//! How generated code hands over the methods of an implementation.

use std::future::Future;
use std::sync::Arc;

use super::{Context, Method, Status, Streaming};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $input:ty => $output:ty;)*) => {$(
        $(#[$doc])*
        fn $name<T, F, Fut, Req, Rep>(&mut self, method: &'static Method<Req, Rep>, service: &Arc<T>, handler: F)
        where
            T: Send + Sync + 'static,
            Req: Send + 'static,
            Rep: Send + 'static,
            F: Fn(Arc<T>, Context, $input) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Result<$output, Status>> + Send + 'static;
    )*};
}

/// Takes each method of an implementation, with how it is called: the routes of a server, or what a `…Dyn` holds.
///
/// Generated code writes a handler as `|service, cx, request| async move { … }`, once for both.
#[doc(hidden)]
pub trait Handlers {
    kinds! {
        /// Takes a unary method.
        unary: Req => Rep;
        /// Takes a server-streaming method.
        server_streaming: Req => Streaming<Rep>;
        /// Takes a client-streaming method.
        client_streaming: Streaming<Req> => Rep;
        /// Takes a bidirectional method.
        bidi: Streaming<Req> => Streaming<Rep>;
    }
}
