//! The configuration of JSON-RPC.

use crate::call::JsonContext;

/// The configuration of JSON-RPC, with its defaults.
#[derive(Debug, Clone)]
pub(crate) struct JsonRpcSettings {
    pub(in crate::server) path: String,
    pub(in crate::server) bare_names: bool,
    pub(in crate::server) max_batch_entries: usize,
    pub(in crate::server) max_batch_concurrency: usize,
    pub(in crate::server) json: JsonContext,
    pub(in crate::server) healthz: bool,
}

impl Default for JsonRpcSettings {
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

impl JsonRpcSettings {
    /// Returns the JSON context of gRPC messages. Unknown members are ignored, as protobuf ignores unknown fields, so
    /// that callers may use a newer schema.
    pub(in crate::server) fn grpc_json(&self) -> JsonContext {
        self.json.clone().ignore_unknown(true)
    }
}
