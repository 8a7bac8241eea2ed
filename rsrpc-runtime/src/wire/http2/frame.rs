//! The payload of one DATA frame.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{Budget, BudgetPermit};

/// The payload of one DATA frame: a head, and an optional body that follows without being copied.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    head: Bytes,
    body: Bytes,
    /// Held until the frame is sent or dropped.
    permit: Option<Box<BudgetPermit>>,
}

impl Frame {
    /// Charges the frame to a budget until it is sent or dropped.
    pub(crate) fn charge(&mut self, budget: &Arc<Budget>) {
        self.permit = Some(Box::new(budget.charge(self.remaining())));
    }
}

impl Clone for Frame {
    /// Clones the frame without its permit. Clones share their bytes, which count only once.
    fn clone(&self) -> Self {
        Self {
            head: self.head.clone(),
            body: self.body.clone(),
            permit: None,
        }
    }
}

impl From<Bytes> for Frame {
    fn from(head: Bytes) -> Self {
        Self {
            head,
            body: Bytes::new(),
            permit: None,
        }
    }
}

impl Buf for Frame {
    fn remaining(&self) -> usize {
        self.head.len() + self.body.len()
    }

    fn chunk(&self) -> &[u8] {
        if self.head.is_empty() {
            &self.body
        } else {
            &self.head
        }
    }

    fn advance(&mut self, count: usize) {
        let head = count.min(self.head.len());
        self.head.advance(head);
        self.body.advance(count - head);
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut used = 0;
        for (part, slice) in [&self.head, &self.body]
            .into_iter()
            .filter(|part| !part.is_empty())
            .zip(slices)
        {
            *slice = IoSlice::new(part);
            used += 1;
        }
        used
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        if length <= self.head.len() {
            return self.head.split_to(length);
        }
        if self.head.is_empty() {
            return self.body.split_to(length);
        }
        let mut whole = BytesMut::with_capacity(length);
        whole.put(self.take(length));
        whole.freeze()
    }
}
