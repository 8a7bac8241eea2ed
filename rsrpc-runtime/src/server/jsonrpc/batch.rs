//! Batches ([JSON-RPC 2.0 §6](https://www.jsonrpc.org/specification#batch)). Entries start in order and run
//! concurrently. All replies are sent together, in the order of the entries.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::call::JsonCallResult;
use super::dispatch::{JsonRequestContext, JsonRpc, PreparedEntry, finish_response};
use crate::wire::jsonrpc::{BatchEntry, Id, ProtocolError};

/// The replies of a batch, by the positions of their entries.
struct BatchResponses {
    responses: Vec<Option<Vec<u8>>>,
    /// Bytes left for replies, including commas.
    room: usize,
    /// A reply exceeded the limit. Entries that have not started are refused.
    is_full: bool,
}

impl JsonRpc {
    pub(super) async fn handle_batch(
        &self,
        entries: Vec<BatchEntry<'_>>,
        text: &Bytes,
        context: JsonRequestContext,
    ) -> Option<Vec<u8>> {
        let mut responses = BatchResponses {
            responses: entries.iter().map(|_| None).collect(),
            // The array's brackets.
            room: self.limits.max_reply_size.saturating_sub(2),
            is_full: false,
        };
        let mut entries = entries.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.settings.max_batch_concurrency.max(1) {
                let Some((position, entry)) = entries.next() else {
                    break;
                };
                match self.prepare_within_limit(entry, text, &context, responses.is_full) {
                    PreparedEntry::Refused(id, failure) => {
                        responses.put(position, self.failure_response(&failure, id))
                    }
                    PreparedEntry::Ignored => {}
                    prepared => running.push(self.run(position, prepared, &context)),
                }
            }
            match running.next().await {
                None => break,
                Some(Some(FinishedEntry {
                    position,
                    id,
                    outcome,
                })) => {
                    // Every reply except the first follows a comma.
                    let (response, fits) = self.response(outcome, responses.room.saturating_sub(1));
                    responses.is_full |= !fits;
                    responses.room = responses.room.saturating_sub(response.len() + 1);
                    responses.put(position, finish_response(response, id));
                }
                Some(None) => {}
            }
        }
        responses.into_array()
    }

    /// Prepares an entry. Refuses it if the limit is exceeded.
    fn prepare_within_limit<'a>(
        &self,
        entry: BatchEntry<'a>,
        text: &'a Bytes,
        context: &JsonRequestContext,
        is_full: bool,
    ) -> PreparedEntry<'a> {
        match entry {
            BatchEntry::Request(request) if is_full => match request.id {
                Some(id) => PreparedEntry::Refused(id, ProtocolError::ResponseTooBig.into()),
                None => PreparedEntry::Ignored,
            },
            entry => self.prepare(entry, text, context.clone()),
        }
    }

    /// Runs a prepared entry. Returns `None` if it has no reply.
    async fn run<'a>(
        &self,
        position: usize,
        prepared: PreparedEntry<'a>,
        context: &JsonRequestContext,
    ) -> Option<FinishedEntry<'a>> {
        match prepared {
            PreparedEntry::Call(id, call) => Some(FinishedEntry {
                position,
                id,
                outcome: call.await,
            }),
            PreparedEntry::Notification(call) => {
                call.run_detached(context.guard.clone()).await;
                None
            }
            PreparedEntry::Refused(..) | PreparedEntry::Ignored => None,
        }
    }
}

/// An entry whose call has ended.
struct FinishedEntry<'a> {
    position: usize,
    id: Id<'a>,
    outcome: JsonCallResult,
}

impl BatchResponses {
    fn put(&mut self, position: usize, response: Vec<u8>) {
        if let Some(place) = self.responses.get_mut(position) {
            *place = Some(response);
        }
    }

    /// Returns `None` without replies. An empty array is never sent.
    fn into_array(self) -> Option<Vec<u8>> {
        let length = self
            .responses
            .iter()
            .flatten()
            .map(|response| response.len() + 1)
            .sum::<usize>();
        let mut responses = self.responses.into_iter().flatten();
        let first = responses.next()?;
        let mut array = Vec::with_capacity(length + 1);
        array.push(b'[');
        array.extend_from_slice(&first);
        for response in responses {
            array.push(b',');
            array.extend_from_slice(&response);
        }
        array.push(b']');
        Some(array)
    }
}
