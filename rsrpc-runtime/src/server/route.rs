//! A registered method, and the call of its handler through the interceptors.

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Instant;

use super::cardinality::MessageCardinality;
use super::handler_failure::{catch_panic, deadline_exceeded};
use crate::call::{Context, DeadlineTimer, Handler, Method, Status};
use crate::interceptor::{Call, InterceptorChain, Reply};

/// A registered method: its constant, its implementation and its handler function.
pub(crate) struct Route<T, F, Rx, Tx, Req: 'static, Rep: 'static> {
    pub(crate) method: &'static Method<Req, Rep>,
    pub(crate) service: Arc<T>,
    pub(crate) handler: F,
    pub(crate) chain: InterceptorChain,
    pub(super) cardinalities: PhantomData<fn() -> (Rx, Tx)>,
}

/// A route that is registered under several names.
pub(crate) type SharedRoute<T, F, Rx, Tx, Req, Rep> = Arc<Route<T, F, Rx, Tx, Req, Rep>>;

impl<T, F, Rx, Tx, Req, Rep> Route<T, F, Rx, Tx, Req, Rep>
where
    T: Send + Sync + 'static,
    Req: Send + 'static,
    Rep: Send + 'static,
    Rx: MessageCardinality<Req>,
    Tx: MessageCardinality<Rep>,
    F: Handler<T, Rx::Value, Tx::Value>,
{
    /// Runs a call through the interceptors to the handler. Stores the context of the handler in `context`.
    pub(crate) fn run_chain(
        self: &Arc<Self>,
        call: Call,
        context: Arc<OnceLock<Context>>,
    ) -> impl Future<Output = Result<Reply, Status>> + Send + use<T, F, Rx, Tx, Req, Rep> {
        let route = self.clone();
        async move {
            let chain = route.chain.clone();
            chain
                .run(call, move |call| async move {
                    route.run_handler(call, &context).await
                })
                .await
        }
    }

    async fn run_handler(&self, call: Call, context: &OnceLock<Context>) -> Result<Reply, Status> {
        let deadline = call.parts.deadline;
        let handled = async {
            let (input, call) = Rx::from_call(call, self.method.request()).await?;
            let cx = context.get_or_init(|| Context::from_call(call.parts));
            self.handler.call(self.service.clone(), cx.clone(), input).await
        };
        let Some(output) = with_deadline(handled, deadline).await else {
            if let Some(cx) = context.get() {
                cx.cancel();
            }
            return Err(deadline_exceeded());
        };
        Ok(Tx::into_reply(output?, self.method.reply()))
    }
}

/// Runs `work` until `deadline`, which an interceptor may have set. Returns `None` when the deadline passes. A panic
/// becomes a status here, so interceptors see it.
async fn with_deadline<T>(
    work: impl Future<Output = Result<T, Status>>,
    deadline: Option<Instant>,
) -> Option<Result<T, Status>> {
    let mut deadline = DeadlineTimer::new(deadline);
    let mut work = pin!(work);
    poll_fn(|task| match catch_panic(|| work.as_mut().poll(task)) {
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Ok(Poll::Pending) => deadline.poll(task).map(|()| None),
        Err(panicked) => Poll::Ready(Some(Err(panicked.into()))),
    })
    .await
}
