//! What the server says of a call: the response's head, and the trailers at its end.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};

use super::failure::Ended;
use super::page::Page;
use super::{Rest, Running, State};
use crate::call::{Metadata, Status};
use crate::client::grpc::phase::Phase;
use crate::client::grpc::terms::{Terms, is_answer, receiving};
use crate::wire::grpc::{Inbound, InboundBody, Subtype, from_http_status, read_status};

impl Running {
    /// Knows by the head whether messages follow, and in which form.
    pub(super) fn take_head(&mut self, response: Response<h2::RecvStream>) -> Result<(), Ended> {
        if let Some(connection) = &self.connection {
            connection.note_answer();
        }
        // What the server has looked at is not sent again.
        self.outbox = None;
        let (mut head, body) = response.into_parts();
        if body.is_end_stream() {
            // Trailers-Only.
            if let Some(outcome) = read_status(&mut head.headers) {
                outcome.map_err(Ended::ByServer)?;
                self.ended_in_head = true;
            }
        }
        if let Err(cause) = check_head(head.status, &head.headers, self.terms.as_deref()) {
            self.state = State::Page(Box::new(Page::new(body, cause)));
            return Ok(());
        }
        let extra = receiving(self.terms.as_deref(), &head.headers, self.channel.messages())
            .map_err(|status| Ended::Here(Phase::Headers, status))?;
        self.headers = Metadata::from_headers(head.headers);
        let inbound = Inbound::new(InboundBody::H2(body), self.channel.max_reply_size(), extra);
        self.state = State::Reading(inbound, Rest::Messages);
        Ok(())
    }

    /// The call's outcome: what the trailers say, or what the messages ended with if they do not.
    pub(super) fn take_trailers(
        &mut self,
        trailers: Result<Option<HeaderMap>, Status>,
        failure: Option<Status>,
    ) -> Result<(), Ended> {
        let missing = || {
            let status = Status::unknown("the server ended the call without a grpc-status");
            Ended::Here(Phase::Trailers, status)
        };
        let mut trailers = match (trailers, failure) {
            (Ok(Some(mut trailers)), Some(failure)) => match read_status(&mut trailers) {
                Some(Err(status)) => return Err(Ended::ByServer(status)),
                _ => return Err(Ended::Here(Phase::Messages, failure)),
            },
            (Ok(Some(trailers)), None) => trailers,
            (_, Some(failure)) => return Err(Ended::Here(Phase::Messages, failure)),
            (Err(error), None) => return Err(Ended::Here(Phase::Trailers, error)),
            (Ok(None), None) if self.ended_in_head => {
                self.end(Ok(()));
                return Ok(());
            }
            (Ok(None), None) => return Err(missing()),
        };
        match read_status(&mut trailers) {
            Some(outcome) => outcome.map_err(Ended::ByServer)?,
            None => return Err(missing()),
        }
        self.trailers = Metadata::from_headers(trailers);
        self.end(Ok(()));
        Ok(())
    }
}

/// A response must be HTTP's 200 with gRPC's content type; anything else comes from something that is no gRPC server.
fn check_head(status: StatusCode, headers: &HeaderMap, terms: Option<&Terms>) -> Result<(), Status> {
    if status != StatusCode::OK {
        let message = format!("the server answered with the HTTP status {status}");
        return Err(Status::new(from_http_status(status), message));
    }
    match headers.get(CONTENT_TYPE) {
        Some(value) => {
            let subtype = Subtype::of(value);
            if subtype.is_some_and(|subtype| is_answer(terms, subtype)) {
                return Ok(());
            }
            let shown: String = String::from_utf8_lossy(value.as_bytes())
                .chars()
                .take(64)
                .collect();
            Err(match subtype {
                Some(Subtype::Named(_)) => Status::internal(format!(
                    "the server answered with the content type {shown:?}, which was not asked for"
                )),
                _ => Status::unknown(format!(
                    "the server answered with the content type {shown:?}, which is not gRPC's"
                )),
            })
        }
        None => Err(Status::unknown(
            "the server answered without a content type, thus not in gRPC",
        )),
    }
}
