//! The service of the suite. Each request describes its reply.

use std::time::Duration;

use rsrpc_runtime::prost_types::Any;
use rsrpc_runtime::{Code, Context, Status, StreamSender, Streaming};
use tokio::time::sleep;

use super::headers::{add, seen};
use super::pack;
use super::proto::conformance_payload::RequestInfo;
use super::proto::unary_response_definition::Response;
use super::proto::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, ConformancePayload,
    ConformanceService, Error, Header, ServerStreamRequest, ServerStreamResponse, StreamResponseDefinition,
    UnaryRequest, UnaryResponse, UnaryResponseDefinition,
};

/// `connectrpc.conformance.v1.ConformanceService`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conformance;

impl ConformanceService for Conformance {
    async fn unary(&self, cx: &Context, request: UnaryRequest) -> Result<UnaryResponse, Status> {
        let requests = vec![pack(&request)];
        let payload = one_reply(cx, request.response_definition, requests).await?;
        Ok(UnaryResponse { payload })
    }

    async fn client_stream(
        &self,
        cx: &Context,
        mut messages: Streaming<ClientStreamRequest>,
    ) -> Result<ClientStreamResponse, Status> {
        let mut requests = Vec::new();
        let mut definition = None;
        while let Some(message) = messages.message().await? {
            requests.push(pack(&message));
            if requests.len() == 1 {
                definition = message.response_definition;
            }
        }
        let payload = one_reply(cx, definition, requests).await?;
        Ok(ClientStreamResponse { payload })
    }

    async fn server_stream(
        &self,
        cx: &Context,
        request: ServerStreamRequest,
    ) -> Result<Streaming<ServerStreamResponse>, Status> {
        let requests = vec![pack(&request)];
        let mut script = Script::new(cx, request.response_definition)?;
        cx.send_headers();
        Ok(replies(cx, move |cx, mut sender| async move {
            script.requests = requests;
            let sent = async {
                while let Some(payload) = script.next(&cx).await {
                    sender
                        .send(ServerStreamResponse {
                            payload: Some(payload),
                        })
                        .await?;
                }
                script.end(&cx)
            };
            let outcome = sent.await;
            (sender, outcome)
        }))
    }

    async fn bidi_stream(
        &self,
        cx: &Context,
        mut messages: Streaming<BidiStreamRequest>,
    ) -> Result<Streaming<BidiStreamResponse>, Status> {
        let Some(first) = messages.message().await? else {
            return Ok(Streaming::empty());
        };
        let requests = vec![pack(&first)];
        let mut script = Script::new(cx, first.response_definition)?;
        script.requests = requests;
        if first.full_duplex {
            cx.send_headers();
        }
        Ok(replies(cx, move |cx, mut sender| async move {
            let played = play(&cx, &mut script, first.full_duplex, messages, &mut sender);
            let outcome = played.await;
            (sender, outcome)
        }))
    }
}

/// Full duplex: one reply per request, then the remaining replies. Half duplex: all replies after all requests.
async fn play(
    cx: &Context,
    script: &mut Script,
    full_duplex: bool,
    mut messages: Streaming<BidiStreamRequest>,
    sender: &mut StreamSender<BidiStreamResponse>,
) -> Result<(), Status> {
    loop {
        if full_duplex {
            let Some(payload) = script.next(cx).await else {
                break;
            };
            let payload = Some(payload);
            sender.send(BidiStreamResponse { payload }).await?;
        }
        match messages.message().await? {
            Some(message) => script.requests.push(pack(&message)),
            None => break,
        }
    }
    while let Some(payload) = script.next(cx).await {
        let payload = Some(payload);
        sender.send(BidiStreamResponse { payload }).await?;
    }
    script.end(cx)
}

/// A stream written by a task, which ends with the call.
fn replies<M, F, Fut>(cx: &Context, write: F) -> Streaming<M>
where
    M: Send + 'static,
    F: FnOnce(Context, StreamSender<M>) -> Fut,
    Fut: Future<Output = (StreamSender<M>, Result<(), Status>)> + Send + 'static,
{
    let (sender, stream) = Streaming::channel(1);
    let work = write(cx.clone(), sender);
    tokio::spawn(async move {
        let (sender, outcome) = work.await;
        match outcome {
            Ok(()) => sender.finish(),
            Err(status) => sender.fail(status),
        }
    });
    stream
}

/// The reply of a method with a single reply.
async fn one_reply(
    cx: &Context,
    definition: Option<UnaryResponseDefinition>,
    requests: Vec<Any>,
) -> Result<Option<ConformancePayload>, Status> {
    let definition = definition.unwrap_or_default();
    set_metadata(cx, &definition.response_headers, &definition.response_trailers)?;
    delay(definition.response_delay_ms).await;
    let request_info = request_info(cx, requests);
    let data = match definition.response {
        Some(Response::Error(error)) => return Err(status(error, Some(&request_info))),
        Some(Response::ResponseData(data)) => data,
        None => Vec::new(),
    };
    Ok(Some(ConformancePayload {
        data,
        request_info: Some(request_info),
    }))
}

/// The replies of a stream.
struct Script {
    definition: StreamResponseDefinition,
    data: std::vec::IntoIter<Vec<u8>>,
    /// A reply was sent.
    begun: bool,
    /// Requests received since the last reply.
    requests: Vec<Any>,
}

impl Script {
    fn new(cx: &Context, definition: Option<StreamResponseDefinition>) -> Result<Self, Status> {
        let mut definition = definition.unwrap_or_default();
        set_metadata(cx, &definition.response_headers, &definition.response_trailers)?;
        Ok(Self {
            data: std::mem::take(&mut definition.response_data).into_iter(),
            definition,
            begun: false,
            requests: Vec::new(),
        })
    }

    async fn next(&mut self, cx: &Context) -> Option<ConformancePayload> {
        let data = self.data.next()?;
        let requests = std::mem::take(&mut self.requests);
        let request_info = if !std::mem::replace(&mut self.begun, true) {
            Some(request_info(cx, requests))
        } else {
            (!requests.is_empty()).then(|| RequestInfo {
                requests,
                ..RequestInfo::default()
            })
        };
        delay(self.definition.response_delay_ms).await;
        Some(ConformancePayload { data, request_info })
    }

    fn end(&mut self, cx: &Context) -> Result<(), Status> {
        let Some(error) = self.definition.error.take() else {
            return Ok(());
        };
        let info = (!self.begun).then(|| request_info(cx, std::mem::take(&mut self.requests)));
        Err(status(error, info.as_ref()))
    }
}

fn set_metadata(cx: &Context, headers: &[Header], trailers: &[Header]) -> Result<(), Status> {
    cx.response_headers(|metadata| add(metadata, headers))
        .ok_or_else(|| Status::internal("the headers are sent already"))??;
    Ok(cx.response_trailers(|metadata| add(metadata, trailers))?)
}

fn request_info(cx: &Context, requests: Vec<Any>) -> RequestInfo {
    RequestInfo {
        request_headers: seen(cx.metadata()),
        timeout_ms: cx
            .time_remaining()
            .map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
        requests,
    }
}

fn status(error: Error, info: Option<&RequestInfo>) -> Status {
    let status = Status::new(Code::from_i32(error.code), error.message.unwrap_or_default());
    let details = error.details.into_iter().chain(info.map(pack));
    details.fold(status, Status::with_any)
}

async fn delay(milliseconds: u32) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds.into())).await;
    }
}
