//! One call: questions in, answers out, until the client has enough or the server ends.

use std::sync::Arc;

use futures_util::stream;
use tokio::sync::watch;

use super::definitions::{Definitions, Told};
use super::v1::{ServerReflectionRequest, ServerReflectionResponse};
use crate::call::{Status, Streaming};

pub(super) struct Conversation {
    definitions: Arc<Definitions>,
    questions: Streaming<ServerReflectionRequest>,
    told: Told,
    /// True once the server shuts down.
    ending: watch::Receiver<bool>,
}

impl Conversation {
    pub(super) fn new(
        definitions: Arc<Definitions>,
        questions: Streaming<ServerReflectionRequest>,
        ending: watch::Receiver<bool>,
    ) -> Self {
        Self {
            definitions,
            questions,
            told: Told::new(),
            ending,
        }
    }

    /// A question is read when there is room for its answer.
    pub(super) fn into_stream(self) -> Streaming<ServerReflectionResponse> {
        Streaming::new(stream::unfold(self, |mut conversation| async move {
            let answer = conversation.next().await?;
            Some((answer, conversation))
        }))
    }

    async fn next(&mut self) -> Option<Result<ServerReflectionResponse, Status>> {
        tokio::select! {
            biased;
            question = self.questions.message() => {
                let question = question.transpose()?;
                Some(question.and_then(|question| self.definitions.answer(question, &mut self.told)))
            }
            // Clients keep a stream for questions that may come. The server would wait for them to its drain timeout.
            _ = self.ending.wait_for(|ending| *ending) => {
                Some(Err(Status::unavailable("the server is shutting down")))
            }
        }
    }
}
