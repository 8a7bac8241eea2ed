//! Service mocks: expectations and replies of a generated `…Mock`.
//!
//! A `GreeterMock` implements `Greeter`, so it can be used in place of any implementation: directly, in a
//! `GreeterServer` over every protocol, or in a `GreeterDyn`. Its `expect_say_hello()` returns an [`Expectation`]:
//!
//! ```
//! # use rsrpc_runtime::{Context, Status, Streaming, generated as g};
//! # use std::time::Duration;
//! # #[derive(Clone, PartialEq, rsrpc_runtime::prost::Message)]
//! # #[prost(prost_path = "rsrpc_runtime::prost")]
//! # struct Text { #[prost(string, tag = "1")] text: String }
//! # const C: g::MessageCodec<Text> = g::MessageCodec::protobuf("Text");
//! # const SAY_HELLO: &g::Method<Text, Text> = &g::Method::unary("/Greeter/SayHello", C, C);
//! # const CHAT: &g::Method<Text, Text> = &g::Method::bidi("/Greeter/Chat", C, C);
//! # static GREETER: g::ServiceDescriptor = g::ServiceDescriptor {
//! #     name: "Greeter",
//! #     methods: &[SAY_HELLO.descriptor(), CHAT.descriptor()],
//! #     file: "",
//! #     descriptor_set: g::DescriptorSet::none(),
//! # };
//! # struct GreeterMock(g::Mock);
//! # impl GreeterMock {
//! #     fn new() -> Self { Self(g::Mock::new(&GREETER)) }
//! #     fn expect_say_hello(&self) -> rsrpc_runtime::mock::UnaryExpectation<Text, Text> { self.0.expect(SAY_HELLO) }
//! #     fn expect_chat(&self) -> rsrpc_runtime::mock::BidiExpectation<Text, Text> { self.0.expect(CHAT) }
//! #     async fn say_hello(&self, cx: &Context, text: Text) -> Result<Text, Status> { self.0.unary(SAY_HELLO, cx, text).await }
//! #     fn verify(&self) { self.0.verify() }
//! # }
//! # fn text(text: &str) -> Text { Text { text: text.into() } }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Status> {
//! let mock = GreeterMock::new();
//! mock.expect_say_hello().when(|request| request.text == "Tom").returns(text("Hello Tom"));
//! mock.expect_chat().times(..).after(Duration::from_secs(1)).streams([text("Hi"), text("Bye")]);
//!
//! let reply = mock.say_hello(&Context::new(), text("Tom")).await?;
//! assert_eq!(reply.text, "Hello Tom");
//! mock.verify();
//! # Ok(()) }
//! ```
//!
//! An unexpected call fails with an error that names the method, the request and the expectations that did not match.
//! The code is UNIMPLEMENTED if the method has no expectation, otherwise FAILED_PRECONDITION.
//!
//! The mock returned by `new` verifies its expectations when it is dropped: it panics if an expectation is unmet or a
//! call was unexpected, unless the thread is already panicking. `verify()` does the same earlier. Clones share all
//! state but verify nothing, because a clone in a server may be dropped where no test notices the panic. Keep the
//! original in the test.
//!
//! Messages are copied and displayed through their encodings. Their types need not implement `Clone` or `Debug`.

mod call_count;
mod expectation;
mod kind;
mod received_call;
mod sequence;
mod state;
mod stream;

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard};

pub use self::call_count::Times;
pub use self::expectation::{
    BidiExpectation, ClientStreamingExpectation, Expectation, ServerStreamingExpectation, UnaryExpectation,
};
pub use self::kind::{Bidi, ClientStreaming, ExpectationKind, ServerStreaming, Unary};
pub use self::received_call::ReceivedCall;
pub use self::sequence::Sequence;

use self::expectation::ReplyAction;
use self::received_call::RecordedRequests;
use self::state::{LoggedCall, MockState, SelectedReply};
use super::Outcome;
use crate::call::{Context, Method, ServiceDescriptor, Status, Streaming};
use crate::sync::MutexExt as _;

