//! Limits the memory of decompressed messages: a few bytes on the wire may expand to megabytes.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::compression::decompress;
use crate::call::{Code, Compression, Status};
use crate::sync::MutexExt as _;
use crate::wire::http2::{Budget, BudgetPermit};

/// Expansion factor that is not charged to the budget. Text typically stays below it.
const FREE_EXPANSION_FACTOR: usize = 10;

/// The expansion of a call's newest message, charged to its connection until the next message arrives or the call
/// ends.
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

    /// Decompresses the next message within the remaining budget of its connection. Threads that decompress at the
    /// same time see the same remaining budget, so together they may exceed it by one message each.
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
            "decompressed messages on this connection exceed the limit of {} bytes (max_unfinished_bytes)",
            self.budget.limit()
        ))
    }
}
