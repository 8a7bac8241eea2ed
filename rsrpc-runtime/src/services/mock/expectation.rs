//! Expectations: the calls that a mock expects, and its replies.

use std::any::Any;
use std::fmt;
use std::future::{Future, ready};
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::kind::{Bidi, ClientStreaming, ExpectationKind, ServerStreaming, Unary};
use super::state::{CallCondition, ConditionSubject, ExpectationState};
use super::stream::{RepliesWhileReading, ReplyPerRequest};
use super::{MockShared, Sequence, Times, received_call, truncate};
use crate::call::{Context, Method, Status, Streaming};
use crate::services::Outcome;
use crate::sync::MutexExt as _;

/// The reply function of an expectation, with the request and reply types of the method.
pub(super) struct ReplyAction<In, Out>(Mutex<ReplyFn<In, Out>>);

type ReplyFn<In, Out> = Box<dyn FnMut(Context, In) -> Outcome<Out> + Send>;

impl<In, Out> ReplyAction<In, Out> {
    pub(super) fn run(&self, cx: Context, input: In) -> Outcome<Out> {
        let mut action = self.0.lock_unpoisoned();
        action(cx, input)
    }
}

/// An expected call and its reply. Returned by `expect_…` of a generated mock.
///
/// The expectation is active immediately; each method changes it. By default it matches every call of its method,
/// requires at least one call, and has no reply. A call is handled by the first expectation, in order of creation,
/// whose conditions hold and that has not reached its maximum number of calls.
///
/// Clones refer to the same expectation. Keep one to query [`received`](Self::received).
pub struct Expectation<K, Req: 'static, Rep: 'static> {
    shared: Arc<MockShared>,
    method: &'static Method<Req, Rep>,
    index: usize,
    kind: PhantomData<fn() -> K>,
}

/// An expectation of a unary method.
pub type UnaryExpectation<Req, Rep> = Expectation<Unary, Req, Rep>;
/// An expectation of a server-streaming method.
pub type ServerStreamingExpectation<Req, Rep> = Expectation<ServerStreaming, Req, Rep>;
/// An expectation of a client-streaming method.
pub type ClientStreamingExpectation<Req, Rep> = Expectation<ClientStreaming, Req, Rep>;
/// An expectation of a bidirectional method.
pub type BidiExpectation<Req, Rep> = Expectation<Bidi, Req, Rep>;

