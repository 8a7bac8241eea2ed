//! The methods of a server, by their names in each protocol.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;
use std::hash::BuildHasherDefault;
use std::marker::PhantomData;
use std::sync::Arc;

use super::cardinality::{Many, One};
use super::grpc::call::{GrpcReply, GrpcRequest, GrpcRoute};
use super::health_check::HealthCheck;
use super::jsonrpc::names::JsonMethods;
use super::path_hasher::PathHasher;
use super::route::{Route, SharedRoute};
use crate::call::{Handler, Handlers, Method, MethodDescriptor, ServiceDescriptor, Streaming};
use crate::interceptor::{Interceptor, InterceptorChain};

/// A service that can be added to a server: a generated `…Server`.
pub trait Service: Send + 'static {
    /// Registers each method. Called once, when the server is bound.
    #[doc(hidden)]
    fn register(self, routes: &mut Routes);
}

/// The methods of a server, as services register them.
#[derive(Default)]
pub struct Routes {
    chain: InterceptorChain,
    pub(crate) grpc: HashMap<&'static str, Arc<dyn GrpcRoute>, BuildHasherDefault<PathHasher>>,
    pub(crate) jsonrpc: JsonMethods,
    services: Vec<&'static ServiceDescriptor>,
    claimed_paths: HashSet<&'static str>,
    duplicates: Vec<&'static str>,
    completion: Vec<CompletionHook>,
    shutdown: Vec<ShutdownHook>,
    pub(crate) health: HealthCheck,
}

/// Receives all services of a server.
type CompletionHook = Box<dyn FnOnce(&[&'static ServiceDescriptor]) + Send + Sync>;
/// Called when the server shuts down.
type ShutdownHook = Box<dyn Fn() + Send + Sync>;

/// The options that a generated `…Server` holds in addition to the implementation.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    service: &'static ServiceDescriptor,
    chain: InterceptorChain,
    aliases: Vec<(String, String)>,
}

impl ServiceOptions {
    /// Creates options without interceptors and aliases.
    pub fn new(service: &'static ServiceDescriptor) -> Self {
        Self {
            service,
            chain: InterceptorChain::default(),
            aliases: Vec::new(),
        }
    }

    /// Adds an interceptor for the methods of the service. It runs after those already added.
    pub fn intercept(&mut self, interceptor: impl Interceptor) {
        self.chain.push(interceptor);
    }

    /// Adds a JSON-RPC name for a method of the service. `method` is its name in the service definition (`Subtract`).
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

    /// Returns the registration of methods that `service` implements.
    pub fn service<T>(&mut self, service: Arc<T>, options: ServiceOptions) -> ServiceRoutes<'_, T> {
        self.services.push(options.service);
        self.jsonrpc.aliases(options.service, &options.aliases);
        let chain = self.chain.then(&options.chain);
        ServiceRoutes {
            routes: self,
            service,
            chain,
        }
    }

    /// Returns the paths that were registered twice.
    pub(crate) fn duplicates(&self) -> &[&'static str] {
        &self.duplicates
    }

    /// Returns the services in the order they were added.
    pub fn services(&self) -> &[&'static ServiceDescriptor] {
        &self.services
    }

    /// Registers a hook that receives all services, including those added later. It runs once, before the first call.
    pub fn on_completion(
        &mut self,
        hook: impl FnOnce(&[&'static ServiceDescriptor]) + Send + Sync + 'static,
    ) {
        self.completion.push(Box::new(hook));
    }

    /// Registers a hook that runs when the server starts to shut down, before running calls are drained. It can end
    /// calls that would otherwise never end. It must not block. Never called when the router is mounted in another
    /// server.
    pub fn on_shutdown(&mut self, hook: impl Fn() + Send + Sync + 'static) {
        self.shutdown.push(Box::new(hook));
    }

    /// Sets the check behind `/healthz`. It must not block.
    #[cfg(feature = "health")]
    pub(crate) fn set_health_check(&mut self, is_serving: impl Fn() -> bool + Send + Sync + 'static) {
        self.health = HealthCheck(Some(Box::new(is_serving)));
    }

    pub(crate) fn complete(&mut self) {
        for hook in std::mem::take(&mut self.completion) {
            hook(&self.services);
        }
    }

    pub(crate) fn begin_shutdown(&self) {
        self.shutdown.iter().for_each(|hook| hook());
    }

    fn claim_path(&mut self, path: &'static str) -> bool {
        let free = self.claimed_paths.insert(path);
        if !free {
            self.duplicates.push(path);
        }
        free
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("paths", &self.claimed_paths)
            .finish_non_exhaustive()
    }
}

/// Registers the methods of one service.
#[derive(Debug)]
pub struct ServiceRoutes<'a, T> {
    routes: &'a mut Routes,
    service: Arc<T>,
    chain: InterceptorChain,
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
            let Some(route) = self.add::<_, $rx, $tx, Req, Rep>(method, handler) else {
                return;
            };
            self.routes.jsonrpc.$jsonrpc(route);
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
    /// Adds a method for gRPC. Returns `None` if its path is already registered.
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
        if !self.routes.claim_path(descriptor.path()) {
            return None;
        }
        let route = Arc::new(Route {
            method,
            service: self.service.clone(),
            handler,
            chain: self.chain.clone(),
            cardinalities: PhantomData,
        });
        // A method without protobuf is registered too: it refuses calls in formats it does not support.
        self.routes.grpc.insert(descriptor.path(), route.clone());
        Some(route)
    }
}
