//! How generated code hands over the methods of an implementation.

use std::future::Future;
use std::sync::Arc;

use super::{Context, Method, Status, Streaming};

/// How a method of an implementation is called; its future owns what it needs, so that a task of its own can run it.
///
/// A method of a generated trait is one by itself: `T::say_hello`. What has to do more is one by way of [`owned`].
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

/// A function that borrows the implementation and the context, as the methods of generated traits do.
///
/// A trait, since a bound with `Fn` alone has no name for a future that depends on a lifetime.
#[doc(hidden)]
pub trait BorrowingFn<'a, T: 'a, In, Out>:
    Fn(&'a T, &'a Context, In) -> Self::Future + Copy + Send + Sync + 'static
{
    /// What the function returns.
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

/// See [`owned`].
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct OwnedHandler<F>(F);

/// A handler that is written as `|service, cx, request| async move { … }`: for methods that take something else than a
/// context and a request.
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

/// Takes each method of an implementation, with how it is called: the routes of a server, or what a `…Dyn` holds.
#[doc(hidden)]
pub trait Handlers<T> {
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
