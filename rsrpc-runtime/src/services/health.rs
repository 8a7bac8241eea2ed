//! gRPC's health checking: whether this server, and each of its services, wants calls.
//!
//! Load balancers, Kubernetes' gRPC probes and `grpc-health-probe` ask `grpc.health.v1.Health`; what they are told is
//! set by code through a [`HealthHandle`], and becomes NOT_SERVING by itself when the server shuts down.
//!
//! ```no_run
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! use rsrpc_runtime::Server;
//! use rsrpc_runtime::health::Health;
//!
//! let (health, handle) = Health::new();
//! let server = Server::new().add_service(health).bind("127.0.0.1:0").await?;
//! handle.set_serving("helloworld.Greeter");
//! server.serve().await?;
//! # Ok(()) }
//! ```
//!
//! Authority: [gRPC Health Checking Protocol](https://github.com/grpc/grpc/blob/master/doc/health-checking.md).

mod watcher;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

pub use self::v1::health_check_response::ServingStatus;
use self::v1::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse, HealthServer,
};
use self::watcher::HealthWatcher;
use crate::call::{Context, Status, Streaming};
use crate::interceptor::Interceptor;
use crate::server::{Routes, Service};

/// The generated code of `grpc.health.v1`: messages, server, client.
#[rustfmt::skip]
#[cfg_attr(feature = "jsonrpc", path = "health/generated/v1.rs")]
#[cfg_attr(not(feature = "jsonrpc"), path = "health/generated/v1_without_json.rs")]
pub mod v1;

/// How much of an unknown service's name is repeated to who asked for it.
const MAX_QUOTED_CHARS: usize = 128;

/// The health service of one server, over every protocol: add it with [`Server::add_service`](crate::Server::add_service).
///
/// - `Check` tells the status of one service; NOT_FOUND if none was set.
/// - `Watch` tells it now and whenever it changes; SERVICE_UNKNOWN while none is set. Each watcher is told the latest
///   status only: one that reads slowly skips those between, and nothing is queued for it.
/// - `List` tells everything.
///
/// When [`serve_until`](crate::server::BoundServer::serve_until) begins to shut down, everything is NOT_SERVING.
/// Watchers are told so, and their calls end with UNAVAILABLE: else they would hold the server until its drain
/// timeout. A router that is mounted in another server does not see its end: call [`HealthHandle::shutdown`] there.
///
/// `GET /healthz`, which servers with JSON-RPC answer, follows the whole server's status: 200 while it is SERVING, else
/// 503.
#[must_use = "a health service does nothing before it is added to a server"]
pub struct Health {
    reporter: Arc<HealthReporter>,
    server: HealthServer<HealthReporter>,
}

/// Sets what a [`Health`] tells. Cheap to clone; clones set the same. Nothing here blocks.
#[derive(Clone)]
pub struct HealthHandle {
    statuses: Arc<watch::Sender<ServingStatuses>>,
}

/// What is known of the services.
#[derive(Debug, Default)]
struct ServingStatuses {
    by_service: HashMap<String, ServingStatus>,
    /// Nothing is serving, whatever the map says.
    shut_down: bool,
}

/// Answers for one server.
#[derive(Debug)]
struct HealthReporter {
    statuses: Arc<watch::Sender<ServingStatuses>>,
    /// True once that server shuts down. Others with the same statuses may go on.
    shutting_down: watch::Sender<bool>,
}

impl Health {
    /// A health service, and what sets it. The whole server, which has the empty name, is SERVING from the start, as in
    /// grpc-go; of other services nothing is known.
    pub fn new() -> (Self, HealthHandle) {
        let whole_server = (String::new(), ServingStatus::Serving);
        let handle = HealthHandle {
            statuses: Arc::new(watch::Sender::new(ServingStatuses {
                by_service: HashMap::from([whole_server]),
                shut_down: false,
            })),
        };
        (handle.health(), handle)
    }

    /// Adds an interceptor to this service, inside of those of the server.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.server = self.server.intercept(interceptor);
        self
    }
}

impl Service for Health {
    fn register(self, routes: &mut Routes) {
        let reporter = self.reporter;
        #[cfg(feature = "jsonrpc")]
        {
            let reporter = reporter.clone();
            routes.serves_while(move || {
                let whole_server = reporter.statuses.borrow().get("");
                whole_server == Some(ServingStatus::Serving) && !*reporter.shutting_down.borrow()
            });
        }
        routes.on_shutdown(move || {
            reporter.shutting_down.send_replace(true);
        });
        self.server.register(routes);
    }
}

