//! The methods of a server, by their names on each protocol.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasherDefault, Hasher};
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Instant;

use super::cardinality::{Cardinality, Many, One};
use super::grpc::{GrpcReply, GrpcRequest, GrpcRoute};
#[cfg(feature = "jsonrpc")]
use super::jsonrpc::Registered;
use super::outcome::{catch, deadline_exceeded};
use crate::call::{
    Context, DeadlineTimer, Handler, Handlers, Method, MethodDescriptor, ServiceDescriptor, Status, Streaming,
};
use crate::interceptor::{Call, Interceptor, InterceptorChain, Reply};

/// What can be added to a server: a generated `…Server`.
pub trait Service: Send + 'static {
    /// Adds each method. Called once, when the server is bound.
    #[doc(hidden)]
    fn register(self, routes: &mut Routes);
}

/// Every method of a server, as services register them.
#[derive(Default)]
pub struct Routes {
    chain: InterceptorChain,
    pub(crate) grpc: HashMap<&'static str, Arc<dyn GrpcRoute>, BuildHasherDefault<PathHasher>>,
    #[cfg(feature = "jsonrpc")]
    pub(crate) jsonrpc: Registered,
    services: Vec<&'static ServiceDescriptor>,
    taken: HashSet<&'static str>,
    duplicates: Vec<&'static str>,
    completion: Vec<OnCompletion>,
    shutdown: Vec<OnShutdown>,
    #[cfg(feature = "jsonrpc")]
    pub(crate) whole_server: WholeServer,
}

/// Told of all services of a server.
type OnCompletion = Box<dyn FnOnce(&[&'static ServiceDescriptor]) + Send + Sync>;
/// Told that a server shuts down.
type OnShutdown = Box<dyn Fn() + Send + Sync>;

/// Whether the server as a whole wants calls, as far as a service says so.
#[cfg(feature = "jsonrpc")]
#[derive(Default)]
pub(crate) struct WholeServer(Option<Box<dyn Fn() -> bool + Send + Sync>>);

#[cfg(feature = "jsonrpc")]
impl WholeServer {
    /// True where nothing is known.
    pub(crate) fn is_serving(&self) -> bool {
        self.0.as_ref().is_none_or(|is_serving| is_serving())
    }
}

#[cfg(feature = "jsonrpc")]
impl fmt::Debug for WholeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WholeServer")
            .field("is_serving", &self.is_serving())
            .finish()
    }
}

/// What a generated `…Server` holds beside the implementation.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    service: &'static ServiceDescriptor,
    chain: InterceptorChain,
    aliases: Vec<(String, String)>,
}

impl ServiceOptions {
    /// No interceptors, no aliases.
    pub fn new(service: &'static ServiceDescriptor) -> Self {
        Self {
            service,
            chain: InterceptorChain::default(),
            aliases: Vec::new(),
        }
    }

    /// Adds an interceptor for the service's methods, behind those already there.
    pub fn intercept(&mut self, interceptor: impl Interceptor) {
        self.chain.push(interceptor);
    }

    /// Adds a JSON-RPC name for one of the service's methods, which is named as in its definition (`Subtract`).
    pub fn jsonrpc_alias(&mut self, alias: &str, method: &str) {
        self.aliases.push((alias.to_owned(), method.to_owned()));
    }
}

impl Routes {
    pub(crate) fn new(chain: InterceptorChain) -> Self {
        Self {
            chain,
            ..Self::default()
        }
    }

    /// The place for the methods of a service, which `service` implements.
    pub fn service<T>(&mut self, service: Arc<T>, options: ServiceOptions) -> ServiceRoutes<'_, T> {
        self.services.push(options.service);
        #[cfg(feature = "jsonrpc")]
        self.jsonrpc.aliases(options.service, &options.aliases);
        let chain = self.chain.then(&options.chain);
        ServiceRoutes {
            routes: self,
            service,
            chain,
        }
    }

    /// Paths that two methods claim.
    pub(crate) fn duplicates(&self) -> &[&'static str] {
        &self.duplicates
    }

    /// The services, in the order in which they were added.
    pub fn services(&self) -> &[&'static ServiceDescriptor] {
        &self.services
    }

    /// Has a service told of all services, also those that are added behind it, once, before the first call.
    pub fn on_completion(
        &mut self,
        told: impl FnOnce(&[&'static ServiceDescriptor]) + Send + Sync + 'static,
    ) {
        self.completion.push(Box::new(told));
    }

    /// Has a service told when the server begins to shut down, before running calls are waited for: those that would
    /// never end can end now. It must not block. Never called where the router is mounted in another server.
    pub fn on_shutdown(&mut self, told: impl Fn() + Send + Sync + 'static) {
        self.shutdown.push(Box::new(told));
    }

    /// Says by what `/healthz` goes. It must not block.
    #[cfg(all(feature = "health", feature = "jsonrpc"))]
    pub(crate) fn serves_while(&mut self, is_serving: impl Fn() -> bool + Send + Sync + 'static) {
        self.whole_server = WholeServer(Some(Box::new(is_serving)));
    }

    pub(crate) fn complete(&mut self) {
        for told in std::mem::take(&mut self.completion) {
            told(&self.services);
        }
    }

    pub(crate) fn begin_shutdown(&self) {
        self.shutdown.iter().for_each(|told| told());
    }

    fn take_path(&mut self, path: &'static str) -> bool {
        let free = self.taken.insert(path);
        if !free {
            self.duplicates.push(path);
        }
        free
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("paths", &self.taken)
            .finish_non_exhaustive()
    }
}

/// Hashes the paths of methods, in few steps: only this program adds any, so that nobody can choose them to collide.
#[derive(Default)]
pub(crate) struct PathHasher(u64);

impl PathHasher {
    /// Both halves of the product with an odd number: each bit changes high and low ones.
    #[inline]
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for PathHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        self.add(rest.iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte)));
    }

    #[inline]
    fn write_u8(&mut self, _: u8) {
        // What ends a text.
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Takes the methods of one service.
#[derive(Debug)]
pub struct ServiceRoutes<'a, T> {
    routes: &'a mut Routes,
    service: Arc<T>,
    chain: InterceptorChain,
}