impl<K, Req, Rep> Expectation<K, Req, Rep>
where
    K: ExpectationKind<Req, Rep>,
    Req: Send + 'static,
    Rep: Send + 'static,
{
    pub(super) fn new(
        shared: Arc<MockShared>,
        method: &'static Method<Req, Rep>,
        place: &'static Location<'static>,
    ) -> Self {
        let index = shared.lock().add(method.descriptor(), place);
        Self {
            shared,
            method,
            index,
            kind: PhantomData,
        }
    }

    fn change(self, change: impl FnOnce(&mut ExpectationState)) -> Self {
        change(&mut self.shared.lock().expectations[self.index]);
        self
    }

    fn condition(
        self,
        text: String,
        subject: ConditionSubject,
        holds: impl Fn(&Context, &[Req]) -> bool + Send + 'static,
    ) -> Self {
        let holds = move |cx: &Context, seen: &dyn Any| {
            seen.downcast_ref::<Vec<Req>>()
                .is_some_and(|requests| holds(cx, requests))
        };
        self.change(|entry| {
            entry.conditions.push(CallCondition {
                text,
                subject,
                holds: Box::new(holds),
            });
        })
    }

    /// Sets the expected number of calls: a number, or a range such as `1..=3`, `2..` or `..`. The default is `1..`.
    ///
    /// Further calls go to the next matching expectation. Missing calls are found by verification.
    pub fn times(self, times: impl Into<Times>) -> Self {
        let times = times.into();
        self.change(|entry| entry.set_times(times))
    }

    /// Expects exactly one call.
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Expects no call. A matching call is unexpected, even if a later expectation matches.
    pub fn never(self) -> Self {
        self.times(0)
    }

    /// Matches only calls whose context, such as its metadata, satisfies a condition. The condition must not use the
    /// mock, which is locked.
    #[track_caller]
    pub fn when_context(self, holds: impl Fn(&Context) -> bool + Send + 'static) -> Self {
        let text = format!("matching the context condition at {}", Location::caller());
        self.condition(text, ConditionSubject::Context, move |cx, _| holds(cx))
    }

    /// Matches calls only in the order of a [`Sequence`].
    pub fn in_order(self, sequence: &Sequence) -> Self {
        self.change(|entry| entry.set_step(|name, min| sequence.push(name, min)))
    }

    /// Delays each reply. tokio's paused clock skips the delay.
    pub fn after(self, delay: Duration) -> Self {
        self.change(|entry| entry.delay = Some(delay))
    }

    /// Replies with an error.
    pub fn fails(self, status: Status) -> Self {
        self.act(move |_, _| Box::pin(ready(Err(status.clone()))))
    }

    /// Replies with the result of a function `|cx, request| async move { … }`. For methods with streaming requests, the
    /// function receives the stream.
    pub fn replies_with<Fut>(self, mut answer: impl FnMut(Context, K::Input) -> Fut + Send + 'static) -> Self
    where
        Fut: Future<Output = Result<K::Output, Status>> + Send + 'static,
    {
        self.act(move |cx, input| Box::pin(answer(cx, input)))
    }

    fn act(self, action: impl FnMut(Context, K::Input) -> Outcome<K::Output> + Send + 'static) -> Self {
        let action: ReplyAction<K::Input, K::Output> = ReplyAction(Mutex::new(Box::new(action)));
        self.change(|entry| entry.action = Some(Arc::new(action)))
    }

    /// Returns the number of calls handled so far.
    pub fn called(&self) -> usize {
        self.shared.lock().expectations[self.index].calls()
    }

    /// Returns the requests of the calls handled so far, in order. For streams, those read so far.
    ///
    /// # Panics
    /// A request cannot be copied through its encoding.
    pub fn received(&self) -> Vec<Req> {
        let calls = self.shared.calls(self.method, Some(self.index));
        calls.into_iter().flat_map(|call| call.requests).collect()
    }
}

macro_rules! one_request {
    ($($kind:ident)*) => {$(
        impl<Req: Send + 'static, Rep: Send + 'static> Expectation<$kind, Req, Rep> {
            /// Matches only calls whose request satisfies a condition. The condition must not use the mock, which is
            /// locked.
            #[track_caller]
            pub fn when(self, holds: impl Fn(&Req) -> bool + Send + 'static) -> Self {
                let text = format!("matching the request condition at {}", Location::caller());
                self.condition(text, ConditionSubject::Requests, move |_, requests| requests.first().is_some_and(&holds))
            }

            /// Matches only calls with exactly this request.
            pub fn with(self, request: Req) -> Self
            where
                Req: PartialEq,
            {
                let text = format!("with {}", truncate(self.method.request().describe(&request)));
                self.condition(text, ConditionSubject::Requests, move |_, requests| requests.first() == Some(&request))
            }
        }
    )*};
}

one_request!(Unary ServerStreaming);

impl<Req: Send + 'static, Rep: Send + 'static> Expectation<ClientStreaming, Req, Rep> {
    /// Matches only calls whose requests satisfy a condition. The mock reads the whole stream before it selects an
    /// expectation. The condition must not use the mock, which is locked.
    #[track_caller]
    pub fn when(self, holds: impl Fn(&[Req]) -> bool + Send + 'static) -> Self {
        let text = format!("matching the requests condition at {}", Location::caller());
        self.condition(text, ConditionSubject::Requests, move |_, requests| {
            holds(requests)
        })
    }

    /// Matches only calls with exactly these requests. The mock reads the whole stream before it selects an
    /// expectation.
    pub fn with(self, requests: impl IntoIterator<Item = Req>) -> Self
    where
        Req: PartialEq,
    {
        let requests: Vec<Req> = requests.into_iter().collect();
        let text = format!(
            "with {}",
            received_call::describe(&requests, self.method.request())
        );
        self.condition(text, ConditionSubject::Requests, move |_, found| {
            found == requests
        })
    }

    /// Reads all requests and then replies with this message.
    pub fn returns(self, reply: Rep) -> Self {
        let method = self.method;
        let reply = Arc::new(Mutex::new(reply));
        self.act(move |_, mut requests: Streaming<Req>| {
            let reply = reply.clone();
            Box::pin(async move {
                while requests.message().await?.is_some() {}
                let reply = reply.lock_unpoisoned();
                method.reply().copy(&reply)
            })
        })
    }
}

impl<Req: Send + 'static, Rep: Send + 'static> Expectation<Unary, Req, Rep> {
    /// Replies with this message.
    pub fn returns(self, reply: Rep) -> Self {
        let method = self.method;
        self.act(move |_, _| Box::pin(ready(method.reply().copy(&reply))))
    }
}

macro_rules! many_replies {
    ($($kind:ident)*) => {$(
        impl<Req: Send + 'static, Rep: Send + 'static> Expectation<$kind, Req, Rep> {
            /// Ends the stream of replies with an error, after those of [`streams`](Self::streams) or
            /// [`replies_with`](Self::replies_with).
            pub fn then_fails(self, status: Status) -> Self {
                self.change(|entry| entry.pacing.end = Some(status))
            }

            /// Delays each reply of the stream, and its end.
            pub fn paced(self, pause: Duration) -> Self {
                self.change(|entry| entry.pacing.pace = Some(pause))
            }
        }
    )*};
}

many_replies!(ServerStreaming Bidi);

impl<Req: Send + 'static, Rep: Send + 'static> Expectation<ServerStreaming, Req, Rep> {
    /// Replies with a stream of these messages.
    pub fn streams(self, replies: impl IntoIterator<Item = Rep>) -> Self {
        let replies = ReplyTemplate::new(self.method, replies);
        self.act(move |_, _| Box::pin(ready(replies.stream())))
    }
}

impl<Req: Send + 'static, Rep: Send + 'static> Expectation<Bidi, Req, Rep> {
    /// Replies with a stream of these messages, regardless of the requests. Requests are read until the stream ends.
    pub fn streams(self, replies: impl IntoIterator<Item = Rep>) -> Self {
        let replies = ReplyTemplate::new(self.method, replies);
        self.act(move |_, requests| {
            let replies = replies.stream().map(|replies| {
                Streaming::from_source(RepliesWhileReading {
                    requests: Some(requests),
                    replies,
                })
            });
            Box::pin(ready(replies))
        })
    }

    /// Replies to each request as it arrives. The first error ends the stream.
    pub fn replies_to_each(self, reply: impl Fn(Req) -> Result<Rep, Status> + Send + Sync + 'static) -> Self {
        let reply = Arc::new(reply);
        self.act(move |_, requests| {
            let reply = reply.clone();
            let replies = ReplyPerRequest {
                requests,
                reply: move |request| reply(request),
            };
            Box::pin(ready(Ok(Streaming::from_source(replies))))
        })
    }
}

/// Replies that are copied for every call.
struct ReplyTemplate<Req: 'static, Rep: 'static> {
    method: &'static Method<Req, Rep>,
    replies: Vec<Rep>,
}

impl<Req, Rep: Send + 'static> ReplyTemplate<Req, Rep> {
    fn new(method: &'static Method<Req, Rep>, replies: impl IntoIterator<Item = Rep>) -> Self {
        Self {
            method,
            replies: replies.into_iter().collect(),
        }
    }

    fn stream(&self) -> Result<Streaming<Rep>, Status> {
        let copies = self.replies.iter().map(|reply| self.method.reply().copy(reply));
        Ok(Streaming::from(copies.collect::<Result<Vec<_>, _>>()?))
    }
}

impl<K, Req, Rep> Clone for Expectation<K, Req, Rep> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            method: self.method,
            index: self.index,
            kind: PhantomData,
        }
    }
}

impl<K, Req, Rep> fmt::Debug for Expectation<K, Req, Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        let entry = &state.expectations[self.index];
        write!(f, "Expectation({entry})")
    }
}
