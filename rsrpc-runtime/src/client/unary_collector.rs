//! Collects the one reply of a unary or client-streaming call. Shared by gRPC and gRPC-Web.

use std::task::{Context, Poll, ready};

use super::response::Response;
use crate::call::{Metadata, Status};

/// The replies of a call and their metadata.
pub(crate) trait ReplySource<M> {
    /// Returns the next reply, or `None` when the call has ended with OK.
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Status>>;

    /// Returns the headers and trailers of the response. Called once, after the end of the call.
    fn take_metadata(&mut self) -> (Metadata, Metadata);

    /// Adds the call's context to a failure of the ended call.
    fn fail_ended(&mut self, cause: Status) -> Status;

    /// Resumes a panic of the request stream. Its stream belongs to the caller that awaits the reply.
    fn resume_panic(&mut self) {}
}

/// A call that must have exactly one reply.
pub(crate) struct UnaryCollector<S, M> {
    source: S,
    reply: Option<M>,
}

impl<S: ReplySource<M>, M> UnaryCollector<S, M> {
    pub(crate) const fn new(source: S) -> Self {
        Self { source, reply: None }
    }

    /// Drives the call to its end.
    ///
    /// # Errors
    /// The status of the call, with its headers; UNIMPLEMENTED if the number of replies is not one: the server then has a
    /// method of another kind.
    #[inline]
    pub(crate) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<M>, Status>> {
        let ended = loop {
            match ready!(self.source.poll_reply(cx)) {
                Ok(None) => {
                    break self
                        .reply
                        .take()
                        .ok_or("the server sent no reply to a unary call");
                }
                Ok(Some(next)) => {
                    if self.reply.replace(next).is_some() {
                        break Err("the server sent more than one reply to a unary call");
                    }
                }
                Err(status) => {
                    self.source.resume_panic();
                    let (headers, _) = self.source.take_metadata();
                    return Poll::Ready(Err(status.with_headers(headers)));
                }
            }
        };
        let (headers, trailers) = self.source.take_metadata();
        Poll::Ready(match ended {
            Ok(message) => Ok(Response::new(message, headers, trailers)),
            Err(reason) => {
                let status = self.source.fail_ended(Status::unimplemented(reason));
                Err(status.with_headers(headers))
            }
        })
    }
}
