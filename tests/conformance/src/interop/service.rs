//! `grpc.testing.TestService`.

use std::time::Duration;

use rsrpc_runtime::{Code, Context, Status, StreamSender, Streaming};

use super::proto::{
    BoolValue, EchoStatus, Empty, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse, TestService,
};
use super::{ECHO_INITIAL, ECHO_TRAILING, payload};

/// What a reply may weigh. A test asks for some hundred kilobytes; anybody could ask for gigabytes.
const LARGEST: usize = 16 << 20;

/// What the other languages' clients call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interop;

impl TestService for Interop {
    async fn empty_call(&self, _: &Context, _: Empty) -> Result<Empty, Status> {
        Ok(Empty {})
    }

    async fn unary_call(&self, cx: &Context, request: SimpleRequest) -> Result<SimpleResponse, Status> {
        echo_metadata(cx)?;
        refuse_uncompressed(request.expect_compressed)?;
        echo_status(request.response_status)?;
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
        _: &Context,
        request: StreamingOutputCallRequest,
    ) -> Result<Streaming<StreamingOutputCallResponse>, Status> {
        Ok(replies(|mut sender| async move {
            let outcome = answer(&mut sender, request).await;
            (sender, outcome)
        }))
    }

    async fn streaming_input_call(
        &self,
        _: &Context,
        mut requests: Streaming<StreamingInputCallRequest>,
    ) -> Result<StreamingInputCallResponse, Status> {
        let mut aggregated_payload_size = 0i32;
        while let Some(request) = requests.message().await? {
            refuse_uncompressed(request.expect_compressed)?;
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
        // A client may wait for the headers before it sends anything.
        cx.send_headers();
        Ok(replies(|mut sender| async move {
            let answering = async {
                while let Some(request) = requests.message().await? {
                    answer(&mut sender, request).await?;
                }
                Ok(())
            };
            let outcome = answering.await;
            (sender, outcome)
        }))
    }

    async fn half_duplex_call(
        &self,
        _: &Context,
        mut requests: Streaming<StreamingOutputCallRequest>,
    ) -> Result<Streaming<StreamingOutputCallResponse>, Status> {
        let mut all = Vec::new();
        while let Some(request) = requests.message().await? {
            all.push(request);
        }
        Ok(replies(|mut sender| async move {
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

/// A stream that a task writes; it ends when nobody reads any more.
fn replies<F, Fut>(write: F) -> Streaming<StreamingOutputCallResponse>
where
    F: FnOnce(StreamSender<StreamingOutputCallResponse>) -> Fut,
    Fut: Future<Output = (StreamSender<StreamingOutputCallResponse>, Result<(), Status>)> + Send + 'static,
{
    let (sender, stream) = Streaming::channel(4);
    let writing = write(sender);
    tokio::spawn(async move {
        match writing.await {
            (sender, Ok(())) => sender.finish(),
            (sender, Err(status)) => sender.fail(status),
        }
    });
    stream
}

/// What one request of a stream asks for.
async fn answer(
    sender: &mut StreamSender<StreamingOutputCallResponse>,
    request: StreamingOutputCallRequest,
) -> Result<(), Status> {
    echo_status(request.response_status)?;
    for ResponseParameters {
        size, interval_us, ..
    } in request.response_parameters
    {
        if let Ok(micros @ 1..) = u64::try_from(interval_us) {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        let payload = payload(checked(size)?);
        sender.send(StreamingOutputCallResponse { payload }).await?;
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

/// No request that arrives here was compressed: this server takes none that is.
fn refuse_uncompressed(expected: Option<BoolValue>) -> Result<(), Status> {
    match expected {
        Some(BoolValue { value: true }) => Err(Status::invalid_argument(
            "the request was to be compressed, and is not",
        )),
        _ => Ok(()),
    }
}