/// One method: its constant, its implementation, and how to call that.
pub(crate) struct Route<T, F, Rx, Tx, Req: 'static, Rep: 'static> {
    pub(crate) method: &'static Method<Req, Rep>,
    pub(crate) service: Arc<T>,
    pub(crate) handler: F,
    pub(crate) chain: InterceptorChain,
    halves: PhantomData<fn() -> (Rx, Tx)>,
}

/// A method that is known by several names.
pub(crate) type SharedRoute<T, F, Rx, Tx, Req, Rep> = Arc<Route<T, F, Rx, Tx, Req, Rep>>;

impl<T, F, Rx, Tx, Req, Rep> Route<T, F, Rx, Tx, Req, Rep>
where
    T: Send + Sync + 'static,
    Req: Send + 'static,
    Rep: Send + 'static,
    Rx: Cardinality<Req>,
    Tx: Cardinality<Rep>,
    F: Handler<T, Rx::Value, Tx::Value>,
{
    /// Runs a call through the interceptors to the handler; `context` gets the handler's.
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
        let Some(output) = until(handled, deadline).await else {
            if let Some(cx) = context.get() {
                cx.cancel();
            }
            return Err(deadline_exceeded());
        };
        Ok(Tx::into_reply(output?, self.method.reply()))
    }
}

/// Gives up on a handler at a deadline that an interceptor may have set: then there is no output. A panic becomes a
/// status here, so that interceptors see it.
async fn until<T>(
    work: impl Future<Output = Result<T, Status>>,
    deadline: Option<Instant>,
) -> Option<Result<T, Status>> {
    let mut deadline = DeadlineTimer::new(deadline);
    let mut work = pin!(work);
    poll_fn(|task| match catch(|| work.as_mut().poll(task)) {
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Ok(Poll::Pending) => deadline.poll(task).map(|()| None),
        Err(panicked) => Poll::Ready(Some(Err(panicked.into()))),
    })
    .await
}

macro_rules! kinds {
    ($($name:ident: $rx:ident $input:ty => $tx:ident $output:ty, $jsonrpc:ident;)*) => {$(
        fn $name<Req, Rep>(
            &mut self,
            method: &'static Method<Req, Rep>,
            handler: impl Handler<T, $input, $output>,
        )
        where
            Req: Send + 'static,
            Rep: Send + 'static,
        {
            let Some(_route) = self.add::<_, $rx, $tx, Req, Rep>(method, handler) else {
                return;
            };
            #[cfg(feature = "jsonrpc")]
            self.routes.jsonrpc.$jsonrpc(_route);
        }
    )*};
}

impl<T: Send + Sync + 'static> Handlers<T> for ServiceRoutes<'_, T> {
    kinds! {
        unary: One Req => One Rep, unary;
        server_streaming: One Req => Many Streaming<Rep>, streaming;
        client_streaming: Many Streaming<Req> => One Rep, streaming;
        bidi: Many Streaming<Req> => Many Streaming<Rep>, streaming;
    }
}

impl<T: Send + Sync + 'static> ServiceRoutes<'_, T> {
    /// Adds a method for gRPC; `None` when its path is taken.
    fn add<F, Rx, Tx, Req, Rep>(
        &mut self,
        method: &'static Method<Req, Rep>,
        handler: F,
    ) -> Option<SharedRoute<T, F, Rx, Tx, Req, Rep>>
    where
        Req: Send + 'static,
        Rep: Send + 'static,
        Rx: GrpcRequest<Req>,
        Tx: GrpcReply<Rep>,
        F: Handler<T, Rx::Value, Tx::Value>,
    {
        let descriptor: &'static MethodDescriptor = method.descriptor();
        if !self.routes.take_path(descriptor.path()) {
            return None;
        }
        let route = Arc::new(Route {
            method,
            service: self.service.clone(),
            handler,
            chain: self.chain.clone(),
            halves: PhantomData,
        });
        // One without protobuf says so to its caller.
        self.routes.grpc.insert(descriptor.path(), route.clone());
        Some(route)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    use super::*;

    #[test]
    fn paths_that_differ_little_are_spread() {
        let hashes: Vec<u64> = (0..1024)
            .map(|method| format!("/package.Service/Method{method}"))
            .map(|path| BuildHasherDefault::<PathHasher>::default().hash_one(path.as_str()))
            .collect();
        // What a map of twice as many takes of a hash.
        let places: HashSet<u64> = hashes.iter().map(|hash| hash % 2048).collect();
        assert!(places.len() > 600, "{}", places.len());
        let tags: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(tags.len() > 100, "{}", tags.len());
    }
}