/// The state of a generated mock: its expectations and the calls it received.
#[doc(hidden)]
pub struct Mock {
    shared: Arc<MockShared>,
    role: HandleRole,
}

/// Determines if a handle verifies the mock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HandleRole {
    /// Verifies the mock when it is dropped.
    Owner,
    Clone,
}

struct MockShared {
    service: &'static ServiceDescriptor,
    state: Mutex<MockState>,
}

impl Mock {
    /// Creates a mock without expectations.
    pub fn new(service: &'static ServiceDescriptor) -> Self {
        let shared = MockShared {
            service,
            state: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            role: HandleRole::Owner,
        }
    }

    /// Adds an expectation for a method.
    #[track_caller]
    pub fn expect<K, Req, Rep>(&self, method: &'static Method<Req, Rep>) -> Expectation<K, Req, Rep>
    where
        K: ExpectationKind<Req, Rep>,
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        Expectation::new(self.shared.clone(), method, Location::caller())
    }

    /// Returns the received calls of a method, in order.
    ///
    /// # Panics
    /// A request cannot be copied through its encoding.
    pub fn calls_of<Req: Send + 'static, Rep: 'static>(
        &self,
        method: &'static Method<Req, Rep>,
    ) -> Vec<ReceivedCall<Req>> {
        self.shared.calls(method, None)
    }

    /// Verifies that all expectations are met and no call was unexpected.
    ///
    /// # Panics
    /// Verification fails. The message lists all problems.
    #[track_caller]
    pub fn verify(&self) {
        let problems = self.shared.lock().problems();
        assert!(
            problems.is_empty(),
            "the mock of {} was not used as expected\n{}",
            self.shared.service.name,
            problems.join("\n")
        );
    }

    /// Handles a unary call.
    pub fn unary<Req, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: &Context,
        request: Req,
    ) -> Outcome<Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        let (shared, cx) = (self.shared.clone(), cx.clone());
        Box::pin(async move { Ok(shared.reply_to_request(method, cx, request).await?.0) })
    }

    /// Handles a server-streaming call.
    pub fn server_streaming<Req, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: &Context,
        request: Req,
    ) -> Outcome<Streaming<Rep>>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        let (shared, cx) = (self.shared.clone(), cx.clone());
        Box::pin(async move {
            let (replies, selected) = shared.reply_to_request(method, cx, request).await?;
            Ok(selected.pacing.apply(replies))
        })
    }

    /// Handles a client-streaming call.
    pub fn client_streaming<Req, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: &Context,
        requests: Streaming<Req>,
    ) -> Outcome<Rep>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        let (shared, cx) = (self.shared.clone(), cx.clone());
        Box::pin(async move { Ok(shared.reply_to_stream(method, cx, requests).await?.0) })
    }

    /// Handles a bidirectional call.
    pub fn bidi<Req, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: &Context,
        requests: Streaming<Req>,
    ) -> Outcome<Streaming<Rep>>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
    {
        let (shared, cx) = (self.shared.clone(), cx.clone());
        Box::pin(async move {
            let (replies, selected) = shared.reply_to_stream(method, cx, requests).await?;
            Ok(selected.pacing.apply(replies))
        })
    }
}

