//! gRPC server reflection: tells clients how a server's services are defined, so that tools such as grpcurl, and
//! clients without generated code, can call them.
//!
//! ```no_run
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! use rsrpc_runtime::Server;
//! use rsrpc_runtime::reflection::Reflection;
//!
//! let server = Server::new().add_service(Reflection::new()).bind("127.0.0.1:0").await?;
//! server.serve().await?;
//! # Ok(()) }
//! ```
//!
//! What is served is what the generator embeds (its option `descriptor`), byte for byte as the compiler of the .proto
//! files wrote it, custom options included; of services that are Rust traits, what their `schema` makes.
//!
//! Authority: [gRPC Server Reflection Protocol](https://github.com/grpc/grpc/blob/master/doc/server-reflection.md).

mod definitions;
mod reflection_stream;
mod symbols;

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::watch;

use self::definitions::{DefinitionSources, Definitions};
use self::reflection_stream::ReflectionStream;
use self::v1::{ServerReflectionRequest, ServerReflectionResponse};
use crate::call::{Context, ServiceDescriptor, Status, Streaming};
use crate::interceptor::{Call, Interceptor, Next, Reply};
use crate::server::{Routes, Service};

/// The generated code of `grpc.reflection.v1`: messages, server, client.
#[rustfmt::skip]
#[path = "reflection/generated/v1.rs"]
pub mod v1;
/// The generated code of `grpc.reflection.v1alpha`, which older clients ask for: server and client. The messages are
/// those of [`v1`].
#[rustfmt::skip]
#[path = "reflection/generated/v1alpha.rs"]
pub mod v1alpha;

/// The reflection service of a server, `v1` and `v1alpha`: add it with
/// [`Server::add_service`](crate::Server::add_service).
///
/// - It knows every service of its server, whether added before it or behind, health and itself included.
/// - It tells of the files that define them and of what these import, and of nothing else.
/// - Definitions that several services have in common are sent once. Where files of one name differ, the first is sent
///   that defines a service, else the first.
/// - An answer holds the file that was asked for, and of its imports those that the same stream was not sent yet, up
///   to 1 MiB; clients ask for the rest by name.
///
/// Definitions are read when the first request comes. When the server begins to shut down, open calls end with
/// UNAVAILABLE: clients keep them for requests that may come, and they would hold the server until its drain timeout.
#[must_use = "reflection does nothing before it is added to a server"]
pub struct Reflection {
    handler: Arc<ReflectionHandler>,
    sources: DefinitionSources,
    /// Chosen services instead of all.
    is_selection: bool,
    v1: v1::ServerReflectionServer<ReflectionHandler>,
    v1alpha: v1alpha::ServerReflectionServer<ReflectionHandler>,
}

/// Answers both versions.
#[derive(Debug, Default)]
struct ReflectionHandler {
    /// Known once all services are.
    sources: OnceLock<DefinitionSources>,
    definitions: OnceLock<Arc<Definitions>>,
    /// True once the server shuts down.
    shutting_down: watch::Sender<bool>,
}

impl Default for Reflection {
    fn default() -> Self {
        Self::new()
    }
}

impl Reflection {
    /// Reflection on every service of the server.
    pub fn new() -> Self {
        let handler = Arc::<ReflectionHandler>::default();
        Self {
            v1: v1::ServerReflectionServer::from_arc(handler.clone()),
            v1alpha: v1alpha::ServerReflectionServer::from_arc(handler.clone()),
            handler,
            sources: DefinitionSources::default(),
            is_selection: false,
        }
    }

    /// Reflection on these services and no others: `Reflection::of([&GREETER_SERVICE])`.
    pub fn of(services: impl IntoIterator<Item = &'static ServiceDescriptor>) -> Self {
        let mut reflection = Self::new();
        reflection.is_selection = true;
        reflection.sources.services.extend(services);
        reflection
    }

    /// Lists one more service, of the full name `name`: one that is served behind the server's fallback. Its
    /// definition comes from a [`descriptor_set`](Self::descriptor_set).
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.sources.names.push(name.into());
        self
    }

    /// Tells of all files of an encoded `FileDescriptorSet`, too: those with extensions, or with messages in an `Any`,
    /// that no service's file imports.
    ///
    /// # Errors
    /// The bytes are no `FileDescriptorSet`.
    pub fn descriptor_set(mut self, set: impl Into<Bytes>) -> Result<Self, prost::DecodeError> {
        self.sources.sets.push(definitions::read(set.into())?);
        Ok(self)
    }

    /// Adds an interceptor to this service, inside of those of the server: to let only some callers ask.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        let interceptor = Arc::new(interceptor);
        self.v1 = self.v1.intercept(SharedInterceptor(interceptor.clone()));
        self.v1alpha = self.v1alpha.intercept(SharedInterceptor(interceptor));
        self
    }
}

impl Service for Reflection {
    fn register(self, routes: &mut Routes) {
        let (handler, mut sources, is_selection) = (self.handler.clone(), self.sources, self.is_selection);
        routes.on_completion(move |services| {
            if !is_selection {
                sources.services = services.to_vec();
            }
            // Nobody else sets it: a `Reflection` is registered once.
            let _ = handler.sources.set(sources);
        });
        let handler = self.handler;
        routes.on_shutdown(move || {
            handler.shutting_down.send_replace(true);
        });
        self.v1.register(routes);
        self.v1alpha.register(routes);
    }
}

/// One interceptor for both versions.
struct SharedInterceptor<I>(Arc<I>);

impl<I: Interceptor> Interceptor for SharedInterceptor<I> {
    fn intercept(&self, call: Call, next: Next) -> impl Future<Output = Result<Reply, Status>> + Send {
        self.0.intercept(call, next)
    }
}

impl ReflectionHandler {
    fn reply_stream(
        &self,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Streaming<ServerReflectionResponse> {
        let definitions = self.definitions.get_or_init(|| {
            let sources = self.sources.get();
            Arc::new(sources.map(Definitions::new).unwrap_or_default())
        });
        ReflectionStream::new(definitions.clone(), requests, self.shutting_down.subscribe()).into_stream()
    }
}

impl v1::ServerReflection for ReflectionHandler {
    async fn server_reflection_info(
        &self,
        _: &Context,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Result<Streaming<ServerReflectionResponse>, Status> {
        Ok(self.reply_stream(requests))
    }
}

impl v1alpha::ServerReflection for ReflectionHandler {
    async fn server_reflection_info(
        &self,
        _: &Context,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Result<Streaming<ServerReflectionResponse>, Status> {
        Ok(self.reply_stream(requests))
    }
}

impl fmt::Debug for Reflection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reflection").finish_non_exhaustive()
    }
}
