//! Batches ([JSON-RPC 2.0 §6](https://www.jsonrpc.org/specification#batch)): entries begin in order, run beside each
//! other, and are answered in order, all at once.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::call::Outcome;
use super::dispatch::{Begun, JsonRpc, Surroundings, finished};
use crate::wire::jsonrpc::{Entry, Fault, Id};

/// The responses of a batch, by the positions of their entries.
struct Answers {
    responses: Vec<Option<Vec<u8>>>,
    /// What the results may still take, commas counted.
    room: usize,
    /// A result did not fit: nothing that has not begun is run any more.
    is_full: bool,
}

impl JsonRpc {
    pub(super) async fn answer_batch(
        &self,
        entries: Vec<Entry<'_>>,
        text: &Bytes,
        surroundings: Surroundings,
    ) -> Option<Vec<u8>> {
        let mut answers = Answers {
            responses: entries.iter().map(|_| None).collect(),
            // The brackets.
            room: self.limits.max_response_size.saturating_sub(2),
            is_full: false,
        };
        let mut entries = entries.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.settings.max_batch_concurrency.max(1) {
                let Some((position, entry)) = entries.next() else {
                    break;
                };
                match self.begin_within(entry, text, &surroundings, answers.is_full) {
                    Begun::Refused(id, failure) => answers.put(position, self.failure(&failure, id)),
                    Begun::Ignored => {}
                    begun => running.push(self.run(position, begun, &surroundings)),
                }
            }
            match running.next().await {
                None => break,
                Some(Some(Done {
                    position,
                    id,
                    outcome,
                })) => {
                    // Every response but the first follows a comma.
                    let (response, fits) = self.response(outcome, answers.room.saturating_sub(1));
                    answers.is_full |= !fits;
                    answers.room = answers.room.saturating_sub(response.len() + 1);
                    answers.put(position, finished(response, id));
                }
                Some(None) => {}
            }
        }
        answers.into_array()
    }

    /// Begins an entry, unless there is no room for its answer.
    fn begin_within<'a>(
        &self,
        entry: Entry<'a>,
        text: &'a Bytes,
        surroundings: &Surroundings,
        is_full: bool,
    ) -> Begun<'a> {
        match entry {
            Entry::Request(request) if is_full => match request.id {
                Some(id) => Begun::Refused(id, Fault::ResponseTooBig.into()),
                None => Begun::Ignored,
            },
            entry => self.begin(entry, text, surroundings.clone()),
        }
    }

    /// Runs what has begun; `None` when that has no answer.
    async fn run<'a>(
        &self,
        position: usize,
        begun: Begun<'a>,
        surroundings: &Surroundings,
    ) -> Option<Done<'a>> {
        match begun {
            Begun::Call(id, call) => Some(Done {
                position,
                id,
                outcome: call.await,
            }),
            Begun::Notification(call) => {
                call.run_detached(surroundings.guard.clone()).await;
                None
            }
            Begun::Refused(..) | Begun::Ignored => None,
        }
    }
}

/// A call that has ended.
struct Done<'a> {
    position: usize,
    id: Id<'a>,
    outcome: Outcome,
}

impl Answers {
    fn put(&mut self, position: usize, response: Vec<u8>) {
        if let Some(place) = self.responses.get_mut(position) {
            *place = Some(response);
        }
    }

    /// `None` when nothing is to be answered: never an empty array.
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
