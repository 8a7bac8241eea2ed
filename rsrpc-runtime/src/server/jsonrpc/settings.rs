//! What a server's JSON-RPC can be told.

use crate::call::JsonContext;
use crate::server::Server;

/// The configuration of JSON-RPC, with its defaults.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(super) path: String,
    pub(super) bare_names: bool,
    pub(super) max_batch_entries: usize,
    pub(super) max_batch_concurrency: usize,
    pub(in crate::server) json: JsonContext,
    pub(super) healthz: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path: "/".to_owned(),
            bare_names: false,
            max_batch_entries: 1000,
            max_batch_concurrency: 32,
            json: JsonContext::new(),
            healthz: true,
        }
    }
}

/// JSON-RPC over HTTP.
impl Server {
    /// The path of JSON-RPC over HTTP; `/` by default. Other paths are not found, or go to the fallback service.
    pub fn jsonrpc_path(mut self, path: impl Into<String>) -> Self {
        self.jsonrpc.path = path.into();
        self
    }

    /// Whether JSON-RPC methods can also be called by their bare names (`Subtract`); not by default, since two
    /// services may have a method of one name, which then does not start. gRPC's own services, those of packages
    /// `grpc.…` such as health, keep their full names.
    pub fn jsonrpc_bare_names(mut self, allow: bool) -> Self {
        self.jsonrpc.bare_names = allow;
        self
    }

    /// The most entries of a JSON-RPC batch; 1,000 by default. A larger one is refused as a whole.
    pub fn max_batch_entries(mut self, entries: usize) -> Self {
        self.jsonrpc.max_batch_entries = entries;
        self
    }

    /// How many entries of one JSON-RPC batch run at a time; 32 by default, 1 at least. The others wait.
    pub fn max_batch_concurrency(mut self, entries: usize) -> Self {
        self.jsonrpc.max_batch_concurrency = entries;
        self
    }

    /// How messages are converted in JSON-RPC: the types that `google.protobuf.Any` and error details are written
    /// as, and whether unknown members of `params` are ignored. By default they are errors, and no types are known.
    pub fn json_context(mut self, context: JsonContext) -> Self {
        self.jsonrpc.json = context;
        self
    }

    /// Whether `GET /healthz` answers 200, and 503 once the server shuts down; it does by default. With the health
    /// service added, it answers 503 also while the whole server, by its empty name, is anything but SERVING.
    pub fn healthz(mut self, answer: bool) -> Self {
        self.jsonrpc.healthz = answer;
        self
    }
}
