//! The calls that the suite requests of the client.

use std::future::{Future, pending};
use std::time::Duration;

use rsrpc_runtime::client::Response;
use rsrpc_runtime::prost::Message;
use rsrpc_runtime::{Metadata, Status, Streaming};
use tokio::time::{Instant, sleep, sleep_until};

use super::channels::Channels;
use super::headers::{add, seen};
use super::proto::client_compat_request::cancel::CancelTiming;
use super::proto::{
    ClientCompatRequest, ClientResponseResult, ConformancePayload, ConformanceServiceClient, Error,
    StreamType,
};
use crate::Failure;

/// Makes a call.
///
/// # Errors The call cannot be made as requested. A call that fails is a result.
pub async fn make(
    channels: &Channels,
    request: ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let client = ConformanceServiceClient::new(channels.of(&request)?);
    let ask = Ask::new(request)?;
    match ask.request.method() {
        "Unary" => unary(&ask, client.unary(ask.only()?), |reply| reply.payload).await,
        "Unimplemented" => unary(&ask, client.unimplemented(ask.only()?), |_| None).await,
        "ServerStream" => server_stream(&ask, &client).await,
        "ClientStream" => client_stream(&ask, &client).await,
        "BidiStream" => bidi_stream(&ask, &client).await,
        other => Err(format!("the service has no method {other}").into()),
    }
}

/// A decoded request of the suite.
struct Ask {
    request: ClientCompatRequest,
    metadata: Metadata,
    cancel: Option<CancelTiming>,
}

/// When to cancel a call whose messages are all sent.
struct Cancel(Option<Instant>);

impl Ask {
    fn new(request: ClientCompatRequest) -> Result<Self, Failure> {
        let mut metadata = Metadata::new();
        add(&mut metadata, &request.request_headers)?;
        let cancel = request
            .cancel
            .map(|cancel| cancel.cancel_timing.unwrap_or(CancelTiming::AfterCloseSendMs(0)));
        Ok(Self {
            request,
            metadata,
            cancel,
        })
    }

    fn messages<M: Message + Default>(&self) -> Result<Vec<M>, Failure> {
        let packed = &self.request.request_messages;
        let read = packed.iter().map(|any| M::decode(any.value.as_slice()));
        Ok(read.collect::<Result<_, _>>()?)
    }

    fn only<M: Message + Default>(&self) -> Result<M, Failure> {
        self.messages()?
            .pop()
            .ok_or_else(|| "there is no message to send".into())
    }

    async fn pause(&self) {
        if self.request.request_delay_ms > 0 {
            sleep(Duration::from_millis(self.request.request_delay_ms.into())).await;
        }
    }

    /// Called after the half-close.
    fn closed(&self) -> Cancel {
        Cancel(match self.cancel {
            Some(CancelTiming::AfterCloseSendMs(ms)) => {
                Some(Instant::now() + Duration::from_millis(ms.into()))
            }
            _ => None,
        })
    }

    fn cancels_before_close(&self) -> bool {
        matches!(self.cancel, Some(CancelTiming::BeforeCloseSend(())))
    }

    /// Returns true if the call is cancelled after this many replies.
    fn cancels_after(&self, replies: usize) -> bool {
        matches!(self.cancel, Some(CancelTiming::AfterNumResponses(number)) if number as usize == replies)
    }
}

