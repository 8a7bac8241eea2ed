//! Implementation of `grpc.testing.TestService`.

use std::time::Duration;

use rsrpc_runtime::{Code, Compression, Context, Status, StreamSender, Streaming};

use super::proto::{
    BoolValue, EchoStatus, Empty, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse, TestService,
};
use super::replies::{self, Reply};
use super::{ECHO_INITIAL, ECHO_TRAILING, payload};

/// Maximum reply size in bytes. Tests ask for some hundred kilobytes.
const LARGEST: usize = 16 << 20;

/// The service that clients of other languages call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interop;

impl TestService for Interop {
    async fn empty_call(&self, _: &Context, _: Empty) -> Result<Empty, Status> {
        Ok(Empty {})
    }

    async fn unary_call(&self, cx: &Context, request: SimpleRequest) -> Result<SimpleResponse, Status> {
        echo_metadata(cx)?;
        expect_compressed(cx, request.expect_compressed)?;
        echo_status(request.response_status)?;
        compress(cx, request.response_compressed)?;
        Ok(SimpleResponse {
            payload: payload(checked(request.response_size)?),
            ..SimpleResponse::default()
        })
    }

    async fn cacheable_unary_call(
        &self,
        cx: &Context,
        request: SimpleRequest,
    ) -> Result<SimpleResponse, Status> {
        self.unary_call(cx, request).await
    }

    async fn streaming_output_call(
        &self,
        cx: &Context,
        request: StreamingOutputCallRequest,
    ) -> Result<Streaming<StreamingOutputCallResponse>, Status> {
        Ok(replies::written(cx, |mut sender| async move {
            let outcome = answer(&mut sender, request).await;
            (sender, outcome)
        }))
    }

    async fn streaming_input_call(
        &self,
        cx: &Context,
        mut requests: Streaming<StreamingInputCallRequest>,
    ) -> Result<StreamingInputCallResponse, Status> {
        let mut aggregated_payload_size = 0i32;
        while let Some(request) = requests.message().await? {
            expect_compressed(cx, request.expect_compressed)?;
            let size = request.payload.map_or(0, |payload| payload.body.len());
            let size = i32::try_from(size).unwrap_or(i32::MAX);
            aggregated_payload_size = aggregated_payload_size.saturating_add(size);
        }
        Ok(StreamingInputCallResponse {
            aggregated_payload_size,
        })
    }

    async fn full_duplex_call(
        &self,
        cx: &Context,
        mut requests: Streaming<StreamingOutputCallRequest>,
    ) -> Result<Streaming<StreamingOutputCallResponse>, Status> {
        echo_metadata(cx)?;
        let replies = replies::written(cx, |mut sender| async move {
            let answering = async {
                while let Some(request) = requests.message().await? {
                    answer(&mut sender, request).await?;
                }
                Ok(())
            };
            let outcome = answering.await;
            (sender, outcome)
        });
        // A client may wait for the headers before its first message.
        cx.send_headers();
        Ok(replies)
    }

    async fn half_duplex_call(
        &self,
        cx: &Context,
        mut requests: Streaming<StreamingOutputCallRequest>,
    ) -> Result<Streaming<StreamingOutputCallResponse>, Status> {
        let mut all = Vec::new();
        while let Some(request) = requests.message().await? {
            all.push(request);
        }
        Ok(replies::written(cx, |mut sender| async move {
            let answering = async {
                for request in all {
                    answer(&mut sender, request).await?;
                }
                Ok(())
            };
            let outcome = answering.await;
            (sender, outcome)
        }))
    }
}

/// Sends the replies that a request of a stream asks for.
async fn answer(sender: &mut StreamSender<Reply>, request: StreamingOutputCallRequest) -> Result<(), Status> {
    echo_status(request.response_status)?;
    for ResponseParameters {
        size,
        interval_us,
        compressed,
    } in request.response_parameters
    {
        if let Ok(micros @ 1..) = u64::try_from(interval_us) {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        let payload = payload(checked(size)?);
        let message = StreamingOutputCallResponse { payload };
        sender.send(Reply { message, compressed }).await?;
    }
    Ok(())
}

fn checked(size: i32) -> Result<usize, Status> {
    let checked = usize::try_from(size).ok().filter(|size| *size <= LARGEST);
    checked.ok_or_else(|| {
        Status::invalid_argument(format!(
            "a reply of {size} bytes was asked for; 0 to {LARGEST} are possible"
        ))
    })
}

fn echo_metadata(cx: &Context) -> Result<(), Status> {
    if let Some(value) = cx.metadata().get(ECHO_INITIAL) {
        cx.set_header(ECHO_INITIAL, value)?;
    }
    if let Some(value) = cx.metadata().get_bin(ECHO_TRAILING) {
        cx.response_trailers(|trailers| trailers.insert_bin(ECHO_TRAILING, value))?;
    }
    Ok(())
}

fn echo_status(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(EchoStatus { code, message }) if code != 0 => Err(Status::new(Code::from_i32(code), message)),
        _ => Ok(()),
    }
}

/// Checks the compression of the last request message.
fn expect_compressed(cx: &Context, expected: Option<BoolValue>) -> Result<(), Status> {
    match (expected.map(|expected| expected.value), cx.was_compressed()) {
        (Some(true), false) => Err(Status::invalid_argument(
            "the request was to be compressed, and is not",
        )),
        (Some(false), true) => Err(Status::invalid_argument(
            "the request was not to be compressed, and is",
        )),
        _ => Ok(()),
    }
}

/// Compression of replies; every other language supports it.
pub(super) const ALGORITHM: Compression = Compression::Gzip;

/// Compresses the next reply as requested; by default it is not compressed.
pub(super) fn compress(cx: &Context, wanted: Option<BoolValue>) -> Result<(), Status> {
    let wanted = wanted.is_some_and(|wanted| wanted.value);
    if cx.set_compression(wanted.then_some(ALGORITHM)) {
        return Ok(());
    }
    Err(Status::invalid_argument(format!(
        "a reply was to be compressed, and the caller does not take {ALGORITHM}"
    )))
}
