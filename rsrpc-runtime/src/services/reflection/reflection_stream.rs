//! One call: requests in, answers out, until the client has enough or the server ends.

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

    /// A request is read when there is room for its answer.
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
            // Clients keep a stream for requests that may come. The server would wait for them to its drain timeout.
            _ = self.shutting_down.wait_for(|shutting_down| *shutting_down) => {
                Some(Err(Status::unavailable("the server is shutting down")))
            }
        }
    }
}