/// A service is named by its full name, such as `helloworld.Greeter`, or by its generated descriptor,
/// `&GREETER_SERVICE`. The empty name is the whole server.
impl HealthHandle {
    /// Another health service with the same statuses, for a second server in the process.
    pub fn health(&self) -> Health {
        let reporter = Arc::new(HealthReporter {
            statuses: self.statuses.clone(),
            shutting_down: watch::Sender::new(false),
        });
        Health {
            server: HealthServer::from_arc(reporter.clone()),
            reporter,
        }
    }

    /// The service wants calls.
    pub fn set_serving(&self, service: impl AsRef<str>) {
        self.set(service, ServingStatus::Serving);
    }

    /// The service wants no calls now.
    pub fn set_not_serving(&self, service: impl AsRef<str>) {
        self.set(service, ServingStatus::NotServing);
    }

    /// Sets a service's status. SERVICE_UNKNOWN is the same as [`clear`](Self::clear).
    pub fn set(&self, service: impl AsRef<str>, status: ServingStatus) {
        let service = service.as_ref();
        if status == ServingStatus::ServiceUnknown {
            return self.clear(service);
        }
        self.statuses.send_if_modified(|statuses| {
            let known = statuses.by_service.get_mut(service);
            match known {
                Some(known) => std::mem::replace(known, status) != status,
                None => {
                    statuses.by_service.insert(service.to_owned(), status);
                    true
                }
            }
        });
    }

    /// Forgets a service: `Check` answers NOT_FOUND, `Watch` SERVICE_UNKNOWN.
    pub fn clear(&self, service: impl AsRef<str>) {
        self.statuses
            .send_if_modified(|statuses| statuses.by_service.remove(service.as_ref()).is_some());
    }

    /// A service's status, as `Check` tells it; `None` if none was set.
    pub fn status(&self, service: impl AsRef<str>) -> Option<ServingStatus> {
        self.statuses.borrow().get(service.as_ref())
    }

    /// Everything is NOT_SERVING from now on, until [`resume`](Self::resume). What is set meanwhile counts afterwards.
    ///
    /// A server that shuts down does so by itself, but refuses connections at the same moment. Called a few seconds
    /// before, this has load balancers look elsewhere first:
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use rsrpc_runtime::{health::HealthHandle, server::BoundServer};
    /// # async fn f(server: BoundServer, handle: HealthHandle, signal: impl Future<Output = ()>) -> std::io::Result<()> {
    /// server.serve_until(async {
    ///     signal.await;
    ///     handle.shutdown();
    ///     tokio::time::sleep(Duration::from_secs(5)).await;
    /// }).await
    /// # }
    /// ```
    pub fn shutdown(&self) {
        self.set_shut_down(true);
    }

    /// Ends what [`shutdown`](Self::shutdown) began: each service has the status that was last set.
    pub fn resume(&self) {
        self.set_shut_down(false);
    }

    fn set_shut_down(&self, shut_down: bool) {
        self.statuses
            .send_if_modified(|statuses| std::mem::replace(&mut statuses.shut_down, shut_down) != shut_down);
    }
}

impl ServingStatuses {
    fn get(&self, service: &str) -> Option<ServingStatus> {
        self.by_service.get(service).map(|status| self.effective(*status))
    }

    fn effective(&self, status: ServingStatus) -> ServingStatus {
        if self.shut_down {
            ServingStatus::NotServing
        } else {
            status
        }
    }
}

impl HealthReporter {
    /// What this server tells where `status` was set.
    fn effective(&self, status: ServingStatus) -> HealthCheckResponse {
        let status = if *self.shutting_down.borrow() {
            ServingStatus::NotServing
        } else {
            status
        };
        HealthCheckResponse {
            status: status.into(),
        }
    }
}

impl v1::Health for HealthReporter {
    async fn check(&self, _: &Context, request: HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
        let status = self.statuses.borrow().get(&request.service);
        status.map(|status| self.effective(status)).ok_or_else(|| {
            let shown: String = request.service.chars().take(MAX_QUOTED_CHARS).collect();
            Status::not_found(format!("no health is known of a service {shown}"))
        })
    }

    async fn list(&self, _: &Context, _: HealthListRequest) -> Result<HealthListResponse, Status> {
        let statuses = self.statuses.borrow();
        let services = statuses.by_service.iter();
        let statuses = services
            .map(|(service, status)| (service.clone(), self.effective(statuses.effective(*status))))
            .collect();
        Ok(HealthListResponse { statuses })
    }

    async fn watch(
        &self,
        _: &Context,
        request: HealthCheckRequest,
    ) -> Result<Streaming<HealthCheckResponse>, Status> {
        let watcher = HealthWatcher::new(
            request.service,
            self.statuses.subscribe(),
            self.shutting_down.subscribe(),
        );
        Ok(watcher.into_stream())
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("statuses", &*self.reporter.statuses.borrow())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HealthHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthHandle")
            .field("statuses", &*self.statuses.borrow())
            .finish()
    }
}
