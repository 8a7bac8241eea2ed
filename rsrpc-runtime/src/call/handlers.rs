//! Traits through which generated code registers the methods of a service implementation.

use std::future::Future;
use std::sync::Arc;

use super::{Context, Method, Status, Streaming};

/// An implementation of one method. The returned future is `'static`, so it can run in its own task.
///
/// Methods of a generated trait, such as `T::say_hello`, implement this directly. Use [`owned`] for closures with
/// additional logic.
#[doc(hidden)]
pub trait Handler<T, In, Out>: Send + Sync + 'static {
    /// Starts a call.
    fn call(
        &self,
        service: Arc<T>,
        cx: Context,
        input: In,
    ) -> impl Future<Output = Result<Out, Status>> + Send + 'static;
}

/// A function that borrows the service and the context, like the methods of generated traits.
///
/// This trait exists because an `Fn` bound cannot name a future that depends on a lifetime.
#[doc(hidden)]
pub trait BorrowingFn<'a, T: 'a, In, Out>:
    Fn(&'a T, &'a Context, In) -> Self::Future + Copy + Send + Sync + 'static
{
    /// The function's future.
    type Future: Future<Output = Result<Out, Status>> + Send;
}

impl<'a, T, In, Out, F, Fut> BorrowingFn<'a, T, In, Out> for F
where
    T: 'a,
    F: Fn(&'a T, &'a Context, In) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<Out, Status>> + Send,
{
    type Future = Fut;
}

impl<T, In, Out, F> Handler<T, In, Out> for F
where
    T: Send + Sync + 'static,
    In: Send + 'static,
    Out: 'static,
    F: for<'a> BorrowingFn<'a, T, In, Out>,
{
    fn call(
        &self,
        service: Arc<T>,
        cx: Context,
        input: In,
    ) -> impl Future<Output = Result<Out, Status>> + Send + 'static {
        let method = *self;
        async move { method(&service, &cx, input).await }
    }
}

/// A handler created by [`owned`].
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct OwnedHandler<F>(F);

/// Creates a handler from a closure `|service, cx, request| async move { … }`, for methods whose arguments differ from
/// a context and a request.
#[doc(hidden)]
pub fn owned<T, In, Out, F, Fut>(handler: F) -> OwnedHandler<F>
where
    F: Fn(Arc<T>, Context, In) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Out, Status>> + Send + 'static,
{
    OwnedHandler(handler)
}

impl<T, In, Out, F, Fut> Handler<T, In, Out> for OwnedHandler<F>
where
    F: Fn(Arc<T>, Context, In) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Out, Status>> + Send + 'static,
{
    fn call(
        &self,
        service: Arc<T>,
        cx: Context,
        input: In,
    ) -> impl Future<Output = Result<Out, Status>> + Send + 'static {
        self.0(service, cx, input)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $input:ty => $output:ty;)*) => {$(
        $(#[$doc])*
        fn $name<Req, Rep>(
            &mut self,
            method: &'static Method<Req, Rep>,
            handler: impl Handler<T, $input, $output>,
        )
        where
            Req: Send + 'static,
            Rep: Send + 'static;
    )*};
}

/// A collector of a service's methods and their handlers, such as a server's routes or the table of a `…Dyn`.
#[doc(hidden)]
pub trait Handlers<T> {
    kinds! {
        /// Adds a unary method.
        unary: Req => Rep;
        /// Adds a server-streaming method.
        server_streaming: Req => Streaming<Rep>;
        /// Adds a client-streaming method.
        client_streaming: Streaming<Req> => Rep;
        /// Adds a bidirectional method.
        bidi: Streaming<Req> => Streaming<Rep>;
    }
}
