//! gRPC health checking of a server and its services.
//!
//! Load balancers, Kubernetes' gRPC probes and `grpc-health-probe` call `grpc.health.v1.Health`. The program sets
//! statuses through a [`HealthHandle`]. They become NOT_SERVING automatically when the server shuts down.
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
//! Specification: [gRPC Health Checking Protocol](https://github.com/grpc/grpc/blob/master/doc/health-checking.md).

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

/// Generated code of `grpc.health.v1`: messages, server and client.
#[rustfmt::skip]
#[cfg_attr(feature = "jsonrpc", path = "health/generated/v1.rs")]
#[cfg_attr(not(feature = "jsonrpc"), path = "health/generated/v1_without_json.rs")]
pub mod v1;

/// Maximum number of characters of an unknown service's name quoted in an error.
const MAX_QUOTED_CHARS: usize = 128;

/// The health service of one server, for every protocol. Add it with
/// [`Server::add_service`](crate::Server::add_service).
///
/// - `Check` returns the status of one service; NOT_FOUND if none is set.
/// - `Watch` sends the current status and then every change; SERVICE_UNKNOWN while none is set. Only the latest status
///   is sent: a slow reader skips those in between, and nothing is queued.
/// - `List` returns all statuses.
///
/// When [`serve_until`](crate::server::BoundServer::serve_until) starts to shut down, every status is NOT_SERVING.
/// Watchers receive it, and their calls end with UNAVAILABLE; otherwise they would keep the server running until its
/// drain timeout. A router mounted in another server does not observe that server's shutdown: call
/// [`HealthHandle::shutdown`] there.
///
/// `GET /healthz`, available on servers with JSON-RPC, follows the status of the whole server: 200 while it is SERVING,
/// otherwise 503.
#[must_use = "a health service has no effect until it is added to a server"]
pub struct Health {
    reporter: Arc<HealthReporter>,
    server: HealthServer<HealthReporter>,
}

/// Sets the statuses that a [`Health`] service reports. Cheap to clone; clones share the statuses. No method blocks.
#[derive(Clone)]
pub struct HealthHandle {
    statuses: Arc<watch::Sender<ServingStatuses>>,
}

/// The statuses of the services.
#[derive(Debug, Default)]
struct ServingStatuses {
    by_service: HashMap<String, ServingStatus>,
    /// Overrides every status with NOT_SERVING.
    shut_down: bool,
}

/// The handler of one server's health service.
#[derive(Debug)]
struct HealthReporter {
    statuses: Arc<watch::Sender<ServingStatuses>>,
    /// Set to `true` when this server shuts down. Other servers may share the statuses and continue.
    shutting_down: watch::Sender<bool>,
}

impl Health {
    /// Creates a health service and its handle. The whole server, which has the empty name, is SERVING from the start,
    /// as in grpc-go. No other status is set.
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

    /// Adds an interceptor to this service. It runs after the interceptors of the server.
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
            routes.set_health_check(move || {
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

/// A service is identified by its full name, such as `helloworld.Greeter`, or by its generated descriptor,
/// `&GREETER_SERVICE`. The empty name is the whole server.
impl HealthHandle {
    /// Creates another health service with the same statuses, for a second server in the process.
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

    /// Sets a service's status to SERVING.
    pub fn set_serving(&self, service: impl AsRef<str>) {
        self.set(service, ServingStatus::Serving);
    }

    /// Sets a service's status to NOT_SERVING.
    pub fn set_not_serving(&self, service: impl AsRef<str>) {
        self.set(service, ServingStatus::NotServing);
    }

    /// Sets a service's status. SERVICE_UNKNOWN has the effect of [`clear`](Self::clear).
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

    /// Removes a service's status: `Check` fails with NOT_FOUND, `Watch` sends SERVICE_UNKNOWN.
    pub fn clear(&self, service: impl AsRef<str>) {
        self.statuses
            .send_if_modified(|statuses| statuses.by_service.remove(service.as_ref()).is_some());
    }

    /// Returns a service's status as `Check` reports it; `None` if none is set.
    pub fn status(&self, service: impl AsRef<str>) -> Option<ServingStatus> {
        self.statuses.borrow().get(service.as_ref())
    }

    /// Reports NOT_SERVING for everything until [`resume`](Self::resume). Statuses set in the meantime take effect
    /// after that.
    ///
    /// A server does this when it shuts down, but stops accepting connections at the same moment. Call this method a
    /// few seconds earlier, so load balancers move to other servers first:
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

    /// Reverts [`shutdown`](Self::shutdown): each service has the status that was set last.
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
    /// Returns the reply for a status, taking this server's shutdown into account.
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
            let quoted: String = request.service.chars().take(MAX_QUOTED_CHARS).collect();
            Status::not_found(format!("no health status is set for service {quoted}"))
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
