//! One reflection call: replies to requests until the client half-closes or the server shuts down.

use std::sync::Arc;

use futures_util::stream;
use tokio::sync::watch;

use super::definitions::{Definitions, SentFiles};
use super::v1::{ServerReflectionRequest, ServerReflectionResponse};
use crate::call::{Status, Streaming};

pub(super) struct ReflectionStream {
    definitions: Arc<Definitions>,
    requests: Streaming<ServerReflectionRequest>,
    sent: SentFiles,
    /// True once the server shuts down.
    shutting_down: watch::Receiver<bool>,
}

impl ReflectionStream {
    pub(super) fn new(
        definitions: Arc<Definitions>,
        requests: Streaming<ServerReflectionRequest>,
        shutting_down: watch::Receiver<bool>,
    ) -> Self {
        Self {
            definitions,
            requests,
            sent: SentFiles::new(),
            shutting_down,
        }
    }

    /// Reads a request only when the stream has capacity for its reply.
    pub(super) fn into_stream(self) -> Streaming<ServerReflectionResponse> {
        Streaming::new(stream::unfold(self, |mut conversation| async move {
            let answer = conversation.next().await?;
            Some((answer, conversation))
        }))
    }

    async fn next(&mut self) -> Option<Result<ServerReflectionResponse, Status>> {
        tokio::select! {
            biased;
            request = self.requests.message() => {
                let request = request.transpose()?;
                Some(request.and_then(|request| self.definitions.reply(request, &mut self.sent)))
            }
            // Clients keep the stream open for later requests, which would keep the server running until its drain
            // timeout.
            _ = self.shutting_down.wait_for(|shutting_down| *shutting_down) => {
                Some(Err(Status::unavailable("the server is shutting down")))
            }
        }
    }
}
