//! What compressed messages grow to: a few bytes on the wire may be megabytes here.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::compression::decompress;
use crate::call::{Code, Compression, Status};
use crate::sync::MutexExt as _;
use crate::wire::http2::{Budget, BudgetPermit};

/// What a message may grow by for nothing: texts do. What it becomes beyond counts.
const FREE_EXPANSION_FACTOR: usize = 10;

/// What one call's newest message has grown by, charged to its connection until the next comes or the call ends.
#[derive(Debug)]
pub(crate) struct DecompressionBudget {
    budget: Arc<Budget>,
    permit: Mutex<Option<BudgetPermit>>,
}

impl DecompressionBudget {
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self {
            budget,
            permit: Mutex::new(None),
        }
    }

    /// Decompresses the next message, no further than there is room on its connection. Where several threads do so at
    /// a time, each takes the same room for its own: together they may exceed it by a message each.
    pub(super) fn decompress(
        &self,
        algorithm: Compression,
        bytes: &[u8],
        limit: usize,
    ) -> Result<Bytes, Status> {
        let mut permit = self.permit.lock_unpoisoned();
        *permit = None;
        let free_bytes = bytes.len().saturating_mul(FREE_EXPANSION_FACTOR);
        let room = free_bytes.saturating_add(self.budget.room());
        if room >= limit {
            let plain = decompress(algorithm, bytes, limit)?;
            *permit = Some(self.budget.charge(plain.len().saturating_sub(free_bytes)));
            return Ok(plain);
        }
        match decompress(algorithm, bytes, room) {
            Ok(plain) => {
                *permit = Some(self.budget.charge(plain.len().saturating_sub(free_bytes)));
                Ok(plain)
            }
            Err(status) if status.code() == Code::ResourceExhausted => Err(self.budget_exceeded()),
            Err(status) => Err(status),
        }
    }

    #[cold]
    fn budget_exceeded(&self) -> Status {
        Status::resource_exhausted(format!(
            "the compressed messages of this connection grow by more than the limit of {} bytes",
            self.budget.limit()
        ))
    }
}