impl MockShared {
    fn lock(&self) -> MutexGuard<'_, MockState> {
        // The state stays consistent if a condition panics.
        self.state.lock_unpoisoned()
    }

    /// Returns the calls of a method that matched an expectation, or all calls for `None`.
    fn calls<Req: Send + 'static, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        expectation: Option<usize>,
    ) -> Vec<ReceivedCall<Req>> {
        let path = method.descriptor().path();
        let state = self.lock();
        let calls = state
            .calls
            .iter()
            .filter(|call| call.path == path && (expectation.is_none() || call.expectation == expectation));
        let copied = calls.filter_map(|call| {
            let requests = call.requests.downcast_ref::<RecordedRequests<Req>>()?;
            let copies = requests.copies(method.request());
            Some(ReceivedCall::new(
                call.context.clone(),
                copies.unwrap_or_else(|status| panic!("{status}")),
            ))
        });
        copied.collect()
    }

    async fn reply_to_request<Req, Rep, Out>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: Context,
        request: Req,
    ) -> Result<(Out, SelectedReply), Status>
    where
        Req: Send + 'static,
        Out: Send + 'static,
    {
        let copy = method.request().copy(&request)?;
        let described = format!(" with {}", truncate(method.request().describe(&request)));
        let (recorded, seen) = (RecordedRequests::new(vec![copy]), vec![request]);
        let selected = self.select(method, &cx, Arc::new(recorded), &seen, &described)?;
        let request = seen.into_iter().next().expect("the request was put in");
        selected.reply(method, cx, request).await
    }

    async fn reply_to_stream<Req, Rep, Out>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: Context,
        mut requests: Streaming<Req>,
    ) -> Result<(Out, SelectedReply), Status>
    where
        Req: Send + 'static,
        Out: Send + 'static,
    {
        let codec = method.request();
        if !self.lock().needs_requests(method.descriptor().path()) {
            let recorded = Arc::new(RecordedRequests::new(Vec::new()));
            let none: Vec<Req> = Vec::new();
            let selected = self.select(method, &cx, recorded.clone(), &none, "")?;
            return selected
                .reply(method, cx, stream::record_requests(requests, codec, recorded))
                .await;
        }
        let (mut seen, mut copies) = (Vec::new(), Vec::new());
        while let Some(request) = requests.message().await? {
            copies.push(codec.copy(&request)?);
            seen.push(request);
        }
        let described = format!(" with {}", received_call::describe(&seen, codec));
        let recorded = Arc::new(RecordedRequests::new(copies));
        let selected = self.select(method, &cx, recorded, &seen, &described)?;
        selected.reply(method, cx, Streaming::from(seen)).await
    }

    fn select<Req: Send + 'static, Rep>(
        &self,
        method: &'static Method<Req, Rep>,
        cx: &Context,
        recorded: Arc<RecordedRequests<Req>>,
        seen: &dyn Any,
        described: &str,
    ) -> Result<SelectedReply, Status> {
        let descriptor = method.descriptor();
        let call = LoggedCall {
            path: descriptor.path(),
            context: cx.clone(),
            requests: recorded,
            expectation: None,
        };
        self.lock().select(descriptor, call, seen, described)
    }
}

impl SelectedReply {
    async fn reply<Req, Rep, In, Out>(
        self,
        method: &'static Method<Req, Rep>,
        cx: Context,
        input: In,
    ) -> Result<(Out, Self), Status>
    where
        In: 'static,
        Out: 'static,
    {
        if let Some(delay) = self.delay {
            tokio::time::sleep(delay).await;
        }
        let Some(action) = self.action.downcast_ref::<ReplyAction<In, Out>>() else {
            // Reachable only if the code was not generated together.
            return Err(Status::internal(format!(
                "the mock's reply does not have the type of {}",
                method.descriptor().full_name()
            )));
        };
        let answer = action.run(cx, input);
        Ok((answer.await?, self))
    }
}

/// Truncates a description for an error message.
fn truncate(mut text: String) -> String {
    const MAX_CHARS: usize = 400;
    if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Clone for Mock {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            role: HandleRole::Clone,
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        if self.role == HandleRole::Owner && !std::thread::panicking() && !self.shared.lock().verified {
            self.verify();
        }
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        let expectations = state.expectations.iter().map(ToString::to_string);
        f.debug_struct("Mock")
            .field("service", &self.shared.service.name)
            .field("expectations", &expectations.collect::<Vec<_>>())
            .field("calls", &state.calls.len())
            .finish()
    }
}
