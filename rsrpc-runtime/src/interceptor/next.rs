//! The interceptor chain.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use futures_core::future::BoxFuture;

use super::end_hooks::EndHookGuard;
use super::{Call, Interceptor, Reply};
use crate::call::{DeadlineTimer, Status};

/// The part of the call after an interceptor: the remaining interceptors, then the handler or the wire.
pub struct Next {
    chain: InterceptorChain,
    position: usize,
    end: ChainEnd,
    /// Deadline that the caller of this chain already enforces.
    enforced: Option<Instant>,
}

/// The end of the chain: the handler, or the wire.
type ChainEnd = Box<dyn FnOnce(Call) -> BoxFuture<'static, Result<Reply, Status>> + Send>;

impl Next {
    /// Passes the call on and waits for its reply. A streaming reply is returned when its stream starts.
    ///
    /// # Errors
    /// The status with which the call failed before a reply; DEADLINE_EXCEEDED if the call's deadline, which an
    /// interceptor may have moved up, passes first.
    pub async fn run(mut self, call: Call) -> Result<Reply, Status> {
        let deadline = call.deadline();
        let mut timer = DeadlineTimer::new(deadline.filter(|_| deadline != self.enforced));
        self.enforced = deadline;
        let chain = self.chain.clone();
        let mut rest = pin!(async {
            match chain.interceptors().get(self.position) {
                Some(interceptor) => {
                    self.position += 1;
                    interceptor.intercept(call, self).await
                }
                None => (self.end)(call).await,
            }
        });
        poll_fn(|task| match rest.as_mut().poll(task) {
            Poll::Ready(replied) => Poll::Ready(replied),
            Poll::Pending => timer.poll(task).map(|()| {
                Err(Status::deadline_exceeded(
                    "the deadline set by an interceptor has passed",
                ))
            }),
        })
        .await
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}

/// An ordered chain of interceptors. `None` if empty, so the check costs one comparison.
#[derive(Clone, Default)]
pub(crate) struct InterceptorChain(Option<Arc<[Arc<dyn ErasedInterceptor>]>>);

impl InterceptorChain {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn push(&mut self, interceptor: impl Interceptor) {
        let added: Arc<dyn ErasedInterceptor> = Arc::new(interceptor);
        self.0 = Some(self.interceptors().iter().cloned().chain([added]).collect());
    }

    /// Returns this chain followed by `inner`.
    pub(crate) fn then(&self, inner: &InterceptorChain) -> InterceptorChain {
        match (self.is_empty(), inner.is_empty()) {
            (true, _) => inner.clone(),
            (_, true) => self.clone(),
            _ => InterceptorChain(Some(
                self.interceptors()
                    .iter()
                    .chain(inner.interceptors())
                    .cloned()
                    .collect(),
            )),
        }
    }

    /// Runs a call through the chain and then `end`.
    pub(crate) async fn run<F, Fut>(&self, call: Call, end: F) -> Result<Reply, Status>
    where
        F: FnOnce(Call) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Reply, Status>> + Send + 'static,
    {
        let end: ChainEnd = Box::new(move |call| Box::pin(end(call)));
        let deadline = call.deadline();
        let mut ending = EndHookGuard::of_call(call.end_hooks.clone(), deadline);
        let next = Next {
            chain: self.clone(),
            position: 0,
            end,
            enforced: deadline,
        };
        match next.run(call).await {
            Ok(mut reply) => {
                reply.end_hooks.extend(ending.take());
                reply.deadline = deadline;
                Ok(reply)
            }
            Err(status) => {
                ending.run(Err(&status));
                Err(status)
            }
        }
    }

    fn interceptors(&self) -> &[Arc<dyn ErasedInterceptor>] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for InterceptorChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InterceptorChain")
            .field(&self.interceptors().len())
            .finish()
    }
}

/// An object-safe [`Interceptor`] with a boxed future.
pub(crate) trait ErasedInterceptor: Send + Sync {
    fn intercept(&self, call: Call, next: Next) -> BoxFuture<'_, Result<Reply, Status>>;
}

impl<I: Interceptor> ErasedInterceptor for I {
    fn intercept(&self, call: Call, next: Next) -> BoxFuture<'_, Result<Reply, Status>> {
        Box::pin(Interceptor::intercept(self, call, next))
    }
}