impl Cancel {
    /// Runs a step of the call unless the call is cancelled first.
    async fn or<T>(&self, step: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        let cancelled = async {
            match self.0 {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Err(cancelled_here()),
            done = step => done,
        }
    }
}

/// The status of a call that was dropped.
fn cancelled_here() -> Status {
    Status::cancelled("the client has dropped the call")
}

/// Applies the same options to every type of call.
macro_rules! with_options {
    ($call:expr, $ask:expr) => {{
        let mut call = $call;
        if let Some(timeout) = $ask.request.timeout_ms {
            call = call.timeout(Duration::from_millis(timeout.into()));
        }
        for (key, value) in $ask.metadata.iter().filter(|(key, _)| !key.ends_with("-bin")) {
            call = call.metadata(key, std::str::from_utf8(value)?);
        }
        let mut keys: Vec<&str> = $ask.metadata.iter().map(|(key, _)| key).collect();
        keys.dedup();
        for key in keys.into_iter().filter(|key| key.ends_with("-bin")) {
            for value in $ask.metadata.get_all_bin(key) {
                call = call.metadata_bin(key, value);
            }
        }
        call
    }};
}

async fn unary<Req, Rep>(
    ask: &Ask,
    call: rsrpc_runtime::client::UnaryCall<Req, Rep>,
    payload: impl FnOnce(Rep) -> Option<ConformancePayload>,
) -> Result<ClientResponseResult, Failure>
where
    Req: Send + 'static,
    Rep: Send + 'static,
{
    let call = with_options!(call, ask).detailed();
    Ok(one(ask.closed().or(call.into_future()).await, payload))
}

async fn client_stream(
    ask: &Ask,
    client: &ConformanceServiceClient,
) -> Result<ClientResponseResult, Failure> {
    let messages = ask.messages()?;
    let total = messages.len();
    let (mut sender, requests) = Streaming::channel(1);
    let call = with_options!(client.client_stream(requests), ask);
    let call = tokio::spawn(call.detailed());
    let mut sent = 0;
    for message in messages {
        ask.pause().await;
        if sender.send(message).await.is_err() {
            break;
        }
        sent += 1;
    }
    let outcome = if ask.cancels_before_close() {
        call.abort();
        drop(call.await);
        Err(cancelled_here())
    } else {
        sender.finish();
        let aborted = call.abort_handle();
        let ended = async { call.await.unwrap_or_else(|_| Err(cancelled_here())) };
        let outcome = ask.closed().or(ended).await;
        aborted.abort();
        outcome
    };
    let mut result = one(outcome, |reply| reply.payload);
    result.num_unsent_requests = i32::try_from(total - sent)?;
    Ok(result)
}

async fn server_stream(
    ask: &Ask,
    client: &ConformanceServiceClient,
) -> Result<ClientResponseResult, Failure> {
    let call = with_options!(client.server_stream(ask.only()?), ask);
    let cancel = ask.closed();
    let mut result = ClientResponseResult::default();
    match cancel.or(call.into_future()).await {
        Ok(mut stream) => receive(ask, &cancel, &mut stream, |reply| reply.payload, &mut result).await,
        Err(status) => failed(&mut result, &status),
    }
    Ok(result)
}

async fn bidi_stream(ask: &Ask, client: &ConformanceServiceClient) -> Result<ClientResponseResult, Failure> {
    let mut result = ClientResponseResult::default();
    let call = with_options!(client.bidi_stream(), ask);
    let (mut sender, mut stream) = match call.open().await {
        Ok(opened) => opened,
        Err(status) => {
            failed(&mut result, &status);
            return Ok(result);
        }
    };
    let full_duplex = ask.request.stream_type() == StreamType::FullDuplexBidiStream;
    let messages = ask.messages()?;
    let total = messages.len();
    let mut sent = 0;
    let mut over = false;
    for message in messages {
        ask.pause().await;
        if sender.send(message).await.is_err() {
            break;
        }
        sent += 1;
        if full_duplex {
            over = !receive_one(
                ask,
                &Cancel(None),
                &mut stream,
                |reply| reply.payload,
                &mut result,
            )
            .await;
            if over {
                break;
            }
        }
    }
    result.num_unsent_requests = i32::try_from(total - sent)?;
    if over {
        return Ok(result);
    }
    if ask.cancels_before_close() {
        drop((sender, stream));
        failed(&mut result, &cancelled_here());
        return Ok(result);
    }
    sender.finish();
    let cancel = ask.closed();
    receive(ask, &cancel, &mut stream, |reply| reply.payload, &mut result).await;
    Ok(result)
}

/// Reads a stream to its end.
async fn receive<M>(
    ask: &Ask,
    cancel: &Cancel,
    stream: &mut Streaming<M>,
    payload: fn(M) -> Option<ConformancePayload>,
    result: &mut ClientResponseResult,
) {
    while receive_one(ask, cancel, stream, payload, result).await {}
}

/// Reads a reply. Returns false at the end of the stream.
async fn receive_one<M>(
    ask: &Ask,
    cancel: &Cancel,
    stream: &mut Streaming<M>,
    payload: fn(M) -> Option<ConformancePayload>,
    result: &mut ClientResponseResult,
) -> bool {
    let next = cancel.or(stream.message()).await;
    if result.response_headers.is_empty()
        && let Ok(headers) = cancel.or(async { Ok(stream.headers().await?.clone()) }).await
    {
        result.response_headers = seen(&headers);
    }
    match next {
        Ok(Some(message)) => {
            result.payloads.push(payload(message).unwrap_or_default());
            let cancelled = ask.cancels_after(result.payloads.len());
            if cancelled {
                failed(result, &cancelled_here());
            }
            !cancelled
        }
        Ok(None) => {
            result.response_trailers = stream.trailers().map(seen).unwrap_or_default();
            false
        }
        Err(status) => {
            failed(result, &status);
            false
        }
    }
}

/// Converts the outcome of a call with one reply.
fn one<M>(
    outcome: Result<Response<M>, Status>,
    payload: impl FnOnce(M) -> Option<ConformancePayload>,
) -> ClientResponseResult {
    let mut result = ClientResponseResult::default();
    match outcome {
        Ok(response) => {
            result.response_headers = seen(&response.headers);
            result.response_trailers = seen(&response.trailers);
            result
                .payloads
                .push(payload(response.message).unwrap_or_default());
        }
        Err(status) => failed(&mut result, &status),
    }
    result
}

fn failed(result: &mut ClientResponseResult, status: &Status) {
    if result.response_headers.is_empty() {
        result.response_headers = seen(status.headers());
    }
    result.response_trailers = seen(status.metadata());
    result.error = Some(Error {
        code: status.code().into(),
        message: Some(status.message().to_owned()),
        details: status.details().to_vec(),
    });
}
