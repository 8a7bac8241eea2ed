//! The response of a call: its head at the start, and its trailers at the end.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};

use super::non_grpc_body::NonGrpcBody;
use super::{CallStage, CallState, ResponsePhase};
use crate::call::{Metadata, Status};
use crate::client::grpc::call_end::{CallFailure, CallPhase};
use crate::client::grpc::encoding::{RequestEncoding, decode_options, is_expected_subtype};
use crate::wire::grpc::{Inbound, InboundBody, Subtype, from_http_status, read_status};

impl CallState {
    /// Checks the response head and prepares for reading messages.
    pub(super) fn read_head(&mut self, response: Response<h2::RecvStream>) -> Result<(), CallFailure> {
        if let Some(connection) = &self.connection {
            connection.note_response();
        }
        // The server has processed the request: no more transparent retries.
        self.replay = None;
        let (mut head, body) = response.into_parts();
        if body.is_end_stream() {
            // Trailers-Only.
            if let Some(outcome) = read_status(&mut head.headers) {
                outcome.map_err(CallFailure::ByServer)?;
                self.ended_in_head = true;
            }
        }
        if let Err(cause) = check_head(head.status, &head.headers, self.encoding.as_deref()) {
            self.stage = CallStage::NonGrpc(Box::new(NonGrpcBody::new(body, cause)));
            return Ok(());
        }
        let messages = self.client.messages();
        let options = decode_options(self.encoding.as_deref(), &head.headers, messages)
            .map_err(|status| CallFailure::Local(CallPhase::Headers, status))?;
        self.headers = Metadata::from_headers(head.headers);
        let inbound = Inbound::new(InboundBody::H2(body), messages.max_reply_size, options);
        self.stage = CallStage::Reading(inbound, ResponsePhase::Messages);
        Ok(())
    }

    /// Ends the call with the status in its trailers, or with the failure of its messages if they have none.
    pub(super) fn read_trailers(
        &mut self,
        trailers: Result<Option<HeaderMap>, Status>,
        failure: Option<Status>,
    ) -> Result<(), CallFailure> {
        let missing = || {
            let status = Status::unknown("the server ended the call without a grpc-status");
            CallFailure::Local(CallPhase::Trailers, status)
        };
        let mut trailers = match (trailers, failure) {
            (Ok(Some(mut trailers)), Some(failure)) => match read_status(&mut trailers) {
                Some(Err(status)) => return Err(CallFailure::ByServer(status)),
                _ => return Err(CallFailure::Local(CallPhase::Messages, failure)),
            },
            (Ok(Some(trailers)), None) => trailers,
            (_, Some(failure)) => return Err(CallFailure::Local(CallPhase::Messages, failure)),
            (Err(error), None) => return Err(CallFailure::Local(CallPhase::Trailers, error)),
            (Ok(None), None) if self.ended_in_head => {
                self.end(Ok(()));
                return Ok(());
            }
            (Ok(None), None) => return Err(missing()),
        };
        match read_status(&mut trailers) {
            Some(outcome) => outcome.map_err(CallFailure::ByServer)?,
            None => return Err(missing()),
        }
        self.trailers = Metadata::from_headers(trailers);
        self.end(Ok(()));
        Ok(())
    }
}

/// Checks for HTTP status 200 and a gRPC content type. Any other response was not sent by a gRPC server.
fn check_head(
    status: StatusCode,
    headers: &HeaderMap,
    encoding: Option<&RequestEncoding>,
) -> Result<(), Status> {
    if status != StatusCode::OK {
        let message = format!("the server answered with the HTTP status {status}");
        return Err(Status::new(from_http_status(status), message));
    }
    match headers.get(CONTENT_TYPE) {
        Some(value) => {
            let subtype = Subtype::of(value);
            if subtype.is_some_and(|subtype| is_expected_subtype(encoding, subtype)) {
                return Ok(());
            }
            let excerpt: String = String::from_utf8_lossy(value.as_bytes())
                .chars()
                .take(64)
                .collect();
            Err(match subtype {
                Some(Subtype::Named(_)) => Status::internal(format!(
                    "the server answered with the content type {excerpt:?}, which was not asked for"
                )),
                _ => Status::unknown(format!(
                    "the server answered with the content type {excerpt:?}, which is not gRPC's"
                )),
            })
        }
        None => Err(Status::unknown(
            "the server answered without a content type, thus not in gRPC",
        )),
    }
}
